// The text of a language model's request in Chromium, at a node that is made up: it shows tokens beside
// a receipt of another request, and has tokenizers that do not do. scripts/test-dashboard.sh serves the
// page, and says where: PAGE_URL, CHROMIUM.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { answerDigest, encode, toHex } from '@opg-chain/client';
import { FakeNode, nameOf } from '../../js/test/fake-node.mjs';
import { launch } from './chromium.mjs';

const { PAGE_URL } = process.env;
const CONTEXT = 600;
const FUEL = 1_000_000;
const read = (path) =>
	JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
const receipt = read('cli/vectors/receipt-v4.json');
const [smollm] = read('text/vectors/tokenizers.json');
const of = (beginning) => smollm.cases.find(([text]) => text.startsWith(beginning));
const [, code, codeText] = of('fn main');
const [, words, wordsText] = of('the the the');
const [, scripts, scriptsText] = of('日本語');
const HASH = `0x${'11'.repeat(32)}`;

const padded = (tokens) => [...tokens, ...Array(CONTEXT - tokens.length).fill(-1)];
const shape = [1, CONTEXT];
const input = encode({
	// <|im_start|>, <|im_end|>
	prompt: { shape, data: BigInt64Array.from(padded([1, ...code, 2, ...scripts]), BigInt) },
	max_new_tokens: { shape: [1], data: BigInt64Array.of(64n) },
});
const output = encode({ tokens: { shape, data: Int32Array.from(padded([...words, 2])) } });

class Node extends FakeNode {
	genesis = receipt.genesis;
	receipt = receipt;
	tokenizer = this.keep(new TextEncoder().encode(JSON.stringify(smollm.file)));
	storedOutput = this.keep(output);

	keep(data) {
		const hash = nameOf(data);
		this.contents.set(hash, data);
		return { hash, size: data.length };
	}

	system_chainType() {
		return 'Live';
	}

	opg_v1_chain() {
		return { ...super.opg_v1_chain(), fuelPrice: '1' };
	}

	opg_v1_model() {
		const generation = { context: CONTEXT, vocabulary: 700, block: 32, tokenFuel: 1, blockFuel: 9 };
		return { ...super.opg_v1_model(0), generation, tokenizer: this.tokenizer };
	}

	opg_v1_request(request) {
		const digest = answerDigest(output, FUEL, true);
		const { owner } = this.opg_v1_model();
		const answer = {
			digest,
			output: null,
			storedOutput: this.storedOutput,
			error: null,
			fuel: FUEL,
		};
		return {
			...{ request, model: 0, modelHash: HASH, engineId: HASH, reference: HASH, seed: HASH },
			...{ dims: {}, requester: owner, tier: 'quorum', deadline: null, history: [], seats: [] },
			...{ requestedAt: 3, drawnAt: 4, input: toHex(input), storedInput: null, isFinal: true },
			limits: { fuel: 1, inputBytes: 1, loadFuel: 1, memoryMib: 1, outputBytes: 1 },
			status: {
				...{ name: 'settled', reason: null, explanation: null, fee: '1' },
				...{ paid: [], challengers: [], buyer: null, answer },
			},
		};
	}

	opg_v1_receipt() {
		return this.receipt;
	}
}

const node = await new Node().start();
const browser = await launch();
try {
	const page = await browser.newPage();
	page.setDefaultTimeout(60_000);
	const complaints = [];
	page.on('pageerror', ({ message }) => complaints.push(message));
	const open = async () => {
		await page.goto('about:blank');
		await page.goto(`${PAGE_URL}?node=${encodeURIComponent(node.url)}#/requests/0`);
	};
	const card = page.locator('#text');
	const see = (text) => card.getByText(text).first().waitFor();
	const texts = card.locator('.tokens');
	const verify = () => page.getByRole('button', { name: "this node's own genesis" }).click();

	console.log('--- text');
	await open();
	await see('These bytes came from the node, and have this hash');
	await see('Not proven yet');
	assert.equal(await texts.textContent(), codeText + scriptsText);
	await card.getByRole('button', { name: /^Load the .* of the answer/ }).click();
	await texts.nth(1).waitFor();
	assert.equal(await texts.nth(1).textContent(), wordsText);

	console.log('--- tokens');
	await texts.nth(1).locator('span').nth(3).hover();
	await see(`Token 4 of ${words.length + 1}: id ${words[3]}, Ġcommittee. Element [0, 3]`);
	await texts.nth(0).locator('span').first().focus();
	await see('<|im_start|>, which is no part of the text');
	await page.keyboard.press('ArrowRight');
	await see(`: id ${code[0]}, `);
	assert.equal(await card.locator('.tokens [tabindex="0"]').count(), 2);

	console.log('--- a receipt of other tokens');
	await verify();
	await see('These are not the tokens of the receipt.');
	assert.equal(await card.getByText('These are not the tokens').count(), 2);
	await page.getByText('It proves something else than the node says').waitFor();

	console.log('--- a receipt that does not hold');
	node.receipt = { ...receipt, proof: receipt.proof.slice(1) };
	await verify();
	await see('The receipt is refused, so nothing proves these tokens.');

	console.log('--- tokenizers that do not do');
	const unigram = { ...smollm.file, model: { type: 'Unigram', vocab: [['a', 1]] } };
	const content = node.keep(new TextEncoder().encode(JSON.stringify(unigram)));
	const { tokenizer } = node;
	for (const [file, said] of [
		[content, 'not supported: the model `Unigram`'],
		[{ ...tokenizer, hash: HASH }, `does not have the content ${HASH}`],
		[{ ...tokenizer, size: 2 ** 26 }, 'reads no tokenizer of more than 32 MiB'],
		[null, 'The version names no tokenizer.'],
	]) {
		node.tokenizer = file;
		await open();
		await see(said);
		await see('Tokens are shown as numbers.');
		assert.equal(await texts.locator('span').nth(1).textContent(), String(code[0]));
	}
	assert.deepEqual(complaints, []);
	console.log('\nRESULT dashboard_text ok');
} finally {
	await browser.close();
	await node.stop();
}

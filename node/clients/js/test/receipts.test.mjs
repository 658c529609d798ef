// Receipts of the repository, at the verifier that OPG_RECEIPT_WASM names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Receipt, ReceiptInvalid, createVerifier, decode, fromHex } from '../dist/index.js';

const wasm = process.env.OPG_RECEIPT_WASM;
const options = { skip: wasm ? false : 'OPG_RECEIPT_WASM names no verifier' };
const read = (name) =>
	readFileSync(new URL(`../../../cli/vectors/${name}`, import.meta.url), 'utf8');
const text = read('receipt-v4.json');
const genesis = JSON.parse(text).genesis;

test('receipt should be proven by the genesis and by the authorities', options, async () => {
	const verifier = await createVerifier(readFileSync(wasm));
	const authorities = read('authorities-v4.json');
	for (const anchor of [{ genesis }, { authorities }, { authorities: JSON.parse(authorities) }]) {
		for (const receipt of [text, JSON.parse(text), Receipt.parse(text)]) {
			const statement = verifier.verify(receipt, anchor);
			assert.equal(statement.request, 0);
			assert.equal(statement.genesis, genesis);
			assert.equal(decode(fromHex(statement.answer.output)).get('label').dtype, 'int64');
			assert(statement.seats.some(({ revealed }) => revealed.digest === statement.answer.digest));
		}
	}
});

test('receipt should be refused with its reason', options, async () => {
	const verifier = await createVerifier(await WebAssembly.compile(readFileSync(wasm)));
	const reasonOf = (receipt, anchor = { genesis }) => {
		try {
			verifier.verify(receipt, anchor);
		} catch (error) {
			assert(error instanceof ReceiptInvalid);
			return error.reason;
		}
		return null;
	};
	assert.equal(reasonOf(text, { genesis: `0x${'11'.repeat(32)}` }), 'OtherChain');
	assert.equal(reasonOf('{}'), 'NoVersion');
	assert.equal(reasonOf(read('receipt-v3.json')), 'OtherVersion');
	const { proof, ...rest } = JSON.parse(text);
	const last = proof.at(-1);
	const changed = `${last.slice(0, -1)}${last.endsWith('0') ? '1' : '0'}`;
	assert.notEqual(reasonOf({ ...rest, proof: [...proof.slice(0, -1), changed] }), null);
	assert.equal(reasonOf(text), null);
});

test('verifier should be the verifier', async () => {
	await assert.rejects(createVerifier(new Response('', { status: 404 })), TypeError);
	// A module that imports a function.
	const needy = Uint8Array.from([
		0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x61, 1, 0x62, 0, 0,
	]);
	await assert.rejects(createVerifier(needy), /needs something of its host/);
});

test('text of a receipt should come back', () => {
	const receipt = Receipt.parse(text);
	assert.deepEqual(JSON.parse(receipt.toString()), JSON.parse(text));
	for (const wrong of ['', '[]', '{}', 'null']) {
		assert.throws(() => Receipt.parse(wrong), ReceiptInvalid, wrong);
	}
});

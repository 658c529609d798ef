// The client at real nodes: three executors that serve what is published. `scripts/test-js.sh` starts
// them, publishes //Dave/digits, and runs this.
//
//   OPG_URL, OPG_BIN     a node, and the folder of the programs
//   OPG_RECEIPT_WASM     the verifier of receipts
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import * as opg from '../dist/index.js';
import { connect, createVerifier, decode, devSigner, encode, fromHex } from '../dist/index.js';
import { inspect, publishFile } from '../dist/node.js';
import { wideModel } from './onnx.mjs';

const url = process.env.OPG_URL;
const DIGITS = '//Dave/digits';
const WIDE = '//Ferdie/wide';
// Numbers of 4 bytes: more than the chain carries, for the input and for the output.
const WIDTH = 6_000;
const SEVEN = [
	'00056A00',
	'00FF9999',
	'0000008F',
	'000000F5',
	'00FFFF80',
	'00008F00',
	'0000F000',
	'000F4000',
];
const picture = (scale = 1) =>
	Float32Array.from([...SEVEN.join('')], (digit) => (parseInt(digit, 16) / 16) * scale);
const INPUTS = { pixels: { shape: [1, 64], data: picture() } };
const FAST = { tier: 'optimistic', trust: 'attested' };

const clients = [];
async function as(path, options) {
	const client = await connect(url, { signer: devSigner(path), ...options });
	clients.push(client);
	return client;
}
test.after(() => clients.forEach((client) => client.close()));

const eve = await as('//Eve');
const wide = join(mkdtempSync(join(tmpdir(), 'opg-js-')), 'wide.onnx');
writeFileSync(wide, wideModel(WIDTH));

test('model should be published once', async () => {
	const { inputs } = await inspect(wide);
	assert.deepEqual(inputs, [{ dtype: 'f32', name: 'x', shape: [1, WIDTH] }]);
	const ferdie = await as('//Ferdie');
	const published = await publishFile(ferdie, wide, 'wide', { licence: 'MIT' });
	assert.deepEqual(await publishFile(ferdie, wide, 'wide'), published);
	const found = await ferdie.model(WIDE);
	assert.deepEqual([found.model, found.number, found.licence], [published.model, '1.0.0', 'MIT']);
	const [named] = await ferdie.models({ owner: '//Ferdie' });
	assert.equal(named.name, 'wide');
	await assert.rejects(inspect(join(wide, 'nothing')), opg.ProgramError);
});

test('result should be that of the engine of the node', async () => {
	await eve.waitForModel(DIGITS);
	const dry = await eve.dryRun(DIGITS, INPUTS);
	const estimate = await eve.estimate(DIGITS, { inputs: INPUTS });
	// Of an account without other requests, whose escrow could come back meanwhile.
	const two = await as('//Two');
	const before = await two.balance();
	const result = await two.infer(DIGITS, INPUTS);
	const paid = before - (await two.balance());
	assert.deepEqual([result.digest, result.fuel], [dry.digest, dry.fuel]);
	assert.deepEqual(encode(result.outputs), encode(dry.outputs));
	assert.equal(result.outputs.label.dtype, 'int64');
	assert.deepEqual([result.state, result.mayRely], ['settled', true]);
	assert(result.fee > 0n && result.fee <= estimate.maxFee);
	// The fee, the seat fees and that of the transaction; escrow and deposit came back.
	assert(result.fee <= paid && paid < estimate.maxFee + opg.OPG);
});

test('requests at once should all be answered', async () => {
	const one = await as('//One');
	const results = await Promise.all(
		Array.from({ length: 8 }, (_, part) =>
			one.infer(DIGITS, { pixels: { shape: [1, 64], data: picture(part / 8) } }, FAST),
		),
	);
	assert.equal(new Set(results.map(({ request }) => request)).size, 8);
	assert.equal(new Set(results.map(({ digest }) => digest)).size, 8);
});

test('same reference should be paid once', async () => {
	const reference = crypto.getRandomValues(new Uint8Array(32));
	const options = { ...FAST, reference };
	const first = await eve.submit(DIGITS, INPUTS, options);
	const between = await eve.balance();
	const other = await as('//Eve');
	assert.equal((await other.submit(DIGITS, INPUTS, options)).number, first.number);
	// Nothing went out: less could only come back.
	assert((await other.balance()) >= between);
	const zeros = { pixels: { shape: [1, 64], data: new Float32Array(64) } };
	await assert.rejects(other.submit(DIGITS, zeros, options), opg.ReferenceUsed);
	assert.equal((await first.wait(FAST)).reference, opg.toHex(reference));
});

test('reference should be recognised before a block has it', async () => {
	const reference = crypto.getRandomValues(new Uint8Array(32));
	const options = { ...FAST, reference };
	const other = await as('//Eve');
	const submitting = eve.submit(DIGITS, INPUTS, options);
	let isPending = false;
	while (!isPending) {
		const waiting = await other.rpc.call('author_pendingExtrinsics');
		isPending = waiting.some((one) => one.includes(opg.toHex(reference).slice(2)));
		if (await other.find(reference)) break;
	}
	const second = await other.submit(DIGITS, INPUTS, options);
	assert.equal((await submitting).number, second.number);
});

test('refusals should cost nothing', async () => {
	const bob = await as('//Bob//stash');
	const before = await bob.balance();
	const refused = (kind, inputs, options, model = DIGITS) =>
		assert.rejects(bob.infer(model, inputs, options), kind);
	await refused(opg.FeeTooLow, INPUTS, { maxFee: 1n });
	await refused(opg.ModelUnknown, INPUTS, {}, '//Dave/nothing');
	const long = { pixels: { shape: [1, 6_000], data: new Float32Array(6_000) } };
	await refused(opg.InputMismatch, long);
	await refused(opg.TensorError, { pixels: [0] });
	await refused(opg.InvalidDeadline, INPUTS, { deadline: 100_000 });
	assert.equal(await bob.balance(), before);
	const poor = await as('//Poor');
	await assert.rejects(poor.infer(DIGITS, INPUTS), opg.NotEnoughFunds);
	await assert.rejects(connect(url, { genesis: `0x${'00'.repeat(32)}` }), opg.WrongChain);
});

test('error of the model should be an answer', async () => {
	const doubles = { pixels: { shape: [1, 64], data: Float64Array.from(picture()) } };
	await assert.rejects(eve.infer(DIGITS, doubles, FAST), {
		name: 'ModelError',
		reason: 'BadInput',
	});
});

test('other transactions should tell why they fail', async () => {
	const api = await eve.api();
	const [pool] = await api.query.Staking.Pools.getEntries({ type: 'Executor', value: undefined });
	const delegate = (amount) =>
		api.tx.Staking.delegate({
			operator: pool.keyArgs[1],
			role: { type: 'Executor', value: undefined },
			amount,
		});
	await assert.rejects(eve.transact(delegate(1n)), {
		name: 'TransactionFailed',
		reason: 'DelegationTooSmall',
	});
	const { block, events } = await eve.transact(delegate(1_000n * opg.OPG));
	assert(block.number > 0);
	assert.equal(api.event.Staking.Delegated.filter(events).length, 1);
	const poor = await as('//Poor');
	await assert.rejects(poor.transact(delegate(1n)), { reason: 'Payment' });
});

test('news should come by subscription', async () => {
	const { model } = await eve.model(DIGITS);
	const [answers, events] = [eve.rpc.watchAnswers(), eve.rpc.watchModel(model)];
	const [answer, event] = [answers.next(), events.next()];
	const result = await eve.infer(DIGITS, INPUTS, FAST);
	assert.equal((await event).value.event, 'requested');
	assert.equal((await answer).value.digest, result.digest);
	await Promise.all([answers.return(), events.return()]);
	const executors = [];
	for await (const executor of eve.rpc.allExecutors(model)) executors.push(executor);
	assert.equal(executors.length, 3);
});

test('long input and output should come over the network', async () => {
	await eve.waitForModel(WIDE);
	const data = Float32Array.from({ length: WIDTH }, (_, at) => at / WIDTH - 0.5);
	const inputs = { x: { shape: [1, WIDTH], data } };
	const { inputFee } = await eve.estimate(WIDE, { inputs });
	assert(inputFee > 0n);
	const result = await eve.infer(WIDE, inputs, { trust: 'attested' });
	assert.notEqual((await eve.request(result.request)).storedInput, null);
	assert.deepEqual(
		result.outputs.y.data,
		data.map((x) => x * x),
	);
});

test('receipt should prove the result', async () => {
	const result = await eve.infer(DIGITS, INPUTS, { tier: 'optimistic' });
	const receipt = await result.receipt();
	const verifier = await createVerifier(readFileSync(process.env.OPG_RECEIPT_WASM));
	const { genesis } = await eve.chain();
	const statement = verifier.verify(receipt, { genesis });
	assert.deepEqual([statement.request, statement.answer.digest], [result.request, result.digest]);
	const outputs = decode(fromHex(statement.answer.output));
	assert.deepEqual(outputs.get('label').data, result.outputs.label.data);
	assert.throws(
		() => verifier.verify(receipt, { genesis: `0x${'00'.repeat(32)}` }),
		opg.ReceiptInvalid,
	);
});

// The client at a node that does not always do well.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as opg from '../dist/index.js';
import { DEFAULT_URL, Client, connect, devSigner, encode, toHex } from '../dist/index.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { GENESIS, OPG, OUTPUT, Refusal, clientFor, nodeFor } from './fake-node.mjs';

const INPUTS = { pixels: { shape: [1, 64], data: new Float32Array(64) } };
const ONES = { pixels: { shape: [1, 64], data: new Float32Array(64).fill(1) } };
const LARGE = { pixels: { shape: [1, 5_000], data: new Float32Array(5_000) } };
const REFERENCE = `0x${'ab'.repeat(32)}`;

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

test('inference should give typed arrays', async (t) => {
	const client = clientFor(t, await nodeFor(t));
	const result = await client.infer('//Dave/digits', INPUTS);
	assert.deepEqual(result.outputs.label, {
		dtype: 'int64',
		shape: [1],
		data: BigInt64Array.of(7n),
	});
	const { state, mayRely, fee, fuel } = result;
	assert.deepEqual(
		{ state, mayRely, fee, fuel },
		{ state: 'settled', mayRely: true, fee: OPG, fuel: 12 },
	);
	assert.equal((await result.receipt()).request, result.request);
});

test('attested answer should do when it is asked for', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const states = [];
	const result = await client.infer(0, INPUTS, {
		trust: 'attested',
		onUpdate: ({ status }) => states.push(status.name),
	});
	assert.deepEqual([result.state, result.mayRely, result.fee], ['attested', false, null]);
	assert.deepEqual(states, ['attested']);
	await pause();
	assert.equal(node.open.size, 0);
});

test('request should carry what was asked for', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const request = await client.submit(0, INPUTS, { reference: REFERENCE });
	assert.equal(node.transactions.length, 1);
	assert(node.transactions[0].includes(toHex(encode(INPUTS)).slice(2)));
	assert.equal(request.reference, REFERENCE);
	assert.equal(await client.find(REFERENCE), request.number);
	assert.equal((await client.get(0)).reference, REFERENCE);
});

test('many requests should all arrive', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const asked = Array.from({ length: 100 }, () => client.submit(0, INPUTS));
	const numbers = (await Promise.all(asked)).map(({ number }) => number);
	assert.deepEqual(
		numbers.sort((one, other) => one - other),
		Array.from({ length: 100 }, (_, at) => at),
	);
	assert.equal(new Set(node.transactions).size, 100);
	await pause();
	assert.equal(node.open.size, 0);
});

for (const takes of [true, false]) {
	test(`broken connection should not pay twice when the node ${takes ? 'took it' : 'lost it'}`, async (t) => {
		const node = await nodeFor(t);
		[node.hangups, node.takesBeforeHangup] = [1, takes];
		const result = await clientFor(t, node).infer(0, INPUTS);
		assert.equal(node.requests.length, 1);
		assert.equal(node.transactions.length, takes ? 1 : 2);
		assert.equal(new Set(node.transactions).size, 1);
		assert.equal(result.request, 0);
	});
}

test('same reference should give the same request', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const first = await client.submit(0, INPUTS, { reference: REFERENCE });
	const second = await client.submit(0, INPUTS, {
		reference: Uint8Array.from({ length: 32 }, () => 0xab),
	});
	assert.equal(first.number, second.number);
	assert.equal(node.transactions.length, 1);
	await assert.rejects(client.submit(0, ONES, { reference: REFERENCE }), opg.ReferenceUsed);
	await assert.rejects(client.submit(0, INPUTS, { reference: '0xab' }), TypeError);
	assert.equal(node.transactions.length, 1);
});

test('same reference should be sent once when it is submitted twice at a time', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const twice = [INPUTS, INPUTS].map((inputs) =>
		client.submit(0, inputs, { reference: REFERENCE }),
	);
	const other = client.submit(0, ONES, { reference: REFERENCE });
	await assert.rejects(other, opg.ReferenceUsed);
	const [first, second] = await Promise.all(twice);
	assert.equal(first.number, second.number);
	assert.equal(node.transactions.length, 1);
});

// A transaction of another process, which has the reference as well.
async function another(t, node) {
	await clientFor(t, node).submit(0, INPUTS, { reference: REFERENCE });
	const { transaction } = node.requests.pop();
	node.transactions = [];
	return transaction;
}

for (const [way, arrive] of [
	['in a block', (node, transaction) => node.include(transaction, null)],
	['in the pool', (node, transaction) => node.pool.push(transaction)],
]) {
	test(`reference should be sent once when another process's arrives ${way} before the nonce`, async (t) => {
		const node = await nodeFor(t);
		const transaction = await another(t, node);
		const { system_accountNextIndex: nonce } = node;
		// The client looked already, and saw nothing.
		node.system_accountNextIndex = () => {
			node.system_accountNextIndex = nonce;
			arrive(node, transaction);
			return nonce.apply(node) + node.pool.length;
		};
		const { number } = await clientFor(t, node).submit(0, INPUTS, { reference: REFERENCE });
		assert.equal(number, 0);
		assert.equal(node.requests.length, 1);
		assert.deepEqual(node.transactions, []);
	});

	test(`reference should be sent once when another process's arrives ${way} after the nonce`, async (t) => {
		const node = await nodeFor(t);
		const transaction = await another(t, node);
		const { opg_v1_submitAndWatch: submit } = node;
		node.opg_v1_submitAndWatch = () => {
			node.opg_v1_submitAndWatch = submit;
			arrive(node, transaction);
			const reason = node.pool.length === 0 ? 'Stale' : 'TooLowPriority';
			throw new Refusal(8006, 'another transaction has the nonce', reason);
		};
		const { number } = await clientFor(t, node).submit(0, INPUTS, { reference: REFERENCE });
		assert.equal(number, 0);
		assert.equal(node.requests.length, 1);
		assert.deepEqual(node.transactions, []);
	});
}

test('nonce that a transaction without the reference took should not matter', async (t) => {
	const node = await nodeFor(t);
	const { opg_v1_submitAndWatch: submit } = node;
	const nonces = [];
	const { system_accountNextIndex: nonce } = node;
	node.system_accountNextIndex = () => {
		nonces.push(nonce.apply(node));
		return nonces.at(-1);
	};
	node.opg_v1_submitAndWatch = () => {
		node.opg_v1_submitAndWatch = submit;
		node.requests.push({ reference: new Uint8Array(32), transaction: new Uint8Array() });
		throw new Refusal(8006, 'the transaction is outdated', 'Stale');
	};
	const { number } = await clientFor(t, node).submit(0, INPUTS, { reference: REFERENCE });
	assert.equal(number, 1);
	assert.deepEqual(nonces, [0, 1]);
	assert.equal(node.transactions.length, 1);
});

test('request should be refused when others always take its nonce', async (t) => {
	const node = await nodeFor(t);
	node.refuses = new Refusal(8006, 'the transaction is outdated', 'Stale');
	const client = clientFor(t, node);
	await assert.rejects(client.submit(0, INPUTS, { reference: REFERENCE }), { reason: 'Stale' });
	assert.equal(node.transactions.length, 5);
	await assert.rejects(client.submit(0, INPUTS), { reason: 'Stale' });
	assert.equal(node.transactions.length, 6);
});

test('reference should be found in the pool', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	await client.submit(0, INPUTS, { reference: REFERENCE });
	// As if another process had sent it, and no block had it yet.
	node.pool = [node.requests.pop().transaction];
	assert.equal((await client.submit(0, INPUTS, { reference: REFERENCE })).number, 0);
	assert.equal(node.transactions.length, 1);
});

for (const [error, kind] of [
	['Congested', opg.Congested],
	['MaxFeeTooLow', opg.FeeTooLow],
	['RoyaltyAboveMax', opg.FeeTooLow],
	['Inference.NotEnoughExecutors', opg.ModelNotServed],
	['NotCourtReady', opg.ModelNotServed],
	['InputTooLong', opg.InputMismatch],
	['FundsUnavailable', opg.NotEnoughFunds],
	['FuelLimitTooLow', opg.InvalidFuelLimit],
	['InvalidDeadline', opg.InvalidDeadline],
	['SomethingNew', opg.RequestRefused],
]) {
	test(`refusal should have its type when it is ${error}`, async (t) => {
		const node = await nodeFor(t);
		node.failsWith = error;
		await assert.rejects(clientFor(t, node).submit(0, INPUTS), (caught) => {
			assert.equal(caught.constructor, kind);
			assert.equal(caught.name, kind.name);
			assert.equal(caught.reason, error.split('.').at(-1));
			assert.match(caught.message, /as it is/);
			return true;
		});
	});
}

test('refusal of the pool should have its type', async (t) => {
	const node = await nodeFor(t);
	node.refuses = new Refusal(8006, 'the account cannot pay', 'Payment');
	await assert.rejects(clientFor(t, node).submit(0, INPUTS), opg.NotEnoughFunds);
	assert.equal(node.transactions.length, 1);
});

for (const state of ['dropped', 'invalid', 'usurped', 'ended']) {
	test(`transaction should be given up when it was ${state} and no block can take it`, async (t) => {
		const node = await nodeFor(t);
		node.news = ['ready', state];
		const sending = clientFor(t, node).submit(0, INPUTS);
		while (node.transactions.length < 2) await pause();
		node.finalized += 64;
		await assert.rejects(sending, opg.NotIncluded);
		assert.equal(new Set(node.transactions).size, 1);
	});
}

test('transaction should be sent again as it is when it was dropped', async (t) => {
	const node = await nodeFor(t);
	node.news = ['ready', 'dropped'];
	const sending = clientFor(t, node).submit(0, INPUTS);
	while (node.transactions.length < 1) await pause();
	node.news = ['ready', 'inBlock'];
	assert.equal((await sending).number, 0);
	assert.equal(new Set(node.transactions).size, 1);
});

test('request should be outstanding when nothing becomes final', async (t) => {
	const node = await nodeFor(t);
	[node.finalized, node.bestAhead] = [0, 1_000];
	node.news = ['ready', 'dropped'];
	const sending = clientFor(t, node).submit(0, INPUTS, { reference: REFERENCE });
	while (node.transactions.length < 2) await pause();
	// The signature is bound to a block of which half of the validity is left.
	node.bestAhead = 1_000 + 32 + 257;
	await assert.rejects(sending, (caught) => {
		assert(caught instanceof opg.Outstanding);
		assert.equal(caught.reference, REFERENCE);
		return true;
	});
	assert.equal(new Set(node.transactions).size, 1);
});

test('nothing should be sent when it is known to fail', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const refused = (kind, options, inputs = INPUTS, model = 0) =>
		assert.rejects(client.submit(model, inputs, options), kind);
	const good = node.estimate;
	node.estimate = { ...good, congested: true };
	await refused(opg.Congested);
	node.estimate = { ...good, congested: true, free: { executors: 0, slots: 0, offered: 0 } };
	await refused(/nobody serves/);
	node.estimate = { ...good, takesRequests: false, fee: null, maxFee: null };
	await refused(opg.ModelNotServed);
	node.estimate = good;
	await refused(/1\.5 OPG/, { maxFee: '1.5' });
	await refused(/maxRoyalty/, { maxRoyalty: 1n });
	await refused(TypeError, { tier: 'best' });
	await refused(TypeError, { maxFee: 1 });
	await refused(opg.TensorError, {}, { pixels: [0] });
	await refused(opg.ModelUnknown, {}, INPUTS, '//Dave/none');
	node.free = 4n * OPG - 1n;
	await refused(/up to 4 OPG/);
	assert.deepEqual(node.transactions, []);
	assert.equal(await client.balance(), 4n * OPG - 1n);
	client.signer = undefined;
	await refused(opg.NoSigner);
});

test('refusing signer should be told, and nothing sent', async (t) => {
	const node = await nodeFor(t);
	const cancels = () => Promise.reject(new Error('Cancelled'));
	const signer = { ...devSigner('//Eve'), signTx: cancels };
	await assert.rejects(clientFor(t, node, { signer }).submit(0, INPUTS), (caught) => {
		assert(caught instanceof opg.SigningFailed);
		assert.match(caught.cause.message, /Cancelled/);
		return true;
	});
	assert.deepEqual(node.transactions, []);
});

test('signer that is chosen meanwhile should not take over what is sent', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const [eve, bob] = ['//Eve', '//Bob'].map((path) => toHex(devSigner(path).publicKey).slice(2));
	const asked = [];
	const { opg_v1_requestByReference: find } = node;
	node.opg_v1_requestByReference = (who, ...params) =>
		asked.push(who) && find.call(node, who, ...params);
	const first = client.submit(0, INPUTS, { reference: REFERENCE });
	client.signer = devSigner('//Bob');
	await client.submit(0, INPUTS);
	const request = await first;
	assert.equal(request.requester, opg.encodeAddress(devSigner('//Eve').publicKey));
	assert.equal(new Set(asked).size, 1);
	assert.deepEqual(node.transactions.map((one) => [one.includes(eve), one.includes(bob)]).sort(), [
		[false, true],
		[true, false],
	]);
});

test('receipt should be waited for over broken connections', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	await client.submit(0, INPUTS);
	node.receiptsAfter = Infinity;
	const waiting = client.receipt(0);
	while (node.open.size === 0) await pause();
	for (const socket of node.server.clients) socket.terminate();
	node.open.clear();
	node.receiptsAfter = 0;
	assert.equal((await waiting).request, 0);
});

test('failed request should give its reason', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	node.failure = 'NotEnoughReveals';
	await assert.rejects(client.infer(0, INPUTS), {
		name: 'RequestFailed',
		reason: 'NotEnoughReveals',
	});
	node.failure = 'Expired';
	await assert.rejects(client.infer(0, INPUTS), opg.Expired);
});

test('error of the model should be told as one', async (t) => {
	const node = await nodeFor(t);
	node.outcome = { output: null, storedOutput: null, error: 'BadInput', fuel: 12 };
	await assert.rejects(clientFor(t, node).infer(0, INPUTS), (caught) => {
		assert(caught instanceof opg.ModelError);
		assert.equal(caught.reason, 'BadInput');
		assert.match(caught.message, /names, types, shapes/);
		return true;
	});
});

test('answer should be refused when its digest is another', async (t) => {
	const node = await nodeFor(t);
	node.forges = true;
	await assert.rejects(clientFor(t, node).infer(0, INPUTS), /not that of its digest/);
});

test('waiting should end in time, or when it is aborted', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	node.settlesAfter = Infinity;
	const request = await client.submit(0, INPUTS);
	await assert.rejects(request.wait({ timeout: 50 }), opg.WaitTimeout);
	await assert.rejects(request.wait({ signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
	await assert.rejects(request.wait({ signal: AbortSignal.abort() }), { name: 'AbortError' });
	node.receiptsAfter = Infinity;
	await assert.rejects(client.receipt(0, { timeout: 50 }), opg.WaitTimeout);
	await pause();
	assert.equal(node.open.size, 0);
});

test('receipt should be waited for', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	await client.submit(0, INPUTS);
	node.receiptsAfter = 3;
	assert.equal((await client.receipt(0)).request, 0);
});

test('model should be waited for', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	node.estimate.takesRequests = false;
	const waiting = client.waitForModel('//Dave/digits');
	await pause();
	node.estimate.takesRequests = true;
	assert.equal((await waiting).name, 'digits');
});

test('request should be followed over broken connections', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	node.settlesAfter = Infinity;
	const request = await client.submit(0, INPUTS);
	const waiting = request.wait();
	while (node.open.size === 0) await pause();
	node.settlesAfter = 1;
	for (const socket of node.server.clients) socket.terminate();
	node.open.clear();
	assert.equal((await waiting).request, 0);
});

test('number should follow a reorganisation', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const request = await client.submit(0, INPUTS);
	await client.submit(0, INPUTS);
	// The other fork has the one behind the other, and the first not yet.
	const [own, other] = node.requests;
	node.requests = [];
	assert.equal((await request.status()).state, 'unknown');
	const waiting = request.wait();
	await pause();
	node.requests = [other, own];
	assert.equal((await waiting).request, 1);
	assert.equal(request.number, 1);
});

test('long input should be uploaded', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const data = encode(LARGE);
	const hash = toHex(blake3(data));
	const request = await client.submit(0, LARGE, { reference: REFERENCE });
	assert(node.transactions[0].includes(hash.slice(2)));
	assert(!node.transactions[0].includes(toHex(data).slice(2)));
	assert.deepEqual(node.requests[0].content, data);
	assert(node.contents.has(hash));
	assert.equal((await client.submit(0, LARGE, { reference: REFERENCE })).number, request.number);
});

test('longest input should not go with the call', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const large = { x: { shape: [1_700_000], data: new Float32Array(1_700_000) } };
	const sent = [];
	const { blobs_v1_chunk: take } = node;
	node.blobs_v1_chunk = (...params) => sent.push(params[1]) && take.apply(node, params);
	await client.submit(0, large);
	assert.equal(node.requests[0].content, null);
	assert.deepEqual(
		sent,
		Array.from({ length: 7 }, (_, at) => at * 2 ** 20),
	);
	assert(node.contents.has(toHex(blake3(encode(large)))));
});

test('long output should be downloaded and checked', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const numbers = Float32Array.from({ length: 500_000 }, (_, at) => at);
	const data = encode({ y: { shape: [500_000], data: numbers } });
	const hash = toHex(blake3(data));
	node.outcome = { output: null, storedOutput: { hash, size: data.length }, error: null, fuel: 12 };
	await assert.rejects(client.infer(0, INPUTS), opg.ContentUnavailable);
	node.contents.set(hash, data);
	assert.deepEqual((await client.infer(0, INPUTS)).outputs.y.data, numbers);
	const changed = data.slice();
	changed[600_000] ^= 1;
	node.contents.set(hash, changed);
	await assert.rejects(client.infer(0, INPUTS), /hash is another/);
	node.contents.set(hash, data.slice(0, -1));
	await assert.rejects(client.infer(0, INPUTS), opg.NodeMisbehaved);
});

test('other chain should be refused', async (t) => {
	const node = await nodeFor(t);
	await assert.rejects(connect(node.url, { genesis: `0x${'99'.repeat(32)}` }), opg.WrongChain);
	const client = clientFor(t, node, { genesis: GENESIS });
	await client.chain();
	node.genesis = `0x${'99'.repeat(32)}`;
	await assert.rejects(client.submit(0, INPUTS), opg.WrongChain);
	assert.deepEqual(node.transactions, []);
});

test('absent node should be told', async () => {
	assert.equal(new URL(DEFAULT_URL).port, '9944');
	await assert.rejects(connect('ws://127.0.0.1:1'), opg.NodeUnreachable);
	for (const url of ['127.0.0.1:9944', 'ftp://x', 'ws://']) {
		assert.throws(() => new Client(url), opg.NodeUnreachable);
	}
});

test('lists and models and costs should be read', async (t) => {
	const client = clientFor(t, await nodeFor(t));
	assert.deepEqual(await client.models({ owner: '//Dave' }), [{ name: 'a' }, { name: 'b' }]);
	assert.equal((await client.model('//Dave/digits')).number, '1.0.0');
	const { fee, maxFee, inputFee } = await client.estimate(0, { inputs: LARGE });
	assert.deepEqual([fee, maxFee, inputFee], [2n * OPG, 3n * OPG, 1n]);
	const dry = await client.dryRun(0, INPUTS);
	assert.deepEqual(encode(dry.outputs), OUTPUT);
});

test('owner should be named in any form', async (t) => {
	const node = await nodeFor(t);
	const client = clientFor(t, node);
	const asked = [];
	const { opg_v1_model: model } = node;
	node.opg_v1_model = (name) => asked.push(name) && model(name === 7 ? 0 : name);
	for (const name of [
		'5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy/digits',
		'//Dave/digits',
		'7',
	]) {
		await client.model(name);
	}
	assert.equal(asked[0], asked[1]);
	assert(asked[0].startsWith('op'));
	assert.equal(asked[2], 7);
});

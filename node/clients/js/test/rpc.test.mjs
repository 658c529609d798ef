// JSON-RPC at a node that ends connections, and says what it should not.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as opg from '../dist/index.js';
import { OpgRpc, Rpc } from '../dist/index.js';
import { Sockets } from '../dist/papi.js';
import { Refusal, nodeFor } from './fake-node.mjs';

async function rpcFor(t, options) {
	const node = await nodeFor(t);
	const rpc = new OpgRpc(node.url, options);
	t.after(() => rpc.close());
	return { node, rpc };
}

test('call should be tried again on a new connection when the first broke', async (t) => {
	const { node, rpc } = await rpcFor(t);
	await rpc.chain();
	for (const socket of node.server.clients) socket.terminate();
	const both = await Promise.all([rpc.chain(), rpc.chain()]);
	assert.equal(both.length, 2);
	assert.equal(node.server.clients.size, 1);
});

test('codes of the node should be classes', async (t) => {
	const { node, rpc } = await rpcFor(t);
	const kinds = {
		'-32601': opg.UnsafeMethod,
		8001: opg.ModelUnknown,
		8002: opg.RequestUnknown,
		8003: opg.InvalidParameter,
		8004: opg.StateUnavailable,
		8005: opg.NotARequest,
		8007: opg.TooManySubscriptions,
		8008: opg.NotYet,
		8009: opg.TooLarge,
		8010: opg.Busy,
		8011: opg.EngineUnavailable,
		7001: opg.RpcError,
	};
	for (const [code, kind] of Object.entries(kinds)) {
		node.opg_v1_node = () => {
			throw new Refusal(Number(code), 'it is so', 'Because');
		};
		await assert.rejects(rpc.node(), (error) => {
			assert.equal(error.constructor, kind);
			assert.deepEqual(
				[error.code, error.reason, error.method],
				[Number(code), 'Because', 'opg_v1_node'],
			);
			return true;
		});
	}
});

test('slow node should be told', async (t) => {
	const { node, rpc } = await rpcFor(t, { timeout: 50 });
	node.opg_v1_node = () => new Promise(() => undefined);
	await assert.rejects(rpc.node(), /did not answer opg_v1_node within 0\.05 s/);
	assert.equal(node.calls.length, 1);
});

test('what is no JSON should end the connection', async (t) => {
	const { node, rpc } = await rpcFor(t);
	node.server.on('connection', (socket) => socket.send('hello'));
	await assert.rejects(rpc.chain(), opg.NodeUnreachable);
});

test('subscription should end when its reader leaves', async (t) => {
	const { node, rpc } = await rpcFor(t);
	let seen = 0;
	for await (const head of rpc.subscribe('chain_subscribeNewHeads', 'chain_unsubscribeNewHeads')) {
		assert.equal(head.number, '0x1');
		seen += 1;
		if (seen === 3) break;
	}
	await rpc.chain();
	assert.equal(node.open.size, 0);
});

test('subscription that nobody reads should not be opened', async (t) => {
	const { node, rpc } = await rpcFor(t);
	const news = rpc.watchRequest(0);
	assert.deepEqual(await news.return(), { done: true, value: undefined });
	assert.deepEqual(await news.next(), { done: true, value: undefined });
	assert.deepEqual(node.calls, []);
});

test('reader that waits should be let go', async (t) => {
	const { node, rpc } = await rpcFor(t);
	node.opg_v1_subscribeAnswers = () => 's9';
	const news = rpc.watchAnswers();
	const waiting = news.next();
	setTimeout(() => news.return(), 20);
	assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('refused subscription should be told', async (t) => {
	const { rpc } = await rpcFor(t);
	await assert.rejects(rpc.watchRequest(7).next(), opg.RequestUnknown);
});

test('broken connection should end a subscription', async (t) => {
	const { node, rpc } = await rpcFor(t);
	node.opg_v1_subscribeAnswers = () => 's9';
	const waiting = rpc.watchAnswers().next();
	setTimeout(() => node.server.clients.forEach((socket) => socket.terminate()), 20);
	await assert.rejects(waiting, opg.NodeUnreachable);
});

test('reason for which a node ends a subscription should be told after its news', async (t) => {
	const { node, rpc } = await rpcFor(t);
	node.requests = [];
	node.news = ['ready', 'ended'];
	const news = rpc.submitAndWatch('0x00');
	assert.equal((await news.next()).value.state, 'ready');
	await assert.rejects(news.next(), /the node had enough/);
});

test('address should be of a node, and not be told', () => {
	assert.equal(new Rpc('https://example.org/key').url, 'wss://example.org/key');
	assert.throws(
		() => new Rpc('ftp://user:secret@x'),
		(error) => !error.message.includes('secret'),
	);
});

test('closed client should open a new connection', async (t) => {
	const { rpc } = await rpcFor(t);
	await rpc.chain();
	rpc.close();
	assert.equal((await rpc.chain()).name, 'Fake');
});

test('socket that PAPI leaves open should not keep the program alive', async (t) => {
	const node = await nodeFor(t);
	const sockets = new Sockets();
	const open = () => {
		const socket = new sockets.kind(node.url);
		const closed = new Promise((resolve) => (socket.onclose = resolve));
		return new Promise((resolve) => (socket.onopen = () => resolve({ socket, closed })));
	};
	const stale = await open();
	const next = await open();
	await stale.closed;
	assert.equal(next.socket.readyState, next.socket.OPEN);
	sockets.close();
	await next.closed;
});

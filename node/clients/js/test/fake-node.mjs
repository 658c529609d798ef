// A node with the methods that the client calls, as much of a chain as they need, and a stand-in for
// PAPI's connection which signs by the generated descriptors.
import { blake2b } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { getOfflineApi } from 'polkadot-api';
import { WebSocketServer } from 'ws';
import { opg } from '#descriptors';
import { Client, OPG, devSigner, encode, encodeAddress, fromHex, toHex } from '../dist/index.js';
import { Tree, ranges } from '../dist/bao.js';

export { OPG };
export const GENESIS = `0x${'11'.repeat(32)}`;
export const OUTPUT = encode({ label: { shape: [1], data: BigInt64Array.of(7n) } });
const EVE = encodeAddress(devSigner('//Eve').publicKey);
const INLINE_BYTES = 16_384;
const MAX_OPEN = 64;

// Name of a content.
export const nameOf = (data) => toHex(blake3(data));

export class Refusal extends Error {
	constructor(code, message, reason) {
		super(message);
		this.error = { code, message, data: { reason } };
	}
}

// The node ends the connection instead of an answer.
class Hangup extends Error {}

// Digest of an answer, by the rule of docs/protocol.md.
export function digestOf({ output, storedOutput, error, fuel }) {
	const little = (value, bytes) =>
		Uint8Array.from({ length: bytes }, (_, at) => Number((BigInt(value) >> BigInt(8 * at)) & 255n));
	const compact = (length) =>
		length < 64
			? [length << 2]
			: [...little(length * 4 + (length < 2 ** 14 ? 1 : 2), length < 2 ** 14 ? 2 : 4)];
	const domain = [...new TextEncoder().encode('opg/answer/v1')];
	const errors = ['BadModel', 'BadInput', 'OutOfFuel', 'OutOfMemory', 'Trapped', 'OutputTooLarge'];
	let outcome;
	if (output) outcome = [0, ...compact(fromHex(output).length), ...fromHex(output)];
	else if (storedOutput)
		outcome = [2, ...fromHex(storedOutput.hash), ...little(storedOutput.size, 4)];
	else outcome = [1, errors.indexOf(error)];
	const bytes = Uint8Array.from([
		...compact(domain.length),
		...domain,
		...outcome,
		...little(fuel, 8),
	]);
	return toHex(blake2b(bytes, { dkLen: 32 }));
}

export class FakeNode {
	// What it does otherwise than well is set by these.
	calls = [];
	// All transactions that came, in order, and those that are requests.
	transactions = [];
	requests = [];
	contents = new Map();
	pool = [];
	finalized = 100;
	bestAhead = 2;
	free = 10_000n * OPG;
	genesis = GENESIS;
	// So many submissions break the connection.
	hangups = 0;
	takesBeforeHangup = false;
	refuses = null;
	// Name of the error of what is in a block.
	failsWith = null;
	news = ['ready', 'inBlock'];
	estimate = {
		fee: String(2n * OPG),
		maxFee: String(3n * OPG),
		takesRequests: true,
		congested: false,
		free: { executors: 3, slots: 30, offered: 30 },
	};
	outcome = { output: toHex(OUTPUT), storedOutput: null, error: null, fuel: 12 };
	failure = null;
	forges = false;
	// News of a request until it is settled. `Infinity`: never.
	settlesAfter = 2;
	receiptsAfter = 0;
	chunks = new Map();
	missing = [];
	open = new Set();
	#subscriptions = 0;

	async start() {
		this.server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 2 ** 28 });
		this.server.on('connection', (socket) => {
			socket.on('message', (data) => this.#serve(socket, JSON.parse(data)));
		});
		await new Promise((resolve) => this.server.once('listening', resolve));
		this.url = `ws://127.0.0.1:${this.server.address().port}`;
		return this;
	}

	stop() {
		for (const socket of this.server.clients) socket.terminate();
		return new Promise((resolve) => this.server.close(resolve));
	}

	client(options = {}) {
		return new Client(this.url, { signer: devSigner('//Eve'), ...options }, () => this.papi());
	}

	// PAPI's transactions, encoded and signed by the descriptors, without a connection.
	async papi() {
		const offline = await getOfflineApi({ ...opg, genesis: GENESIS });
		const blocks = () => {
			const best = this.finalized + this.bestAhead;
			const hash = (number) => `0x${number.toString(16).padStart(64, '0')}`;
			return Array.from({ length: this.bestAhead + 1 }, (_, at) => ({
				number: best - at,
				hash: hash(best - at),
			}));
		};
		const entry = (name) => (args) => ({
			sign: (signer, { nonce, mortality, at }) => {
				const startAtBlock = { height: Number(at), hash: at };
				return offline.tx.Inference[name](args).sign(signer, {
					nonce,
					mortality: { ...mortality, startAtBlock },
				});
			},
		});
		return {
			client: {
				getBestBlocks: async () => blocks(),
				getFinalizedBlock: async () => blocks().at(-1),
			},
			close: () => undefined,
			api: {
				tx: { Inference: { request: entry('request'), request_stored: entry('request_stored') } },
			},
		};
	}

	async #serve(socket, { id, method, params }) {
		this.calls.push(method);
		const reply = { jsonrpc: '2.0', id };
		try {
			if (!this[method]) throw new Refusal(-32601, 'Method not found', '');
			reply.result = await this[method](...params);
		} catch (error) {
			if (error instanceof Hangup) {
				socket.terminate();
				return;
			}
			reply.error = error.error ?? { code: -32603, message: String(error) };
		}
		socket.send(JSON.stringify(reply));
		if (!('result' in reply)) return;
		const tell = (news) => {
			if (!this.open.has(reply.result)) return;
			const params = { subscription: reply.result, ...news };
			socket.send(JSON.stringify({ jsonrpc: '2.0', method: `${method}News`, params }));
		};
		if (method === 'opg_v1_submitAndWatch') this.#tellTransaction(tell);
		if (method === 'opg_v1_subscribeRequest') this.#tellRequest(tell, params[0]);
		if (method.startsWith('chain_subscribe')) {
			// Blocks come.
			const timer = setInterval(() => {
				tell({ result: { number: '0x1' } });
				if (!this.open.has(reply.result) || socket.readyState !== 1) clearInterval(timer);
			}, 20);
		}
	}

	#tellTransaction(tell) {
		for (const state of this.news) {
			if (state === 'ended') {
				tell({ error: 'the node had enough' });
				continue;
			}
			const result = { state, block: null, request: null, error: null };
			if (state === 'inBlock') {
				result.block = { number: 101, hash: `0x${'22'.repeat(32)}` };
				if (this.failsWith) result.error = { reason: this.failsWith, explanation: 'as it is' };
				else result.request = this.requests.length - 1;
			}
			tell({ result });
		}
	}

	async #tellRequest(tell, number) {
		for (let looks = 0; looks <= Math.min(this.settlesAfter, 5); looks += 1) {
			this.requests[number].looks += 1;
			tell({ result: await this.opg_v1_request(number) });
			await new Promise((resolve) => setTimeout(resolve, 5));
			if (this.requests[number] === undefined) {
				tell({ error: `there is no request ${number}` });
				return;
			}
		}
	}

	include(transaction, content) {
		this.requests.push({ reference: transaction.slice(-34, -2), transaction, content, looks: 0 });
	}

	#subscribe() {
		if (this.open.size >= MAX_OPEN) {
			throw new Refusal(8007, '64 subscriptions are open', 'TooManySubscriptions');
		}
		this.#subscriptions += 1;
		this.open.add(`s${this.#subscriptions}`);
		return `s${this.#subscriptions}`;
	}

	#unsubscribe(subscription) {
		return this.open.delete(subscription);
	}

	// Methods of every node.

	system_accountNextIndex() {
		return this.requests.length;
	}

	author_pendingExtrinsics() {
		const waiting = this.pool;
		this.pool = [];
		for (const transaction of waiting) this.include(transaction, null);
		return waiting.map(toHex);
	}

	chain_subscribeNewHeads = () => this.#subscribe();
	chain_subscribeFinalizedHeads = () => this.#subscribe();
	chain_unsubscribeNewHeads = (subscription) => this.#unsubscribe(subscription);
	chain_unsubscribeFinalizedHeads = (subscription) => this.#unsubscribe(subscription);
	opg_v1_unsubscribe = (subscription) => this.#unsubscribe(subscription);
	opg_v1_unsubscribeRequest = (subscription) => this.#unsubscribe(subscription);

	// Methods of a node of this chain.

	opg_v1_chain() {
		return {
			name: 'Fake',
			genesis: this.genesis,
			specName: 'opg',
			specVersion: 100,
			transactionVersion: 1,
			ss58Prefix: 3241,
			clock: 90,
			best: { number: this.finalized + this.bestAhead, hash: `0x${'33'.repeat(32)}` },
			finalized: { number: this.finalized, hash: `0x${'44'.repeat(32)}` },
			limits: { inlineInputBytes: INLINE_BYTES, inlineOutputBytes: 4096 },
		};
	}

	opg_v1_account() {
		return { free: String(this.free) };
	}

	opg_v1_model(model) {
		if (model !== 0 && !String(model).includes('digits')) {
			throw new Refusal(8001, 'there is no such model', 'ModelUnknown');
		}
		return {
			model: 0,
			owner: 'opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLe',
			name: 'digits',
			number: '1.0.0',
			limits: { inputBytes: 2 ** 26 },
			royalty: String(OPG / 10n),
		};
	}

	opg_v1_models(_query, cursor) {
		if (cursor === null) return { items: [{ name: 'a' }], next: '0x01' };
		return { items: [{ name: 'b' }], next: null };
	}

	opg_v1_estimate(model, { inputBytes }) {
		const inputFee = inputBytes > INLINE_BYTES ? '1' : '0';
		return { model, royalty: '1', inputFee, deposit: String(OPG), ...this.estimate };
	}

	opg_v1_submitAndWatch(extrinsic, content) {
		const transaction = fromHex(extrinsic);
		if (this.open.size >= MAX_OPEN) return this.#subscribe();
		this.transactions.push(extrinsic);
		if (this.requests.some((request) => toHex(request.transaction) === extrinsic)) {
			throw new Refusal(8006, 'the transaction is outdated', 'Stale');
		}
		if (this.refuses) throw this.refuses;
		if (this.hangups > 0) {
			this.hangups -= 1;
			if (this.takesBeforeHangup) this.include(transaction, null);
			throw new Hangup();
		}
		if (this.news.includes('inBlock') && !this.failsWith) {
			this.include(transaction, content === null ? null : fromHex(content));
		}
		return this.#subscribe();
	}

	opg_v1_requestByReference(_who, reference) {
		const number = this.requests.findIndex((request) => toHex(request.reference) === reference);
		return number < 0 ? null : number;
	}

	opg_v1_subscribeRequest(number) {
		if (!this.requests[number])
			throw new Refusal(8002, 'there is no such request', 'RequestUnknown');
		return this.#subscribe();
	}

	opg_v1_request(number) {
		const request = this.requests[number];
		if (!request) return null;
		const { transaction, content, reference, looks } = request;
		// The input is before tier, two amounts, the reference, deadline and fuel limit.
		const end = transaction.length - (1 + 16 + 16 + 32 + 1 + 1);
		const start = toHex(transaction).indexOf('4f50475401') / 2 - 1;
		const isSettled = looks > this.settlesAfter;
		const answer = {
			digest: digestOf(this.outcome),
			...this.outcome,
			fuel: this.outcome.fuel + Number(this.forges),
		};
		const status = this.failure
			? { name: 'failed', reason: this.failure, explanation: 'as it is', answer: null, fee: null }
			: {
					name: isSettled ? 'settled' : 'attested',
					reason: null,
					explanation: null,
					answer,
					fee: isSettled ? String(OPG) : null,
				};
		return {
			request: number,
			model: 0,
			input: start < 0 ? null : toHex(transaction.slice(start, end)),
			storedInput: content && { hash: toHex(blake3(content)), size: content.length },
			reference: toHex(reference),
			requester: EVE,
			isFinal: isSettled || this.failure !== null,
			status,
		};
	}

	opg_v1_result(number) {
		const base = { request: number, since: 1, answer: null, isFinal: false, mayRely: false };
		return { ...base, state: this.requests[number] ? 'attested' : 'unknown' };
	}

	opg_v1_receipt(number) {
		this.receiptsAfter -= 1;
		if (this.receiptsAfter >= 0) throw new Refusal(8008, 'not settled in a final block', 'NotYet');
		return { request: number, version: 4 };
	}

	opg_v1_dryRun() {
		return { ...this.outcome, digest: digestOf(this.outcome) };
	}

	// Contents.

	blobs_v1_begin(name, size) {
		if (this.contents.has(name)) return { complete: true, received: size, missing: [] };
		if (this.missing.length === 0 && this.chunks.size === 0) this.missing = ranges(size);
		// One range at a time, as a node that tells only some.
		return { complete: false, received: 0, missing: this.missing.slice(0, 1) };
	}

	blobs_v1_chunk(_name, start, end, encoded) {
		this.missing = this.missing.filter(([one]) => one !== start);
		this.chunks.set(start, encoded);
		return { received: end };
	}

	blobs_v1_finish(name) {
		this.contents.set(name, new Uint8Array());
		this.chunks.clear();
		return null;
	}

	blobs_v1_range(name, start, end) {
		const content = this.contents.get(name);
		if (!content) throw new Refusal(7007, 'the blob is not here', '');
		return toHex(new Tree(content).encode(start, end));
	}

	blobs_v1_fetch() {
		return { state: 'missing' };
	}
}

// A new node for a test, and its end.
export async function nodeFor(test) {
	const node = await new FakeNode().start();
	test.after(() => node.stop());
	return node;
}

// A client at a node for a test, and its end.
export function clientFor(test, node, options) {
	const client = node.client(options);
	test.after(() => client.close());
	return client;
}

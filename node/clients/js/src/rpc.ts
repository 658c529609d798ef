/** JSON-RPC over one WebSocket: calls and subscriptions, and a new connection where one broke. */

import WebSocketClass from '#websocket';
import {
	NodeUnreachable,
	NodeMisbehaved,
	SubscriptionEnded,
	isObject,
	rpcError,
} from './errors.js';

/** How a node is spoken to. */
export interface RpcOptions {
	/** Milliseconds that the node is given for an answer: 60,000 by default. */
	timeout?: number;
}

/** News of a subscription, which ends with `return`, or by leaving a `for await`. */
export type News<T> = AsyncIterableIterator<T, undefined, undefined>;

const DEFAULT_TIMEOUT = 60_000;
/** Most news that wait to be taken. Who does not take them loses the subscription. */
const MAX_WAITING = 4096;

/** The connection broke: what was asked may be asked again. */
class Broken extends NodeUnreachable {}

interface Call {
	resolve(result: unknown): void;
	reject(error: Error): void;
	/** Set where the result names a subscription. */
	queue: Queue | null;
	method: string;
}

/** What belongs to one connection, and ends with it. */
interface Connection {
	socket: WebSocket;
	calls: Map<number, Call>;
	queues: Map<string, Queue>;
	isOpen: boolean;
}

/** A node, by its address. Connects when it is needed, also again after a connection broke. */
export class Rpc {
	/** Address of the node. */
	readonly url: string;
	/** Milliseconds that the node is given for an answer. */
	readonly timeout: number;
	#live: Connection | null = null;
	#opening: Promise<Connection> | null = null;
	#number = 0;

	constructor(url: string, options: RpcOptions = {}) {
		this.url = websocketUrl(url);
		this.timeout = options.timeout ?? DEFAULT_TIMEOUT;
	}

	/**
	 * Calls a method. A call that met a broken connection is tried once on a new one, so this is for
	 * what does not matter twice, as all methods do but subscriptions.
	 */
	async call<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
		try {
			return (await this.#call(await this.#connected(), method, params, null)) as T;
		} catch (error) {
			if (!(error instanceof Broken)) throw error;
			return (await this.#call(await this.#connected(), method, params, null)) as T;
		}
	}

	/**
	 * Subscribes when the first news are asked for, and gives what comes.
	 *
	 * Throws what the node says where it refuses, `NodeUnreachable` where the connection breaks, and
	 * `SubscriptionEnded` where the node ends it with a reason. `isLast` tells which news are the
	 * last: nodes do not say that none will follow.
	 */
	subscribe<T>(
		method: string,
		unsubscribe: string,
		params: readonly unknown[] = [],
		isLast: (news: T) => boolean = () => false,
	): News<T> {
		return new Subscription<T>(isLast, async () => {
			const connection = await this.#connected();
			const queue = new Queue();
			const id = String(await this.#call(connection, method, params, queue));
			const stop = (): void => {
				connection.queues.delete(id);
				// What the node answers matters to nobody.
				if (connection.isOpen) this.#send(connection, ++this.#number, unsubscribe, [id]);
			};
			return { queue, stop };
		});
	}

	/** Ends the connection. What waits for an answer fails. A later call opens a new one. */
	close(): void {
		const end = (connection: Connection): void => {
			connection.socket.close();
			this.#end(connection, 'this side closed it');
		};
		if (this.#live) end(this.#live);
		this.#opening?.then(end, ignore);
	}

	async #connected(): Promise<Connection> {
		if (this.#live) return this.#live;
		this.#opening ??= this.#open().finally(() => {
			this.#opening = null;
		});
		return this.#opening;
	}

	#open(): Promise<Connection> {
		return new Promise((resolve, reject) => {
			const socket = new WebSocketClass(this.url);
			const connection: Connection = { socket, calls: new Map(), queues: new Map(), isOpen: false };
			const late = setTimeout(() => {
				socket.close();
				reject(new NodeUnreachable(`no node answers at ${this.url} in time`));
			}, this.timeout);
			socket.onopen = () => {
				clearTimeout(late);
				connection.isOpen = true;
				this.#live = connection;
				resolve(connection);
			};
			// A browser tells a page no cause.
			socket.onerror = (event) => {
				const cause = 'message' in event && typeof event.message === 'string' ? event.message : '';
				clearTimeout(late);
				reject(new NodeUnreachable(`no node answers at ${this.url}${cause && `: ${cause}`}`));
			};
			socket.onclose = (event) => {
				clearTimeout(late);
				const cause = event.reason || `code ${String(event.code)}`;
				reject(new NodeUnreachable(`no node answers at ${this.url}: ${cause}`));
				this.#end(connection, cause);
			};
			socket.onmessage = (event: MessageEvent<unknown>) => {
				try {
					take(connection, event.data);
				} catch {
					socket.close();
					this.#end(connection, 'the node sends what is no JSON-RPC');
				}
			};
		});
	}

	#call(
		connection: Connection,
		method: string,
		params: readonly unknown[],
		queue: Queue | null,
	): Promise<unknown> {
		const number = ++this.#number;
		return new Promise((resolve, reject) => {
			const late = setTimeout(() => {
				connection.calls.delete(number);
				const seconds = String(this.timeout / 1000);
				reject(new NodeUnreachable(`${this.url} did not answer ${method} within ${seconds} s`));
			}, this.timeout);
			connection.calls.set(number, {
				method,
				queue,
				resolve: (result) => {
					clearTimeout(late);
					resolve(result);
				},
				reject: (error) => {
					clearTimeout(late);
					reject(error);
				},
			});
			if (connection.isOpen) this.#send(connection, number, method, params);
			else this.#end(connection, 'it is closed');
		});
	}

	#send(connection: Connection, id: number, method: string, params: readonly unknown[]): void {
		connection.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
	}

	#end(connection: Connection, cause: string): void {
		connection.isOpen = false;
		if (this.#live === connection) this.#live = null;
		const error = new Broken(`the connection to ${this.url} broke: ${cause}`);
		for (const call of connection.calls.values()) call.reject(error);
		for (const queue of connection.queues.values()) queue.fail(error);
		connection.calls.clear();
		connection.queues.clear();
	}
}

function ignore(): void {
	// Whoever waits for it is told.
}

/** Takes a message of the node. */
function take(connection: Connection, data: unknown): void {
	const message: unknown = JSON.parse(String(data));
	if (!isObject(message)) throw new NodeMisbehaved('a message that is no object');
	if (typeof message.method === 'string') {
		const params = message.params;
		if (!isObject(params)) return;
		const queue = connection.queues.get(String(params.subscription));
		if ('result' in params) queue?.put(params.result);
		else queue?.fail(new SubscriptionEnded(`the node ended it: ${String(params.error)}`));
		return;
	}
	const number = typeof message.id === 'number' ? message.id : 0;
	const call = connection.calls.get(number);
	if (!call) return;
	connection.calls.delete(number);
	if ('error' in message) {
		call.reject(rpcError(call.method, message.error));
		return;
	}
	// Now: the next message may be its first news.
	if (call.queue) connection.queues.set(String(message.result), call.queue);
	call.resolve(message.result);
}

/** News that wait to be taken. */
class Queue {
	#items: unknown[] = [];
	#error: Error | null = null;
	#wake: (() => void) | null = null;

	put(item: unknown): void {
		if (this.#error) return;
		this.#items.push(item);
		if (this.#items.length > MAX_WAITING) {
			this.#items = [];
			this.#error = new SubscriptionEnded(`more than ${String(MAX_WAITING)} news were not taken`);
		}
		this.#wake?.();
	}

	/** Ends it, after what came before. */
	fail(error: Error): void {
		this.#error ??= error;
		this.#wake?.();
	}

	/** Wakes whoever waits, with nothing. */
	stop(): void {
		this.#wake?.();
	}

	/** The next news; `null` where it was stopped. */
	async next(isStopped: () => boolean): Promise<{ item: unknown } | null> {
		for (;;) {
			if (isStopped()) return null;
			if (this.#items.length > 0) return { item: this.#items.shift() };
			if (this.#error) throw this.#error;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			this.#wake = null;
		}
	}
}

interface Begun {
	queue: Queue;
	stop(): void;
}

class Subscription<T> implements News<T> {
	#begin: () => Promise<Begun>;
	#begun: Promise<Begun> | null = null;
	#isLast: (news: T) => boolean;
	#hasEnded = false;

	constructor(isLast: (news: T) => boolean, begin: () => Promise<Begun>) {
		this.#isLast = isLast;
		this.#begin = begin;
	}

	async next(): Promise<IteratorResult<T, undefined>> {
		if (this.#hasEnded) return { done: true, value: undefined };
		try {
			const { queue } = await (this.#begun ??= this.#begin());
			const next = await queue.next(() => this.#hasEnded);
			if (!next) return { done: true, value: undefined };
			const value = next.item as T;
			if (this.#isLast(value)) await this.return();
			return { done: false, value };
		} catch (error) {
			await this.return();
			throw error;
		}
	}

	async return(): Promise<IteratorResult<T, undefined>> {
		if (!this.#hasEnded) {
			this.#hasEnded = true;
			const begun = await this.#begun?.catch(() => null);
			begun?.stop();
			begun?.queue.stop();
		}
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}

/** Address for a WebSocket. A node serves both protocols at one port. */
function websocketUrl(url: string): string {
	try {
		const parsed = new URL(url.replace(/^http/, 'ws'));
		if (/^wss?:$/.test(parsed.protocol) && parsed.hostname !== '') return parsed.href;
	} catch {
		// Below.
	}
	// Without the text: an address may have a secret in it.
	throw new NodeUnreachable('that is no address of a node: one is like ws://127.0.0.1:9944');
}

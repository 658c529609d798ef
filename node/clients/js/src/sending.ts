/**
 * One transaction from its signature to its block, so that it is never paid twice.
 *
 * What was signed once is handed in again and again, byte for byte, until it is in a block or no
 * block can take it any more: the chain takes the same bytes once. Only then could another be signed.
 */

import {
	NodeMisbehaved,
	NodeUnreachable,
	NotIncluded,
	Outstanding,
	RequestRefused,
	RpcError,
	SubscriptionEnded,
	refusal,
} from './errors.js';
import { toHex } from './hex.js';
import type { OpgRpc } from './opg-rpc.js';
import { MORTALITY, anchor, sign, within, type OpgTransaction, type Papi } from './papi.js';
import type { PolkadotSigner } from 'polkadot-api/signer';
import type { News } from './rpc.js';
import type * as schema from './schema.js';
import { sleep } from './waiting.js';

/** Most transactions that wait for a block at once: a node lets a connection watch 64 things. */
const MAX_WAITING = 32;
const PAUSE = 2_000;
/** Longest time without news of a transaction that waits: then it is handed in again. */
const NEWS_TIMEOUT = 60_000;
/** Tries in a row with no node, before giving up. */
const MAX_UNREACHABLE = 30;
/** Blocks after the last that can have a transaction, until which it waits for a final one. */
const MAX_BEHIND = 256;

/** The transaction failed in a block. */
class FailedInBlock extends Error {
	constructor(readonly refusal: RequestRefused) {
		super(refusal.message);
	}
}

/** A call that asks for an inference. */
export interface Call {
	make(papi: Papi): OpgTransaction;
	reference: string;
	/** The input, where the call only names it. */
	content: Uint8Array | null;
	/** Whether nobody else can have this reference. */
	isUnique: boolean;
}

/** Somebody else has sent a request with this reference meanwhile. Nothing was sent. */
export class Repeated extends Error {}

/** A transaction, and the last block that can have it. */
interface Signed {
	transaction: string;
	lastBlock: number;
}

/** What the client knows of the chain. */
export interface Surroundings {
	rpc: OpgRpc;
	papi: () => Promise<Papi>;
	chain: () => Promise<schema.Chain>;
	/** Whether the signer's request with a reference is in the node's pool or on the chain. */
	isSent: (reference: string) => Promise<boolean>;
}

/** Runs one thing after the other. */
export class Lock {
	#last: Promise<unknown> = Promise.resolve();

	run<T>(action: () => Promise<T>): Promise<T> {
		const result = this.#last.then(action, action);
		this.#last = result.catch(() => undefined);
		return result;
	}
}

/** Signs for one account, one transaction at a time, and sees each into a block. */
export class Sender {
	#around: Surroundings;
	#signer: PolkadotSigner;
	#address: string;
	#signing: Lock;
	#waiting = 0;
	#queue: (() => void)[] = [];

	constructor(around: Surroundings, signer: PolkadotSigner, address: string, signing: Lock) {
		this.#around = around;
		this.#signer = signer;
		this.#address = address;
		this.#signing = signing;
	}

	/** Sends a call once, and gives the number of its request. Throws `Repeated`. */
	async send(call: Call): Promise<number> {
		while (this.#waiting >= MAX_WAITING) {
			await new Promise<void>((resolve) => this.#queue.push(resolve));
		}
		this.#waiting += 1;
		try {
			return await this.#send(call);
		} catch (error) {
			throw error instanceof FailedInBlock ? error.refusal : error;
		} finally {
			this.#waiting -= 1;
			this.#queue.shift()?.();
		}
	}

	async #send(call: Call): Promise<number> {
		// The next nonce counts this transaction when the node has it.
		const { signed, news, first } = await this.#signing.run(async () => {
			const signed = await this.#sign(call);
			const news = this.#watch(signed.transaction, call);
			return { signed, news, first: await next(news).catch(lost) };
		});
		const number = await follow(news, first).catch(lost);
		return number ?? this.#insist(signed, call);
	}

	async #sign(call: Call): Promise<Signed> {
		const { rpc, papi, isSent } = this.#around;
		const opened = await papi();
		const block = await within(rpc.timeout, anchor(opened));
		const nonce = await rpc.call<number>('system_accountNextIndex', this.#address);
		// In this order: a transaction that came before has the reference or a nonce of its own, and
		// of those that come from now on and take this nonce, the chain takes one.
		if (!call.isUnique && (await isSent(call.reference))) throw new Repeated();
		const bytes = await sign(call.make(opened), this.#signer, block, nonce);
		return { transaction: toHex(bytes), lastBlock: block.number + MORTALITY - 1 };
	}

	#watch(transaction: string, { content }: Call): News<schema.TransactionUpdate> {
		return this.#around.rpc.submitAndWatch(transaction, content && toHex(content));
	}

	/** Hands the same bytes in until the chain has them, or cannot take them any more. */
	async #insist({ transaction, lastBlock }: Signed, call: Call): Promise<number> {
		let unreachable = 0;
		for (;;) {
			try {
				// In this order: what a final block has is known after it.
				const chain = await this.#around.chain();
				const number = await this.#around.rpc.requestByReference(this.#address, call.reference);
				if (number !== null) return number;
				if (chain.finalized.number > lastBlock) throw refusal('NotIncluded');
				if (chain.best.number > lastBlock + MAX_BEHIND) {
					throw new Outstanding('the chain makes no block final', call.reference);
				}
				const found = await follow(this.#watch(transaction, call));
				if (found !== null) return found;
				unreachable = 0;
			} catch (error) {
				if (error instanceof NotIncluded) throw error;
				if (error instanceof NodeUnreachable) {
					unreachable += 1;
					if (unreachable >= MAX_UNREACHABLE) {
						throw new Outstanding(error.message, call.reference, error);
					}
				} else if (
					error instanceof RequestRefused ||
					error instanceof RpcError ||
					error instanceof SubscriptionEnded
				) {
					// The node has it already, or knows that its nonce is used: look again.
					unreachable = 0;
				} else {
					throw error;
				}
			}
			await sleep(PAUSE);
		}
	}
}

type Update = schema.TransactionUpdate | null;

/** Nothing, where it cannot be known what became of the transaction. */
function lost(error: unknown): null {
	if (error instanceof NodeUnreachable || error instanceof SubscriptionEnded) return null;
	throw error;
}

/** Waits until a block has the transaction. `null` where the node lost it. */
async function follow(
	news: News<schema.TransactionUpdate>,
	first?: Update,
): Promise<number | null> {
	try {
		for (let update = first === undefined ? await next(news) : first; ; update = await next(news)) {
			if (!update) return null;
			const { state, error, request } = update;
			if (state === 'inBlock' || state === 'finalized') {
				if (error) throw new FailedInBlock(refusal(error.reason, error.explanation));
				if (request !== null) return request;
				throw new NodeMisbehaved('the transaction is in a block, and made no request');
			}
			if (state === 'dropped' || state === 'invalid' || state === 'usurped') return null;
		}
	} finally {
		await news.return?.();
	}
}

/** What comes next; `null` where nothing comes. */
async function next(news: News<schema.TransactionUpdate>): Promise<Update> {
	let late: ReturnType<typeof setTimeout> | undefined;
	const nothing = new Promise<null>((resolve) => {
		late = setTimeout(() => {
			resolve(null);
		}, NEWS_TIMEOUT);
	});
	const coming = news.next().then(({ done, value }) => (done ? null : value));
	// It may fail when nobody waits for it any more.
	coming.catch(() => undefined);
	try {
		return await Promise.race([coming, nothing]);
	} finally {
		clearTimeout(late);
	}
}

/** Waiting: for some time, for news, and no longer than somebody wants to. */

import { NodeUnreachable, SubscriptionEnded, WaitTimeout } from './errors.js';
import type { Rpc } from './rpc.js';

/** How long to wait. */
export interface WaitOptions {
	/** Milliseconds: 20 minutes by default, longer than every deadline that no court waits for. */
	timeout?: number;
	/** Ends the wait. What is waited for goes on. */
	signal?: AbortSignal;
}

export const DEFAULT_WAIT = 20 * 60_000;
const PAUSE = 1_000;
/** Times in a row that a connection may break. */
const MAX_BROKEN = 30;

/** The end of a wait, by its time or by its signal. */
export class Limit {
	#deadline: number;
	#signal: AbortSignal | undefined;
	#what: () => string;

	/** `what` says what did not happen. */
	constructor({ timeout = DEFAULT_WAIT, signal }: WaitOptions, what: () => string) {
		this.#deadline = Date.now() + timeout;
		this.#signal = signal;
		this.#what = what;
	}

	/** What a promise gives, unless the limit is reached before: then `stop` is called. */
	async of<T>(promise: Promise<T>, stop?: () => unknown): Promise<T> {
		const signal = this.#signal;
		let end = (): void => undefined;
		const late = new Promise<never>((_, reject) => {
			const abort = (): void => {
				// As the one who aborts has it.
				reject(signal?.reason as Error);
			};
			const timer = setTimeout(
				() => {
					reject(new WaitTimeout(this.#what()));
				},
				// Timers hold 31 bits.
				Math.min(Math.max(0, this.#deadline - Date.now()), 2 ** 31 - 1),
			);
			if (signal?.aborted) abort();
			signal?.addEventListener('abort', abort);
			end = () => {
				clearTimeout(timer);
				signal?.removeEventListener('abort', abort);
			};
		});
		try {
			return await Promise.race([promise, late]);
		} catch (error) {
			promise.catch(() => undefined);
			await stop?.();
			throw error;
		} finally {
			end();
		}
	}
}

export function sleep(milliseconds: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, milliseconds);
	});
}

/**
 * Runs `look` now and with each new block, until it gives something. Goes on over broken connections.
 */
export async function untilBlock<T>(
	rpc: Rpc,
	kind: 'New' | 'Finalized',
	limit: Limit,
	look: () => Promise<T | null>,
): Promise<T> {
	for (let broken = 0; ;) {
		const heads = rpc.subscribe(`chain_subscribe${kind}Heads`, `chain_unsubscribe${kind}Heads`);
		try {
			do {
				const found = await limit.of(look());
				if (found !== null) return found;
				broken = 0;
			} while (!(await limit.of(heads.next())).done);
		} catch (error) {
			const isBroken = error instanceof NodeUnreachable || error instanceof SubscriptionEnded;
			broken += 1;
			if (!isBroken || broken > MAX_BROKEN) throw error;
			await limit.of(sleep(PAUSE));
		} finally {
			await heads.return?.();
		}
	}
}

// The connection to a node: opened, watched, and opened again with longer and longer pauses.
import {
	type Client,
	connect,
	devSigner,
	encodeAddress,
	type schema,
	UnsafeMethod,
	WrongChain,
} from '@opg-chain/client';

/** Pauses between attempts, in milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** A block takes three seconds. A node that tells of none for so long is asked whether it lives. */
const SILENCE = 15_000;
/** Time for the answer to one call. */
const TIMEOUT = 20_000;
/** Blocks whose fuel price is kept for the drawing. */
export const PRICES = 120;
/** Accounts that every development chain has. */
const DEVELOPMENT = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'] as const;

export interface Open {
	kind: 'open';
	url: string;
	/** Another number for another connection. */
	epoch: number;
	client: Client;
	chain: schema.Chain;
	isDevelopment: boolean;
	/** Names of development accounts by address. */
	names: ReadonlyMap<string, string>;
	/** Fuel prices of the last blocks that this page saw, the oldest first. */
	prices: readonly { block: number; price: bigint }[];
	/** Since when no block has come, in milliseconds since 1970, if that is long ago. */
	silentSince: number | null;
}

export type LinkState =
	| { kind: 'connecting'; url: string; attempt: number }
	| Open
	| { kind: 'gone'; url: string; reason: string; retryAt: number; attempt: number }
	| { kind: 'refused'; url: string; title: string; reason: string };

/** Pause after so many attempts that failed. Up to a quarter is random: pages do not return at once. */
export function pause(attempt: number, random = Math.random()): number {
	const whole = Math.min(FIRST_PAUSE * 2 ** Math.min(attempt, 16), LONGEST_PAUSE);
	return Math.round(whole * (0.75 + random / 4));
}

class Refusal extends Error {
	constructor(
		readonly title: string,
		message: string,
	) {
		super(message);
	}
}

/** The address of a node that somebody typed. */
export function parseUrl(text: string): string | null {
	const trimmed = text.trim();
	// A node answers HTTP and WebSocket on one port.
	const named = trimmed.replace(/^http(s?):\/\//, 'ws$1://');
	const full = /^wss?:\/\//.test(named) ? named : `ws://${named}`;
	if (!URL.canParse(full)) return null;
	const { protocol, host } = new URL(full);
	return ['ws:', 'wss:'].includes(protocol) && host !== '' ? full : null;
}

export class Link {
	state: LinkState;
	readonly #listeners = new Set<() => void>();
	#run = 0;
	#epoch = 0;
	#client: Client | null = null;
	#wake: (() => void) | null = null;
	#genesis: string | null;

	constructor(url: string, genesis: string | null) {
		this.state = { kind: 'connecting', url, attempt: 0 };
		this.#genesis = genesis;
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Connects to a node, instead of the one before. */
	open(url: string): void {
		this.#client?.close();
		this.#client = null;
		this.#run += 1;
		this.#wake?.();
		void this.#keep(url, this.#run);
	}

	/** Only a chain with this genesis is the right one. */
	expect(genesis: string | null): void {
		if (genesis === this.#genesis) return;
		this.#genesis = genesis;
		const { state } = this;
		const isOther = state.kind === 'open' && genesis && state.chain.genesis !== genesis;
		if (isOther || state.kind === 'refused') this.open(state.url);
	}

	/** Does not wait for the next attempt. */
	retry(): void {
		if (this.state.kind === 'refused') this.open(this.state.url);
		else this.#wake?.();
	}

	#set(state: LinkState): void {
		this.state = state;
		for (const listener of this.#listeners) listener();
	}

	async #keep(url: string, run: number): Promise<void> {
		const isCurrent = () => run === this.#run;
		let attempt = 0;
		while (isCurrent()) {
			this.#set({ kind: 'connecting', url, attempt });
			let client: Client | null = null;
			try {
				client = await connect(url, { timeout: TIMEOUT });
				if (!isCurrent()) break;
				this.#client = client;
				await this.#follow(url, client, isCurrent, () => {
					attempt = 0;
				});
			} catch (error) {
				if (!isCurrent()) break;
				const refused = refusal(error);
				if (refused) {
					this.#set({ kind: 'refused', url, title: refused.title, reason: refused.message });
					return;
				}
				const wait = pause(attempt);
				attempt += 1;
				const reason = error instanceof Error ? error.message : String(error);
				this.#set({ kind: 'gone', url, reason, retryAt: Date.now() + wait, attempt });
				await this.#sleep(wait);
			} finally {
				client?.close();
			}
		}
	}

	#sleep(milliseconds: number): Promise<void> {
		return new Promise((resolve) => {
			const wake = () => {
				clearTimeout(timer);
				this.#wake = null;
				resolve();
			};
			const timer = setTimeout(wake, milliseconds);
			this.#wake = wake;
		});
	}

	/** Follows the blocks of a node until the connection breaks, which is an error. */
	async #follow(url: string, client: Client, isCurrent: () => boolean, opened: () => void) {
		const [chain, type] = await Promise.all([
			client.chain(),
			client.rpc.call<string>('system_chainType'),
		]);
		if (!isCurrent()) return;
		if (this.#genesis && chain.genesis !== this.#genesis) {
			const reason = `Its genesis hash is ${chain.genesis}. You trust ${this.#genesis}.`;
			throw new Refusal('This node is of another chain', reason);
		}
		opened();
		this.#epoch += 1;
		const isDevelopment = type === 'Development';
		let open: Open = {
			kind: 'open',
			url,
			epoch: this.#epoch,
			client,
			chain,
			isDevelopment,
			names: isDevelopment ? developmentNames(chain.ss58Prefix) : new Map(),
			prices: [{ block: chain.best.number, price: BigInt(chain.fuelPrice) }],
			silentSince: null,
		};
		this.#set(open);
		let last = Date.now();
		const heads = client.rpc.subscribe<unknown>(
			'chain_subscribeNewHeads',
			'chain_unsubscribeNewHeads',
		);
		try {
			for (let next = awaited(heads.next()); ;) {
				const head = await Promise.race([next, silence()]);
				if (!isCurrent()) return;
				if (head !== SILENT && head.done) throw new Error('the node ended the connection');
				if (head !== SILENT) {
					last = Date.now();
					next = awaited(heads.next());
				}
				const chain = await client.chain();
				if (!isCurrent()) return;
				const prices = [...open.prices];
				if (prices.at(-1)?.block === chain.best.number) prices.pop();
				prices.push({ block: chain.best.number, price: BigInt(chain.fuelPrice) });
				const silentSince = head === SILENT ? last : null;
				open = { ...open, chain, prices: prices.slice(-PRICES), silentSince };
				this.#set(open);
			}
		} finally {
			void heads.return?.().catch(() => undefined);
		}
	}
}

/** A promise whose failure nobody may be left to see. */
function awaited<T>(promise: Promise<T>): Promise<T> {
	promise.catch(() => undefined);
	return promise;
}

const SILENT = Symbol('no block');
const silence = () => new Promise<typeof SILENT>((resolve) => setTimeout(resolve, SILENCE, SILENT));

/** Why another attempt would end as this one did. */
function refusal(error: unknown): { title: string; message: string } | null {
	if (error instanceof Refusal) return error;
	const isForeign = error instanceof WrongChain || error instanceof UnsafeMethod;
	if (!isForeign) return null;
	const { message } = error;
	return {
		title: 'This is no node of OPG Chain, or it refuses strangers',
		message,
	};
}

function developmentNames(prefix: number): Map<string, string> {
	return new Map(
		DEVELOPMENT.map((name) => [encodeAddress(devSigner(`//${name}`).publicKey, prefix), name]),
	);
}

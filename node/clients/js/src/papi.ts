/**
 * PAPI: what signs, and what decodes the chain's state. It is loaded when it is needed first, and has
 * a connection of its own.
 */

import type { opg } from '#descriptors';
import WebSocketClass from '#websocket';
import type { BlockInfo, PolkadotClient, Transaction, TxEvent, TypedApi } from 'polkadot-api';
import type { PolkadotSigner } from 'polkadot-api/signer';
import {
	NodeMisbehaved,
	NodeUnreachable,
	SigningFailed,
	TransactionFailed,
	UnknownRuntime,
	isObject,
} from './errors.js';

/** PAPI's typed access to the chain: `query`, `tx`, `apis`, `constants`, `view`, `event`. */
export type OpgApi = TypedApi<typeof opg>;

/** Any transaction of `OpgApi`. */
export type OpgTransaction = Pick<Transaction, 'sign' | 'signSubmitAndWatch'>;

export interface Papi {
	readonly client: Pick<PolkadotClient, 'getBestBlocks' | 'getFinalizedBlock'>;
	readonly api: OpgApi;
	/** Ends the connection. */
	close(): void;
}

/** Where a transaction is. */
export interface Included {
	/** Hash of the transaction. */
	readonly hash: string;
	readonly block: { readonly number: number; readonly hash: string };
	/** Its events, for the filters of `api.event`. */
	readonly events: TxFound['events'];
}

type TxFound = Extract<TxEvent, { found: true } | { type: 'finalized' }>;

/** Blocks in which a transaction can be included. */
export const MORTALITY = 64;

/** Opens the connection. It finds out later whether somebody answers. */
export async function openPapi(url: string): Promise<Papi> {
	const [{ createWsClient }, { opg, getMetadata }] = await Promise.all([
		import('polkadot-api/ws'),
		import('#descriptors'),
	]);
	const sockets = new Sockets();
	const client = createWsClient(url, { websocketClass: sockets.kind, getMetadata });
	const close = (): void => {
		client.destroy();
		sockets.close();
	};
	return { client, api: client.getTypedApi(opg), close };
}

/**
 * Sockets of PAPI, which has one at a time. It leaves one open that it takes for stale, after 40 s
 * without a message: this closes it.
 */
export class Sockets {
	readonly kind: typeof WebSocket;
	#last: WebSocket | null = null;

	constructor() {
		const added = (socket: WebSocket): void => {
			this.close();
			this.#last = socket;
		};
		this.kind = class extends WebSocketClass {
			constructor(url: string | URL, protocols?: string | string[]) {
				super(url, protocols);
				added(this);
			}
		};
	}

	close(): void {
		this.#last?.close();
		this.#last = null;
	}
}

/** What a promise of PAPI gives, which waits for ever where nobody answers. */
export function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const late = setTimeout(() => {
			reject(new NodeUnreachable('the node does not answer in time'));
		}, milliseconds);
		promise.then(resolve, reject).finally(() => {
			clearTimeout(late);
		});
	});
}

/**
 * Block that a signature is bound to: without it the transaction is not valid. A final one; where
 * finality is far behind, one of which half of the validity is left.
 */
export async function anchor({ client }: Papi): Promise<BlockInfo> {
	const blocks = await client.getBestBlocks();
	const best = blocks[0];
	const final = blocks.at(-1);
	if (!best || !final) throw new NodeUnreachable('the node tells of no block');
	const oldest = best.number - MORTALITY / 2;
	return final.number >= oldest ? final : (blocks.find((one) => one.number <= oldest) ?? final);
}

/** A signer whose refusal is told from other errors. */
function telling(signer: PolkadotSigner): PolkadotSigner {
	return {
		publicKey: signer.publicKey,
		signBytes: (data) => signer.signBytes(data),
		signTx: async (...request) => {
			try {
				return await signer.signTx(...request);
			} catch (error) {
				throw new SigningFailed('the signer did not sign', null, error);
			}
		},
	};
}

/** Signs a transaction, for the 64 blocks from one on. */
export async function sign(
	tx: OpgTransaction,
	signer: PolkadotSigner,
	at: BlockInfo,
	nonce: number,
): Promise<Uint8Array> {
	try {
		return await tx.sign(telling(signer), {
			at: at.hash,
			nonce,
			mortality: { mortal: true, period: MORTALITY },
		});
	} catch (error) {
		throw explained(error);
	}
}

/** Signs a transaction, hands it in, and waits until a block has it. */
export function signAndWatch(
	tx: OpgTransaction,
	signer: PolkadotSigner,
	nonce: number,
	until: 'best' | 'final',
): Promise<Included> {
	return new Promise((resolve, reject) => {
		const options = { nonce, mortality: { mortal: true, period: MORTALITY } as const };
		const watching = tx.signSubmitAndWatch(telling(signer), options).subscribe({
			next: (event) => {
				const isThere = event.type === 'txBestBlocksState' && event.found && until === 'best';
				if (!isThere && event.type !== 'finalized') return;
				// It may come before there is a subscription.
				queueMicrotask(() => {
					watching.unsubscribe();
				});
				if (event.ok) resolve({ hash: event.txHash, block: event.block, events: event.events });
				else reject(dispatchFailure(event.dispatchError));
			},
			error: (error: unknown) => {
				reject(asError(explained(error)));
			},
		});
	});
}

/** The error of a call that failed in a block, by the name that its pallet gives it. */
function dispatchFailure({ type, value }: { type: string; value: unknown }): TransactionFailed {
	// Nested enums: `Module`, the pallet, its error.
	const names = [type];
	for (let inner = value; isObject(inner) && typeof inner.type === 'string'; inner = inner.value) {
		names.push(inner.type);
	}
	const reason = names.at(-1) ?? type;
	return new TransactionFailed(reason, `the transaction failed: ${names.slice(-2).join('.')}`);
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new NodeMisbehaved('PAPI fails', null, error);
}

function explained(error: unknown): unknown {
	if (!(error instanceof Error)) return error;
	if (error.name === 'InvalidTxError' && 'error' in error && isObject(error.error)) {
		const { type, value } = error.error;
		const reason = isObject(value) && typeof value.type === 'string' ? value.type : String(type);
		return new TransactionFailed(reason, `the node refuses the transaction: ${reason}`, error);
	}
	if (/^(Incompatible runtime|Runtime entry )/.test(error.message)) {
		return new UnknownRuntime(`${error.message}: take a newer release`, null, error);
	}
	return error;
}

/** What the chain and its nodes say: typed, and checked where a node could lie. */

import { blake2b } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { NodeMisbehaved, TensorError } from './errors.js';
import { compact, concat, fromHex, little, sameBytes, toHex } from './hex.js';
import type * as schema from './schema.js';
import { decode, type Tensor } from './tensors.js';

export type Tier = schema.Tier;

/**
 * `attested`: the answer as soon as executors gave it; it can still be disputed. `settled`: when
 * nothing can change it any more.
 */
export type Trust = 'attested' | 'settled';

export const TIERS: readonly Tier[] = ['optimistic', 'quorum', 'high'];

/** Longest encoded input or output, in bytes. */
export const MAX_CONTENT_BYTES = 64 * 2 ** 20;

const INPUT_DOMAIN = new TextEncoder().encode('opg/input/v1');
const ANSWER_DOMAIN = new TextEncoder().encode('opg/answer/v1');
/** Reasons of models for no output, by their codes. */
const MODEL_ERRORS = [
	'BadModel',
	'BadInput',
	'OutOfFuel',
	'OutOfMemory',
	'Trapped',
	'OutputTooLarge',
];

/** What a request would cost, in planck. */
export interface Estimate {
	/** Number of the version. */
	readonly model: number;
	/** Now, with royalty and the fee of storing the input; `null` where it takes no requests. */
	readonly fee: bigint | null;
	/** The most within the blocks that were asked about. The price may rise until then. */
	readonly maxFee: bigint | null;
	/** Part of it that the model's owner gets. */
	readonly royalty: bigint;
	/** Part of it for storing an input that is too long for the chain. */
	readonly inputFee: bigint;
	/** Held besides, and given back. */
	readonly deposit: bigint;
	readonly takesRequests: boolean;
	/** Whether it takes none now because too few executors are free. */
	readonly congested: boolean;
	readonly free: schema.Free;
}

/** What the node's own engine gives. Nobody attests to it. */
export interface DryRun {
	readonly outputs: Outputs | null;
	/** The model's reason for no output, such as `BadInput`. */
	readonly error: string | null;
	readonly fuel: number;
	readonly digest: string;
}

/** Tensors by the names of the model's outputs, in their types. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** An input or output outside of the chain, by its BLAKE3 hash and size. */
export interface Content {
	readonly hash: Uint8Array;
	readonly size: number;
}

/** Runs `of`, and takes what it cannot read for a mistake of the node. */
export function read<R, T>(method: string, raw: R, of: (raw: R) => T): T {
	try {
		return of(raw);
	} catch (error) {
		if (error instanceof NodeMisbehaved) throw error;
		throw new NodeMisbehaved(`${method} does not give what it should`, null, error);
	}
}

/** Reads what `opg_v1_estimate` gives. */
export function estimateOf(raw: schema.Estimate): Estimate {
	const { model, takesRequests, congested, free } = raw;
	return {
		model,
		fee: amountOf(raw.fee),
		maxFee: amountOf(raw.maxFee),
		royalty: BigInt(raw.royalty),
		inputFee: BigInt(raw.inputFee),
		deposit: BigInt(raw.deposit),
		takesRequests,
		congested,
		free,
	};
}

/** An amount as nodes write it. */
export function amountOf(text: string | null): bigint | null {
	return text === null ? null : BigInt(text);
}

/** Decodes an output, which executors have agreed on. */
export function outputsOf(what: string, encoded: Uint8Array): Outputs {
	try {
		// Any name may be one of a model's outputs.
		return Object.assign(Object.create(null), Object.fromEntries(decode(encoded))) as Outputs;
	} catch (error) {
		if (!(error instanceof TensorError)) throw error;
		throw new NodeMisbehaved(`the output of ${what} does not decode`, null, error);
	}
}

/** Digest of an encoded input: its BLAKE3 hash where it lies outside of the chain. */
export function inputDigest(input: Uint8Array, isStored = false): string {
	if (isStored) return toHex(blake3(input));
	return toHex(digestOf(INPUT_DOMAIN, [compact(input.length), input]));
}

/** Digest of an answer with an encoded output: what executors agree on. */
export function answerDigest(output: Uint8Array, fuel: number, isStored = false): string {
	const outcome = isStored ? outcomeOf(contentNaming(output)) : outcomeOf(output);
	return toHex(digestOf(ANSWER_DOMAIN, [outcome, little(BigInt(fuel), 8)]));
}

/** An output as digests of answers have it. */
function outcomeOf(output: Uint8Array | Content): Uint8Array {
	return output instanceof Uint8Array
		? concat([Uint8Array.of(0), compact(output.length), output])
		: concat([Uint8Array.of(2), output.hash, little(BigInt(output.size), 4)]);
}

function digestOf(domain: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
	return blake2b(concat([compact(domain.length), domain, ...parts]), { dkLen: 32 });
}

/** Throws `NodeMisbehaved` unless the digest of an answer is that of what it says. */
export function requireDigest(request: number, answer: schema.Answer): void {
	const { output, storedOutput, error, fuel } = answer;
	let outcome: Uint8Array;
	if (output !== null) {
		outcome = outcomeOf(fromHex(output));
	} else if (storedOutput !== null) {
		outcome = outcomeOf(contentOf(storedOutput));
	} else {
		const code = MODEL_ERRORS.indexOf(error ?? '');
		if (code < 0) {
			throw new NodeMisbehaved(`request ${String(request)}: an answer of an unknown kind`);
		}
		outcome = Uint8Array.of(1, code);
	}
	if (!Number.isSafeInteger(fuel) || fuel < 0) {
		throw new NodeMisbehaved(`request ${String(request)}: fuel that is no exact number`);
	}
	const digest = digestOf(ANSWER_DOMAIN, [outcome, little(BigInt(fuel), 8)]);
	if (!sameBytes(digest, fromHex(answer.digest))) {
		throw new NodeMisbehaved(
			`the answer of request ${String(request)} is not that of its digest ${answer.digest}`,
		);
	}
}

/** A content as nodes write it. */
export function contentOf({ hash, size }: schema.Content): Content {
	if (!Number.isSafeInteger(size) || size < 0 || size > MAX_CONTENT_BYTES) {
		throw new NodeMisbehaved(`the node speaks of a content of ${String(size)} bytes`);
	}
	return { hash: fromHex(hash), size };
}

/** The content that these bytes are. */
export function contentNaming(data: Uint8Array): Content {
	return { hash: blake3(data), size: data.length };
}

export function sameContent(one: Content, other: Content): boolean {
	return one.size === other.size && sameBytes(one.hash, other.hash);
}

/** 32 bytes as hex, of bytes or of hex. */
export function reference32(reference: Uint8Array | string): `0x${string}` {
	if (typeof reference === 'string') {
		const digits = reference.replace(/^0x/, '');
		if (/^[0-9a-fA-F]{64}$/.test(digits)) return `0x${digits.toLowerCase()}`;
		throw new TypeError('a reference is 32 bytes, or their hex');
	}
	if (reference.length !== 32) throw new TypeError('a reference has 32 bytes');
	return toHex(reference);
}

/**
 * Ranges of a content with what proves them, as nodes exchange them.
 *
 * BLAKE3's tree over groups of 16 KiB, in bao's order: the pair of hashes of a node, then what is left
 * of it, then what is right. What comes is checked as a whole, by its name.
 */

// All indices are within their arrays.
/* eslint-disable @typescript-eslint/no-non-null-assertion */

import { concat } from './hex.js';

/** Ranges begin and end at multiples of it, or end where the content does. */
export const GROUP_BYTES = 16 * 1024;

/** Longest range that is exchanged at once. */
export const MAX_RANGE_BYTES = 2 ** 20;

const CHUNK = 1024;
const BLOCK = 64;
const START = 1;
const END = 2;
const PARENT = 4;
const ROOT = 8;
const ROUNDS = 7;
const IV = Uint32Array.of(
	0x6a09e667,
	0xbb67ae85,
	0x3c6ef372,
	0xa54ff53a,
	0x510e527f,
	0x9b05688c,
	0x1f83d9ab,
	0x5be0cd19,
);
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** Words of the message in the order in which each round takes them. */
const SCHEDULE: readonly Uint8Array[] = schedule();
/** Ranges in which a content of this size is exchanged. */
export function ranges(size: number): [start: number, end: number][] {
	const all: [number, number][] = [];
	for (let start = 0; start < Math.max(size, 1); start += MAX_RANGE_BYTES) {
		all.push([start, Math.min(start + MAX_RANGE_BYTES, size)]);
	}
	return all;
}

/**
 * Takes the bytes of a range out of its encoding. The proof is dropped, not checked. `null` where the
 * encoding is not as long as that of such a range.
 */
export function decodeRange(
	encoded: Uint8Array,
	size: number,
	start: number,
	end: number,
): Uint8Array | null {
	const out: Uint8Array[] = [];
	let at = 0;
	walk(0, size, start, end, (isLeaf, length) => {
		if (isLeaf) out.push(encoded.subarray(at, at + length));
		at += length;
	});
	return at === encoded.length ? concat(out) : null;
}

/** A content, and the hashes that prove its ranges. */
export class Tree {
	/** BLAKE3 hash of the content. */
	readonly hash: Uint8Array;
	#content: Uint8Array;
	#hashes = new Map<string, Uint8Array>();

	constructor(content: Uint8Array) {
		this.#content = content;
		this.hash = toBytes(this.#hash(0, content.length, ROOT));
	}

	/** A range with its proof. */
	encode(start: number, end: number): Uint8Array {
		const out: Uint8Array[] = [];
		this.#encode(out, 0, this.#content.length, start, end);
		return concat(out);
	}

	#encode(out: Uint8Array[], low: number, high: number, start: number, end: number): void {
		if (high - low <= GROUP_BYTES) {
			out.push(this.#content.subarray(low, high));
			return;
		}
		const middle = middleOf(low, high);
		out.push(this.#of(low, middle), this.#of(middle, high));
		if (start < middle) this.#encode(out, low, middle, start, end);
		if (end > middle) this.#encode(out, middle, high, start, end);
	}

	#of(low: number, high: number): Uint8Array {
		const hash = this.#hashes.get(`${String(low)}-${String(high)}`);
		if (!hash) throw new RangeError('that is no node of the tree');
		return hash;
	}

	/** Chaining value of what is between, whose parts are kept down to groups. */
	#hash(low: number, high: number, flags: number): Uint32Array {
		let value: Uint32Array;
		if (high - low <= CHUNK) {
			value = chunk(this.#content.subarray(low, high), low / CHUNK, flags);
		} else {
			const middle = middleOf(low, high);
			const message = new Uint32Array(16);
			message.set(this.#hash(low, middle, 0));
			message.set(this.#hash(middle, high, 0), 8);
			value = compress(IV, message, 0, BLOCK, PARENT | flags);
		}
		if (high - low >= GROUP_BYTES || this.#content.length - low < GROUP_BYTES) {
			this.#hashes.set(`${String(low)}-${String(high)}`, toBytes(value));
		}
		return value;
	}
}

/** Parts of a range's encoding in their order: whether it is content, and its length. */
function walk(
	low: number,
	high: number,
	start: number,
	end: number,
	visit: (isLeaf: boolean, length: number) => void,
): void {
	if (high - low <= GROUP_BYTES) {
		visit(true, high - low);
		return;
	}
	const middle = middleOf(low, high);
	visit(false, 64);
	if (start < middle) walk(low, middle, start, end, visit);
	if (end > middle) walk(middle, high, start, end, visit);
}

/** Where a node is divided: the left part is the largest power of two that leaves a rest. */
function middleOf(low: number, high: number): number {
	return low + 2 ** (31 - Math.clz32(high - low - 1));
}

/** Chaining value of a chunk. */
function chunk(bytes: Uint8Array, number: number, flags: number): Uint32Array {
	let value: Uint32Array = IV;
	const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
	for (let at = 0; at < blocks; at += 1) {
		const block = bytes.subarray(at * BLOCK, (at + 1) * BLOCK);
		const isLast = at === blocks - 1;
		const own = (at === 0 ? START : 0) | (isLast ? END | flags : 0);
		value = compress(value, words(block), number, block.length, own);
	}
	return value;
}

function words(block: Uint8Array): Uint32Array {
	const out = new Uint32Array(16);
	for (let at = 0; at < block.length; at += 1) out[at >> 2]! |= block[at]! << (8 * (at & 3));
	return out;
}

/** BLAKE3's compression function. */
function compress(
	value: Uint32Array,
	message: Uint32Array,
	number: number,
	length: number,
	flags: number,
): Uint32Array {
	const state = Uint32Array.of(
		...value,
		...IV.subarray(0, 4),
		number >>> 0,
		Math.floor(number / 2 ** 32),
		length,
		flags,
	);
	for (const order of SCHEDULE) {
		mix(state, 0, 4, 8, 12, message[order[0]!]!, message[order[1]!]!);
		mix(state, 1, 5, 9, 13, message[order[2]!]!, message[order[3]!]!);
		mix(state, 2, 6, 10, 14, message[order[4]!]!, message[order[5]!]!);
		mix(state, 3, 7, 11, 15, message[order[6]!]!, message[order[7]!]!);
		mix(state, 0, 5, 10, 15, message[order[8]!]!, message[order[9]!]!);
		mix(state, 1, 6, 11, 12, message[order[10]!]!, message[order[11]!]!);
		mix(state, 2, 7, 8, 13, message[order[12]!]!, message[order[13]!]!);
		mix(state, 3, 4, 9, 14, message[order[14]!]!, message[order[15]!]!);
	}
	const out = new Uint32Array(8);
	for (let at = 0; at < 8; at += 1) out[at] = state[at]! ^ state[at + 8]!;
	return out;
}

function mix(
	state: Uint32Array,
	a: number,
	b: number,
	c: number,
	d: number,
	first: number,
	second: number,
): void {
	state[a] = state[a]! + state[b]! + first;
	state[d] = rotate(state[d]! ^ state[a], 16);
	state[c] = state[c]! + state[d];
	state[b] = rotate(state[b]! ^ state[c], 12);
	state[a] = state[a] + state[b] + second;
	state[d] = rotate(state[d] ^ state[a], 8);
	state[c] = state[c] + state[d];
	state[b] = rotate(state[b] ^ state[c], 7);
}

function rotate(word: number, bits: number): number {
	return (word >>> bits) | (word << (32 - bits));
}

function schedule(): Uint8Array[] {
	const rounds = [Uint8Array.from({ length: 16 }, (_, at) => at)];
	while (rounds.length < ROUNDS) {
		const last = rounds.at(-1)!;
		rounds.push(Uint8Array.from(PERMUTATION, (from) => last[from]!));
	}
	return rounds;
}

function toBytes(value: Uint32Array): Uint8Array {
	const view = new DataView(new ArrayBuffer(32));
	value.forEach((word, at) => {
		view.setUint32(4 * at, word, true);
	});
	return new Uint8Array(view.buffer);
}

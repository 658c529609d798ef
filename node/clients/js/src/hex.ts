/** Bytes: as nodes write them, and as SCALE has numbers. */

import { NodeMisbehaved } from './errors.js';

const DIGITS = '0123456789abcdef';

/** Reads bytes. Throws `NodeMisbehaved`: what is read comes from nodes. */
export function fromHex(text: string): Uint8Array {
	if (typeof text !== 'string' || !/^0x(?:[0-9a-fA-F]{2})*$/.test(text)) {
		throw new NodeMisbehaved(`${String(text).slice(0, 80)} is given where bytes are due`);
	}
	const bytes = new Uint8Array(text.length / 2 - 1);
	for (let at = 0; at < bytes.length; at += 1) {
		bytes[at] = parseInt(text.slice(2 * at + 2, 2 * at + 4), 16);
	}
	return bytes;
}

/** Writes bytes. */
export function toHex(bytes: Uint8Array): `0x${string}` {
	const parts: string[] = [];
	for (const byte of bytes) parts.push(DIGITS.charAt(byte >> 4), DIGITS.charAt(byte & 15));
	return `0x${parts.join('')}`;
}

/** Tells whether two byte strings are the same. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Joins byte strings. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}

/** A length below 2^30, as SCALE has it. */
export function compact(length: number): Uint8Array {
	if (length < 2 ** 6) return Uint8Array.of(length * 4);
	if (length < 2 ** 14) return little(BigInt(length * 4 + 1), 2);
	return little(BigInt(length * 4 + 2), 4);
}

/** A number of so many bytes, the lowest first. */
export function little(value: bigint, bytes: number): Uint8Array {
	return Uint8Array.from({ length: bytes }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
}

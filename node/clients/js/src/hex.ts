/** Bytes as nodes write and read them: hexadecimal with 0x. */

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

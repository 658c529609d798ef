/**
 * Accounts: addresses, and signers of secrets as Substrate writes them and of key files of
 * polkadot.js. Wallet extensions have signers of their own.
 */

import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import {
	DEV_PHRASE,
	entropyToMiniSecret,
	mnemonicToEntropy,
	ss58Decode,
	ss58Encode,
} from '@polkadot-labs/hdkd-helpers';
import { HDKD, getPublicKey, secretFromSeed, sign } from '@scure/sr25519';
import { getPolkadotSigner, type PolkadotSigner } from 'polkadot-api/signer';
import { KeyError, isObject } from './errors.js';
import { compact, concat, fromHex, sameBytes } from './hex.js';

export type { PolkadotSigner } from 'polkadot-api/signer';

/** Prefix of addresses of this chain, which begin with `op`. */
export const SS58_PREFIX = 3241;
/** Prefix of addresses of no chain in particular. */
const GENERIC_PREFIX = 42;
const ACCOUNT_BYTES = 32;

const SURI = /^([\w ]+)?((?:\/\/?[^/]+)*)(?:\/\/\/(.*))?$/;
const PKCS8_HEADER = fromHex('0x3053020101300506032b657004220420');
const PKCS8_DIVIDER = fromHex('0xa123032100');
const SALT_BYTES = 32;
const NONCE_BYTES = 24;
const SECRET_BYTES = 64;
const SCRYPT_HEAD_BYTES = SALT_BYTES + 12;
const MAX_SCRYPT_N = 2 ** 20;
const MAX_SCRYPT_P = 10;
const SCRYPT_R = 8;

/** Writes an account in SS58. */
export function encodeAddress(publicKey: Uint8Array, prefix = SS58_PREFIX): string {
	return ss58Encode(publicKey, prefix);
}

/** Reads an account in SS58, of whatever prefix. Throws `KeyError`. */
export function decodeAddress(address: string): Uint8Array {
	return split(address)[0];
}

/** An address of no chain in particular as one of this chain. Others are left as they are. */
export function ownAddress(address: string, prefix: number): string {
	const [account, found] = split(address);
	return found === GENERIC_PREFIX ? encodeAddress(account, prefix) : address;
}

function split(address: string): [Uint8Array, number] {
	try {
		const [account, prefix] = ss58Decode(address);
		if (account.length === ACCOUNT_BYTES) return [account, prefix];
	} catch {
		// Below.
	}
	throw new KeyError(`${JSON.stringify(address)} is no address of an account`);
}

/** Account of a signer: its key, or the hash of one that is longer (ECDSA). */
export function accountOf({ publicKey }: PolkadotSigner): Uint8Array {
	if (publicKey.length === ACCOUNT_BYTES) return publicKey;
	// Of a compressed key. A key of Ethereum has an address of 20 bytes, which is no account here.
	if (publicKey.length === 33) return blake2b(publicKey, { dkLen: 32 });
	throw new KeyError('the signer has no key of an account of this chain');
}

/**
 * Signer of a development account, such as `//Alice`. Everybody knows its secret: it is for chains of
 * no value.
 */
export function devSigner(path: string): PolkadotSigner {
	if (!/^(\/\/?[^/]+)+$/.test(path)) {
		throw new KeyError('a development account is a path such as //Alice');
	}
	return signerFromSuri(path);
}

/**
 * Signer of a secret: a phrase or a seed in hex, a path such as `//work/1`, and `///password`. A path
 * alone belongs to the development phrase.
 *
 * Do not write secrets of value into programs: read them from the environment or from a file.
 */
export function signerFromSuri(suri: string): PolkadotSigner {
	const [whole, phrase, path = '', password] = SURI.exec(suri) ?? [];
	if (whole === undefined) {
		throw new KeyError('neither a phrase nor a seed nor a path such as //Alice');
	}
	let secret = secretFromSeed(miniSecret(phrase ?? DEV_PHRASE, password));
	for (const [, isHard, text = ''] of path.matchAll(/\/(\/?)([^/]+)/g)) {
		const code = chainCode(text);
		secret = isHard ? HDKD.secretHard(secret, code) : HDKD.secretSoft(secret, code);
	}
	return signerOf(secret);
}

function signerOf(secret: Uint8Array): PolkadotSigner {
	const publicKey = getPublicKey(secret);
	return getPolkadotSigner(publicKey, 'Sr25519', (message) => sign(secret, message));
}

/** Chain code of a part of a path: a number of 64 bits, or a text with its length. */
function chainCode(text: string): Uint8Array {
	const code = new Uint8Array(ACCOUNT_BYTES);
	if (/^[0-9]+$/.test(text) && BigInt(text) < 2n ** 64n) {
		new DataView(code.buffer).setBigUint64(0, BigInt(text), true);
		return code;
	}
	const bytes = new TextEncoder().encode(text);
	const encoded = concat([compact(bytes.length), bytes]);
	if (encoded.length > ACCOUNT_BYTES) return blake2b(encoded, { dkLen: ACCOUNT_BYTES });
	code.set(encoded);
	return code;
}

function miniSecret(phrase: string, password: string | undefined): Uint8Array {
	if (phrase.startsWith('0x')) {
		if (!/^0x[0-9a-fA-F]{64}$/.test(phrase)) throw new KeyError('a seed is 0x and 64 hex digits');
		return fromHex(phrase);
	}
	try {
		return entropyToMiniSecret(mnemonicToEntropy(phrase.trim().split(/ +/).join(' ')), password);
	} catch {
		// Without the words: errors end up in logs.
		throw new KeyError('the phrase is none: a word or the checksum is wrong');
	}
}

/**
 * Signer of a key file that polkadot.js, its browser extension or `opg key` wrote: its text, or what
 * is parsed of it. To open one takes about a second.
 */
export async function signerFromKeyFile(
	file: string | object,
	password?: string,
): Promise<PolkadotSigner> {
	return signerOf(await openKeyFile(file, password));
}

async function openKeyFile(
	file: string | object,
	password: string | undefined,
): Promise<Uint8Array> {
	const content = typeof file === 'string' ? parse(file) : file;
	const { encoded, encoding, address } = content as Record<string, unknown>;
	if (typeof encoded !== 'string' || !isObject(encoding)) {
		throw new KeyError('not a key file of polkadot.js');
	}
	const kind = String(encoding.content);
	if (kind !== 'pkcs8,sr25519') {
		throw new KeyError(`a key of the kind ${kind}: this client signs with sr25519`);
	}
	if (encoding.version !== '3') {
		throw new KeyError(
			`version ${String(encoding.version)} of the file: write it anew as version 3`,
		);
	}
	let data = bytesOf(encoded);
	const types = String(encoding.type);
	if (types === 'scrypt,xsalsa20-poly1305') {
		if (password === undefined) throw new KeyError('the file is encrypted: give its password');
		data = await decrypt(data, password);
	} else if (types !== 'none') {
		throw new KeyError(`encrypted by ${types}, which this client does not know`);
	}
	const [header, secret, divider, publicKey] = parts(data, [
		PKCS8_HEADER.length,
		SECRET_BYTES,
		PKCS8_DIVIDER.length,
		ACCOUNT_BYTES,
	]);
	if (!header || !secret || !divider || !publicKey) {
		throw new KeyError('what the file holds is no key');
	}
	if (!sameBytes(header, PKCS8_HEADER) || !sameBytes(divider, PKCS8_DIVIDER)) {
		throw new KeyError('what the file holds is no key');
	}
	if (!sameBytes(getPublicKey(secret), publicKey)) {
		throw new KeyError('public and secret key of the file do not belong together');
	}
	if (typeof address === 'string' && !sameBytes(decodeAddress(address), publicKey)) {
		throw new KeyError('the address of the file is not that of its key');
	}
	return secret;
}

function parse(text: string): object {
	try {
		const content: unknown = JSON.parse(text);
		if (isObject(content)) return content;
	} catch {
		// Below.
	}
	throw new KeyError('not a key file of polkadot.js: it is no JSON');
}

function bytesOf(text: string): Uint8Array {
	try {
		if (text.startsWith('0x')) return fromHex(text);
		return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
	} catch {
		throw new KeyError('what the file holds is neither hex nor base64');
	}
}

function parts(data: Uint8Array, lengths: readonly number[]): Uint8Array[] {
	if (data.length !== lengths.reduce((sum, length) => sum + length, 0)) return [];
	let at = 0;
	return lengths.map((length) => data.slice(at, (at += length)));
}

async function decrypt(data: Uint8Array, password: string): Promise<Uint8Array> {
	if (data.length < SCRYPT_HEAD_BYTES + NONCE_BYTES) throw new KeyError('the file is cut off');
	const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
	const [n, p, r] = [0, 4, 8].map((at) => view.getUint32(SALT_BYTES + at, true)) as [
		number,
		number,
		number,
	];
	// The file says how much memory its password takes: within reason.
	const isPower = n > 1 && (n & (n - 1)) === 0;
	if (!isPower || n > MAX_SCRYPT_N || p < 1 || p > MAX_SCRYPT_P || r !== SCRYPT_R) {
		throw new KeyError('the file asks for more work than any that polkadot.js writes');
	}
	const key = await scryptAsync(password, data.slice(0, SALT_BYTES), { N: n, p, r, dkLen: 64 });
	const nonce = data.slice(SCRYPT_HEAD_BYTES, SCRYPT_HEAD_BYTES + NONCE_BYTES);
	try {
		const box = xsalsa20poly1305(key.slice(0, 32), nonce);
		return box.decrypt(data.slice(SCRYPT_HEAD_BYTES + NONCE_BYTES));
	} catch {
		throw new KeyError('the password does not fit');
	}
}

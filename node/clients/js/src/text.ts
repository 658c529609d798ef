/**
 * Tokens of language models as text, by the `tokenizer.json` that a version names. Only this way
 * round: `node/text` and the package for Python make tokens of text. `node/text` is the reference.
 */

import { isObject, TensorError, TextError } from './errors.js';
import { decode, type DType, type Tensor } from './tensors.js';

/** Longest file of a tokenizer, in bytes. */
export const MAX_TOKENIZER_BYTES = 32 * 2 ** 20;

/** Stands behind the last token. */
const PAD = -1;
const MAX_TOKEN = 2 ** 32 - 1;

/** Tokens of an encoded input or output, and where they stand in it. */
export interface TokenList {
	readonly tokens: readonly number[];
	/** Name of their tensor. */
	readonly tensor: string;
	/** Bytes of the encoding before the first of them. */
	readonly offset: number;
	/** Bytes of each. */
	readonly width: number;
}

/** The tokens of the prompt in an encoded input. Throws `TextError` where it has none. */
export function promptTokens(input: Uint8Array): TokenList {
	return tokensOf('input', input, 'prompt', 'int64', 8);
}

/** The new tokens in an encoded output, with the one that ended them. Throws `TextError` where it has none. */
export function newTokens(output: Uint8Array): TokenList {
	return tokensOf('answer', output, 'tokens', 'int32', 4);
}

function tokensOf(
	what: string,
	encoded: Uint8Array,
	name: string,
	dtype: DType,
	width: number,
): TokenList {
	const bad = (cause: string) => new TextError(`the ${what} is no list of tokens: ${cause}`);
	let tensors: Map<string, Tensor>;
	try {
		tensors = decode(encoded);
	} catch (error) {
		if (!(error instanceof TensorError)) throw error;
		throw bad(error.message);
	}
	const tensor = tensors.get(name);
	if (!tensor) throw bad(`it has no \`${name}\``);
	if (tensor.dtype !== dtype) throw bad(`its \`${name}\` are no ${dtype}`);
	const tokens: number[] = [];
	for (const element of tensor.data) {
		const token = Number(element);
		if (token === PAD) break;
		if (token < 0 || token > MAX_TOKEN) throw bad('one of its tokens is no token');
		tokens.push(token);
	}
	// Behind magic, version and number of tensors.
	let offset = 6;
	for (const [other, { shape, data }] of tensors) {
		offset += 2 + new TextEncoder().encode(other).length + 2 + 8 * shape.length + 4;
		if (other === name) break;
		offset += data.byteLength;
	}
	return { tokens, tensor: name, offset, width };
}

/** What a token is in a text. */
export interface TokenText {
	readonly token: number;
	/**
	 * What it adds to the text. Empty for special and unknown tokens, and for those that begin a
	 * character which a later one ends.
	 */
	readonly text: string;
	/** As the tokenizer's file has it, such as `Ġthe`; `null` for a token that the file has not. */
	readonly name: string | null;
	/** It is no part of the text, such as one that ends an answer. */
	readonly isSpecial: boolean;
}

/** How the text of a token becomes bytes. */
interface Decoding {
	isBytes: boolean;
	hasByteTokens: boolean;
	readonly replace: [from: string, to: string][];
	/** Taken away from where the text begins. */
	strip: { char: string; count: number } | null;
	/** Blanks between tokens. */
	isSpaced: boolean;
}

/** Tokens to text. */
export class Tokenizer {
	readonly #names: ReadonlyMap<number, string>;
	readonly #special: ReadonlySet<number>;
	readonly #decoding: Decoding;

	private constructor(
		names: ReadonlyMap<number, string>,
		special: ReadonlySet<number>,
		decoding: Decoding,
	) {
		this.#names = names;
		this.#special = special;
		this.#decoding = decoding;
	}

	/**
	 * Reads a `tokenizer.json`: of byte-pair encoding, with the decoders that docs/language.md lists.
	 * Throws `TextError` for another one. What makes tokens of text is not looked at.
	 */
	static parse(file: Uint8Array): Tokenizer {
		if (file.length > MAX_TOKENIZER_BYTES) {
			throw new TextError(
				`the tokenizer's file has ${String(file.length)} bytes, and ${String(MAX_TOKENIZER_BYTES)} are taken`,
			);
		}
		let whole: unknown;
		try {
			whole = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file));
		} catch (error) {
			throw malformed((error as Error).message);
		}
		if (!isObject(whole) || !isObject(whole.model)) throw malformed('it has no `model`');
		const { model, decoder } = whole;
		if (typeof model.type === 'string' && model.type !== 'BPE') {
			throw unsupported(`the model \`${model.type}\``);
		}
		for (const name of ['continuing_subword_prefix', 'end_of_word_suffix']) {
			if (model[name]) throw unsupported(`\`${name}\``);
		}
		const names = new Map<number, string>();
		const { vocab = {} } = model;
		if (!isObject(vocab)) throw malformed('its `vocab` is of another form');
		for (const [text, token] of Object.entries(vocab)) {
			const number = tokenOf(token);
			if (names.has(number)) throw malformed('two tokens have the same number');
			names.set(number, text);
		}
		const special = new Set<number>();
		const added = whole.added_tokens ?? [];
		if (!Array.isArray(added)) throw malformed('its `added_tokens` are of another form');
		for (const own of added as unknown[]) {
			if (!isObject(own) || typeof own.content !== 'string') {
				throw malformed('an added token has no `content`');
			}
			const number = tokenOf(own.id);
			names.set(number, own.content);
			if (own.special === true) special.add(number);
		}
		return new Tokenizer(names, special, decodingOf(decoder));
	}

	/** The text of tokens, without special ones. */
	decode(tokens: readonly number[]): string {
		return this.texts(tokens)
			.map(({ text }) => text)
			.join('');
	}

	/** The same, token by token: joined, their texts are that of `decode`. */
	texts(tokens: readonly number[]): TokenText[] {
		const stream = new Stream(this.#decoding);
		const given = tokens.map((token) => {
			const name = this.#names.get(token) ?? null;
			return { token, text: '', name, isSpecial: this.#special.has(token) };
		});
		let row: { bytes: number[]; owners: { text: string }[] } = { bytes: [], owners: [] };
		const endRow = () => {
			for (const [at, bytes] of bytesOfRow(row.bytes).entries()) {
				const own = row.owners[at];
				if (own) own.text = stream.push(bytes);
			}
			row = { bytes: [], owners: [] };
		};
		for (const own of given) {
			if (own.name === null || own.isSpecial) continue;
			const byte = this.#decoding.hasByteTokens ? byteOfToken(own.name) : null;
			if (byte === null) {
				endRow();
				own.text = stream.push(bytesOf(own.name, this.#decoding));
			} else {
				row.bytes.push(byte);
				row.owners.push(own);
			}
		}
		endRow();
		const rest = stream.finish();
		const last = given.findLast(({ name, isSpecial }) => name !== null && !isSpecial);
		if (last) last.text += rest;
		return given;
	}

	/** Whether a token is no part of the text, such as one that ends an answer. */
	isSpecial(token: number): boolean {
		return this.#special.has(token);
	}
}

/** A text that grows token by token. */
class Stream {
	readonly #decoding: Decoding;
	/** Keeps the bytes of a character that is not whole yet. */
	readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	/** Characters that were stripped, until the text begins. */
	#stripped = 0;
	#hasBegun = false;
	#hasTokens = false;

	constructor(decoding: Decoding) {
		this.#decoding = decoding;
	}

	push(bytes: Uint8Array): string {
		let text = '';
		if (this.#decoding.isSpaced && this.#hasTokens) {
			text += this.#decoder.decode(Uint8Array.of(0x20), { stream: true });
		}
		this.#hasTokens = true;
		text += this.#decoder.decode(bytes, { stream: true });
		const { strip } = this.#decoding;
		if (strip && !this.#hasBegun) {
			while (this.#stripped < strip.count && text.startsWith(strip.char)) {
				text = text.slice(strip.char.length);
				this.#stripped += 1;
			}
		}
		this.#hasBegun ||= text !== '';
		return text;
	}

	/** What is left at the end: a character that never became whole. */
	finish(): string {
		return this.#decoder.decode();
	}
}

/** The byte that a token of one byte stands for, such as `<0x0A>`. */
function byteOfToken(name: string): number | null {
	const hex = /^<0x([0-9a-fA-F]{2})>$/.exec(name)?.[1];
	return hex === undefined ? null : parseInt(hex, 16);
}

/**
 * What each of a row of tokens of one byte is. A row that is no text becomes one replacement for each
 * byte, as in `tokenizers`.
 */
function bytesOfRow(row: readonly number[]): Uint8Array[] {
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(row));
		return row.map((byte) => Uint8Array.of(byte));
	} catch {
		return row.map(() => new TextEncoder().encode('\ufffd'));
	}
}

function bytesOf(name: string, decoding: Decoding): Uint8Array {
	let text = name;
	for (const [from, to] of decoding.replace) text = text.replaceAll(from, () => to);
	if (decoding.isBytes) {
		const bytes = Array.from(text, byteOf);
		// One that is no token of bytes is what it is.
		if (!bytes.includes(null)) return Uint8Array.from(bytes as number[]);
	}
	return new TextEncoder().encode(text);
}

/**
 * The byte for which a character stands in tokens of bytes: itself where it can be printed, and one
 * from U+0100 on where not.
 */
function byteOf(char: string): number | null {
	const code = char.codePointAt(0) ?? 0;
	const isOwn = (code >= 0x21 && code <= 0x7e) || (code >= 0xa1 && code <= 0xff && code !== 0xad);
	if (isOwn) return code;
	if (code >= 0x100 && code <= 0x120) return code - 0x100;
	if (code >= 0x121 && code <= 0x142) return code - 0x121 + 0x7f;
	return code === 0x143 ? 0xad : null;
}

function decodingOf(part: unknown): Decoding {
	const decoding: Decoding = {
		isBytes: false,
		hasByteTokens: false,
		replace: [],
		strip: null,
		isSpaced: part === undefined || part === null,
	};
	if (!decoding.isSpaced) add(decoding, part);
	return decoding;
}

function add(own: Decoding, part: unknown): void {
	if (!isObject(part) || typeof part.type !== 'string') throw malformed('a part has no `type`');
	switch (part.type) {
		case 'Sequence':
			if (!Array.isArray(part.decoders)) throw malformed('a sequence has no `decoders`');
			for (const inner of part.decoders as unknown[]) add(own, inner);
			break;
		case 'ByteLevel':
			own.isBytes = true;
			break;
		case 'ByteFallback':
			own.hasByteTokens = true;
			break;
		case 'Fuse':
			// Tokens are put together anyway.
			break;
		case 'Replace': {
			const from = isObject(part.pattern) ? part.pattern.String : undefined;
			if (typeof from !== 'string' || from === '' || typeof part.content !== 'string') {
				throw unsupported('a replacement by expressions');
			}
			own.replace.push([from, part.content]);
			break;
		}
		case 'Strip': {
			const [char] = typeof part.content === 'string' ? part.content : '';
			const { start, stop } = part;
			if (stop !== 0) throw unsupported('a decoder that strips the end');
			if (char === undefined || !Number.isSafeInteger(start) || (start as number) < 0) {
				throw malformed('`Strip` is malformed');
			}
			own.strip = { char, count: start as number };
			break;
		}
		case 'Metaspace': {
			const blank = typeof part.replacement === 'string' ? part.replacement : '\u2581';
			own.replace.push([blank, ' ']);
			const scheme = part.prepend_scheme;
			const hasPrefix =
				typeof scheme === 'string' ? scheme !== 'never' : part.add_prefix_space !== false;
			own.strip = hasPrefix ? { char: ' ', count: 1 } : null;
			break;
		}
		default:
			throw unsupported(`the decoder \`${part.type}\``);
	}
}

function tokenOf(value: unknown): number {
	if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TOKEN) {
		return value as number;
	}
	throw malformed('a token has no number');
}

function malformed(what: string): TextError {
	return new TextError(`the file is no tokenizer.json: ${what}`);
}

function unsupported(what: string): TextError {
	return new TextError(
		`the tokenizer is not supported: ${what}. Supported is byte-pair encoding, with the decoders ` +
			'that docs/language.md lists',
	);
}

/**
 * Lists of tensors as the chain carries them: typed arrays to OPGT and back, bit for bit.
 *
 * ```text
 * magic "OPGT" | version u8 | count u8 | tensor*
 * tensor: name length u16 | name, UTF-8 | dtype u8 | rank u8 | dims u64 * rank
 *         | data length u32 | data, little endian, row-major
 * ```
 *
 * Nothing is converted: data whose type the format does not have is refused, and so is what has no
 * type of its own, such as a list. `node/engine/types/src/tensor.rs` is the reference.
 */

import { TensorError } from './errors.js';
import { concat } from './hex.js';

/** Type of elements. */
export type DType =
	| 'bool'
	| 'uint8'
	| 'uint16'
	| 'uint32'
	| 'uint64'
	| 'int8'
	| 'int16'
	| 'int32'
	| 'int64'
	| 'float16'
	| 'float32'
	| 'float64'
	| 'bfloat16';

/** Elements, row by row. */
export type TensorData =
	| Uint8Array
	| Uint16Array
	| Uint32Array
	| BigUint64Array
	| Int8Array
	| Int16Array
	| Int32Array
	| BigInt64Array
	| Float32Array
	| Float64Array;

/** Elements of one type in a shape. */
export interface Tensor {
	readonly dtype: DType;
	/** Elements along each dimension; empty for a scalar. */
	readonly shape: readonly number[];
	/** `bool` is a `Uint8Array` of 0 and 1; `float16` and `bfloat16` are bits in a `Uint16Array`. */
	readonly data: TensorData;
}

/** A tensor to be encoded. */
export interface TensorInput {
	readonly shape: readonly number[];
	/** In browsers that have it, also a `Float16Array`. */
	readonly data: TensorData;
	/** Follows from `data`, but for `bool`, `float16` and `bfloat16`. */
	readonly dtype?: DType;
}

/** Tensors by their names, in an order. */
export type TensorInputs =
	Readonly<Record<string, TensorInput>> | Iterable<readonly [string, TensorInput]>;

const MAGIC = new Uint8Array([0x4f, 0x50, 0x47, 0x54, 1]);
const MAX_TENSORS = 64;
const MAX_RANK = 8;
const MAX_NAME_BYTES = 2 ** 16 - 1;
const MAX_DATA_BYTES = 2 ** 32 - 1;
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

interface Kind {
	readonly name: DType;
	readonly size: number;
	/** Name of the typed array that has its elements. */
	readonly array: string;
	readonly make: (buffer: ArrayBuffer) => TensorData;
}

function kind(
	name: DType,
	type: { name: string; BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): TensorData },
): Kind {
	return { name, size: type.BYTES_PER_ELEMENT, array: type.name, make: (from) => new type(from) };
}

/** Types, by their codes. */
const KINDS: readonly Kind[] = [
	kind('bool', Uint8Array),
	kind('uint8', Uint8Array),
	kind('uint16', Uint16Array),
	kind('uint32', Uint32Array),
	kind('uint64', BigUint64Array),
	kind('int8', Int8Array),
	kind('int16', Int16Array),
	kind('int32', Int32Array),
	kind('int64', BigInt64Array),
	kind('float16', Uint16Array),
	kind('float32', Float32Array),
	kind('float64', Float64Array),
	kind('bfloat16', Uint16Array),
];

/** Names of all types, in the order of their codes. */
export const DTYPES: readonly DType[] = KINDS.map(({ name }) => name);

/** Types that have to be named, because another has the same array. */
const NAMED: readonly DType[] = ['bool', 'float16', 'bfloat16'];

/** Encodes tensors, in their order. The bits of NaNs are kept. */
export function encode(tensors: TensorInputs): Uint8Array<ArrayBuffer> {
	const all = entries(tensors);
	if (all.length > MAX_TENSORS) {
		throw new TensorError(
			`${String(all.length)} tensors, at most ${String(MAX_TENSORS)} are allowed`,
		);
	}
	const names = new Set(all.map(([name]) => name));
	if (names.size < all.length) throw new TensorError('two tensors have one name');
	const parts: Uint8Array[] = [MAGIC, new Uint8Array([all.length])];
	for (const [name, tensor] of all) parts.push(...encodeOne(name, tensor));
	return concat(parts);
}

/**
 * Decodes a list of tensors, in its order. Throws `TensorError` unless the bytes are exactly one
 * list. What is decoded encodes to the same bytes.
 */
export function decode(data: Uint8Array): Map<string, Tensor> {
	const reader = new Reader(data);
	if (!reader.take(MAGIC.length).every((byte, at) => byte === MAGIC[at])) {
		throw new TensorError('not a tensor list: it must begin with "OPGT" and version 1');
	}
	const count = reader.u8();
	if (count > MAX_TENSORS) {
		throw new TensorError(`${String(count)} tensors, at most ${String(MAX_TENSORS)} are allowed`);
	}
	const tensors = new Map<string, Tensor>();
	for (let left = count; left > 0; left -= 1) {
		const [name, tensor] = decodeOne(reader);
		if (tensors.has(name)) throw new TensorError(`two tensors are named ${quote(name)}`);
		tensors.set(name, tensor);
	}
	if (!reader.isAtEnd) throw new TensorError('bytes follow the last tensor');
	return tensors;
}

/**
 * Elements as numbers, to be shown: also those of `float16` and `bfloat16`. Throws `TensorError`
 * where a number of 64 bits is not exact as a `number`.
 */
export function toNumbers({ dtype, data }: Tensor): number[] {
	if (dtype === 'float16') return Array.from(data as Uint16Array, fromFloat16);
	if (dtype === 'bfloat16') {
		const bits = Uint32Array.from(data as Uint16Array, (half) => half << 16);
		return Array.from(new Float32Array(bits.buffer));
	}
	return Array.from(data as ArrayLike<number | bigint>, (element) => {
		const number = Number(element);
		if (typeof element === 'bigint' && !Number.isSafeInteger(number)) {
			throw new TensorError(`${String(element)} is no exact number: take the data as it is`);
		}
		return number;
	});
}

function fromFloat16(bits: number): number {
	const sign = bits >> 15 ? -1 : 1;
	const exponent = (bits >> 10) & 31;
	const fraction = bits & 1023;
	if (exponent === 31) return fraction ? NaN : sign * Infinity;
	return exponent === 0
		? sign * fraction * 2 ** -24
		: sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function entries(tensors: TensorInputs): (readonly [string, TensorInput])[] {
	if (typeof tensors !== 'object' || (tensors as unknown) === null) {
		throw new TensorError('tensors are an object, or pairs, of names and tensors');
	}
	return Symbol.iterator in tensors
		? [...(tensors as Iterable<readonly [string, TensorInput]>)]
		: Object.entries(tensors);
}

function encodeOne(name: string, tensor: TensorInput): Uint8Array[] {
	const text = encodeName(name);
	const [code, kind] = kindOf(name, tensor);
	const { shape, data } = tensor;
	if (!isShape(shape)) {
		throw new TensorError(`the shape of tensor ${quote(name)} is a list of sizes`);
	}
	if (shape.length > MAX_RANK) {
		throw new TensorError(
			`tensor ${quote(name)} has ${String(shape.length)} dimensions, at most ${String(MAX_RANK)} are allowed`,
		);
	}
	const elements = shape.reduce((product, size) => product * size, 1);
	if (elements !== data.length) {
		throw new TensorError(
			`tensor ${quote(name)} has ${String(data.length)} elements, its shape needs ${String(elements)}`,
		);
	}
	if (data.byteLength > MAX_DATA_BYTES) {
		throw new TensorError(`tensor ${quote(name)} has ${String(data.byteLength)} bytes: too many`);
	}
	const bytes = littleEndian(
		new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
		kind.size,
	);
	requireBools(name, code, bytes);
	const head = new DataView(new ArrayBuffer(2 + 8 * shape.length + 4));
	head.setUint8(0, code);
	head.setUint8(1, shape.length);
	shape.forEach((size, at) => {
		head.setBigUint64(2 + 8 * at, BigInt(size), true);
	});
	head.setUint32(2 + 8 * shape.length, bytes.length, true);
	const length = new Uint8Array([text.length & 255, text.length >> 8]);
	return [length, text, new Uint8Array(head.buffer), bytes];
}

function isShape(shape: unknown): boolean {
	return (
		Array.isArray(shape) &&
		shape.every((size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0)
	);
}

function kindOf(name: string, { dtype, data }: TensorInput): [number, Kind] {
	if (!ArrayBuffer.isView(data) || data instanceof DataView) {
		throw new TensorError(
			`the data of tensor ${quote(name)} has no element type: take the typed array that the ` +
				'model takes, such as Float32Array',
		);
	}
	// By its name, so that arrays of other windows are arrays too. A Node buffer is one of bytes.
	const array = (data as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
	const isHalf = array === 'Float16Array';
	const wanted =
		dtype ??
		(isHalf
			? 'float16'
			: KINDS.find((kind) => kind.array === array && !NAMED.includes(kind.name))?.name);
	const code = KINDS.findIndex(
		(kind) => kind.name === wanted && (kind.array === array || (isHalf && wanted === 'float16')),
	);
	const kind = KINDS[code];
	if (kind) return [code, kind];
	throw new TensorError(
		dtype === undefined
			? `the chain carries no ${array}, as in tensor ${quote(name)}`
			: `tensor ${quote(name)} is a ${array}, which does not hold the type ${String(dtype)}`,
	);
}

function encodeName(name: string): Uint8Array {
	if (typeof name !== 'string' || /[\ud800-\udfff]/u.test(name)) {
		throw new TensorError(`${quote(name)} is no name of a tensor: it is no text`);
	}
	const text = new TextEncoder().encode(name);
	if (text.length > MAX_NAME_BYTES) {
		throw new TensorError(
			`a tensor name has ${String(text.length)} bytes, more than ${String(MAX_NAME_BYTES)}`,
		);
	}
	return text;
}

function decodeOne(reader: Reader): [string, Tensor] {
	const name = reader.text(reader.u16());
	const code = reader.u8();
	const rank = reader.u8();
	const kind = KINDS[code];
	if (!kind) throw new TensorError(`unknown element type ${String(code)}`);
	if (rank > MAX_RANK) {
		throw new TensorError(`${String(rank)} dimensions, at most ${String(MAX_RANK)} are allowed`);
	}
	const sizes = Array.from({ length: rank }, () => reader.u64());
	const bytes = reader.take(reader.u32());
	let need = BigInt(kind.size);
	for (const size of sizes) {
		need *= size;
		// As the chain counts: what does not fit 64 bits is refused, whatever follows.
		if (need >= 2n ** 64n) break;
	}
	if (need !== BigInt(bytes.length)) {
		throw new TensorError(
			`tensor ${quote(name)} has ${String(bytes.length)} bytes of data, its shape needs another number`,
		);
	}
	requireBools(name, code, bytes);
	const shape = sizes.map((size) => {
		if (size > Number.MAX_SAFE_INTEGER) {
			throw new TensorError(`tensor ${quote(name)} has a dimension of ${String(size)}: too long`);
		}
		return Number(size);
	});
	// A copy: aligned, and the caller's to write to.
	const data = kind.make(littleEndian(bytes, kind.size).buffer);
	return [name, { dtype: kind.name, shape, data }];
}

function requireBools(name: string, code: number, bytes: Uint8Array): void {
	if (code === 0 && bytes.some((byte) => byte > 1)) {
		throw new TensorError(`tensor ${quote(name)} has a bool that is neither 0 nor 1`);
	}
}

/** Bytes of elements as little endian, from the order of this machine, and back. */
function littleEndian<T extends Uint8Array>(bytes: T, size: number): T {
	if (IS_LITTLE_ENDIAN || size === 1) return bytes;
	const swapped = bytes.slice() as T;
	for (let at = 0; at < swapped.length; at += size) swapped.subarray(at, at + size).reverse();
	return swapped;
}

function quote(name: unknown): string {
	return JSON.stringify(String(name).slice(0, 80));
}

class Reader {
	#data: Uint8Array;
	#view: DataView;
	#at = 0;

	constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
		// A buffer of Node has a `slice` that copies nothing.
		this.#data = new Uint8Array(buffer, byteOffset, byteLength);
		this.#view = new DataView(buffer, byteOffset, byteLength);
	}

	get isAtEnd(): boolean {
		return this.#at === this.#data.length;
	}

	take(length: number): Uint8Array<ArrayBuffer> {
		const at = this.#advance(length);
		return this.#data.slice(at, at + length);
	}

	u8(): number {
		return this.#view.getUint8(this.#advance(1));
	}

	u16(): number {
		return this.#view.getUint16(this.#advance(2), true);
	}

	u32(): number {
		return this.#view.getUint32(this.#advance(4), true);
	}

	u64(): bigint {
		return this.#view.getBigUint64(this.#advance(8), true);
	}

	text(length: number): string {
		try {
			// As it is: a mark of the byte order would be dropped.
			return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(length));
		} catch (error) {
			if (error instanceof TensorError) throw error;
			throw new TensorError('a tensor name is not UTF-8');
		}
	}

	#advance(length: number): number {
		const at = this.#at;
		if (at + length > this.#data.length) throw new TensorError('the tensor list ends too early');
		this.#at += length;
		return at;
	}
}

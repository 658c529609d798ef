// ONNX models for faults, and their inputs: a few lines of protobuf, enough for them.

const FLOAT = 1;
const INT64 = 7;
// Codes of the encoding of tensors.
const MAGIC = Buffer.from('OPGT\x01', 'latin1');
const F32 = 10;

function varint(value) {
	const out = [];
	for (; value >= 0x80; value = Math.floor(value / 128)) out.push(value % 128 | 0x80);
	return Buffer.of(...out, value);
}
const int = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
function bytes(field, ...parts) {
	const value = Buffer.concat(parts.map(part => Buffer.from(part)));
	return Buffer.concat([varint(field << 3 | 2), varint(value.length), value]);
}

const node = (op, inputs, outputs, ...attributes) => bytes(1,
	...inputs.map(name => bytes(1, name)), ...outputs.map(name => bytes(2, name)), bytes(4, op), ...attributes);
const attribute = (name, kind, value) => bytes(5, bytes(1, name), value, int(20, kind));
const ofInt = (name, value) => attribute(name, 2, int(3, value));
const ofInts = (name, values) => attribute(name, 7, Buffer.concat(values.map(value => int(8, value))));
const ofGraph = (name, ...parts) => attribute(name, 5, bytes(6, bytes(2, name), ...parts));

const initializer = (name, type, shape, data) => bytes(5, ...shape.map(size => int(1, size)), int(2, type), bytes(8, name), bytes(9, data));
const floats = (name, shape, values) => initializer(name, FLOAT, shape, Buffer.from(Float32Array.from(values).buffer));
const ints = (name, values) => initializer(name, INT64, [values.length], Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer));
const value = (name, shape) => [
	bytes(1, name),
	bytes(2, bytes(1, int(1, FLOAT), bytes(2, ...shape.map(size => bytes(1, int(1, size)))))),
];
const input = (name, shape) => bytes(11, ...value(name, shape));
const output = (name, shape) => bytes(12, ...value(name, shape));
const model = (...graph) => Buffer.concat([int(1, 8), bytes(8, int(2, 13)), bytes(7, bytes(2, 'g'), ...graph)]);

// Encoded tensors: one of f32, called `x`.
export function tensorOf(values) {
	const size = Buffer.alloc(8);
	size.writeBigUInt64LE(BigInt(values.length));
	const data = Buffer.from(Float32Array.from(values).buffer);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(data.length);
	return Buffer.concat([MAGIC, Buffer.of(1, 1, 0), Buffer.from('x'), Buffer.of(F32, 1), size, length, data]);
}

// The largest sum of a number of 0 to `rows` and one of 0 to `rows`, times `x`, from a table of all sums.
function table(name, rows) {
	return [
		floats(`${name}_steps`, [rows], Array.from({ length: rows }, (_, i) => i / rows)),
		ints(`${name}_column`, [rows, 1]),
		ints(`${name}_row`, [1, rows]),
		node('Mul', ['x', `${name}_steps`], [`${name}_scaled`]),
		node('Reshape', [`${name}_scaled`, `${name}_column`], [`${name}_down`]),
		node('Reshape', [`${name}_scaled`, `${name}_row`], [`${name}_right`]),
		node('Add', [`${name}_down`, `${name}_right`], [`${name}_sums`]),
		node('ReduceMax', [`${name}_sums`], [`${name}_most`], ofInts('axes', [0, 1]), ofInt('keepdims', 0)),
		ints(`${name}_one`, [1]),
		node('Reshape', [`${name}_most`, `${name}_one`], [`${name}_result`]),
		output(`${name}_result`, [1]),
	];
}

// Takes little memory where `x` is at most 1, a table of `rows` squared where it is more, and one of twice
// the rows besides where it is more than 2.
export function hungry(rows) {
	const branch = (name, level, size) => [
		floats(`${name}_level`, [1], [level]),
		node('Greater', ['x', `${name}_level`], [`${name}_more`]),
		node('Squeeze', [`${name}_more`], [`${name}_is_more`]),
		node('If', [`${name}_is_more`], [`${name}_y`],
			ofGraph('then_branch', ...table(name, size)),
			ofGraph('else_branch', node('Identity', ['x'], [`${name}_same`]), output(`${name}_same`, [1]))),
	];
	return model(
		input('x', [1]),
		...branch('large', 1, rows),
		...branch('huge', 2, 2 * rows),
		node('Add', ['large_y', 'huge_y'], ['y']),
		output('y', [1]),
	);
}

// Doubles `length` numbers: both are too long for the chain where there are many.
export const doubling = length => model(input('x', [length]), node('Add', ['x', 'x'], ['y']), output('y', [length]));

// A model file without a library for it: y = x * x, of so many floats.

const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
const number = (field, value) => [field << 3, ...varint(value)];
const message = (field, ...parts) => {
	const bytes = parts.flat();
	return [(field << 3) | 2, ...varint(bytes.length), ...bytes];
};
const text = (field, value) => message(field, [...new TextEncoder().encode(value)]);

// ValueInfoProto with a TypeProto.Tensor of float and its shape.
const tensor = (field, name, shape) => {
	const dims = shape.map((size) => message(1, number(1, size)));
	return message(field, text(1, name), message(2, message(1, number(1, 1), message(2, ...dims))));
};

export function wideModel(width) {
	const node = message(1, text(1, 'x'), text(1, 'x'), text(2, 'y'), text(4, 'Mul'));
	const shape = [1, width];
	const graph = message(7, node, text(2, 'wide'), tensor(11, 'x', shape), tensor(12, 'y', shape));
	const opset = message(8, text(1, ''), number(2, 13));
	return Uint8Array.from([...number(1, 8), ...graph, ...opset]);
}

// A model that takes a picture, and a picture of so many pixels a side:
// picture.mjs SIDE MODEL.onnx PICTURE.png
//
// The model gives the mean of each colour, by GlobalAveragePool. Both files are written byte by byte,
// so that the test needs no library for them.
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const [side, modelFile, pictureFile] = process.argv.slice(2);
/** Pixels of a side. */
const SIDE = Number(side);
const FLOAT = 1;
const OPSET = 17;
const IR_VERSION = 8;

// The wire format of protocol buffers.
const varint = (value) => {
	const bytes = [];
	for (let rest = value; ; rest >>>= 7) {
		if (rest < 128) return Buffer.from([...bytes, rest]);
		bytes.push((rest & 127) | 128);
	}
};
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, ...parts) => {
	const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
	return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
};

// Fields as onnx.proto numbers them.
const dim = (size) => bytes(1, number(1, size));
const port = (name, dims) => [
	bytes(1, name),
	bytes(2, bytes(1, number(1, FLOAT), bytes(2, ...dims.map(dim)))),
];
const pool = [bytes(1, 'picture'), bytes(2, 'means'), bytes(4, 'GlobalAveragePool')];
const graph = [
	bytes(1, ...pool),
	bytes(2, 'means'),
	bytes(11, ...port('picture', [1, 3, SIDE, SIDE])),
	bytes(12, ...port('means', [1, 3, 1, 1])),
];
const model = [number(1, IR_VERSION), bytes(7, ...graph), bytes(8, number(2, OPSET))];

// A disc on a gradient: one that is upside down, mirrored, or of swapped colours looks different.
const colour = (x, y) =>
	Math.hypot(x - 10, y - 12) < 7 ? [250, 200, 40] : [Math.floor(x * 8), 40, Math.floor(y * 8)];
const pixels = Buffer.concat(
	Array.from({ length: SIDE }, (_, y) =>
		Buffer.from([
			0, // no filter
			...Array.from({ length: SIDE }, (_, x) => colour((x * 32) / SIDE, (y * 32) / SIDE)).flat(),
		]),
	),
);
const chunk = (type, data) => {
	const content = Buffer.concat([Buffer.from(type), data]);
	const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(data.length);
	check.writeUInt32BE(crc32(content));
	return Buffer.concat([length, content, check]);
};
const head = Buffer.alloc(13);
head.writeUInt32BE(SIDE, 0);
head.writeUInt32BE(SIDE, 4);
head.set([8, 2], 8); // eight bits a colour; red, green, blue
const png = Buffer.concat([
	Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
	chunk('IHDR', head),
	chunk('IDAT', deflateSync(pixels)),
	chunk('IEND', Buffer.alloc(0)),
]);

writeFileSync(modelFile, Buffer.concat(model));
writeFileSync(pictureFile, png);

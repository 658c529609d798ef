// Tensors, amounts, accounts, ranges of contents: what has a format.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import test from 'node:test';
import { blake3 } from '@noble/hashes/blake3.js';
import * as sr25519 from '@scure/sr25519';
import * as opg from '../dist/index.js';
import { decode, encode, fromHex, toHex } from '../dist/index.js';
import { Tree, decodeRange, ranges } from '../dist/bao.js';
import { suggestLimits } from '../dist/index.js';

const repository = (path) => new URL(`../../../../${path}`, import.meta.url);
const read = (path) => readFileSync(repository(path), 'utf8');

// Names of the engine, in the order of the codes.
const SHORT = [
	'bool',
	'u8',
	'u16',
	'u32',
	'u64',
	'i8',
	'i16',
	'i32',
	'i64',
	'f16',
	'f32',
	'f64',
	'bf16',
];

function bytesOf({ buffer, byteOffset, byteLength }) {
	return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}

test('tensors should be those of the vectors of the engine', () => {
	const { valid, ...others } = JSON.parse(read('node/engine/types/vectors/tensors.json'));
	for (const { about, value, encoded } of valid) {
		const bytes = fromHex(`0x${encoded}`);
		const tensors = decode(bytes);
		assert.deepEqual(
			[...tensors].map(([name, { dtype, shape, data }]) => ({
				name,
				dtype: SHORT[opg.DTYPES.indexOf(dtype)],
				shape: [...shape],
				data: bytesOf(data),
			})),
			value,
			about,
		);
		assert.deepEqual(encode(tensors), bytes, about);
	}
	const [malformed] = Object.values(others);
	assert(malformed.length > 5);
	for (const { about, encoded } of malformed) {
		assert.throws(() => decode(fromHex(`0x${encoded}`)), opg.TensorError, about);
	}
});

test('typed array should say the type', () => {
	const arrays = {
		uint8: Uint8Array,
		uint16: Uint16Array,
		uint32: Uint32Array,
		uint64: BigUint64Array,
		int8: Int8Array,
		int16: Int16Array,
		int32: Int32Array,
		int64: BigInt64Array,
		float32: Float32Array,
		float64: Float64Array,
	};
	for (const [dtype, Type] of Object.entries(arrays)) {
		const data = new Type(2);
		assert.equal(decode(encode({ x: { shape: [2], data } })).get('x').dtype, dtype);
		assert.equal(
			decode(encode({ x: { shape: [2], data, dtype } })).get('x').data.constructor,
			Type,
		);
	}
	const data = Uint16Array.of(0x3c00, 0x7e01);
	for (const dtype of ['float16', 'bfloat16']) {
		const [tensor] = decode(encode({ x: { shape: [2], data, dtype } })).values();
		assert.deepEqual(tensor, { dtype, shape: [2], data });
	}
	const bools = { shape: [2], data: Uint8Array.of(0, 1), dtype: 'bool' };
	assert.deepEqual(decode(encode({ x: bools })).get('x'), bools);
	// A view into a larger buffer, not aligned where it comes back.
	const view = new Float64Array(new ArrayBuffer(64), 16, 2).fill(0.1);
	assert.deepEqual(
		decode(encode({ abc: { shape: [2], data: view } })).get('abc').data,
		Float64Array.of(0.1, 0.1),
	);
});

test('tensors of a buffer of Node should not be those of its pool', () => {
	const data = BigInt64Array.of(7n, -1n);
	const buffer = Buffer.from(toHex(encode({ label: { shape: [2], data } })).slice(2), 'hex');
	assert(buffer.buffer.byteLength > buffer.byteLength, 'it has no pool');
	assert.deepEqual(decode(buffer).get('label').data, data);
	const bytes = { shape: [3], data: Buffer.from('abc') };
	assert.deepEqual(decode(encode({ x: bytes })).get('x').data, Uint8Array.of(97, 98, 99));
});

test('bits of a NaN should be kept', () => {
	const bits = Uint32Array.of(0x7fa00001, 0xffc00000);
	const data = new Float32Array(bits.buffer);
	const [{ data: back }] = decode(encode({ x: { shape: [2], data } })).values();
	assert.deepEqual(new Uint32Array(back.buffer), bits);
});

test('what has another type or form should be refused', () => {
	const good = { shape: [1], data: new Float32Array(1) };
	const refused = (tensor, name = 'x') =>
		assert.throws(() => encode([[name, tensor]]), opg.TensorError, inspect(tensor));
	refused([0.5]);
	refused({ shape: [1], data: [0.5] });
	refused({ shape: [1], data: new DataView(new ArrayBuffer(4)) });
	refused({ shape: [1], data: new Uint8ClampedArray(1) });
	refused({ ...good, dtype: 'float64' });
	refused({ ...good, dtype: 'f32' });
	refused({ shape: [1], data: new Uint8Array(1), dtype: 'float16' });
	refused({ shape: [1], data: Uint8Array.of(2), dtype: 'bool' });
	refused({ ...good, shape: [2] });
	refused({ ...good, shape: [-1] });
	refused({ ...good, shape: [1.5] });
	refused({ ...good, shape: 1 });
	refused({ ...good, shape: Array(9).fill(1) });
	refused(good, '\ud800');
	refused(good, 'x'.repeat(65_536));
	refused(good, 7);
	assert.throws(() => encode(null), opg.TensorError);
	assert.throws(
		() =>
			encode([
				['x', good],
				['x', good],
			]),
		opg.TensorError,
	);
	assert.throws(
		() => encode(Array.from({ length: 65 }, (_, at) => [`x${at}`, good])),
		opg.TensorError,
	);
	assert.equal(encode({}).length, 6);
});

test('order of tensors should be that of the pairs', () => {
	const x = { shape: [1], data: new Uint8Array(1) };
	assert.deepEqual(
		[
			...decode(
				encode([
					['2', x],
					['1', x],
				]),
			).keys(),
		],
		['2', '1'],
	);
	assert.deepEqual([...decode(encode(new Map([['__proto__', x]]))).keys()], ['__proto__']);
});

test('numbers should be shown exactly or not at all', () => {
	const numbers = (dtype, data) => opg.toNumbers({ dtype, shape: [data.length], data });
	const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x8000);
	assert.deepEqual(numbers('float16', halves), [1, -2, 2 ** -24, 65504, Infinity, -Infinity, -0]);
	assert(Number.isNaN(numbers('float16', Uint16Array.of(0x7e00))[0]));
	assert.deepEqual(numbers('bfloat16', Uint16Array.of(0x3f80, 0xc000)), [1, -2]);
	assert.deepEqual(numbers('int64', BigInt64Array.of(-3n)), [-3]);
	assert.throws(() => numbers('uint64', BigUint64Array.of(2n ** 63n)), opg.TensorError);
});

test('amounts should be exact', () => {
	assert.equal(opg.toPlanck('0.25'), opg.OPG / 4n);
	assert.equal(opg.toPlanck('12.000'), 12n * opg.OPG);
	assert.equal(opg.toPlanck(7n), 7n);
	assert.equal(opg.toOpg(opg.OPG / 4n), '0.25');
	assert.equal(opg.toOpg(-opg.OPG), '-1');
	assert.equal(opg.formatOpg(1n), '0.000000000000000001 OPG');
	for (const wrong of [
		'',
		'.5',
		'1.',
		'-1',
		'1e3',
		'0x1',
		`0.${'1'.repeat(19)}`,
		2n ** 128n,
		-1n,
	]) {
		assert.throws(() => opg.toPlanck(wrong), RangeError, String(wrong));
	}
	assert.throws(() => opg.toPlanck(1), TypeError);
});

test('secrets should give the accounts that Substrate gives', () => {
	// By @polkadot/keyring 14.0.3, as in node/clients/python/tests/test_account.py.
	const phrase = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
	const accounts = {
		'//Alice': 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
		'//Eve': 'e659a7a1628cdd93febc04a4e0646ea20e9f5f0ce097d9a05290d4a9e054df4e',
		'0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e':
			'46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a',
		[phrase]: '46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a',
		[`${phrase}//Alice`]: 'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
		'//Alice/soft': '02cfd83074aefc9955af4034d19b3780d47a52e158ababec8ec012b2295f1c5b',
		'//Alice//1': '70cd06e4c5d36fd8fe158e7b5e102937d4859d45933f39074ae784a67bf65426',
		'//Alice/1//2': '4c0a4c463a0944a7ee10a7cb005f2b4ac12538b171dd4237e4341e7c2f427e10',
		[`//Alice//${'long'.repeat(20)}`]:
			'4cac158a41714c09a28e65b2f16bb6553a9de64902623ce097145f978ac0bc3d',
		'//Alice///pass': '9afe27621bf95bd1b6260cf8033a24094730895cb0bd549bd6332520a4538c21',
		'//Alice//0042': '9cadd19dfa55c6f703d1f24de11a5bc39b287508d75f7835b9511d264b19ec0d',
	};
	for (const [suri, account] of Object.entries(accounts)) {
		assert.equal(toHex(opg.signerFromSuri(suri).publicKey), `0x${account}`, suri);
	}
	assert.equal(toHex(opg.devSigner('//Eve').publicKey), `0x${accounts['//Eve']}`);
	assert.throws(() => opg.devSigner('bottom drive'), opg.KeyError);
	for (const wrong of [
		'0x12',
		'0xzz',
		'bottom drive obey',
		'//',
		'a\nb',
		'not a phrase at all//Alice',
	]) {
		assert.throws(
			() => opg.signerFromSuri(wrong),
			(error) => error instanceof opg.KeyError && !error.message.includes('bottom'),
			wrong,
		);
	}
	assert(!inspect(opg.devSigner('//Eve'), { depth: 9 }).includes('secret'));
});

test('addresses should begin with op', () => {
	const { publicKey } = opg.devSigner('//Dave');
	const address = opg.encodeAddress(publicKey);
	assert(address.startsWith('op'));
	assert.deepEqual(opg.decodeAddress(address), publicKey);
	assert.deepEqual(
		opg.decodeAddress('5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy'),
		publicKey,
	);
	assert.throws(() => opg.decodeAddress('op123'), opg.KeyError);
});

test('key files of polkadot.js should be opened', async () => {
	const file = read('node/clients/python/tests/alice.json');
	const { address } = JSON.parse(file);
	// As in node/clients/python/tests/test_account.py.
	const password = 'a password';
	const signer = await opg.signerFromKeyFile(file, password);
	assert.deepEqual(signer.publicKey, opg.decodeAddress(address));
	const message = new TextEncoder().encode('<Bytes>hello</Bytes>');
	const signature = await signer.signBytes(message);
	assert(sr25519.verify(message, signature, signer.publicKey));
	// As in node/cli/src/keyfile.rs.
	const fixture = await opg.signerFromKeyFile(
		JSON.parse(read('node/cli/vectors/key-polkadot-js.json')),
		'correct horse, battery staple: ü',
	);
	assert.deepEqual(fixture.publicKey, opg.devSigner('//Alice//fixture').publicKey);
	await assert.rejects(opg.signerFromKeyFile(file, 'another'), /password does not fit/);
	await assert.rejects(opg.signerFromKeyFile(file), /encrypted/);
	const changed = JSON.parse(file);
	changed.address = opg.encodeAddress(opg.devSigner('//Bob').publicKey);
	await assert.rejects(opg.signerFromKeyFile(changed, password), /address/);
	for (const wrong of ['', '[]', '{}', { encoded: 'AA', encoding: {} }]) {
		await assert.rejects(opg.signerFromKeyFile(wrong, ''), opg.KeyError);
	}
});

test('ranges should be proven by the hash of the content', () => {
	for (const size of [
		0,
		1,
		1024,
		1025,
		16_384,
		16_385,
		17_408,
		40_000,
		2 ** 20,
		2 ** 20 + 1,
		3 * 2 ** 20 + 777,
	]) {
		const content = Uint8Array.from({ length: size }, (_, at) => (at * 7919) >> 3);
		const tree = new Tree(content);
		assert.equal(toHex(tree.hash), toHex(blake3(content)), String(size));
		const parts = ranges(size).map(([start, end]) => {
			const encoded = tree.encode(start, end);
			if (size > 0) assert.equal(decodeRange(encoded.subarray(1), size, start, end), null);
			return decodeRange(encoded, size, start, end);
		});
		assert.deepEqual(Buffer.concat(parts), Buffer.from(content));
	}
});

test('limits should be those that opg suggests', () => {
	const most = {
		fuel: 1e12,
		loadFuel: 1e12,
		memory: 4095,
		inputBytes: 2 ** 26,
		outputBytes: 2 ** 26,
	};
	const lengths = { inlineInputBytes: 16_384, inlineOutputBytes: 4_096, contentBytes: 2 ** 26 };
	const port = (dtype, ...shape) => ({ name: 'x', dtype, shape });
	const report = {
		digest: '00',
		inputs: [port('f32', 1, 64)],
		outputs: [port('f64', 1_000)],
		dims: {},
		load_fuel: 9_181_586,
		run_fuel: 76_954,
		memory_bytes: 1_900_544,
	};
	assert.deepEqual(suggestLimits(report, most, lengths), {
		fuel: 153_908,
		loadFuel: 18_363_172,
		memory: 16,
		inputBytes: 16_384,
		outputBytes: 6 + 2 + 1 + 2 + 8 + 4 + 8_000,
	});
	assert.equal(suggestLimits(report, { ...most, fuel: 5 }, lengths).fuel, 5);
	assert.throws(
		() => suggestLimits(report, { ...most, outputBytes: 8_000 }, lengths),
		opg.OpgError,
	);
});

test('schema should be that of docs/openrpc.json', () => {
	const script = new URL('../scripts/schema.mjs', import.meta.url);
	const wanted = execFileSync(process.execPath, [script.pathname, '--print'], { encoding: 'utf8' });
	assert.equal(readFileSync(new URL('../src/schema.ts', import.meta.url), 'utf8'), wanted);
});

test('bytes should be read as nodes write them', () => {
	assert.equal(toHex(fromHex('0x00Ff')), '0x00ff');
	for (const wrong of ['00', '0x0', '0xgg', null, 5])
		assert.throws(() => fromHex(wrong), opg.NodeMisbehaved);
});

// Tokens as text: those of the vectors of `node/text`, which the package `tokenizers` made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { blake3 } from '@noble/hashes/blake3.js';
import * as opg from '../dist/index.js';
import { TextError, Tokenizer, encode, fromHex, newTokens, promptTokens } from '../dist/index.js';
import { clientFor, nodeFor } from './fake-node.mjs';

const read = (path) =>
	JSON.parse(readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8'));
const vectors = read('node/text/vectors/tokenizers.json');
const fileOf = (name) => vectors.find((vector) => vector.name === name).file;
const bytesOf = (file) => new TextEncoder().encode(JSON.stringify(file));
const parse = (file) => Tokenizer.parse(bytesOf(file));
const smollm = parse(fileOf('smollm'));
const tokenOf = (name) => fileOf('smollm').model.vocab[name];

test('texts should be those of the package tokenizers', () => {
	assert.equal(vectors.length, 7);
	for (const { name, file, cases } of vectors) {
		const tokenizer = parse(file);
		assert(cases.length > 10);
		// With the tokens around a text, and without.
		for (const [text, whole, decoded, bare] of cases) {
			assert.equal(tokenizer.decode(whole), decoded, `${name}: ${text}`);
			assert.equal(tokenizer.decode(bare), decoded, `${name}: ${text}`);
			const given = tokenizer.texts(whole);
			assert.deepEqual(
				given.map(({ token }) => token),
				whole,
			);
			for (const { name, text, isSpecial } of given) {
				assert.notEqual(name, null);
				if (isSpecial) assert.equal(text, '');
			}
		}
	}
});

test('tokens in any order should have the text that the package tokenizers gives', () => {
	for (const { name, file, decoded } of vectors) {
		const tokenizer = parse(file);
		assert(decoded.length > 30);
		for (const [tokens, text] of decoded) {
			assert.equal(tokenizer.decode(tokens), text, `${name}: ${tokens}`);
		}
	}
});

test('character of tokens of one byte should be at the token that ends it', () => {
	const file = fileOf('llama_2');
	const tokenizer = parse(file);
	const texts = (...names) =>
		tokenizer.texts(names.map((name) => file.model.vocab[name])).map(({ text }) => text);
	const row = ['<0xE6>', '<0x97>', '<0xA5>'];
	assert.deepEqual(texts(...row, 'a'), ['', '', '日', 'a']);
	assert.deepEqual(texts(...row, '<0xE6>', 'a'), [...Array(4).fill('\ufffd'), 'a']);
});

test('character should be at the token that ends it', () => {
	const bytes = [...new TextEncoder().encode('日')].map((byte) => {
		const char = byte === 0xad ? 0x143 : byte < 0xa1 ? 0x121 + byte - 0x7f : byte;
		return tokenOf(String.fromCodePoint(char));
	});
	const a = tokenOf('a');
	const texts = (tokens) => smollm.texts(tokens).map(({ text }) => text);
	assert.deepEqual(texts(bytes), ['', '', '日']);
	// A special token between them changes nothing, and is no text.
	assert.deepEqual(texts([bytes[0], 2, ...bytes.slice(1)]), ['', '', '', '日']);
	// Broken ones are replaced once it is clear that they are broken, and at the end.
	assert.deepEqual(texts([bytes[0], a, bytes[0]]), ['', '\ufffda', '\ufffd']);
	assert.deepEqual(texts([bytes[0], 2]), ['\ufffd', '']);
});

test('special and unknown tokens should be no text', () => {
	const [special, plain, unknown] = smollm.texts([1, tokenOf('a'), 2 ** 32 - 1]);
	assert.deepEqual(special, { token: 1, text: '', name: '<|im_start|>', isSpecial: true });
	assert.deepEqual(plain, { token: tokenOf('a'), text: 'a', name: 'a', isSpecial: false });
	assert.deepEqual(unknown, { token: 2 ** 32 - 1, text: '', name: null, isSpecial: false });
	assert(smollm.isSpecial(1) && !smollm.isSpecial(tokenOf('a')));
});

test('tokens should have blanks between them where no decoder is named', () => {
	const tokenizer = parse({ ...fileOf('smollm'), decoder: null });
	assert.equal(tokenizer.decode([1, tokenOf('a'), 2, tokenOf('b')]), 'a b');
});

test('text of a replacement should be taken as it is', () => {
	const decoder = { type: 'Replace', pattern: { String: 'a' }, content: "$&$'" };
	assert.equal(parse({ ...fileOf('smollm'), decoder }).decode([tokenOf('a')]), "$&$'");
});

test('tokenizers that are not supported should be refused by the part', () => {
	const file = fileOf('smollm');
	const decoder = (decoder) => ({ ...file, decoder });
	const model = (more) => ({ ...file, model: { ...file.model, ...more } });
	const strip = { type: 'Strip', content: ' ', start: 0, stop: 1 };
	for (const [changed, part] of [
		[{ ...file, model: { type: 'Unigram', vocab: [['a', 0.5]] } }, /not supported: .*`Unigram`/],
		[{ ...file, model: { type: 'WordPiece', vocab: { a: 0 } } }, /not supported: .*`WordPiece`/],
		[model({ end_of_word_suffix: '</w>' }), /not supported: `end_of_word_suffix`/],
		[decoder({ type: 'WordPiece' }), /not supported: the decoder `WordPiece`/],
		[decoder({ type: 'Sequence', decoders: [{ type: 'CTC' }] }), /the decoder `CTC`/],
		[decoder({ type: 'Replace', pattern: { Regex: 'a' }, content: '' }), /by expressions/],
		[decoder(strip), /not supported: .*strips the end/],
		[decoder({ ...strip, stop: 0, content: '' }), /no tokenizer.json: `Strip`/],
		[decoder({ kind: 'ByteLevel' }), /no tokenizer.json: a part has no `type`/],
		[decoder({ type: 'Sequence' }), /no tokenizer.json: a sequence has no `decoders`/],
		[{ ...file, model: null }, /no tokenizer.json: it has no `model`/],
		[model({ vocab: { a: 0, b: 0 } }), /no tokenizer.json: two tokens/],
		[model({ vocab: { a: 0.5 } }), /no tokenizer.json: a token has no number/],
		[model({ vocab: ['a'] }), /no tokenizer.json: its `vocab`/],
		[{ ...file, added_tokens: {} }, /no tokenizer.json: its `added_tokens`/],
		[{ ...file, added_tokens: [{ id: 1 }] }, /no tokenizer.json: an added token/],
		[[], /no tokenizer.json/],
	]) {
		assert.throws(
			() => parse(changed),
			(error) => error instanceof TextError && part.test(error.message),
			String(part),
		);
	}
	assert.throws(() => Tokenizer.parse(Uint8Array.of(0xff)), TextError);
	const long = new Uint8Array(opg.MAX_TOKENIZER_BYTES + 1);
	assert.throws(() => Tokenizer.parse(long), /33554433 bytes/);
});

test('tokens should be read up to the padding, with their places', () => {
	const prompt = { shape: [1, 4], data: BigInt64Array.of(5n, 300n, -1n, -1n) };
	const input = encode([
		['seed', { shape: [1], data: BigInt64Array.of(7n) }],
		['prompt', prompt],
	]);
	const { tokens, tensor, offset, width } = promptTokens(input);
	assert.deepEqual([tokens, tensor, width], [[5, 300], 'prompt', 8]);
	const view = new DataView(input.buffer);
	assert.equal(view.getBigInt64(offset, true), 5n);
	assert.equal(view.getBigInt64(offset + width, true), 300n);
	const output = encode({ tokens: { shape: [1, 3], data: Int32Array.of(9, 2, -1) } });
	const own = newTokens(output);
	assert.deepEqual([own.tokens, own.tensor, own.width], [[9, 2], 'tokens', 4]);
	assert.equal(new DataView(output.buffer).getInt32(own.offset + 4, true), 2);
	const refused = (of, name, data) =>
		assert.throws(() => of(encode({ [name]: { shape: [data.length], data } })), TextError);
	refused(promptTokens, 'prompt', Int32Array.of(1));
	refused(promptTokens, 'prompt', BigInt64Array.of(2n ** 32n));
	refused(newTokens, 'tokens', Int32Array.of(1, -2));
	refused(newTokens, 'tokens', Uint32Array.of(1));
	refused(newTokens, 'logits', Int32Array.of(1));
	assert.throws(() => newTokens(Uint8Array.of(1, 2)), TextError);
});

test('digests should be those of the chain', () => {
	const inputs = read('runtime/primitives/vectors/inputs.json');
	assert(inputs.length > 0);
	for (const { bytes, input_hash } of inputs) {
		assert.equal(opg.inputDigest(fromHex(bytes)), input_hash);
	}
	const answers = read('runtime/primitives/vectors/answers.json').filter(
		({ outcome, fuel }) => outcome.output !== undefined && Number.isSafeInteger(fuel),
	);
	assert(answers.length > 0);
	for (const { outcome, fuel, digest } of answers) {
		assert.equal(opg.answerDigest(fromHex(outcome.output), fuel), digest);
	}
	// Outside of the chain it is the hash that is named.
	const data = Uint8Array.of(1, 2, 3);
	assert.equal(opg.inputDigest(data, true), opg.toHex(blake3(data)));
});

test('tokenizer should be downloaded and checked', async (t) => {
	const node = await nodeFor(t);
	const { rpc } = clientFor(t, node);
	const data = bytesOf(fileOf('smollm'));
	const content = { hash: blake3(data), size: data.length };
	await assert.rejects(
		opg.download(rpc, null, content),
		(error) =>
			error instanceof opg.ContentUnavailable && /ask the model may have/.test(error.message),
	);
	node.contents.set(opg.toHex(content.hash), data);
	assert.equal(Tokenizer.parse(await opg.download(rpc, null, content)).decode([2]), '');
	node.contents.set(
		opg.toHex(content.hash),
		data.map((byte) => byte ^ 1),
	);
	await assert.rejects(opg.download(rpc, null, content), opg.NodeMisbehaved);
});

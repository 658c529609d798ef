// Checks receipts with the verifier in WebAssembly: verify.mjs WASM VECTORS.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';

const [wasm, vectors] = process.argv.slice(2);
const module = new WebAssembly.Module(fs.readFileSync(wasm));
assert.deepStrictEqual(WebAssembly.Module.imports(module), [], 'it needs something of its host');
const { memory, alloc, free, verify } = new WebAssembly.Instance(module).exports;

function put(text) {
	const bytes = new TextEncoder().encode(text);
	const at = alloc(bytes.length);
	new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
	return [at, bytes.length];
}

function check(receipt, anchor) {
	const [text, trusted] = [put(receipt), put(anchor)];
	const at = verify(...text, ...trusted);
	const length = new DataView(memory.buffer).getUint32(at, true);
	const result = new TextDecoder().decode(new Uint8Array(memory.buffer, at + 4, length));
	free(at, length + 4);
	free(...text);
	free(...trusted);
	return JSON.parse(result);
}

const read = (name) => fs.readFileSync(path.join(vectors, name), 'utf8');
const receipt = read('receipt-v4.json');
const { genesis, request } = JSON.parse(receipt);
const sets = read('authorities-v4.json');

for (const anchor of [genesis, sets]) {
	const { statement, error } = check(receipt, anchor);
	assert.strictEqual(error, undefined);
	assert.strictEqual(statement.request, request);
	assert.strictEqual(statement.genesis, genesis);
	assert.ok(statement.seats.some((seat) => seat.revealed.digest === statement.answer.digest));
}
const other = `0x${'11'.repeat(32)}`;
assert.strictEqual(check(receipt, other).error.reason, 'OtherChain');
assert.strictEqual(check('{}', genesis).error.reason, 'NoVersion');
assert.strictEqual(check(read('receipt-v3.json'), genesis).error.reason, 'OtherVersion');

// A digit of every line of hexadecimal digits.
const digits = [...receipt.matchAll(/"0x[0-9a-f]{4,}"/g)];
for (const { index, 0: text } of digits) {
	const place = index + Math.floor(text.length / 2);
	const digit = receipt[place] === '0' ? '1' : '0';
	const changed = receipt.slice(0, place) + digit + receipt.slice(place + 1);
	assert.ok(check(changed, genesis).error, `another digit at ${place} is not seen`);
}

const RUNS = 20;
const started = performance.now();
for (let run = 0; run < RUNS; run += 1) check(receipt, genesis);
console.log(`RESULT receipt_bytes ${receipt.length}`);
console.log(`RESULT receipt_wasm_verify_ms ${((performance.now() - started) / RUNS).toFixed(1)}`);

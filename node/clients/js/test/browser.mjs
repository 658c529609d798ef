// The package in a real browser: bundled by esbuild, a page asks a model, and verifies the receipt.
//
//   node test/browser.mjs URL MODEL WASM     needs playwright-core's dependency: Debian's Chromium
//
// OPG_CHROMIUM names another browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const [url, model, wasm] = process.argv.slice(2);
const ROOT = new URL('..', import.meta.url).pathname;
const PAGE = `
	import { connect, createVerifier, decode, devSigner, fromHex } from './dist/index.js';
	window.ask = async (url, model) => {
		const client = await connect(url, { signer: devSigner('//Ferdie') });
		const pixels = { shape: [1, 64], data: new Float32Array(64).fill(0.5) };
		const states = [];
		const result = await client.infer(model, { pixels }, {
			tier: 'optimistic',
			onUpdate: ({ status }) => states.push(status.name),
		});
		const verifier = await createVerifier(fetch('/receipt.wasm'));
		const { genesis } = await client.chain();
		const statement = verifier.verify(await result.receipt(), { genesis });
		const [label] = decode(fromHex(statement.answer.output)).get('label').data;
		const { outputs, digest, state, mayRely } = result;
		client.close();
		return {
			states, state, mayRely, digest,
			label: String(outputs.label.data[0]),
			sum: outputs.probabilities.data.reduce((sum, one) => sum + one),
			verified: [statement.answer.digest, String(label)],
		};
	};
	window.isReady = true;
`;

const { outputFiles, metafile } = await build({
	stdin: { contents: PAGE, resolveDir: ROOT },
	bundle: true,
	splitting: true,
	minify: true,
	format: 'esm',
	platform: 'browser',
	outdir: '/',
	write: false,
	metafile: true,
	logLevel: 'warning',
});
const files = new Map(outputFiles.map(({ path, contents }) => [path, Buffer.from(contents)]));
// What the page loads before it does anything, and what it loads when it is needed.
const atOnce = new Set(['stdin.js']);
for (const name of atOnce) {
	const own = Object.entries(metafile.outputs).find(([path]) => path.endsWith(name))[1];
	for (const { path, kind } of own.imports) {
		if (kind === 'import-statement') atOnce.add(path.slice(path.lastIndexOf('/') + 1));
	}
}
const sizes = [...files].map(([path, { length }]) => [atOnce.has(path.slice(1)), length]);
const bytes = (wanted) =>
	sizes.reduce((sum, [isFirst, length]) => sum + (isFirst === wanted ? length : 0), 0);
console.log(`bundle: ${bytes(true)} bytes at once, ${bytes(false)} when they are needed`);
files.set('/favicon.ico', Buffer.from(''));
files.set('/receipt.wasm', readFileSync(wasm));
files.set('/', Buffer.from('<!doctype html><script type="module" src="/stdin.js"></script>'));

const TYPES = { '/': 'text/html', '/receipt.wasm': 'application/wasm' };
const server = createServer((request, response) => {
	const file = files.get(request.url);
	const type = TYPES[request.url] ?? 'text/javascript';
	response.writeHead(file ? 200 : 404, { 'Content-Type': type }).end(file ?? '');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const executablePath = process.env.OPG_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
	const page = await browser.newPage();
	const errors = [];
	page.on('pageerror', (error) => errors.push(error));
	page.on('console', (message) => console.log(`page: ${message.text()}`));
	await page.goto(`http://127.0.0.1:${server.address().port}/`);
	await page.waitForFunction('window.isReady');
	const result = await page.evaluate(([url, model]) => window.ask(url, model), [url, model]);
	console.log(JSON.stringify(result));
	assert.deepEqual(errors, []);
	assert.equal(result.state, 'settled');
	assert.equal(result.mayRely, true);
	assert.equal(result.states.at(-1), 'settled');
	assert(Math.abs(result.sum - 1) < 1e-5);
	assert.deepEqual(result.verified, [result.digest, result.label]);
	console.log(`RESULT javascript_bundle_bytes ${bytes(true)}`);
} finally {
	await browser.close();
	server.close();
}

// @substrate/api-sidecar: every block, and what it answers about accounts, pallets and the runtime.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expected, Tally, url } from './expected.mjs';

const installed = createRequire(import.meta.url);
const version = name => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
console.log(`@substrate/api-sidecar ${version('@substrate/api-sidecar')} on @polkadot/api ${version('@polkadot/api')}`);

const port = await new Promise(resolve => {
	const server = createServer().listen(0, '127.0.0.1', () => {
		const { port } = server.address();
		server.close(() => resolve(port));
	});
});
const env = { ...process.env, SAS_SUBSTRATE_URL: url, SAS_EXPRESS_PORT: `${port}`, SAS_LOG_LEVEL: 'warn' };
const program = installed.resolve('@substrate/api-sidecar/build/src/main.js');
const sidecar = spawn('node', [program], { env, stdio: ['ignore', 'ignore', 'inherit'] });
process.on('exit', () => sidecar.kill('SIGKILL'));

async function get(path) {
	const response = await fetch(`http://127.0.0.1:${port}${path}`);
	const body = await response.json();
	assert(response.ok, `${path}: ${response.status} ${JSON.stringify(body).slice(0, 500)}`);
	return body;
}
for (let second = 0; ; second++) {
	const node = await get('/node/version').catch(() => undefined);
	if (node) break;
	assert(second < 60 && sidecar.exitCode === null, 'it does not start');
	await sleep(1_000);
}

const alice = 'opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLe';
const balance = await get(`/accounts/${alice}/balance-info`);
console.log(`Alice has ${balance.free} planck of ${balance.tokenSymbol}`);
const { isValid, ss58Prefix } = await get(`/accounts/${alice}/validate`);
assert(isValid && Number(ss58Prefix) === 3241);
const { properties } = await get('/runtime/spec');
assert.equal(properties.ss58Format, '3241');
const pool = await get(`/pallets/staking/storage/pools?keys[]=Executor&keys[]=${alice}`);
console.log(`her executor pool: ${pool.value.active.balance} planck`);
for (const kind of ['consts', 'dispatchables', 'errors', 'events']) {
	const { items } = await get(`/pallets/inference/${kind}`);
	assert(items.length > 0);
}
await get('/transaction/material?metadata=json');

// It stumbles over the signature that a general transaction does not have. What is in such a block, it tells
// undecoded.
const isDecoded = ({ calls }) => !calls.some(({ kind }) => kind === 'general');
const tally = new Tally();
for (const block of expected.blocks) {
	if (!isDecoded(block)) {
		const refusal = await get(`/blocks/${block.number}`).then(() => 'none', ({ message }) => message);
		assert.match(refusal, /GeneralExtrinsic does not have signature implemented/, 'a limit that is gone');
		const { extrinsics } = await get(`/blocks/${block.number}/extrinsics-raw`);
		assert.equal(extrinsics.length, block.calls.length);
		continue;
	}
	const { extrinsics, onFinalize, onInitialize } = await get(`/blocks/${block.number}`);
	for (const { method, events } of extrinsics) {
		tally.call(method.pallet, method.method);
		for (const event of events) tally.event(event.method.pallet, event.method.method);
	}
	for (const { method } of [...onInitialize.events, ...onFinalize.events]) tally.event(method.pallet, method.method);
}
tally.check(expected.blocks.filter(isDecoded));
process.exit(0);

// A model whose runs take as much memory as its version allows, or more.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, u8aToHex } from '../scripts/client/api.mjs';
import { hungry, tensorOf } from './models.mjs';

// A table of 243 MB.
const ROWS = 7_800;
// Largest memory that a version can have by default, in MiB.
const MOST = 512;
// What an engine process takes besides the memory of models, in MiB.
const PROCESS = 256;
// Memory of a thread of the engine, of one thread, in MiB: a node's default.
const ENGINE_MEMORY = 1024;
const TIMES = 3;

// Registers the model with the memory that one of two inputs takes, to the MiB.
export async function publishHungry(context) {
	const { net } = context;
	const file = join(net.directory, 'hungry.onnx');
	writeFileSync(file, hungry(ROWS));
	const inputs = Object.fromEntries(Object.entries({ fits: 1.5, exceeds: 2.5 }).map(([name, value]) => {
		const path = join(net.directory, `${name}.opgt`);
		writeFileSync(path, tensorOf([value]));
		return [name, path];
	}));
	const engineRun = (input, memory) => spawnSync(process.env.OPG_ENGINE, ['run', file, input, '--memory', `${memory}`], { encoding: 'utf8' });
	let [little, enough] = [1, MOST];
	const { stderr, status } = engineRun(inputs.fits, enough);
	assert.equal(status, 0, stderr);
	while (enough - little > 1) {
		const memory = (little + enough) >> 1;
		if (engineRun(inputs.fits, memory).status === 0) enough = memory;
		else little = memory;
	}
	assert.match(engineRun(inputs.exceeds, enough).stderr, /memory/, 'the other input takes more');
	const fuel = 2 * Number(/^fuel (\d+)/m.exec(stderr)[1]);
	const model = await context.publish(file, 'hungry', '--memory', `${enough}`, '--fuel-limit', `${fuel}`);
	context.hungry = { model, file, memory: enough, inputs };
}

// Requests that take all of the memory that the version has, and more than that, and others meanwhile.
export async function memoryLimit(context) {
	const { net, hungry: { model, file, memory, inputs } } = context;
	await context.eligible(model);
	const ids = { fits: [], exceeds: [] };
	const others = [];
	for (let i = 0; i < TIMES; i++) {
		for (const [name, path] of Object.entries(inputs)) {
			ids[name].push(...(await context.ask(1, { model, input: u8aToHex(readFileSync(path)) })));
		}
		others.push(...(await context.ask(1)));
	}
	for (const [name, expected] of [['fits', 'Output'], ['exceeds', 'OutOfMemory']]) {
		for (const id of ids[name]) {
			const outcome = await context.outcome(id);
			assert.equal(outcome.isError ? outcome.asError.type : outcome.type, expected, `request ${id}`);
		}
		const digests = new Set(ids[name].map(id => context.ledger.requests.get(id).digest));
		assert.equal(digests.size, 1, 'one answer');
		// On this machine, alone.
		await context.opg('request', 'rerun', `${ids[name][0]}`, '--model', file);
	}
	await context.areRight(others);
	context.lossless(context.operatorsAtFirst);
	const engines = net.names.flatMap(name => net.engines(name)).map(peakMemory);
	say(`  ${TIMES} runs with all of ${memory} MiB were answered, ${TIMES} above it ended as OutOfMemory, on all executors alike; no fine`);
	say(`  engine processes took at most ${Math.max(...engines)} MiB`);
	assert(Math.max(...engines) <= ENGINE_MEMORY + PROCESS, 'the memory of engine processes is bounded');
}

const peakMemory = pid => Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);

// Another runtime, and a program that is too old for the runtime.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, call, MAX_FEE, say, Sender, until } from '../scripts/client/api.mjs';
import { nextRuntime, replaceAll, replaceRuntime, runtimeOf, UPGRADE_SECONDS } from '../scripts/client/runtime.mjs';
import { decided, openCourt } from './courts.mjs';
import { doubling, tensorOf } from './models.mjs';
import { run } from './testnet.mjs';

// A host function that every runtime of this chain has since its genesis.
const HOST_FUNCTION = 'ext_inference_host_has_model_version_1';
// One that it calls only to print, and one of the same type that it does not import.
const OLD_FUNCTION = 'ext_misc_print_hex_version_1';
const NEW_FUNCTION = 'ext_misc_print_num_version_1';
// Numbers in an input: 32 KiB, above what the chain carries. The output is as long.
const LENGTH = 8192;
const TRAVELLERS = 20;
// Number of the section of imports in WebAssembly.
const IMPORTS = 2;

// Governance replaces the runtime of version `before`. Gives the hash of the block that does.
async function setCode({ api, net }, code, before) {
	const alice = await new Sender(api, account('//Alice')).sync();
	return replaceRuntime(alice, (method, params) => net.rpc('alice', method, params), code, before);
}

// Waits until the chain has noted that it runs the version after `before`.
async function upgraded(context, before) {
	await context.reconnect();
	const noted = async () => (await context.api.query.system.lastRuntimeUpgrade()).unwrap().specVersion.toNumber();
	await until('the chain has noted the upgrade', UPGRADE_SECONDS, async () => (await noted()) === before + 1);
}

// Says in which states requests were at a block, and that there is one in each that is wanted.
async function sayStates(context, block, ids, ...wanted) {
	const states = await statesAt(context.api, block, ids);
	say(`  at the block of the upgrade: ${[...states].map(([state, count]) => `${count} × ${state}`).join(', ')}`);
	for (const state of wanted) {
		assert([...states.keys()].some(name => name.startsWith(state)), `a request is in the state ${state}`);
	}
}

// Governance replaces the runtime, while requests are in every state that can be brought about.
export async function runtimeUpgrade(context) {
	const { net, api } = context;
	const own = process.env.OPG_NETWORK_UPGRADE;
	const code = own ? readFileSync(own) : nextRuntime(await runtimeOf(api), api.runtimeVersion);
	const before = api.runtimeVersion.specVersion.toNumber();
	const { id: disputed, challenger } = await openCourt(context);
	// Rounds with this node wait for it.
	const silent = net.number('stash');
	net.freeze(silent);
	const ids = [];
	let block;
	try {
		for (let i = 0; i < 6; i++) ids.push(...(await context.ask(1, { tier: ['Optimistic', 'Quorum', 'High'][i % 3] })));
		ids.push(...(await context.ask(2)));
		block = await setCode(context, code, before);
	} finally {
		net.thaw(silent);
	}
	await upgraded(context, before);
	await sayStates(context, block, [...ids, disputed], 'Court', 'Attested', 'Open');
	say(`  version ${before} became ${before + 1}, ${Math.round(code.length / 1024)} KiB`);
	await context.areRight(ids);
	await decided(context, disputed, challenger);
	await context.areRight(await context.ask(3));
}

// A model whose inputs and outputs are too long for the chain, and inputs for it.
export async function publishDoubling(context) {
	const { net } = context;
	const file = join(net.directory, 'doubling.onnx');
	writeFileSync(file, doubling(LENGTH));
	const inputs = Array.from({ length: TRAVELLERS }, (_, i) => {
		const path = join(net.directory, `numbers-${i}.opgt`);
		const bytes = tensorOf(Array.from({ length: LENGTH }, (_, j) => i + j));
		writeFileSync(path, bytes);
		const doubled = join(net.directory, `doubled-${i}.opgt`);
		run(process.env.OPG_ENGINE, ['run', file, path, '--output', doubled]);
		return { path, content: { hash: hashOf(path), size: bytes.length }, output: hashOf(doubled) };
	});
	context.doubling = { model: await context.publish(file, 'doubling'), inputs };
}
const hashOf = path => `0x${run(process.env.OPG_ENGINE, ['hash', path]).trim().replace(/^0x/, '')}`;

// The runtime is replaced while inputs are on their way to the validators, and outputs too. One input is
// handed over by nobody before the upgrade.
export async function upgradeInTransit(context) {
	const { net, api, doubling: { model, inputs } } = context;
	const before = api.runtimeVersion.specVersion.toNumber();
	const code = nextRuntime(await runtimeOf(api), api.runtimeVersion);
	await context.eligible(model);
	const asked = new Map();
	const ask = async input => {
		const order = { model, input: input.content, tier: 'Quorum', maxFee: MAX_FEE, maxRoyalty: MAX_FEE };
		const [id] = await context.push([call(api.tx.inference.requestStored, order)]);
		asked.set(id, input);
	};
	const isHolding = async id => (await api.query.inference.requests(id)).unwrapOr(undefined)?.state.isHolding;
	const [late, ...others] = inputs;
	for (const { path } of others) net.store('eve', 'blobs', 'import', path);
	// One in a block, until the output of the first is on its way. Then there is one in each state.
	for (const input of others) {
		await ask(input);
		if ((await Promise.all([...asked.keys()].map(isHolding))).some(Boolean)) break;
	}
	await ask(late);
	const block = await setCode(context, code, before);
	await upgraded(context, before);
	await sayStates(context, block, [...asked.keys()], 'Uploading', 'Holding');
	net.store('eve', 'blobs', 'import', late.path);
	for (const [id, { output }] of asked) {
		// As JSON, because every type of the client has a `hash` of its own.
		const { stored } = (await context.outcome(id)).toJSON();
		assert.equal(stored?.hash, output, `output of request ${id}`);
	}
	say(`  all ${asked.size} were answered, each with the output that the engine here gives; one input came after the upgrade`);
}

// Requests by their state, and by what the first round has come to.
async function statesAt(api, block, ids) {
	const state = await api.at(block);
	const counts = new Map();
	for (const id of ids) {
		const request = (await state.query.inference.requests(id)).unwrapOr(undefined);
		let name = request ? request.state.type : 'gone';
		if (name === 'Open') {
			const round = (await state.query.attestation.rounds(id)).unwrapOr(undefined);
			name += round ? ` (${[...new Set(round.seats.map(seat => seat.state.type))].sort().join(' and ')})` : ' (not drawn)';
		}
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	return counts;
}

// A program like the node's whose host function has another name.
function programWithout(net, name) {
	const path = join(net.directory, `opg-node-without-${name}`);
	const bytes = readFileSync(process.env.OPG_NODE);
	assert(replaceAll(bytes, Buffer.from(name), Buffer.from(name.replace('ext_', 'old_'))) > 0, `the program has ${name}`);
	writeFileSync(path, bytes);
	chmodSync(path, 0o755);
	return path;
}

function sayLack(net, node, name) {
	const lines = net.log(node).split('\n').filter(line => line.includes(name));
	say(`  log, ${lines.length} times: ${lines[0].replace(/^[\d-]+ [\d:.]+ +/, '').trim().slice(0, 400)}`);
}

// A node is started with a program that lacks a host function of the runtime.
export async function oldProgram(context) {
	const { net } = context;
	const number = net.number('other');
	const { options } = net.find(number);
	await net.kill(number);
	net.programs.set('other', programWithout(net, HOST_FUNCTION));
	const from = await net.height('alice', true);
	const node = await net.node(number, options).catch(() => net.children.findLast(child => child.number === number));
	await until('it says so', UPGRADE_SECONDS, () => net.log(node).includes(HOST_FUNCTION));
	await sleep(10_000);
	say(node.running ? `  it runs, at block ${await net.height('other').catch(error => error.message)}` : `  it ended with status ${node.code}`);
	sayLack(net, node, HOST_FUNCTION);
	await until('the others go on', UPGRADE_SECONDS, async () => (await net.height('alice', true)) > from + 3);
	if (node.running) await net.kill(number);
	net.programs.delete('other');
	await net.node(number, options);
	await context.synced('other');
	await context.areRight(await context.ask(2));
}

// Replaces the name of a function that a module imports. The file is another length then.
function renameImport(wasm, from, to) {
	let at = 8;
	while (wasm[at] !== IMPORTS) {
		const { value, next } = leb(wasm, at + 1);
		at = next + value;
	}
	const { value: size, next: start } = leb(wasm, at + 1);
	const section = wasm.subarray(start, start + size);
	const entry = name => Buffer.concat([Buffer.of(3), Buffer.from('env'), Buffer.of(name.length), Buffer.from(name)]);
	const place = section.indexOf(entry(from));
	assert(place >= 0, `the runtime imports ${from}`);
	assert(section.indexOf(entry(to)) < 0, `the runtime does not import ${to}`);
	const renamed = Buffer.concat([section.subarray(0, place), entry(to), section.subarray(place + entry(from).length)]);
	return Buffer.concat([wasm.subarray(0, at + 1), lebOf(renamed.length), renamed, wasm.subarray(start + size)]);
}

function leb(bytes, at) {
	let value = 0;
	for (let shift = 1; ; shift *= 128, at++) {
		value += (bytes[at] & 0x7f) * shift;
		if (!(bytes[at] & 0x80)) return { value, next: at + 1 };
	}
}

function lebOf(value) {
	const out = [];
	for (; value >= 0x80; value >>>= 7) out.push(value & 0x7f | 0x80);
	return Buffer.of(...out, value);
}

// The runtime gets to need a host function that a running node does not have. That stops at the block of
// the upgrade, and follows again with the right program.
export async function oldProgramRuns(context) {
	const { net, api } = context;
	const number = net.number('other');
	const { options } = net.find(number);
	await net.kill(number);
	net.programs.set('other', programWithout(net, NEW_FUNCTION));
	const node = await net.node(number, options);
	await context.synced('other');
	const before = api.runtimeVersion.specVersion.toNumber();
	const code = nextRuntime(await runtimeOf(api), api.runtimeVersion, wasm => renameImport(wasm, OLD_FUNCTION, NEW_FUNCTION));
	const block = await setCode(context, code, before);
	await upgraded(context, before);
	const height = (await context.api.rpc.chain.getHeader(block)).number.toNumber();
	await until('it says what it lacks', UPGRADE_SECONDS, () => net.log(node).includes(NEW_FUNCTION));
	const ids = await context.ask(2);
	const from = await net.height('alice', true);
	await until('the others go on', UPGRADE_SECONDS, async () => (await net.height('alice', true)) > from + 3);
	const best = node.running ? await net.height('other') : undefined;
	say(`  the upgrade is in block ${height}; the old program ${node.running ? `runs, at block ${best}` : `ended with status ${node.code}`}, the others finalized ${await net.height('alice', true)}`);
	sayLack(net, node, NEW_FUNCTION);
	assert(best === undefined || best <= height + 1, 'it does not go on with what it cannot run');
	if (node.running) await net.kill(number);
	net.programs.delete('other');
	await net.node(number, options);
	await context.synced('other');
	say('  with the right program it has all blocks');
	await context.decided(ids);
	await context.areRight(await context.ask(2));
}

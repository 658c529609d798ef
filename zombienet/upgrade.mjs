// Another runtime, and a program that is too old for the runtime.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, hexToU8a, say, Sender, u8aToHex } from '../scripts/client/api.mjs';
import { until } from './context.mjs';
import { decided, openCourt } from './courts.mjs';

// What runtimes begin with where zstd has compressed them.
const ZSTD_PREFIX = Buffer.from('52bc537646db8e05', 'hex');
const ZSTD_BYTES = 1 << 26;
// A host function that every runtime of this chain has since its genesis.
const HOST_FUNCTION = 'ext_inference_host_has_model_version_1';
const UPGRADE_SECONDS = 60;

function zstd(args, input) {
	const done = spawnSync('zstd', [...args, '--quiet', '--stdout'], { input, maxBuffer: ZSTD_BYTES });
	assert.equal(done.status, 0, `zstd: ${done.stderr}`);
	return done.stdout;
}
export const hasZstd = spawnSync('zstd', ['--version']).status === 0;

const u32 = number => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(number);
	return bytes;
};

// Replaces each place of some bytes. Gives how many there were.
function replaceAll(bytes, from, to) {
	let count = 0;
	for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
		to.copy(bytes, at);
		count++;
	}
	return count;
}

// The runtime of the chain with the next version, of which nothing else differs. Its bytes are changed
// where the compiler has put the version: in the section that nodes read, in the constant, and in the code
// that checks what is signed. To compile another takes minutes. A place that is missed is seen: then no
// transaction is valid after the upgrade.
export function nextRuntime(code, { specName, implName, authoringVersion, specVersion, implVersion, transactionVersion }) {
	const [from, to] = [specVersion.toNumber(), specVersion.toNumber() + 1];
	assert(from >= 64 && to < 128, 'a version of one byte, or of two in the code');
	const wasm = zstd(['--decompress'], code.subarray(ZSTD_PREFIX.length));
	const text = value => Buffer.concat([Buffer.of(value.length << 2), Buffer.from(`${value}`)]);
	const section = version => Buffer.concat([text(specName), text(implName), u32(authoringVersion.toNumber()), u32(version)]);
	const constant = version => Buffer.concat([version, implVersion.toNumber(), transactionVersion.toNumber()].map(number =>
		Buffer.isBuffer(number) ? number : u32(number)));
	// As `i64.const`, with the version of transactions above it.
	const signed = version => Buffer.concat([Buffer.of(0x42, 0x80 | version, 0x80, 0x80, 0x80), Buffer.of(transactionVersion.toNumber() << 4)]);
	for (const [what, make] of Object.entries({ section, constant, signed })) {
		assert(replaceAll(wasm, make(from), make(to)) > 0, `the runtime has no ${what} of the version ${from}`);
	}
	// `i32.const` where the last upgrade is noted, before the store of it and the load of the name beside it, and
	// where it is compared, before `i32.lt_u`, a branch, and a comparison of the name's length.
	const here = `\\x41${String.fromCharCode(0x80 | from)}\\x00`;
	const noted = new RegExp(`${here}(?=\\x36\\x02[^]{1,2}\\x20[^]\\x41\\x00\\x29\\x02)`, 'g');
	const compared = new RegExp(`${here}(?=\\x49\\x0d[^]\\x20[^]\\x28\\x02[^]{1,2}\\x41${String.fromCharCode(specName.length)}\\x47)`, 'g');
	for (const pattern of [noted, compared]) {
		const places = [...wasm.toString('latin1').matchAll(pattern)];
		assert(places.length > 0, `the runtime has no ${pattern}`);
		for (const { index } of places) wasm[index + 1] = 0x80 | to;
	}
	return Buffer.concat([ZSTD_PREFIX, zstd(['-19'], wasm)]);
}

// Governance replaces the runtime, while requests are in every state that can be brought about.
export async function runtimeUpgrade(context) {
	const { net, api } = context;
	const own = process.env.OPG_NETWORK_UPGRADE;
	const code = own
		? readFileSync(own)
		: nextRuntime(Buffer.from(hexToU8a((await api.rpc.state.getStorage(':code')).toHex())), api.runtimeVersion);
	const before = api.runtimeVersion.specVersion.toNumber();
	const { id: disputed, challenger } = await openCourt(context);
	// Rounds with this node wait for it.
	const silent = net.number('stash');
	net.freeze(silent);
	const ids = [];
	let block;
	try {
		for (let i = 0; i < 6; i++) ids.push(...(await context.ask(1, { tier: ['Optimistic', 'Quorum', 'High'][i % 3] })));
		const alice = await new Sender(api, account('//Alice')).sync();
		const setCode = api.tx.system.setCode(u8aToHex(code));
		ids.push(...(await context.ask(2)));
		const { status } = await alice.succeed(api.tx.sudo.sudoUncheckedWeight(setCode, { refTime: 0, proofSize: 0 }));
		block = status.asInBlock.toHex();
	} finally {
		net.thaw(silent);
	}
	const version = async () => (await net.rpc('alice', 'state_getRuntimeVersion')).specVersion;
	await until('the chain has the new version', UPGRADE_SECONDS, async () => (await version()) === before + 1);
	await context.reconnect();
	const states = await statesAt(context.api, block, [...ids, disputed]);
	say(`  at the block of the upgrade: ${[...states].map(([state, count]) => `${count} × ${state}`).join(', ')}`);
	for (const wanted of ['Court', 'Attested', 'Open']) {
		assert([...states.keys()].some(state => state.startsWith(wanted)), `a request is in the state ${wanted}`);
	}
	const noted = async () => (await context.api.query.system.lastRuntimeUpgrade()).unwrap().specVersion.toNumber();
	await until('the chain has noted the upgrade', UPGRADE_SECONDS, async () => (await noted()) === before + 1);
	say(`  version ${before} became ${before + 1}, ${Math.round(code.length / 1024)} KiB`);
	await context.areRight(ids);
	await decided(context, disputed, challenger);
	await context.areRight(await context.ask(3));
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

// A node runs a program that lacks a host function of the runtime.
export async function oldProgram(context) {
	const { net } = context;
	const number = net.number('other');
	const old = join(net.directory, 'opg-node-old');
	const bytes = readFileSync(process.env.OPG_NODE);
	assert(replaceAll(bytes, Buffer.from(HOST_FUNCTION), Buffer.from(HOST_FUNCTION.replace('has_model', 'had_model'))) > 0);
	writeFileSync(old, bytes);
	chmodSync(old, 0o755);
	const { options } = net.find(number);
	await net.kill(number);
	net.programs.set('other', old);
	const from = await net.height('alice', true);
	const node = await net.node(number, options).catch(() => net.children.findLast(child => child.number === number));
	await until('it says so', UPGRADE_SECONDS, () => net.log(node).includes(HOST_FUNCTION));
	await sleep(10_000);
	say(node.running ? `  it runs, at block ${await net.height('other').catch(error => error.message)}` : `  it ended with status ${node.code}`);
	const lines = net.log(node).split('\n').filter(line => line.includes(HOST_FUNCTION));
	say(`  log, ${lines.length} times: ${lines[0].replace(/^[\d-]+ [\d:.]+ +/, '').trim().slice(0, 400)}`);
	await until('the others go on', UPGRADE_SECONDS, async () => (await net.height('alice', true)) > from + 3);
	if (node.running) await net.kill(number);
	net.programs.delete('other');
	await net.node(number, options);
	await context.synced('other');
	await context.areRight(await context.ask(2));
}

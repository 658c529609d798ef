// Times a file from node to node against copying and hashing it, and counts the slots that its source
// misses.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connect, say } from '../client/api.mjs';
import { Network } from '../client/network.mjs';

const MIB = 2 ** 20;
const CHUNK = 16 * MIB;
// Nodes that fetch, besides the one that serves.
const FETCHING = [2, 3, 4, 5];
const LOOK_MILLIS = 5;
const FETCH_SECONDS = 300;
const BLOCKS_SECONDS = 60;

const { values: given } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const options = given.quick ? { size: 64 * MIB, times: 1, load: 10 } : { size: 256 * MIB, times: 5, load: 60 };

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(status));

const network = new Network('bench-blobs');
const file = join(network.directory, 'file');

function run(program, args) {
	const done = spawnSync(program, args, { encoding: 'utf8' });
	if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr || done.error}`);
	return done.stdout.trim();
}

const blobs = (number, command, ...args) =>
	run(process.env.OPG_NODE, ['blobs', command, '--chain', 'dev', '--base-path', network.base(number), ...args]);

// A file of random bytes and an odd one.
function makeFile() {
	const [out, chunk] = [openSync(file, 'w'), Buffer.alloc(CHUNK)];
	for (let left = options.size; left > 0; left -= CHUNK) writeSync(out, randomFillSync(chunk));
	writeSync(out, Buffer.of(7));
	fdatasyncSync(out);
	closeSync(out);
}

async function rpc(number, method, params = []) {
	const response = await fetch(network.find(number).url.replace('ws', 'http'), {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
	});
	const { result, error } = await response.json();
	if (error) throw new Error(`node ${number}, ${method}: ${error.message}`);
	return result;
}

async function until(what, limit, millis, look) {
	for (const end = Date.now() + limit * 1_000; !(await look()); await sleep(millis)) {
		if (Date.now() > end) throw new Error(`${what}: not after ${limit} s`);
	}
}

// Seconds to copy the file to the disk and to hash it, in one thread, as anybody would do it by hand.
function copyAndHash() {
	const copy = join(network.directory, 'copy');
	const began = performance.now();
	run('cp', ['--reflink=never', file, copy]);
	run('sync', ['--data', copy]);
	run(process.env.OPG_CLI, ['model', 'hash', copy]);
	const seconds = (performance.now() - began) / 1_000;
	rmSync(copy);
	return seconds;
}

// Seconds until all of these nodes have fetched the blob. Then they lose it again.
async function spread(numbers, hash) {
	const began = performance.now();
	await Promise.all(numbers.map(async number => {
		await rpc(number, 'blobs_v1_fetch', [hash, options.size + 1]);
		await until('the blob is complete', FETCH_SECONDS, LOOK_MILLIS, async () => {
			const { state, reason } = await rpc(number, 'blobs_v1_status', [hash]);
			if (state === 'failed') throw new Error(`node ${number} did not fetch: ${reason}`);
			return state === 'complete';
		});
	}));
	const seconds = (performance.now() - began) / 1_000;
	for (const number of numbers) blobs(number, 'remove', hash);
	return seconds;
}

// The median of what is measured some times.
async function median(measure) {
	const times = [];
	for (let i = 0; i < options.times; i++) times.push(await measure());
	return times.sort((a, b) => a - b)[times.length >> 1];
}

// CPU seconds of a node since its start.
function cpu(number) {
	const text = readFileSync(`/proc/${network.find(number).child.pid}/stat`, 'utf8');
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

const slot = async (api, height) => (await (await api.at(await api.rpc.chain.getBlockHash(height))).query.babe.currentSlot()).toNumber();

makeFile();
const hash = blobs(1, 'import', file);
const source = await network.node(1, ['--alice', '--validator', '--force-authoring', '--blob-upload-rate', '65536']);
const addresses = await rpc(1, 'system_localListenAddresses');
const address = addresses.find(address => address.includes('/127.0.0.1/tcp/'));
const peer = address.includes('/p2p/') ? address : `${address}/p2p/${await rpc(1, 'system_localPeerId')}`;
// Whoever serves a blob holds it open for a while, and could not lose it in between.
await Promise.all(FETCHING.map(number => network.node(number, ['--bootnodes', peer, '--blob-upload-rate', '0'])));
for (const number of FETCHING) {
	await until('it has a peer', BLOCKS_SECONDS, 100, async () => (await rpc(number, 'system_health')).peers > 0);
}
const api = await connect(source.url);
const height = async () => (await api.rpc.chain.getHeader()).number.toNumber();
const first = (await height()) + 1;
await until('the chain goes on', BLOCKS_SECONDS, 100, async () => (await height()) >= first);
say(`five nodes, a file of ${options.size / MIB} MiB, each figure the median of ${options.times}`);

const mib = options.size / MIB;
const copy = await median(copyAndHash);
say(`copying, syncing and hashing it: ${copy.toFixed(2)} s, ${Math.round(mib / copy)} MiB/s`);
const before = [1, 2].map(cpu);
const one = await median(() => spread([2], hash));
const used = [1, 2].map((number, i) => ((cpu(number) - before[i]) / options.times * 1024 / mib).toFixed(1));
say(`one node to another: ${one.toFixed(2)} s, ${Math.round(mib / one)} MiB/s; CPU per GiB: ${used[0]} s to serve, ${used[1]} s to fetch`);
const four = await median(() => spread(FETCHING, hash));
say(`one node to four: ${four.toFixed(2)} s, ${Math.round(4 * mib / four)} MiB/s in all`);
for (const end = Date.now() + options.load * 1_000; Date.now() < end;) await spread(FETCHING, hash);

const last = await height();
const slots = (await slot(api, last)) - (await slot(api, first));
const missed = slots - (last - first);
say(`${slots} slots, ${missed} of them without a block`);
console.log(`RESULT blob_rate_over_copy ${(copy / one).toFixed(2)}`);
console.log(`RESULT blob_one_to_four_over_copy ${(copy / four).toFixed(2)}`);
console.log(`RESULT blob_missed_slots ${missed}`);
await api.disconnect();
await network.stop();
process.exit(missed === 0 ? 0 : 1);

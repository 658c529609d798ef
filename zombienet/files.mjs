// Faults of files on their way from node to node.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes, randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../scripts/client/api.mjs';
import { until } from './context.mjs';

// A program with the feature `dev-misbehaviour`.
export const FORGING_NODE = process.env.OPG_FORGING_NODE;
const MIB = 2 ** 20;
const FETCH_SECONDS = 180;

// A file of random bytes, and an odd one, in the stores of some nodes.
class File {
	constructor(net, size, ...holders) {
		Object.assign(this, { net, size: size + 1, path: join(net.directory, randomBytes(8).toString('hex')) });
		const [out, chunk] = [openSync(this.path, 'w'), Buffer.alloc(16 * MIB)];
		for (let left = size; left > 0; left -= chunk.length) writeSync(out, randomFillSync(chunk));
		writeSync(out, Buffer.of(7));
		closeSync(out);
		holders.forEach(name => this.give(name));
	}

	give(name) {
		this.hash = this.net.store(name, 'blobs', 'import', this.path);
	}

	fetch(name) {
		return this.net.rpc(name, 'blobs_v1_fetch', [this.hash, this.size]);
	}

	async status(name) {
		const status = await this.net.rpc(name, 'blobs_v1_status', [this.hash]);
		assert.notEqual(status.state, 'failed', status.reason);
		return status;
	}

	async received(name) {
		return (await this.status(name)).received ?? 0;
	}

	// Waits until a node has more than this many bytes. Gives how many.
	more(name, bytes) {
		return until(`${name} has more than ${bytes} bytes`, FETCH_SECONDS, async () => {
			const received = await this.received(name);
			return received > bytes && received;
		});
	}

	// Waits until a node has it all, compares, and removes it everywhere.
	async arrives(name) {
		await until(`${name} has the file`, FETCH_SECONDS, async () => (await this.status(name)).state === 'complete');
		const copy = `${this.path}.copy`;
		this.net.store(name, 'blobs', 'export', this.hash, copy);
		assert.equal(spawnSync('cmp', [this.path, copy]).status, 0, 'it is the same file');
		rmSync(copy);
		rmSync(this.path);
	}
}

// A node is killed while it fetches, and then the only one that gives.
export async function fetchInterrupted(context) {
	const { net } = context;
	const file = new File(net, 256 * MIB, 'bob');
	await file.fetch('eve');
	const before = await file.more('eve', 32 * MIB);
	await (await context.kill('eve'))();
	await file.fetch('eve');
	const after = await file.more('eve', 0);
	say(`  killed with ${Math.round(before / MIB)} MiB of 256; ${Math.round(after / MIB)} MiB are there after its start`);
	assert(after >= before, 'what had come is kept');
	const ids = await context.ask(2);
	const start = await context.kill('bob');
	const left = await file.received('eve');
	assert(left < file.size, 'it is not complete yet');
	await sleep(5_000);
	const { state, received } = await file.status('eve');
	assert.equal(received, left, 'nobody else has it');
	say(`  without its only provider: ${state}, ${Math.round(received / MIB)} MiB`);
	const since = Date.now();
	await start();
	await file.arrives('eve');
	say(`  complete ${Math.round((Date.now() - since) / 1000)} s after the provider's start began`);
	await context.areRight(ids);
}

// Of two providers one gives as little as it may, and the other stands still in the middle.
export async function providersSlowAndSilent(context) {
	const { net } = context;
	const file = new File(net, 32 * MIB, 'bob', 'one');
	await context.restart('bob', '--blob-upload-rate', '2');
	await file.fetch('eve');
	await file.more('eve', 4 * MIB);
	const silent = net.number('one');
	net.freeze(silent);
	const since = Date.now();
	try {
		const left = file.size - (await file.received('eve'));
		assert(left > 8 * MIB, 'most of it is missing');
		await file.arrives('eve');
		const seconds = (Date.now() - since) / 1000;
		say(`  ${Math.round(left / MIB)} MiB in ${Math.round(seconds)} s, ${(left / MIB / seconds).toFixed(1)} MiB/s, of 1 MiB/s that the slow one gives to one`);
	} finally {
		net.thaw(silent);
	}
	await context.restart('bob');
	await context.areRight(await context.ask(2));
}

// Two providers give other bytes, or too few. Nothing of it is kept, both are dropped, and a third is found.
export async function providersForge(context) {
	const { net } = context;
	const forgers = { charlie: 'corrupt', dave: 'truncate' };
	for (const [name, way] of Object.entries(forgers)) {
		net.programs.set(name, FORGING_NODE);
		await context.restart(name, '--dev-provider', way);
	}
	const file = new File(net, 32 * MIB, ...Object.keys(forgers));
	await file.fetch('eve');
	const drops = () => net.log(net.find(net.number('eve'))).split('\n').filter(line => line.includes('is dropped for blob') && line.includes(file.hash.replace('0x', '')));
	await until('both are dropped', FETCH_SECONDS, () => drops().length === 2);
	for (const line of drops()) say(`  log: ${line.replace(/^[\d-]+ [\d:.]+ +/, '').trim().slice(0, 160)}`);
	assert.equal(await file.received('eve'), 0, 'nothing of theirs is kept');
	file.give('alice');
	await file.arrives('eve');
	say('  complete from the third, byte for byte');
	assert.equal(drops().length, 2, 'nobody else is dropped');
	for (const name of Object.keys(forgers)) {
		net.programs.delete(name);
		await context.restart(name);
	}
	await context.areRight(await context.ask(2));
}

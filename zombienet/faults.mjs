// The faults, each with what it must come to. One that does not throws.
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../scripts/client/api.mjs';
import { hasZstd } from '../scripts/client/runtime.mjs';
import { until } from './context.mjs';
import { allRestartedInCourt, everyTier, validatorKilledInCourt } from './courts.mjs';
import { fetchInterrupted, FORGING_NODE, providersForge, providersSlowAndSilent } from './files.mjs';
import { garbageFlood, garbageProtocols, hasPeer } from './garbage.mjs';
import { memoryLimit, publishHungry } from './limits.mjs';
import { admitEngine, tenThousand, twoEngines } from './load.mjs';
import { isRoot } from './testnet.mjs';
import { oldProgram, oldProgramRuns, publishDoubling, runtimeUpgrade, upgradeInTransit } from './upgrade.mjs';

// Debian's package libfaketime has it here.
const FAKETIME = ['x86_64', 'aarch64'].map(arch => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`).find(existsSync);
// Files of the database's column of off-chain workers.
const OFFCHAIN_FILES = /^(index|table)_09_/;
const START_SECONDS = 60;
const EXIT_SECONDS = 90;
const MIB = 1 << 20;

// A validator is killed while requests are open, and started again.
async function validatorKilled(context) {
	const ids = await context.ask(2);
	const restart = await context.kill('dave');
	await restart();
	await context.areRight(ids);
}

// An executor's node is killed while its engine computes.
async function executorKilledBeforeCommit(context) {
	const { net } = context;
	const own = context.operators('eve');
	for (const engine of net.engines('eve')) process.kill(engine, 'SIGSTOP');
	const id = await context.askFor(drawn => drawn.some(who => own.includes(who)));
	assert(!(await context.round(id)).some(seat => own.includes(seat.who) && seat.state !== 'Waiting'), 'it has not committed');
	await (await context.kill('eve'))();
	await context.areRight([id]);
	const steps = [...context.ledger.steps.get(id).keys()];
	assert(own.some(who => steps.includes(`Revealed ${who}`)), 'it commits and reveals after its restart');
	context.lossless(own);
}

// Kills an executor's node between its commitment and its reveal: another node stands still meanwhile, so
// that the round waits for its commitment.
async function killCommitted(context, victim, other, whileDead = () => {}, end = 'SIGKILL') {
	const { net, ledger } = context;
	const [own, others] = [context.operators(victim), context.operators(other)];
	let id, restart;
	net.freeze(net.number(other));
	try {
		id = await context.askFor(drawn => [own, others].every(side => drawn.some(who => side.includes(who))));
		await context.reached(id, own, 'Committed');
		restart = await context.kill(victim, end);
	} finally {
		net.thaw(net.number(other));
	}
	await whileDead();
	await restart();
	await context.areRight([id]);
	const steps = [...ledger.steps.get(id).keys()];
	const member = own.find(who => steps.includes(`Committed ${who}`));
	say(`  committed in block ${ledger.step(id, 'Committed', member)}, revealed in block ${ledger.step(id, 'Revealed', member)}`);
	assert(ledger.step(id, 'Revealed', member), 'it reveals after its restart');
	context.lossless(own);
}

const executorKilledBeforeReveal = context => killCommitted(context, 'one', 'stash');

// The same, and the answers that it had kept are gone.
const answersLost = context => killCommitted(context, 'one', 'stash', () => {
	const answers = join(context.net.data('one'), 'answers');
	assert(readdirSync(answers).length > 0, 'it has kept answers');
	rmSync(answers, { recursive: true });
});

// A node is stopped there, so that its database is in order, and what its off-chain workers had noted is
// lost: a column of its own.
const notesLost = context => killCommitted(context, 'one', 'stash', () => {
	const folder = join(context.net.data('one'), 'paritydb', 'full');
	const files = readdirSync(folder).filter(file => OFFCHAIN_FILES.test(file));
	assert(files.length > 0, 'it has noted something');
	for (const file of files) rmSync(join(folder, file));
	say(`  removed ${files.length} files`);
}, 'SIGTERM');

// One of four validators is away for a session.
async function thirdGone(context) {
	const { net } = context;
	const restart = await context.kill('dave');
	const from = await net.height('alice', true);
	const ids = await context.ask(2);
	await context.areRight(ids);
	await until('finality goes on', 120, async () => (await net.height('alice', true)) >= from + 20);
	await restart();
	const node = net.find(net.number('dave'));
	await until('it makes blocks again', 90, () => net.log(node).includes('Pre-sealed block'));
}

// Two of four validators are away: nothing is finalized, and nothing is lost.
async function moreThanThirdGone(context) {
	const { net } = context;
	const ids = await context.ask(2);
	const restarts = await Promise.all(['charlie', 'dave'].map(name => context.kill(name)));
	// Votes on the way still count.
	await sleep(4_000);
	const [finalized, best] = [await net.height('alice', true), await net.height('alice')];
	await sleep(30_000);
	const [later, higher] = [await net.height('alice', true), await net.height('alice')];
	const hash = await net.rpc('alice', 'chain_getBlockHash', [higher]);
	say(`  in 30 s without two validators: finalized ${finalized} to ${later}, best ${best} to ${higher}`);
	assert.equal(later, finalized, 'nothing is finalized');
	assert(higher > best, 'blocks are made');
	const since = Date.now();
	await Promise.all(restarts.map(restart => restart()));
	await until('finality goes on', 120, async () => (await net.height('alice', true)) >= higher);
	say(`  block ${higher} finalized ${Math.round((Date.now() - since) / 1000)} s after their restart`);
	assert.equal(await net.rpc('alice', 'chain_getBlockHash', [higher]), hash, 'the blocks made meanwhile stand');
	await context.areRight(ids);
}

// Every node is killed at once, with requests in flight.
async function allRestarted(context) {
	const { net } = context;
	const ids = await context.ask(3);
	const before = await net.height('alice', true);
	const restarts = await Promise.all(net.names.map(name => net.kill(net.number(name))));
	await Promise.all(restarts.map(restart => restart()));
	await until('finality goes on', 120, async () => (await net.height('alice', true)) > before + 3);
	await context.areRight(ids);
}

// Requests at every point of a session, and across its end.
async function sessionChange(context) {
	const { ledger } = context;
	const session = ledger.session;
	const ids = [];
	for (const end = Date.now() + 66_000; Date.now() < end; await sleep(1_000)) ids.push(...(await context.ask()));
	await context.areRight(ids);
	const sessions = new Set(ids.flatMap(id => {
		const { Requested, Attested } = ledger.requests.get(id).blocks;
		return [ledger.block(Requested).session !== ledger.block(Attested).session && ledger.block(Attested).session];
	}).filter(Boolean));
	say(`  ${ids.length} requests, from session ${session} to ${ledger.session}; in flight at the begin of ${[...sessions].join(', ')}`);
	assert(sessions.size > 0, 'one was in flight when a session began');
}

// The engine process of an executor's node is killed while it computes.
async function engineKilled(context) {
	const { net } = context;
	const own = context.operators('stash');
	const engines = net.engines('stash');
	assert(engines.length > 0, 'there is an engine process');
	for (const engine of engines) process.kill(engine, 'SIGSTOP');
	const id = await context.askFor(drawn => drawn.some(who => own.includes(who)));
	await sleep(1_000);
	for (const engine of engines) process.kill(engine, 'SIGKILL');
	await until('another engine process', START_SECONDS, () => net.engines('stash').some(engine => !engines.includes(engine)));
	await context.areRight([id]);
	context.lossless(own);
}

// The disk of a node is full for a while. An executor's seats are silent meanwhile.
async function diskFull(context, name) {
	const { net } = context;
	const number = net.number(name);
	const node = net.find(number);
	const disk = net.fill(name);
	say(`  its disk is full, with ${Math.round(disk.used / MIB)} MiB`);
	try {
		const from = await net.height('alice', true);
		await context.decided(await context.ask(2));
		await until('finality goes on', 120, async () => (await net.height('alice', true)) >= from + 10);
	} finally {
		disk.empty();
	}
	say(`  ${node.running ? `it runs, at block ${await net.height(name).catch(error => error.message)}` : ended(node)}`);
	for (const line of complaints(net.log(node))) say(`  log: ${line}`);
	if (node.running) {
		node.child.kill('SIGTERM');
		await Promise.race([node.exited, sleep(20_000)]);
		node.child.kill('SIGKILL');
		await node.exited;
	}
	await net.node(number, node.options);
	await context.synced(name);
	say('  with room again it started, and has all blocks');
	await context.areRight(await context.ask(2));
}

const ended = ({ code, child }) => `it ended with ${child.signalCode ?? `status ${code}`}`;

// Distinct lines of a log that say what went wrong.
function complaints(log) {
	const lines = log.split('\n').filter(line => /error|panick|No space|corrupt|essential task|damaged/i.test(line));
	return [...new Set(lines.map(line => line.replace(/^[\d-]+ [\d:.]+ /, '').trim().slice(0, 160)))].slice(0, 5);
}

// A database is damaged. The node says so and stops; without it, it fetches all blocks again.
async function databaseDamaged(context) {
	const { net } = context;
	const number = net.number('dave');
	const node = net.find(number);
	await net.kill(number);
	const folder = join(net.data('dave'), 'paritydb', 'full');
	const files = readdirSync(folder).filter(file => file !== 'lock').map(file => join(folder, file));
	for (const path of files) {
		const { blocks } = statSync(path);
		if (blocks === 0) continue;
		const file = openSync(path, 'r+');
		writeSync(file, randomBytes(64 * 1024), 0, 64 * 1024, 0);
		closeSync(file);
	}
	const damaged = await net.node(number, node.options).catch(() => net.children.findLast(child => child.number === number));
	const stopped = await until('it stops', EXIT_SECONDS, () => !damaged.running).catch(() => false);
	for (const line of complaints(net.log(damaged))) say(`  log: ${line}`);
	say(stopped ? `  ${ended(damaged)}` : '  it runs');
	if (!stopped) await net.kill(number);
	assert(stopped, 'a node with a damaged database stops');
	assert(complaints(net.log(damaged)).length > 0, 'it says why');
	const purged = spawnSync(process.env.OPG_NODE, ['purge-chain', '-y', '--chain', net.chain, '--base-path', net.base(number)]);
	assert.equal(purged.status, 0, `${purged.stderr}`);
	await net.node(number, node.options);
	await context.synced('dave');
	say('  without the database it started, and has all blocks again');
	await context.areRight(await context.ask(1));
}

// A node without a database joins by warp sync, with its hot keys, and answers.
async function warpSync(context) {
	const { net } = context;
	const [number, own] = [net.number('stash'), context.operators('stash')];
	const { options } = net.find(number);
	await net.kill(number);
	rmSync(join(net.data('stash'), 'paritydb'), { recursive: true });
	const node = await net.node(number, [...options, '--sync', 'warp']);
	const began = Date.now();
	await until('warp sync is complete', 120, () => net.log(node).includes('Warp sync is complete'));
	await context.synced('stash');
	say(`  it follows the chain ${Math.round((Date.now() - began) / 1000)} s after its start`);
	const id = await context.askFor(drawn => drawn.some(who => own.includes(who)));
	await context.areRight([id]);
	const steps = [...context.ledger.steps.get(id).keys()];
	assert(own.some(who => steps.includes(`Revealed ${who}`)), 'it answers');
	await net.kill(number);
	await net.node(number, options);
	await context.synced('stash');
}

// A validator's clock is two seconds ahead, and then two seconds late.
async function clockOff(context) {
	const { net } = context;
	for (const offset of ['+2s', '-2s']) {
		net.prefixes.set('dave', ['env', `LD_PRELOAD=${FAKETIME}`, `FAKETIME=${offset}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1']);
		await (await context.kill('dave'))();
		const from = await net.height('alice', true);
		await context.areRight(await context.ask(2));
		await until('finality goes on', 60, async () => (await net.height('alice', true)) >= from + 8);
		await context.synced('dave');
		const made = net.log(net.find(net.number('dave'))).split('Pre-sealed block').length - 1;
		say(`  clock ${offset}: finality goes on, and it made ${made} blocks`);
	}
	net.prefixes.delete('dave');
	await (await context.kill('dave'))();
}

// One validator of four sees nobody.
async function minorityCutOff(context) {
	const { net } = context;
	const heal = net.partition(['dave'], net.names.filter(name => name !== 'dave'));
	const [from, own] = [await net.height('alice', true), await net.height('dave', true)];
	await context.areRight(await context.ask(2));
	await sleep(20_000);
	const [later, ownLater] = [await net.height('alice', true), await net.height('dave', true)];
	say(`  finalized by the three: ${from} to ${later}; by the one: ${own} to ${ownLater}`);
	heal();
	assert(later >= from + 5, 'three of four finalize');
	assert(ownLater <= own + 3, 'the fourth alone does not');
	await context.synced('dave', 'alice');
}

// The network falls into two halves, with requests in flight. Each makes blocks, neither finalizes; then
// one chain is left.
async function halvesHealed(context) {
	const { net } = context;
	const ids = await context.ask(3);
	const left = ['alice', 'bob', 'eve'];
	const heal = net.partition(left, net.names.filter(name => !left.includes(name)));
	await sleep(6_000);
	const sides = ['alice', 'charlie'];
	const look = async () => Promise.all(sides.map(async name => ({ finalized: await net.height(name, true), best: await net.height(name) })));
	const before = await look();
	ids.push(...(await context.ask(2)));
	await sleep(30_000);
	const after = await look();
	const height = Math.min(...after.map(({ best }) => best));
	const hashes = await Promise.all(sides.map(name => net.rpc(name, 'chain_getBlockHash', [height])));
	heal();
	const since = Date.now();
	sides.forEach((name, i) => say(`  the side of ${name}: finalized ${before[i].finalized} to ${after[i].finalized}, best ${before[i].best} to ${after[i].best}`));
	assert.notEqual(...hashes, 'there were two chains');
	for (const i of [0, 1]) assert(after[i].finalized <= before[i].finalized + 1, 'neither half finalizes');
	await context.synced('charlie', 'alice');
	await context.synced('alice', 'charlie');
	const [one] = [...new Set(await Promise.all(sides.map(name => net.rpc(name, 'chain_getBlockHash', [height]))))];
	const lost = sides.filter((_, i) => hashes[i] !== one);
	say(`  one chain ${Math.round((Date.now() - since) / 1000)} s after the halves met; the side of ${lost.join(', ')} gave up its blocks`);
	await context.decided(ids);
	await context.areRight(await context.ask(2));
}

const needsRoot = isRoot() ? undefined : 'needs root, for a disk of its own';
const needsSpaces = isRoot() ? undefined : 'needs root, for network namespaces';
const needsForgery = FORGING_NODE ? undefined : 'needs OPG_FORGING_NODE, a program with the feature dev-misbehaviour';
const needsZstd = hasZstd ? undefined : 'needs zstd';
const needsFaketime = FAKETIME ? undefined : 'needs the package libfaketime';
const needsPeer = hasPeer ? undefined : 'needs the packages of zombienet/peer';

// Networks that are played at the same time. `network`: its file. `spaces`: a namespace for each node.
export const LANES = {
	court: { network: 'committee' },
	nodes: { network: 'partition', spaces: isRoot() },
	files: { network: 'faulty', disks: isRoot() ? ['charlie', 'stash'] : [] },
};

// By lane, in this order. `before`: what takes sessions, and begins with the network. `alone`: disturbed
// by others, or disturbs them, so it waits until all other lanes have ended.
export const FAULTS = [
	{ lane: 'court', name: 'every_tier', expected: 'committees of one, three and seven answer', run: everyTier },
	{ lane: 'court', name: 'validator_killed_in_court', expected: 'the court decides', run: validatorKilledInCourt },
	{ lane: 'court', name: 'all_restarted_in_court', expected: 'the court decides', run: allRestartedInCourt },
	{ lane: 'court', name: 'runtime_upgrade', expected: 'requests in every state are answered', leftOut: process.env.OPG_NETWORK_UPGRADE ? undefined : needsZstd, run: runtimeUpgrade },
	{ lane: 'court', name: 'upgrade_in_transit', expected: 'inputs and outputs on their way arrive, and all are answered', leftOut: needsZstd, before: publishDoubling, run: upgradeInTransit },
	{ lane: 'court', name: 'old_program', expected: 'it says what it lacks; with the right one it follows', run: oldProgram },
	{ lane: 'court', name: 'old_program_runs', expected: 'it stops at the upgrade and says why; with the right one it follows', leftOut: needsZstd, run: oldProgramRuns },
	{ lane: 'nodes', name: 'validator_killed', expected: 'it starts again, and the requests are answered', run: validatorKilled },
	{ lane: 'nodes', name: 'executor_killed_before_commit', expected: 'it commits and reveals after its restart', run: executorKilledBeforeCommit },
	{ lane: 'nodes', name: 'executor_killed_before_reveal', expected: 'it reveals after its restart', run: executorKilledBeforeReveal },
	{ lane: 'nodes', name: 'answers_lost', expected: 'it computes its answer again, and reveals', run: answersLost },
	{ lane: 'nodes', name: 'notes_lost', expected: 'it reveals what it had committed to', run: notesLost },
	{ lane: 'nodes', name: 'engine_killed', expected: 'another engine process answers', run: engineKilled },
	{ lane: 'nodes', name: 'third_gone', expected: 'finality goes on; it makes blocks when it is back', run: thirdGone },
	{ lane: 'nodes', name: 'more_than_third_gone', expected: 'nothing is finalized, nothing is lost, it goes on', run: moreThanThirdGone },
	{ lane: 'nodes', name: 'session_change', expected: 'requests in flight are answered', run: sessionChange },
	{ lane: 'nodes', name: 'warp_sync', expected: 'a node without a database follows, and then answers', run: warpSync },
	{ lane: 'nodes', name: 'database_damaged', expected: 'it says so and stops; without it, it fetches all again', run: databaseDamaged },
	{ lane: 'nodes', name: 'minority_cut_off', expected: 'three of four go on; the fourth follows later', leftOut: needsSpaces, run: minorityCutOff },
	{ lane: 'nodes', name: 'halves_healed', expected: 'neither half finalizes; one chain is left', leftOut: needsSpaces, run: halvesHealed },
	{ lane: 'files', name: 'fetch_interrupted', expected: 'it goes on where it was, whoever was killed', run: fetchInterrupted },
	{ lane: 'files', name: 'providers_slow_and_silent', expected: 'the file arrives as fast as one of them gives', run: providersSlowAndSilent },
	{ lane: 'files', name: 'providers_forge', expected: 'both are dropped, and the file arrives from a third', leftOut: needsForgery, run: providersForge },
	{ lane: 'files', name: 'two_engines', expected: 'models of both are answered at the same time', before: admitEngine, run: twoEngines },
	{ lane: 'files', name: 'memory_limit', expected: 'an answer at the limit, OutOfMemory above it, on all alike', before: publishHungry, run: memoryLimit },
	{ lane: 'files', name: 'garbage_protocols', expected: 'blocks and answers as before, in bounded memory; peers are banned', leftOut: needsPeer, run: garbageProtocols },
	{ lane: 'files', name: 'disk_full_executor', expected: 'others answer; with room again it goes on', leftOut: needsRoot, run: context => diskFull(context, 'stash') },
	{ lane: 'files', name: 'disk_full_validator', expected: 'others make blocks; with room again it goes on', leftOut: needsRoot, run: context => diskFull(context, 'charlie') },
	{ lane: 'files', name: 'garbage_flood', expected: 'blocks and answers as before, in bounded memory', alone: true, run: garbageFlood },
	{ lane: 'files', name: 'clock_off', expected: 'finality and answers as before', alone: true, leftOut: needsFaketime, run: clockOff },
	{ lane: 'files', name: 'all_restarted', expected: 'the chain goes on, and the requests are answered', alone: true, run: allRestarted },
	{ lane: 'files', name: 'ten_thousand', expected: 'answered, late or refused; no fine above the cap', alone: true, run: tenThousand },
];

// Plays faults on networks, one network after the other, and says what each came to.
import { connect, say, seconds } from '../scripts/client/api.mjs';
import { Ledger } from '../scripts/client/ledger.mjs';
import { Context } from './context.mjs';
import { FAULTS } from './faults.mjs';
import { isRoot, networks, Testnet } from './testnet.mjs';

// Longest time without a finalized block: faults that stop finality last less.
const STALL_SECONDS = 300;
// Nodes whose disks are filled.
const DISKS = { faulty: ['charlie', 'stash'] };

const names = process.argv.slice(2);
if (names[0] === 'list') {
	for (const { network, name, expected } of FAULTS) console.log(`${network.padEnd(10)} ${name.padEnd(30)} ${expected}`);
	process.exit(0);
}
for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(status));
const unknown = names.slice(names[0] === 'start' ? 1 : 0)
	.filter(name => !networks().includes(name) && !FAULTS.some(fault => fault.name === name));
if (unknown.length > 0) {
	console.error(`error: no fault and no network is called ${unknown.join(', ')}; networks: ${networks().join(', ')}`);
	process.exit(1);
}

async function open(name) {
	const net = new Testnet(name, { namespaces: name === 'partition', disks: isRoot() ? DISKS[name] : [] });
	say(`=== network ${name}: ${net.names.length} nodes, logs in ${net.directory}`);
	const url = await net.start();
	const api = await connect(url);
	const ledger = new Ledger(api, url, { finalized: true, stallSeconds: STALL_SECONDS }).start();
	return { net, ledger, context: new Context(api, ledger, net) };
}

// Plays the faults of a network. Gives for each whether it came to what it must.
async function play(name, faults) {
	const results = new Map(faults.map(({ name }) => [name, 'failed']));
	const { net, ledger, context } = await open(name);
	try {
		await context.prepare();
		say(`${context.operatorsAtFirst.length} executors serve the model, and the first answer is the local one`);
		const ends = [];
		for (const fault of faults) {
			say(`=== ${fault.name}`);
			say(`  expected: ${fault.expected}`);
			const began = seconds();
			const first = (await context.api.query.inference.nextRequestId()).toNumber();
			context.lossesBefore = ledger.losses.length;
			try {
				await fault.run(context);
				await context.invariants();
				say(`  as expected, in ${seconds() - began} s`);
				const last = (await context.api.query.inference.nextRequestId()).toNumber();
				ends.push({ name: fault.name, ids: Array.from({ length: last - first }, (_, i) => first + i) });
			} catch (error) {
				say(`  NOT as expected: ${error.stack}`);
				// What comes after needs all nodes.
				await revive(net);
			}
		}
		say('=== every request has ended');
		for (const { name, ids } of ends) {
			try {
				await context.ended(ids);
				results.set(name, 'ok');
			} catch (error) {
				say(`  ${name}: ${error.message}`);
			}
		}
		await context.invariants();
		summary(ledger);
	} catch (error) {
		say(`NOT as expected: ${error.stack}`);
		faults.forEach(({ name }) => results.set(name, 'failed'));
	}
	if ([...results.values()].includes('failed')) console.error(net.tail());
	await ledger.stop();
	await context.api.disconnect();
	await net.stop();
	return results;
}

async function revive(net) {
	for (const [i, { name, args }] of net.nodes.entries()) {
		if (net.isUp(name)) net.thaw(i + 1);
		else await net.node(i + 1, args).catch(error => say(`  ${error.message}`));
	}
}

function summary({ requests, losses, number }) {
	const all = [...requests.values()];
	const reasons = all.filter(({ reason }) => reason).map(({ reason }) => reason);
	say(`  ${number} blocks, ${all.length} requests: ${all.filter(({ settled }) => settled).length} settled, ${reasons.length} refunded ${[...new Set(reasons)].join(', ')}; ${losses.length} fines`);
}

// Starts a network whose executors serve the sample model, and leaves it running.
if (names[0] === 'start') {
	const { context, ledger } = await open(names[1] ?? 'small');
	await context.prepare();
	say(`${ledger.url}: the model ${'`digits`'} is served by all executors; Ctrl-C ends it`);
	await new Promise(() => {});
}

const chosen = FAULTS.filter(({ network, name }) => names.length === 0 || names.includes(name) || names.includes(network));
const results = new Map();
for (const network of new Set(chosen.map(({ network }) => network))) {
	const faults = chosen.filter(fault => fault.network === network);
	for (const { name, leftOut } of faults) if (leftOut) results.set(name, `left_out (${leftOut})`);
	const playable = faults.filter(({ leftOut }) => !leftOut);
	for (const { name } of playable) results.set(name, 'failed');
	if (playable.length === 0) continue;
	try {
		for (const [name, result] of await play(network, playable)) results.set(name, result);
	} catch (error) {
		say(`NOT as expected: ${error.stack}`);
	}
}
for (const [name, result] of results) console.log(`RESULT fault_${name} ${result}`);
const failed = [...results.values()].filter(result => result === 'failed').length;
console.log(`RESULT faults_failed ${failed}`);
process.exit(failed === 0 ? 0 : 1);

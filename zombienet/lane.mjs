// A network, and the faults that are played on it, one after the other. A process of its own: what blocks
// one does not hold up the others.
import { connect, say, seconds } from '../scripts/client/api.mjs';
import { Ledger } from '../scripts/client/ledger.mjs';
import { Context } from './context.mjs';
import { FAULTS, LANES } from './faults.mjs';
import { Testnet } from './testnet.mjs';

// Longest time without a finalized block: faults that stop finality last less.
const STALL_SECONDS = 300;

// Starts a network.
export async function open(network, options = {}) {
	const net = new Testnet(network, options);
	say(`=== network ${network}: ${net.names.length} nodes, logs in ${net.directory}`);
	const url = await net.start();
	const api = await connect(url);
	const ledger = new Ledger(api, url, { finalized: true, stallSeconds: STALL_SECONDS }).start();
	return { net, ledger, context: new Context(api, ledger, net) };
}

// Plays these faults of a lane. `tell` hears how far it is, and what each has come to; `turn` waits until
// the lane has the machine to itself.
export async function play(lane, names, { tell, turn }) {
	const faults = FAULTS.filter(fault => fault.lane === lane && names.includes(fault.name));
	const took = new Map();
	const end = (name, result) => tell({ name, result, seconds: took.get(name) ?? 0 });
	const { network, ...options } = LANES[lane];
	const { net, ledger, context } = await open(network, options);
	tell({ isUp: true });
	let failed = false;
	try {
		await context.prepare(faults);
		say(`${context.operatorsAtFirst.length} executors serve the model, and the first answer is the local one`);
		const ends = [];
		let isAlone = false;
		for (const fault of faults) {
			if (fault.alone && !isAlone) {
				say('=== waits for the others to end');
				isAlone = await turn();
			}
			say(`=== ${fault.name}`);
			say(`  expected: ${fault.expected}`);
			const began = seconds();
			const first = (await context.api.query.inference.nextRequestId()).toNumber();
			context.lossesBefore = ledger.losses.length;
			try {
				await fault.run(context);
				await context.invariants();
				took.set(fault.name, seconds() - began);
				say(`  as expected, in ${seconds() - began} s`);
				const last = (await context.api.query.inference.nextRequestId()).toNumber();
				ends.push({ name: fault.name, ids: Array.from({ length: last - first }, (_, i) => first + i) });
			} catch (error) {
				failed = true;
				took.set(fault.name, seconds() - began);
				say(`  NOT as expected: ${error.stack}`);
				end(fault.name, 'failed');
				// What comes after needs all nodes.
				await revive(net);
			}
		}
		say('=== every request has ended');
		const results = new Map();
		for (const { name, ids } of ends) {
			const error = await context.ended(ids).catch(error => error);
			if (error) say(`  ${name}: ${error.message}`);
			results.set(name, error ? 'failed' : 'ok');
		}
		await context.invariants();
		failed ||= [...results.values()].includes('failed');
		for (const [name, result] of results) end(name, result);
		summary(ledger);
	} catch (error) {
		failed = true;
		say(`NOT as expected: ${error.stack}`);
	}
	if (failed) console.error(net.tail());
	await ledger.stop();
	await context.api.disconnect();
	await net.stop();
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

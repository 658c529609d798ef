// Plays faults on networks, several networks at a time, and says what each came to.
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { say, seconds } from '../scripts/client/api.mjs';
import { FAULTS, LANES } from './faults.mjs';
import { open, play } from './lane.mjs';
import { networks } from './testnet.mjs';

// Networks at a time. Each has seven or eight nodes, which do little while they wait for blocks.
const AT_ONCE = Number(process.env.OPG_NETWORKS_AT_ONCE ?? 3);

const names = process.argv.slice(2);
for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(status));
if (names[0] === 'list') {
	for (const { lane, name, expected } of FAULTS) console.log(`${lane.padEnd(6)} ${name.padEnd(30)} ${expected}`);
	process.exit(0);
}
// A process that this one has forked.
if (names[0] === 'lane') {
	// Without the first process it has nobody to report to.
	process.once('disconnect', () => process.exit(1));
	const turn = () => new Promise(resolve => {
		process.once('message', () => resolve(true));
		process.send({ waits: true });
	});
	const told = [];
	const tell = message => told.push(new Promise(resolve => process.send(message, resolve)));
	await play(names[1], names.slice(2), { tell, turn });
	await Promise.all(told);
	process.exit(0);
}
const unknown = names.slice(names[0] === 'start' ? 1 : 0)
	.filter(name => ![...networks(), ...Object.keys(LANES), ...FAULTS.map(({ name }) => name)].includes(name));
if (unknown.length > 0) {
	console.error(`error: no fault, lane or network is called ${unknown.join(', ')}; see: list`);
	process.exit(1);
}

// Starts a network whose executors serve the sample model, and leaves it running.
if (names[0] === 'start') {
	const { context, ledger } = await open(names[1] ?? 'small');
	await context.prepare();
	say(`${ledger.url}: the model ${'`digits`'} is served by all executors; Ctrl-C ends it`);
	await new Promise(() => {});
}

const chosen = FAULTS.filter(({ lane, name }) =>
	names.length === 0 || [name, lane, LANES[lane].network].some(word => names.includes(word)));
// { result, seconds } of each fault.
const results = new Map(chosen.map(({ name, leftOut }) =>
	[name, { result: leftOut ? `left_out (${leftOut})` : 'failed', seconds: 0 }]));
const playable = chosen.filter(({ leftOut }) => !leftOut);
const lanes = Object.keys(LANES).filter(name => playable.some(({ lane }) => lane === name));

await new Promise(resolve => {
	const waiting = [...lanes];
	// Lanes that play, and those that wait for the machine.
	const [playing, parked] = [new Map(), []];
	let isStarting = false;
	const next = () => {
		// One network starts at a time: that takes all cores.
		if (!isStarting && waiting.length > 0 && playing.size < AT_ONCE) return start(waiting.shift());
		if (playing.size > 0 || waiting.length > 0) return;
		const { lane, child } = parked.shift() ?? {};
		if (!child) return resolve();
		playing.set(lane, child);
		child.send('yours');
	};
	const start = lane => {
		isStarting = true;
		const faults = playable.filter(fault => fault.lane === lane).map(({ name }) => name);
		const child = fork(process.argv[1], ['lane', lane, ...faults], {
			stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
			env: { ...process.env, OPG_STARTED: `${Date.now() - seconds() * 1000}` },
		});
		playing.set(lane, child);
		process.on('exit', () => child.kill());
		for (const [from, to] of [[child.stdout, console.log], [child.stderr, console.error]]) {
			createInterface({ input: from }).on('line', line => to(`${lane.padEnd(6)} ${line}`));
		}
		child.on('message', ({ isUp, waits, name, ...result }) => {
			if (isUp) isStarting = false;
			if (waits) {
				playing.delete(lane);
				parked.push({ lane, child });
			}
			if (name) results.set(name, result);
			next();
		});
		let open = 2;
		// Its output has ended, and so have its messages.
		for (const event of ['close', 'disconnect']) {
			child.once(event, () => {
				if (--open > 0) return;
				isStarting = false;
				playing.delete(lane);
				next();
			});
		}
	};
	next();
});

console.log('\n   s  lane   fault                          result');
for (const { lane, name } of chosen) {
	const { result, seconds } = results.get(name);
	console.log(`${`${seconds}`.padStart(4)}  ${lane.padEnd(6)} ${name.padEnd(30)} ${result}`);
}
console.log(`${`${seconds()}`.padStart(4)}  in all\n`);
for (const [name, { result }] of results) console.log(`RESULT fault_${name} ${result}`);
const failed = [...results.values()].filter(({ result }) => result === 'failed').length;
console.log(`RESULT faults_seconds ${seconds()}`);
console.log(`RESULT faults_failed ${failed}`);
process.exit(failed === 0 ? 0 : 1);

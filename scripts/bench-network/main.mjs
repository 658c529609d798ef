// Drives requests at a rising rate, holds what the chain takes, then asks for too much.
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, connect, OPG, opg, say, Sender } from '../client/api.mjs';
import { Ledger } from '../client/ledger.mjs';
import { Network } from '../client/network.mjs';
import { Cpu, less, scaled } from './cpu.mjs';
import { Load } from './load.mjs';
import { inputs, plainRun } from './plain.mjs';

const OPERATORS = ['//Alice', '//Bob', '//Charlie'];
const CUSTOMER = '//Dave//stash';
// Seats of a committee: runs that a request costs.
const SEATS = 3;
// Part of the time for rising, and for asking for too much. The rest is for holding.
const RISING = 0.65;
const TOO_MUCH = 0.1;
// Part of the sustained rate that is held, and how much too much is.
const HELD = 0.9;
const EXCESS = 2;
// A latency is flat if it is at most so many blocks above that of the first level: the block in which a
// session changes takes no transactions.
const FLAT_BLOCKS = { p50: 1, p90: 2 };
// Requests that wait for longer than this, at the rate at hand, are a backlog.
const BACKLOG_SECONDS = 45;
const LEAST_SECONDS = 20;
const PLAIN_TIMES = 3;

const { values: given } = parseArgs({
	options: {
		seconds: { type: 'string' },
		quick: { type: 'boolean', default: false },
		from: { type: 'string', default: '2' },
		batch: { type: 'string', default: '1' },
		stake: { type: 'string', default: '0' },
	},
});
const options = {
	seconds: number('seconds', given.seconds ?? (given.quick ? '150' : '600'), 60, 86_400),
	level: given.quick ? { seconds: 12, factor: 1.5 } : { seconds: 24, factor: 1.15 },
	idle: given.quick ? 15 : 30,
	from: number('from', given.from, 0.1, 1_000),
	batch: number('batch', given.batch, 1, 100),
	stake: number('stake', given.stake, 0, 900_000),
};

function number(name, text, least, most) {
	const value = Number(text);
	if (text.trim() !== '' && value >= least && value <= most) return value;
	console.error(`error: --${name} is a number from ${least} to ${most}`);
	process.exit(1);
}

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) {
	process.once(signal, () => process.exit(status));
}

const network = new Network('bench-network');
let api, ledger, load;

// Starts the chain with its three executors, each a node with an engine process.
async function prepare() {
	const url = await network.start();
	say(`three nodes, ${url}, logs in ${network.directory}`);
	api = await connect(url);
	ledger = new Ledger(api, url).start();
	await ledger.passBlocks(2);
	if (options.stake > 0) {
		await Promise.all(OPERATORS.map(path => {
			const operator = new Sender(api, account(path));
			return operator.succeed(api.tx.staking.delegate(operator.address, 'Executor', BigInt(options.stake) * OPG));
		}));
		say(`each operator adds ${options.stake} OPG to its stake`);
	}
	await network.prepare(url);
	await ledger.until('the first request', 60, () => ledger.requests.get(0)?.digest);
	const stakes = await ledger.executorStakes(await api.at(await api.rpc.chain.getBlockHash()));
	say(`the model is served by ${stakes.size} executors with ${opg([...stakes.values()][0])} each`);
	return new Cpu([1, 2, 3].map(number => network.find(number)));
}

// CPU of the nodes while nobody asks for anything, in milliseconds per second.
async function idle(cpu) {
	const [from, began] = [cpu.read(), performance.now()];
	await sleep(options.idle * 1_000);
	const rate = scaled(less(cpu.read(), from), 1_000 / (performance.now() - began));
	say(`without requests the three nodes take ${(total(rate) / 10).toFixed(1)} % of a core`);
	return rate;
}

const total = cpu => Object.values(cpu).reduce((sum, part) => sum + part, 0);
const answered = ({ digest, reason }) => digest || reason;
const final = ({ settled, reason }) => settled || reason;

// Cause for which the rate rises no further, if there is one.
function overloaded(from, rate) {
	const [name] = load.refused([from]).keys();
	if (name) return `a request was refused: ${name}`;
	const [reason] = load.poolRefusals.keys();
	if (reason) return `the pool refused a transaction: ${reason}`;
	if (ledger.losses.length > 0) return 'an operator was fined';
	const open = load.open();
	return open > rate * BACKLOG_SECONDS + 10 ? `${open} requests wait` : undefined;
}

// Levels of a rising rate, until one is refused or the time is over.
async function rise() {
	const from = ledger.number;
	const levels = [];
	const { seconds, factor } = options.level;
	let left = options.seconds * RISING;
	for (let rate = options.from; left >= seconds; rate *= factor) {
		const level = await load.send(rate, seconds, () => overloaded(from, rate));
		left -= level.seconds;
		levels.push(level);
		say(`  ${rate.toFixed(1)} per second: ${level.cause ?? 'taken'}`);
		if (level.cause) break;
	}
	return levels;
}

// What `run` sends, until every request is answered, and what that takes of the nodes' CPU.
async function phase(cpu, run) {
	const [from, began] = [cpu.read(), performance.now()];
	const levels = await run();
	await load.drain('every request is answered', answered);
	const [used, seconds] = [less(cpu.read(), from), (performance.now() - began) / 1_000];
	return { outcomes: levels.map(level => load.outcome(level)), used, seconds };
}

const isFlat = (outcome, first) =>
	Object.entries(FLAT_BLOCKS).every(([name, blocks]) => outcome.inBlocks[name] <= first.inBlocks[name] + blocks);

// Everything that was asked for was answered by the first committee, without a fine, and as fast.
const isClean = (outcome, first) =>
	!outcome.cause && outcome.attested === outcome.sent && outcome.escalated === 0 && outcome.fines === 0 && isFlat(outcome, first);

// What a plain run of the engine takes, several times over the given time.
async function measurePlain(digits, seconds) {
	const runs = [];
	for (let i = 0; i < PLAIN_TIMES; i++) {
		await sleep(seconds * 1_000 / (PLAIN_TIMES + 1));
		runs.push(await plainRun(digits[i]));
	}
	return runs.toSorted((a, b) => a - b)[Math.floor(PLAIN_TIMES / 2)];
}

const COLUMNS = [
	['phase', 'rate', 'sent', 'taken', 'attested', 'per s', 'blocks: p50', 'p90', 'p99', 'max', 'seconds: p50', 'p99', 'for client: p50', 'p99', 'client'],
];

function row(name, outcome) {
	const { rate, sent, taken, attested, perSecond, inBlocks, inSeconds, forClient, client } = outcome;
	return [
		name, rate.toFixed(1), sent, taken, attested, perSecond.toFixed(1),
		inBlocks.p50, inBlocks.p90, inBlocks.p99, inBlocks.max, inSeconds.p50.toFixed(1), inSeconds.p99.toFixed(1),
		forClient.p50.toFixed(1), forClient.p99.toFixed(1),
		`${(client * 100).toFixed(0)} %`,
	];
}

// CPU milliseconds per attested answer of a phase, by part, besides what the nodes take without requests.
function perAnswer({ used, seconds, outcomes }, idle) {
	const answers = outcomes.reduce((sum, { attested }) => sum + attested, 0);
	return scaled(less(used, scaled(idle, seconds)), 1 / answers);
}

function print(rows) {
	const widths = COLUMNS[0].map((_, i) => Math.max(...[...COLUMNS, ...rows].map(row => `${row[i]}`.length)));
	for (const row of [...COLUMNS, ...rows]) console.log(row.map((cell, i) => `${cell}`.padStart(widths[i])).join('  '));
}

// Digests by digit: the same input has the same answer.
function wrongAnswers(digits) {
	const right = new Map();
	let wrong = 0;
	for (const { reference, digest } of ledger.requests.values()) {
		if (!digest || reference === undefined || /^0x0*$/.test(reference)) continue;
		const digit = Number((BigInt(reference) - 1n) % BigInt(digits.length));
		if (!right.has(digit)) right.set(digit, digest);
		if (right.get(digit) !== digest) wrong++;
	}
	// The first request's answer was checked by running the model: it is the digit 0.
	if (right.get(0) !== ledger.requests.get(0).digest) wrong++;
	return wrong;
}

async function main() {
	const cpu = await prepare();
	const digits = inputs(network.directory);
	const alone = await plainRun(digits[0]);
	say(`a plain run of the engine takes ${alone.toFixed(3)} ms`);
	const rest = await idle(cpu);
	load = new Load({ api, ledger }, new Sender(api, account(CUSTOMER)), digits, options.batch);
	await load.sender.sync();

	say(`=== rising, ${options.level.seconds} s a level, ${options.batch} in a transaction`);
	const began = performance.now();
	const rising = await phase(cpu, rise);
	const [first] = rising.outcomes;
	const clean = rising.outcomes.filter(outcome => isClean(outcome, first));
	if (clean.length === 0) {
		print(rising.outcomes.map(outcome => row('rising', outcome)));
		throw new Error(`not even ${options.from} requests per second are sustained: ${first.cause ?? 'see above'}`);
	}
	const best = clean.at(-1);
	say(`sustained: ${best.rate.toFixed(1)} per second; then: ${rising.outcomes.find(({ cause }) => cause)?.cause ?? 'the time was over, or the latency rose'}`);

	// Long enough to fill the slots.
	const tooMuch = Math.max(LEAST_SECONDS, options.seconds * TOO_MUCH);
	const holding = Math.max(options.level.seconds, options.seconds - tooMuch - (performance.now() - began) / 1_000);
	say(`=== holding ${HELD * 100} % of it for ${holding.toFixed(0)} s, with plain runs of the engine beside it`);
	let plain;
	const held = await phase(cpu, async () => {
		const [level, runs] = await Promise.all([load.send(best.rate * HELD, holding), measurePlain(digits, holding)]);
		plain = runs;
		return [level];
	});

	const most = Math.max(...rising.outcomes.map(({ rate }) => rate)) * EXCESS;
	say(`=== ${most.toFixed(1)} per second for ${tooMuch.toFixed(0)} s`);
	const from = ledger.number;
	const excess = await phase(cpu, async () => [await load.send(most, tooMuch)]);
	const refused = load.refused([from]);
	say('=== waiting until all answers are final');
	await load.drain('every request is final', final);
	return report({ digits, rest, alone, plain, best, refused, phases: { rising, held, 'too much': excess } });
}

function report({ digits, rest, alone, plain, best, refused, phases }) {
	const rows = Object.entries(phases).flatMap(([name, { outcomes }]) => outcomes.map(outcome => row(name, outcome)));
	print(rows);
	const { rising: { outcomes: [first] }, held: { outcomes: [held] }, 'too much': { outcomes: [excess] } } = phases;
	const text = [...refused].map(([name, count]) => `${count} × ${name}`).join(', ');
	console.log(`asked for too much: ${excess.taken} taken, refused: ${text || 'nothing'}; ${excess.fines} fines`);
	for (const [reason, count] of load.poolRefusals) console.log(`the pool refused: ${count} × ${reason}`);
	const cpu = perAnswer(phases.held, rest);
	const over = (cpu.engine + cpu.worker) / (SEATS * plain);
	console.log(`CPU per attested answer, on ${SEATS} nodes together:`);
	for (const [name, measured] of Object.entries(phases)) {
		const parts = Object.entries(perAnswer(measured, rest)).map(([part, millis]) => `${part} ${millis.toFixed(2)} ms`);
		console.log(`  ${name}: ${parts.join(', ')}`);
	}
	console.log(`  ${SEATS} plain runs ${(SEATS * plain).toFixed(2)} ms (a run: ${plain.toFixed(3)} ms, on the idle chain ${alone.toFixed(3)} ms)`);
	console.log(`  engine and worker while ${HELD * 100} % is held: ${over.toFixed(2)} times the plain runs`);
	console.log(`  besides, without requests: ${total(rest).toFixed(0)} ms per second`);
	const requests = [...ledger.requests.values()];
	const silent = requests.flatMap(request => ledger.silentSeats(request)).length;
	const declined = [...ledger.steps.values()].flatMap(steps => [...steps.keys()]).filter(key => key.startsWith('Declined')).length;
	const results = {
		e2e_attested_per_second: best.perSecond.toFixed(1),
		e2e_held_attested_per_second: held.perSecond.toFixed(1),
		e2e_held_is_clean: isClean(held, first) ? 1 : 0,
		e2e_latency_p50_blocks: held.inBlocks.p50,
		e2e_latency_p99_blocks: held.inBlocks.p99,
		e2e_missed_seats: silent,
		e2e_declined_seats: declined,
		e2e_fines: ledger.losses.length,
		e2e_wrong_answers: wrongAnswers(digits),
		e2e_refused_as_congested: refused.get('inference.Congested') ?? 0,
		e2e_cpu_over_plain: over.toFixed(2),
		e2e_offchain_millis_per_answer: cpu.offchain.toFixed(2),
	};
	const isRight = ['e2e_missed_seats', 'e2e_fines', 'e2e_wrong_answers'].every(name => results[name] === 0);
	return { results, held: isRight && results.e2e_held_is_clean === 1 };
}

let outcome;
try {
	outcome = await main();
} catch (error) {
	console.error(error);
}
if (!outcome?.held) console.error(network.tail());
await ledger?.stop();
await api?.disconnect();
await network.stop();
for (const [name, value] of Object.entries(outcome?.results ?? {})) console.log(`RESULT ${name} ${value}`);
process.exit(outcome?.held ? 0 : 1);

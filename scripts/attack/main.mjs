// Plays the attacks against a development chain, and says what each came to.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, opg, say } from '../client/api.mjs';
import { Ledger } from '../client/ledger.mjs';
import { Network } from '../client/network.mjs';
import { Context, SEQUENCES } from './sequences.mjs';

// Largest loss of an honest operator for being late, per session, in millionths of its stake.
const MAX_FINE = 3_000;

const names = process.argv.slice(2);
if (names.includes('list')) {
	for (const { name, expected } of SEQUENCES) console.log(`${name.padEnd(18)} ${expected}`);
	process.exit(0);
}
const unknown = names.filter(name => !SEQUENCES.some(sequence => sequence.name === name));
if (unknown.length > 0) {
	console.error(`error: no sequence is called ${unknown.join(', ')}`);
	process.exit(1);
}
const chosen = SEQUENCES.filter(({ name }) => names.length === 0 || names.includes(name));
for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) {
	process.once(signal, () => process.exit(status));
}

// Executors of the attackers besides Alice, Bob and Charlie, by node.
const ATTACKERS = [['//Ferdie', '//One'], ['//Two'], []];
const network = new Network('attack');
const results = [];
let api, ledger;

async function play(context, { name, expected, run }) {
	say(`=== ${name}`);
	say(`  expected: ${expected}`);
	try {
		await run(context);
		results.push({ name, held: true });
		say('  as expected');
	} catch (error) {
		results.push({ name, held: false });
		say(`  NOT as expected: ${error.stack}`);
	}
}

async function main() {
	const url = await network.start(ATTACKERS);
	say(`three nodes, ${url}, logs in ${network.directory}`);
	api = await connect(url);
	ledger = new Ledger(api, url).start();
	await ledger.passBlocks(2);
	const context = new Context(api, ledger, network);
	// Stake counts two sessions after it is bonded. What needs no executors is played meanwhile.
	const prepared = network.prepare(url, ['--extra-executors']);
	prepared.catch(() => {});
	for (const sequence of chosen.filter(({ early }) => early)) await play(context, sequence);
	await prepared;
	await ledger.until('the first request', 60, () => ledger.requests.get(0)?.digest);
	await context.prepare();
	say('the model is served by six executors, and the first answer is the local one');
	for (const sequence of chosen.filter(({ early }) => !early)) await play(context, sequence);
	return losses(context);
}

// What honest operators lost in all of it.
async function losses({ honest, pausing }) {
	say('=== what operators lost');
	await sleep(3_000);
	const operators = [...honest, ...pausing].map(({ address }) => address);
	const first = ledger.stakes.get(Math.min(...ledger.stakes.keys()));
	const last = await ledger.executorStakes(await api.at(await api.rpc.chain.getBlockHash()));
	for (const operator of operators) {
		say(`  ${operator}: ${opg(first.get(operator) ?? 0n)} at first, ${opg(last.get(operator))} now`);
	}
	const worst = ledger.worstLosses(operators);
	for (const { session, operator, lost, millionths } of worst) {
		say(`  session ${session}: ${operator} lost ${opg(lost)}, ${millionths / 10_000} %`);
	}
	const convictions = ledger.losses.filter(({ event }) => event === 'Convicted');
	return { worst: Math.max(0, ...worst.map(({ millionths }) => millionths)), convictions: convictions.length };
}

let lost, fatal;
try {
	lost = await main();
} catch (error) {
	fatal = error;
	console.error(error);
}
const unpaid = ledger?.unpaid() ?? [];
for (const transaction of unpaid.slice(0, 10)) {
	console.error('unpaid:', JSON.stringify(transaction, (_, value) => (typeof value === 'bigint' ? `${value}` : value)));
}
const failed = results.filter(({ held }) => !held);
const held = !fatal && failed.length === 0 && unpaid.length === 0 && lost.worst <= MAX_FINE && lost.convictions === 0;
if (!held) console.error(network.tail());
await ledger?.stop();
await api?.disconnect();
await network.stop();
console.log(`RESULT attack_sequences ${results.length}`);
console.log(`RESULT attack_sequences_failed ${failed.length + (fatal ? 1 : 0)}`);
console.log(`RESULT attack_unpaid_transactions ${unpaid.length}`);
console.log(`RESULT attack_largest_loss_per_session_percent ${(lost?.worst ?? NaN) / 10_000}`);
console.log(`RESULT attack_honest_convictions ${lost?.convictions ?? NaN}`);
process.exit(held ? 0 : 1);

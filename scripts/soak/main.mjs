// Holds a load for long, and looks at what each node takes meanwhile.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { account, connect, say, Sender } from '../client/api.mjs';
import { Ledger } from '../client/ledger.mjs';
import { Network } from '../client/network.mjs';
import { Load } from '../bench-network/load.mjs';
import { inputs } from '../bench-network/plain.mjs';

const NODES = [1, 2, 3];
const CUSTOMER = '//Dave//stash';
const TIERS = ['Optimistic', 'Quorum', 'Quorum'];
const SAMPLE_SECONDS = 10;
const SAY_SECONDS = 300;
// Minutes after the warm-up, and before the end, for a median. As long as the database takes, at four requests a
// second, from one writing of its logs to the next: it keeps up to 75 MiB until then, so that the median of
// less would depend on where in this wave it was taken.
const WAVE = 25;
// Largest growth of a node's memory between the two.
const MAX_GROWTH = 0.05;
// Blocks whose size is looked at.
const BLOCKS = 100;
const MIB = 2 ** 20;

const { values: given } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, 'warm-up': { type: 'string', default: '70' }, rate: { type: 'string' } } });
const minutes = number('minutes', given.minutes, 1, 10_000);
// Until the chain, which keeps requests for an hour, removes as many as it takes.
const warmUp = number('warm-up', given['warm-up'], 0, 10_000);
const rate = number('rate', given.rate ?? '', 0.1, 1_000);

function number(name, text, least, most) {
	const value = Number(text);
	if (text.trim() !== '' && value >= least && value <= most) return value;
	console.error(`error: --${name} is a number from ${least} to ${most}`);
	process.exit(1);
}

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(status));

const network = new Network('soak');
let api, ledger, load;

// A field of a process, in bytes: memory that is its own, not the files that it has mapped.
function memory(pid) {
	try {
		return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
	} catch {
		return 0;
	}
}

const children = pid => readdirSync(`/proc/${pid}/task`).flatMap(task => {
	try {
		return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
	} catch {
		return [];
	}
});

// Memory of a node with its engine processes.
function taken(number) {
	const { pid } = network.find(number).child;
	return [pid, ...children(pid)].reduce((sum, pid) => sum + memory(pid), 0);
}

// Bytes that the files of a node take on its disk. Files may vanish while they are counted.
const disk = number => Number(spawnSync('du', ['-s', '-B1', network.base(number)], { encoding: 'utf8' }).stdout.split('\t')[0]);

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];
const mib = bytes => Math.round(bytes / MIB);
const at = async height => api.at(await api.rpc.chain.getBlockHash(height));
const slot = async height => (await (await at(height)).query.babe.currentSlot()).toNumber();
const height = async () => (await api.rpc.chain.getHeader()).number.toNumber();

// Looks at all nodes until it is told to stop.
class Watch {
	constructor() {
		this.samples = [];
		this.loop = this.run();
	}

	async run() {
		for (let said = 0; !this.stopping; await sleep(SAMPLE_SECONDS * 1_000)) {
			const sample = { at: Date.now(), memory: NODES.map(taken), disk: NODES.map(disk), height: await height() };
			this.samples.push(sample);
			if (sample.at - said < SAY_SECONDS * 1_000) continue;
			said = sample.at;
			say(`  block ${sample.height}: memory ${sample.memory.map(mib).join(', ')} MiB; disk ${sample.disk.map(mib).join(', ')} MiB; ${load.open()} requests open`);
		}
	}

	async stop() {
		this.stopping = true;
		await this.loop;
		const from = this.samples[0].at + warmUp * 60_000;
		const to = this.samples.at(-1).at;
		const part = Math.min(WAVE * 60_000, (to - from) / 2);
		const between = (a, b) => this.samples.filter(({ at }) => at >= a && at <= b);
		return [between(from, from + part), between(to - part, to)];
	}
}

// Mean bytes of a block, of some between two.
async function blockBytes(from, to) {
	const step = Math.max(1, Math.floor((to - from) / BLOCKS));
	let [bytes, count] = [0, 0];
	for (let height = from; height < to; height += step, count++) {
		bytes += (await api.rpc.chain.getBlock(await api.rpc.chain.getBlockHash(height))).encodedLength;
	}
	return bytes / count;
}

async function main() {
	const url = await network.start();
	say(`three nodes, ${url}, logs in ${network.directory}`);
	api = await connect(url);
	ledger = new Ledger(api, url).start();
	await ledger.passBlocks(2);
	await network.prepare(url);
	await ledger.until('the first request', 60, () => ledger.requests.get(0)?.digest);
	load = new Load({ api, ledger }, new Sender(api, account(CUSTOMER)), inputs(network.directory), 1, TIERS);
	await load.sender.sync();
	say(`${rate.toFixed(1)} requests per second for ${warmUp} minutes of warm-up and ${minutes} more`);
	const first = await height();
	// Now, because a node keeps the states of the last 256 blocks.
	const firstSlot = await slot(first);
	const watch = new Watch();
	const level = await load.send(rate, (warmUp + minutes) * 60);
	const last = await height();
	const lastSlot = await slot(last);
	const [early, late] = await watch.stop();
	await load.drain('every request is final', ({ settled, reason }) => settled || reason);
	if (level.cause) throw new Error(level.cause);

	// By the median, and by the least: a call into the runtime has 33 MiB of its own, and one to three
	// are there at a time.
	const [growth, kept] = [median, values => Math.min(...values)].map(of => NODES.map((_, i) => {
		const [before, after] = [early, late].map(samples => of(samples.map(({ memory }) => memory[i])));
		say(`node ${i + 1}: ${mib(before)} MiB after the warm-up, ${mib(after)} MiB at the end (${of === median ? 'median' : 'least'})`);
		return after / before - 1;
	}));
	const [begin, end] = [early[0], late.at(-1)];
	const blocks = end.height - begin.height;
	const size = await blockBytes(begin.height, end.height);
	const grown = Math.max(...NODES.map((_, i) => end.disk[i] - begin.disk[i])) / blocks;
	say(`${blocks} blocks of ${Math.round(size)} bytes; the disk grew by ${Math.round(grown)} bytes per block where most`);
	const missed = lastSlot - firstSlot - (last - first);
	const outcome = load.outcome(level);
	const requests = load.taken(level);
	const silent = requests.flatMap(request => ledger.silentSeats(request)).length;
	say(`${outcome.sent} requests, ${outcome.attested} attested, after ${outcome.inBlocks.p50} blocks in the median and ${outcome.inBlocks.max} at most`);
	return {
		soak_minutes: minutes,
		soak_warm_up_minutes: warmUp,
		soak_requests_per_second: rate.toFixed(1),
		soak_memory_growth: Math.max(...growth).toFixed(3),
		soak_memory_kept_growth: Math.max(...kept).toFixed(3),
		soak_disk_over_blocks: (grown / size).toFixed(2),
		soak_missed_slots: missed,
		soak_missed_seats: silent,
		soak_fines: ledger.losses.length,
		soak_unanswered: outcome.sent - outcome.attested,
	};
}

let results;
try {
	results = await main();
} catch (error) {
	console.error(error);
	console.error(network.tail());
}
await ledger?.stop();
await api?.disconnect();
await network.stop();
for (const [name, value] of Object.entries(results ?? {})) console.log(`RESULT ${name} ${value}`);
const clean = ['soak_missed_slots', 'soak_missed_seats', 'soak_fines', 'soak_unanswered'];
process.exit(results && results.soak_memory_growth <= MAX_GROWTH && clean.every(name => results[name] === 0) ? 0 : 1);

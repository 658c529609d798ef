// More than usual: of requests, and of engines.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { MODEL, refusal, requestTx, say, submit } from '../scripts/client/api.mjs';
import { MODEL_FILE } from '../scripts/client/network.mjs';
import { until } from './context.mjs';

const REQUESTS = 10_000;
// Transactions that are handed in at a time.
const AT_ONCE = 64;
// Transactions that a pool surely holds, of some kilobytes each, and the time after which they are lost.
const POOL = 2_000;
const LOST_SECONDS = 15;
const INCLUSION_SECONDS = 900;
const ANSWER_SECONDS = 600;
const EVIDENCE_SECONDS = 180;

// One account hands in 10,000 requests, each a transaction, as fast as its node takes them.
export async function tenThousand(context) {
	const { api, ledger, net, customer } = context;
	await customer.sync();
	const first = customer.nonce;
	const from = ledger.number;
	const lossesBefore = ledger.losses.length;
	const tx = requestTx(api, context.input);
	// One after the other: they are the same transaction, which is signed in place.
	const signed = async (nonce, count, tip = 0) => {
		const transactions = [];
		for (let i = 0; i < count; i++) {
			transactions.push((await tx.signAsync(customer.pair, { nonce: nonce + i, tip, era: 0 })).toHex());
		}
		return transactions;
	};
	const waiting = await signed(first, REQUESTS);
	const since = Date.now();
	let refused = 0;
	const handIn = async transactions => {
		for (let i = 0; i < transactions.length; i += AT_ONCE) {
			const refusals = await Promise.all(transactions.slice(i, i + AT_ONCE).map(bytes => refusal(() => submit(api, bytes))));
			refused += refusals.filter(Boolean).length;
		}
	};
	await handIn(waiting);
	say(`  ${REQUESTS} handed in within ${Math.round((Date.now() - since) / 1000)} s, ${refused} of them refused by the pool`);
	const nonce = async () => (await api.query.system.account(customer.address)).nonce.toNumber();
	let [last, changed, again, tip] = [0, Date.now(), 0, 0];
	await until('all are in blocks', INCLUSION_SECONDS, async () => {
		const now = await nonce();
		if (now !== last) [last, changed] = [now, Date.now()];
		const left = first + REQUESTS - now;
		if (left > 0 && Date.now() - changed > LOST_SECONDS * 1_000) {
			// What the pool has dropped, it does not take again for half an hour. With a tip it is another.
			const count = Math.min(left, POOL);
			await handIn(await signed(now, count, ++tip));
			again += count;
			changed = Date.now();
		}
		return left === 0;
	});
	say(`  all in blocks after ${Math.round((Date.now() - since) / 1000)} s; ${again} were signed again, because the pool had dropped them`);
	const head = await net.height('alice');
	await ledger.until('these blocks are final', ANSWER_SECONDS, () => ledger.number >= head);
	const blocks = ledger.blocks.filter(({ number }) => number > from && number <= head);
	const own = blocks.flatMap(({ transactions }) => transactions).filter(transaction => transaction?.who === customer.address);
	const errors = counted(own.filter(({ success }) => !success).map(({ error }) => error));
	const requests = ledger.since(from, customer.address);
	say(`  in ${blocks.length} blocks: ${requests.length} taken${errors ? `; refused: ${errors}` : ''}`);
	assert.equal(own.length, REQUESTS, 'each is in a block');
	await ledger.until('every one has ended', ANSWER_SECONDS, () => requests.every(({ digest, reason }) => digest || reason));
	const attested = requests.filter(({ digest }) => digest);
	const times = attested.map(({ blocks: { Requested, Attested } }) => Attested - Requested).sort((a, b) => a - b);
	const reasons = counted(requests.filter(({ reason }) => reason).map(({ reason }) => reason));
	say(`  ${attested.length} attested, after ${times[times.length >> 1]} blocks in the median and ${times.at(-1)} at most${reasons ? `; refunded: ${reasons}` : ''}`);
	say(`  ${ledger.losses.length - lossesBefore} fines; longest time between two blocks: ${longestGap(blocks)} s`);
	assert(attested.length > 0 && attested.every(({ digest }) => digest === context.right), 'all answers are right');
}

const counted = names => {
	const counts = new Map();
	for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
	return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
};

const longestGap = blocks => Math.max(...blocks.slice(1).map((block, i) => (block.time - blocks[i].time) / 1_000));

// Governance admits another engine, and executors serve a model of it beside that of the first.
export async function admitEngine(context) {
	const { net } = context;
	const other = net.otherEngine();
	await context.opg('engine', 'nominate', other, '--pin', `${MODEL}=${join(net.directory, 'seven.json')}`, '--suri', '//Alice');
	// Also where the executors serve nothing: their stake counts.
	for (const name of net.names) net.store(name, 'engines', 'add', other);
	// Each node computes the pinned task, and posts what it found. With less than two thirds of the stake the
	// call is refused.
	let attempts = 0;
	await until('two thirds of the stake gave evidence', EVIDENCE_SECONDS, async () => {
		attempts++;
		await context.opg('engine', 'admit', other, '--suri', '//Alice');
		return true;
	});
	assert(attempts > 1, 'refused before there was evidence');
	const model = await context.register(MODEL_FILE, 'digits-of-other', '//Dave//stash', '--engine', other);
	await context.serve(model, MODEL_FILE, '--engine', other);
	context.otherEngine = model;
}

// Models of two engines are asked at once.
export async function twoEngines(context) {
	const { api, otherEngine: model } = context;
	await context.eligible(model);
	const of = async id => (await api.query.inference.requests(id)).unwrap();
	const ids = [];
	for (let i = 0; i < 4; i++) {
		ids.push(...(await context.ask(1)), ...(await context.ask(1, { model })));
	}
	const models = new Set();
	for (const id of ids) models.add((await of(id)).model.toNumber());
	assert.equal(models.size, 2, 'requests to both');
	await context.areRight(ids);
	const engines = (await api.query.models.engines.entries()).length;
	say(`  ${engines} engines, two models with the same file; ${ids.length} requests at once, the same answer from both`);
}

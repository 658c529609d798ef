// Faults that need a large committee, or a court.
import assert from 'node:assert/strict';
import { account, call, opg, randomAsU8a, say, Sender, u8aToHex } from '../scripts/client/api.mjs';
import { claimOf } from '../scripts/attack/sequences.mjs';
import { until } from './context.mjs';

const CHALLENGER = '//Eve//stash';
const SEATS = { Optimistic: 1, Quorum: 3, High: 7 };
const OPEN_SECONDS = 60;
// Both phases of a sitting, and the return of finality.
const COURT_SECONDS = 300;

// A request of every tier.
export async function everyTier(context) {
	for (const [tier, seats] of Object.entries(SEATS)) {
		const [id] = await context.ask(1, { tier });
		await context.areRight([id]);
		assert.equal(context.ledger.requests.get(id).drawn[0].length, seats, `seats of ${tier}`);
	}
}

// Challenges the right answer with a claim that is never revealed, so that the court sits. Gives the
// request, once its case is open.
export async function openCourt(context) {
	const { api } = context;
	const challenger = new Sender(api, account(CHALLENGER));
	const [id] = await context.ask();
	const { digest } = await context.answered(id);
	const seed = (await api.query.inference.requests(id)).unwrap().seed.unwrap();
	const claim = claimOf(api, challenger, id, u8aToHex(randomAsU8a(32)), randomAsU8a(32));
	await challenger.succeed(call(api.tx.inference.challenge, { request: id, seed, digest, claim }));
	await until('the court has the case', OPEN_SECONDS, async () => (await api.query.court.cases(id)).isSome);
	return { id, challenger };
}

// A validator is killed while it computes for the court, and started again.
export async function validatorKilledInCourt(context) {
	const { id, challenger } = await openCourt(context);
	const restart = await context.kill('dave');
	await restart();
	await decided(context, id, challenger);
}

// Every node is killed while the court sits.
export async function allRestartedInCourt(context) {
	const { net } = context;
	const { id, challenger } = await openCourt(context);
	const restarts = await Promise.all(net.names.map(name => net.kill(net.number(name))));
	await Promise.all(restarts.map(restart => restart()));
	await decided(context, id, challenger);
}

// The answer stands, and who challenged it lost the bond.
export async function decided({ ledger, right }, id, { address }) {
	const request = await ledger.until('the court decides', COURT_SECONDS, () => {
		const request = ledger.requests.get(id);
		return (request.settled || request.reason) && request;
	});
	say(`  request ${id}: ${request.settled ? 'settled' : request.reason}, bond of ${opg(request.lost.get(address) ?? 0n)} lost`);
	assert(request.settled && request.digest === right, 'the right answer stands');
	assert(request.lost.has(address), 'the challenger lost its bond');
}

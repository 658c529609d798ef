// The attacks, each with what it must come to. One that does not throws.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, blake2AsU8a, call, compactStripLength, hexToU8a, MODEL, OPG, opg, randomAsU8a, refusal, requestTx, say, Sender, submit, u8aConcat, u8aToHex } from '../client/api.mjs';
import * as garbage from './garbage.mjs';

// Enough for a first committee, a larger one, and the court.
const END_SECONDS = 150;
// Enough for a transaction behind a few full blocks.
const SEND_SECONDS = 60;

// Everyone who plays. Executors that are honest never pause.
export class Context {
	constructor(api, ledger, network) {
		Object.assign(this, { api, ledger, network });
		this.honest = ['//Alice', '//Bob', '//Charlie'].map(account);
		// Operators of the attackers. Their nodes answer rightly.
		this.pausing = ['//Ferdie', '//One', '//Two'].map(path => new Sender(api, account(path)));
		this.customer = new Sender(api, account('//Dave//stash'));
		this.attacker = new Sender(api, account('//Ferdie//stash'));
		this.victim = new Sender(api, account('//Eve//stash'));
		this.challengers = ['//Charlie//stash', '//Bob//stash'].map(path => new Sender(api, account(path)));
	}

	async prepare() {
		// The first request's input: its answer is known.
		this.input = (await this.api.query.inference.inputs(0)).unwrap().toHex();
		this.right = this.ledger.requests.get(0).digest;
		assert(this.right, 'the first request was attested');
	}

	request(changes = {}) {
		return requestTx(this.api, this.input, changes);
	}

	// Sends requests and gives their numbers, once they are in blocks.
	async ask(count = 1, tip = 0n) {
		const { ledger, customer } = this;
		const from = ledger.number;
		const known = new Set(ledger.requests.keys());
		for (let i = 0; i < count; i++) await customer.push(this.request(), tip);
		return ledger.until(`${count} requests are in blocks`, SEND_SECONDS, () => {
			const failed = this.paidBy(customer, from).find(({ success }) => !success);
			if (failed) throw new Error(`a request was refused: ${failed.error}`);
			const ids = ledger.since(from, customer.address).map(({ id }) => id).filter(id => !known.has(id));
			return ids.length >= count && ids;
		});
	}

	// Waits until a request has an answer, or none.
	async answered(id) {
		return this.ledger.until(`request ${id} is answered`, END_SECONDS, () => {
			const request = this.ledger.requests.get(id);
			return request && (request.digest || request.reason) ? request : undefined;
		});
	}

	async settled(id) {
		return this.ledger.until(`request ${id} is final`, END_SECONDS, () => {
			const request = this.ledger.requests.get(id);
			return request && (request.settled || request.reason) ? request : undefined;
		});
	}

	// Ordinary requests: attested, and rightly.
	async ordinary(count) {
		for (const id of await this.ask(count)) {
			const { digest, reason, blocks } = await this.answered(id);
			assert.equal(digest, this.right, `request ${id}: ${reason ?? 'a wrong answer'}`);
			say(`  request ${id}: attested ${blocks.Attested - blocks.Requested} blocks after its inclusion`);
		}
	}

	// What the blocks after `from` carried of a sender, and whether it paid.
	paidBy(sender, from) {
		return this.ledger.blocks
			.filter(({ number }) => number > from)
			.flatMap(({ number, transactions }) => transactions.filter(Boolean).map(transaction => ({ number, ...transaction })))
			.filter(({ who }) => who === sender.address);
	}

	// Hands all to the pool; then none is in a block unless it paid.
	async refusedOrPaid(sender, transactions) {
		const from = this.ledger.number;
		let refused = 0;
		const reasons = new Set();
		for (const { tx, tip } of transactions) {
			const reason = await refusal(() => sender.push(tx, tip));
			if (reason) [refused] = [refused + 1, reasons.add(reason)];
		}
		await this.ledger.passBlocks(3);
		const carried = this.paidBy(sender, from);
		const fees = carried.reduce((sum, { fee }) => sum + fee, 0n);
		const weight = carried.reduce((sum, { weight }) => sum + weight, 0n);
		say(`  ${transactions.length} sent, ${refused} refused by the pool, ${carried.length} in blocks: ${Number(weight) / 1e9} ms for ${opg(fees)}`);
		for (const reason of reasons) say(`  refused: ${reason}`);
		assert.equal(refused + carried.length, transactions.length, 'every one was refused or is in a block and paid');
		assert.deepEqual(this.ledger.unpaid(), [], 'nothing in a block was free or too cheap');
		return { refused, carried };
	}
}

async function garbageSigned(context) {
	const { api, attacker, victim } = context;
	await victim.succeed(api.tx.proxy.addProxy(attacker.address, 'Any', 0));
	const remark = api.tx.system.remark('0x00');
	const other = [victim.address];
	const tips = [0n, 5n * 10n ** 10n, OPG];
	const direct = garbage.calls(api).flatMap(tx => [
		tx,
		api.tx.utility.batch([tx]),
		api.tx.utility.batchAll([tx, tx]),
		api.tx.utility.forceBatch([tx]),
		api.tx.proxy.proxy(victim.address, null, tx),
		api.tx.multisig.asMultiThreshold1(other, tx),
	]);
	const { carried } = await context.refusedOrPaid(attacker, direct.map((tx, i) => ({ tx, tip: tips[i % tips.length] })));
	assert.equal(carried.length, 0, 'a signed call of executors is refused, whatever wraps it');
	say('  behind a remark, the batch is an ordinary one, and pays');
	await context.refusedOrPaid(attacker, garbage.calls(api).map(tx => ({ tx: api.tx.utility.batch([remark, tx]), tip: 0n })));
	say('  calls of the system that need governance');
	const system = [
		api.tx.system.setCode('0x00'),
		api.tx.system.setCodeWithoutChecks('0x00'),
		api.tx.system.setHeapPages(1),
		api.tx.system.setStorage([['0x00', '0x00']]),
		api.tx.system.killStorage(['0x00']),
		api.tx.system.applyAuthorizedUpgrade('0x00'),
	];
	await context.refusedOrPaid(attacker, system.flatMap(tx => [tx, api.tx.utility.batch([tx])]).map(tx => ({ tx, tip: 0n })));
	say('  sixty at once');
	const sixty = Array.from({ length: 60 }, () => ({ tx: garbage.calls(api)[1], tip: 10n ** 11n }));
	await context.refusedOrPaid(attacker, sixty);
}

async function garbageUnsigned(context) {
	const { api, ledger } = context;
	const from = ledger.number;
	let sent = 0;
	for (let i = 0; i < 20; i++) {
		for (const tx of garbage.calls(api)) {
			for (const bytes of [garbage.general(api, tx), tx.toHex()]) {
				const reason = await refusal(() => submit(api, bytes));
				assert(reason, `the pool took an unsigned ${tx.method.section}.${tx.method.method}`);
				if (sent++ < 4) say(`  refused: ${reason}`);
			}
		}
	}
	await ledger.passBlocks(2);
	say(`  ${sent} sent, ${sent} refused, blocks ${from} to ${ledger.number}`);
	assert.deepEqual(ledger.unpaid(), []);
}

// What honest executors sent, once more: as it was, and changed.
async function replays(context) {
	const { api, ledger } = context;
	const provider = api._rpcCore.provider;
	await context.ordinary(1);
	const copies = [];
	for (let number = ledger.number; number > 0 && copies.length < 12; number--) {
		const hash = (await api.rpc.chain.getBlockHash(number)).toHex();
		const { block } = await provider.send('chain_getBlock', [hash]);
		// General transactions: only executors and validators send them.
		copies.push(...block.extrinsics.filter(bytes => compactStripLength(hexToU8a(bytes))[1][0] === 0x45));
	}
	assert(copies.length > 0, 'executors sent something');
	for (const bytes of copies) {
		const changed = hexToU8a(bytes);
		changed[changed.length - 1] ^= 1;
		const middle = hexToU8a(bytes);
		middle[Math.floor(middle.length / 2)] ^= 1;
		for (const copy of [bytes, u8aToHex(changed), u8aToHex(middle)]) {
			assert(await refusal(() => submit(api, copy)), 'the pool took a replay');
		}
	}
	await ledger.passBlocks(2);
	say(`  ${copies.length * 3} replays refused`);
}

// Operators pause, and stop serving, as soon as a request is fixed and before its committee is drawn.
async function pausing(context) {
	const { api, ledger, customer, pausing, honest } = context;
	const [first, second, third] = pausing;
	await Promise.all([customer, ...pausing].map(sender => sender.sync()));
	const from = ledger.number;
	await customer.push(context.request(), 10n * OPG);
	await first.push(api.tx.staking.pause('Executor'), OPG);
	await second.push(api.tx.staking.pause('Executor'), OPG);
	await third.push(api.tx.models.stopServing(MODEL), OPG);
	const [{ id }] = await ledger.until('the request is included', 60, () => {
		const found = ledger.since(from, customer.address);
		return found.length > 0 && found;
	});
	const request = await context.answered(id);
	const addresses = honest.map(({ address }) => address).sort();
	say(`  request ${id}: fixed in block ${request.blocks.Requested}, drawn in block ${request.blocks.Drawn}, attested in ${request.blocks.Attested}`);
	assert.equal(request.digest, context.right, `request ${id}: ${request.reason ?? 'a wrong answer'}`);
	assert.deepEqual([...request.drawn[0]].sort(), addresses, 'who paused or stopped is skipped, and the next in order sits');
	// A half of the stake rests now: that stops nobody else.
	await context.ordinary(2);
	await context.settled(id);
}

// Hash that a challenge carries instead of the digest that the challenger claims.
export function claimOf(api, challenger, request, digest, salt) {
	const domain = api.createType('Bytes', 'opg/claim/v2').toU8a();
	const value = u8aConcat(challenger.pair.publicKey, api.createType('u64', request).toU8a(), hexToU8a(digest), salt);
	return u8aToHex(blake2AsU8a(u8aConcat(domain, value)));
}

// Right answers are challenged: with a false claim that is revealed, and with one that never is.
async function falseChallenges(context) {
	const { ledger, challengers } = context;
	const from = ledger.losses.length;
	const ids = await context.ask(challengers.length);
	await Promise.all(challengers.map((challenger, i) => falseChallenge(context, ids[i], challenger, i === 0)));
	assert.deepEqual(ledger.losses.slice(from), [], 'no operator lost stake');
}

async function falseChallenge(context, id, challenger, reveals) {
	const { api } = context;
	const { digest } = await context.answered(id);
	const before = (await api.query.system.account(challenger.address)).data;
	const [salt, lie] = [randomAsU8a(32), u8aToHex(randomAsU8a(32))];
	const seed = (await api.query.inference.requests(id)).unwrap().seed.unwrap();
	await challenger.succeed(call(api.tx.inference.challenge, {
		request: id, seed, digest, claim: claimOf(api, challenger, id, lie, salt),
	}));
	const revealed = reveals && (await revealClaim(context, challenger, id, lie, salt));
	const request = await context.settled(id);
	const after = (await api.query.system.account(challenger.address)).data;
	const bond = request.lost.get(challenger.address) ?? 0n;
	say(`  request ${id}: claim ${revealed ? 'revealed' : 'not revealed'}, ${request.state}, bond of ${opg(bond)} lost`);
	assert.equal(reveals, Boolean(revealed), 'the claim can be revealed while the court does');
	assert(request.settled, `the right answer settles, and not: ${request.reason}`);
	assert.equal(request.digest, context.right);
	assert(bond > 0n && total(before) - total(after) >= bond, 'the bond is lost');
}

const total = ({ free, reserved }) => free.toBigInt() + reserved.toBigInt();

// Waits for the reveal phase of the court. Gives false if the request ended without one.
async function revealClaim({ api, ledger }, challenger, id, digest, salt) {
	for (;;) {
		const { settled, reason } = ledger.requests.get(id);
		if (settled || reason) return false;
		const found = await api.query.court.cases(id);
		if (found.isSome && found.unwrap().phase.isReveal) break;
		await sleep(200);
	}
	const tx = call(api.tx.inference.revealClaim, { request: id, digest, salt: u8aToHex(salt) });
	return !(await challenger.send(tx)).dispatchError;
}

// Blocks are filled with what pays large tips, while commitments and reveals are due.
async function fullBlocks(context, filler, perBlock) {
	const { ledger, attacker, customer } = context;
	await attacker.sync();
	const from = ledger.number;
	const refusals = new Set();
	let going = true;
	let sent = 0;
	// The pool always holds two blocks of them.
	const filling = (async () => {
		while (going) {
			const carried = context.paidBy(attacker, from).length;
			if (sent - carried >= 2 * perBlock) {
				await sleep(200);
				continue;
			}
			const reason = await refusal(() => attacker.push(filler(), OPG));
			if (!reason) {
				sent++;
				continue;
			}
			refusals.add(reason);
			await sleep(1_000);
			await attacker.sync();
		}
	})();
	await ledger.passBlocks(2);
	const ids = [];
	try {
		// The requests themselves pay more than the fillers: they are the bait.
		for (let i = 0; i < 6; i++) ids.push(...(await context.ask(1, 100n * OPG)));
		for (const id of ids) await context.answered(id);
	} finally {
		going = false;
		await filling;
	}
	const blocks = ledger.blocks.filter(({ number }) => number > from + 1);
	const filled = blocks.map(({ transactions }) => transactions.filter(t => t?.who === attacker.address).length);
	const fees = context.paidBy(attacker, from).reduce((sum, { fee }) => sum + fee, 0n);
	say(`  fillers per block: ${filled.join(' ')}; they paid ${opg(fees)}`);
	for (const reason of refusals) say(`  a filler was refused: ${reason}`);
	for (const id of ids) {
		const { digest, reason, blocks } = ledger.requests.get(id);
		say(`  request ${id}: ${digest ? `attested ${blocks.Attested - blocks.Requested} blocks after its inclusion` : reason}`);
		assert.equal(digest, context.right, `request ${id}: ${reason ?? 'a wrong answer'}`);
	}
	// What is left in the pool goes into blocks before anything else is played.
	await ledger.until('the fillers are gone', 120, () => context.paidBy(attacker, from).length >= sent);
	await customer.sync();
}

const fullByLength = context => {
	const data = u8aToHex(new Uint8Array(250_000));
	return fullBlocks(context, () => context.api.tx.system.remark(data), 15);
};

const fullByWeight = async context => {
	const { api, victim, attacker } = context;
	const transfer = api.tx.balances.transferKeepAlive(victim.address, 1);
	const filler = () => api.tx.utility.forceBatch(Array(500).fill(transfer));
	const { weight } = await filler().paymentInfo(attacker.address);
	const most = api.consts.system.blockWeights.perClass.normal.maxTotal.unwrap();
	const perBlock = Number(most.refTime.toBigInt() / weight.refTime.toBigInt()) + 1;
	return fullBlocks(context, filler, perBlock);
};

// Many requests at once.
async function burst(context, count) {
	const { api, ledger, customer } = context;
	const single = context.request();
	const weight = (await single.paymentInfo(customer.address)).weight.refTime.toBigInt();
	const limit = api.consts.system.blockWeights.perClass.normal.maxExtrinsic.unwrap().refTime.toBigInt();
	const size = Math.max(1, Math.min(100, Number(limit / (4n * weight))));
	const failedBefore = sum(ledger.itemsFailed);
	const lossesBefore = ledger.losses.length;
	await customer.sync();
	const from = ledger.number;
	for (let left = count; left > 0; left -= size) {
		await customer.push(api.tx.utility.forceBatch(Array(Math.min(size, left)).fill(single)));
	}
	say(`  ${count} requests handed in, ${size} in a transaction`);
	await ledger.until('all are in blocks', 120, () =>
		ledger.since(from).length + sum(ledger.itemsFailed) - failedBefore >= count);
	const requests = ledger.since(from);
	const perBlock = new Map();
	for (const { blocks } of requests) perBlock.set(blocks.Requested, (perBlock.get(blocks.Requested) ?? 0) + 1);
	say(`  ${requests.length} taken, in blocks ${[...perBlock].map(([block, number]) => `${block}: ${number}`).join(', ')}`);
	for (const [name, number] of ledger.itemsFailed) say(`  refused so far in this run: ${number} × ${name}`);
	await ledger.until('every one of them has ended', 200, () => requests.every(({ digest, reason }) => digest || reason));
	const attested = requests.filter(({ digest }) => digest);
	const reasons = new Map();
	for (const { reason } of requests) if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
	const last = Math.max(...attested.map(({ blocks }) => blocks.Attested));
	say(`  ${attested.length} attested, the last ${last - from} blocks after the first was sent; ${[...reasons].map(([reason, number]) => `${number} × ${reason}`).join(', ')}`);
	assert(attested.length > 0, 'some are attested');
	assert(attested.every(({ digest }) => digest === context.right), 'and rightly');
	const losses = ledger.losses.slice(lossesBefore);
	const lost = losses.reduce((sum, { amount }) => sum + amount, 0n);
	say(`  operators lost ${opg(lost)} in ${losses.length} fines`);
}

// Operators by the node that runs them: those of the second node, and of the third.
const SECOND = ['//Bob', '//Two'].map(path => account(path).address);
const [THIRD] = ['//Charlie'].map(path => account(path).address);
// Times that a sequence asks until a committee of three of six is as it needs it.
const TRIES = 8;

// Asks `count` times at once. Gives the number of the first request whose committee is as `fits` says.
async function askFor(context, count, fits) {
	const { ledger } = context;
	const ids = await context.ask(count);
	const requests = await ledger.until('all are drawn', 60, () => {
		const requests = ids.map(id => ledger.requests.get(id));
		return requests.every(({ drawn, reason }) => drawn.length > 0 || reason) && requests;
	});
	return requests.find(({ drawn }) => drawn.length > 0 && fits(drawn[0]))?.id;
}

// A node is killed between commitment and reveal. The second node stands still meanwhile, so that the
// round waits for its commitment.
async function killed(context) {
	const { ledger, network } = context;
	const losses = ledger.losses.length;
	let id, restart;
	for (let i = 0; id === undefined && i < TRIES; i++) {
		network.freeze(2);
		try {
			id = await askFor(context, 6, drawn => drawn.includes(THIRD) && drawn.some(who => SECOND.includes(who)));
			if (id !== undefined) {
				await ledger.until('the third node has committed', 30, () => ledger.step(id, 'Committed', THIRD));
				restart = await network.kill(3);
			}
		} finally {
			network.thaw(2);
		}
	}
	assert(restart, 'a committee has an executor of the third node, and one of the second');
	assert.equal(ledger.step(id, 'Revealed', THIRD), undefined, 'it was killed before it revealed');
	await restart();
	const { digest, reason, drawn, blocks } = await context.answered(id);
	const [committed, revealed] = ['Committed', 'Revealed'].map(step => ledger.step(id, step, THIRD));
	say(`  request ${id}: drawn in block ${blocks.Drawn}, the killed node committed in ${committed}, and revealed in ${revealed}`);
	assert.equal(digest, context.right, `request ${id}: ${reason ?? 'a wrong answer'}`);
	assert.equal(drawn.length, 1, 'the first committee answers');
	assert(revealed > committed, 'the killed node reveals after its restart');
	const own = ledger.losses.slice(losses).filter(({ operator }) => operator === THIRD);
	assert.deepEqual(own, [], 'it lost no stake');
	await context.ordinary(2);
}

// The second node has lost the model file: it declines its seats, and others take them.
async function declined(context) {
	const { ledger, network } = context;
	const losses = ledger.losses.length;
	const restart = await network.kill(2);
	network.removeModels(2);
	await restart();
	// It finds its peers and the best block.
	await ledger.passBlocks(3);
	let id;
	try {
		for (let i = 0; id === undefined && i < TRIES; i++) {
			id = await askFor(context, 1, drawn => SECOND.some(who => drawn.includes(who)));
		}
		await context.answered(id);
	} finally {
		const again = await network.kill(2);
		network.addModel(2);
		await again();
	}
	const { digest, reason, drawn, blocks } = ledger.requests.get(id);
	const members = SECOND.filter(who => drawn[0].includes(who));
	const answered = [...ledger.steps.get(id).keys()].filter(key => key.startsWith('Revealed'));
	say(`  request ${id}: ${members.length} of ${drawn[0].length} declined, ${answered.length} answered, attested ${blocks.Attested - blocks.Requested} blocks after its inclusion`);
	assert.equal(digest, context.right, `request ${id}: ${reason ?? 'a wrong answer'}`);
	assert(members.every(who => ledger.step(id, 'Declined', who)), 'they declined');
	assert.equal(answered.length, drawn[0].length, 'as many others sat in their place');
	const own = ledger.losses.slice(losses).filter(({ operator }) => SECOND.includes(operator));
	assert.deepEqual(own, [], 'nobody lost stake');
	await context.ordinary(2);
}

const sum = map => [...map.values()].reduce((sum, value) => sum + value, 0);

// In this order. Those who pause rest from then on. The bursts are last: what they leave must not
// hide what comes after.
export const SEQUENCES = [
	{ name: 'garbage_signed', early: true, expected: 'refused by the pool, or paid by its weight', run: garbageSigned },
	{ name: 'garbage_unsigned', early: true, expected: 'refused by the pool', run: garbageUnsigned },
	{ name: 'replays', expected: 'refused by the pool', run: replays },
	{ name: 'false_challenges', expected: 'the right answer settles, the challenger loses its bond', run: falseChallenges },
	{ name: 'killed', expected: 'a node that is killed after its commitment reveals after its restart', run: killed },
	{ name: 'declined', expected: 'who declines in time is replaced, and nobody pays', run: declined },
	{ name: 'full_by_length', expected: 'commitments and reveals come first: every request is attested', run: fullByLength },
	{ name: 'full_by_weight', expected: 'commitments and reveals come first: every request is attested', run: fullByWeight },
	{ name: 'pausing', expected: 'who pauses is skipped, and nobody else is affected', run: pausing },
	{ name: 'burst_600', expected: 'late or refused, and nobody loses more than the capped fine', run: context => burst(context, 600) },
	{ name: 'burst_3000', expected: 'late or refused, and nobody loses more than the capped fine', run: context => burst(context, 3000) },
	{ name: 'ordinary', expected: 'ordinary requests are attested as before', run: context => context.ordinary(5) },
];

// Staking with nothing but polkadot.js: looks at the pools, delegates, earns, takes out, waits,
// withdraws. Every figure is read from the chain, and the balance must add up to the planck.
import { ApiPromise, Keyring, WsProvider, packageInfo } from '@polkadot/api';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from './node.mjs';

const OPG = 10n ** 18n;
const AMOUNT = 100n * OPG;
const WATCHED_BLOCKS = 10;
const PROGRESS_BLOCKS = 20;
const STALL_SECONDS = 60;
const SEND_SECONDS = 90;

const started = Date.now();
const say = text => {
	const seconds = Math.round((Date.now() - started) / 1000);
	console.log(`${String(seconds).padStart(4)} s  ${text}`);
};
// Twelve decimals: what a share earns in a block is far behind the point.
const opg = planck => {
	const digits = String(planck < 0n ? -planck : planck).padStart(19, '0');
	return `${planck < 0n ? '-' : ''}${digits.slice(0, -18)}.${digits.slice(-18, -6)} OPG`;
};

const keyring = new Keyring({ type: 'sr25519' });
const ferdie = keyring.addFromUri('//Ferdie');
const alice = keyring.addFromUri('//Alice').address;
const bob = keyring.addFromUri('//Bob').address;
const role = 'Validator';
const pool = { operator: alice, role };

let api, node;
let fees = 0n;

const head = async () => (await api.rpc.chain.getHeader()).number.toNumber();
const at = async number => api.at(await api.rpc.chain.getBlockHash(number));
// Unbonding counts the clock of the chain, which stands still in full blocks.
const clock = async state => (await state.query.clock.now()).toNumber();
const free = async state => (await state.query.system.account(ferdie.address)).data.free.toBigInt();

// Call `onBlock` with every new height until it is `target`.
async function until(target, onBlock = () => {}) {
	for (let last = -1, changed = Date.now(); ; await sleep(500)) {
		assert(node.running, 'the node stopped');
		const number = await head();
		if (number > last) {
			onBlock(number);
			[last, changed] = [number, Date.now()];
		}
		if (number >= target) return;
		assert(Date.now() - changed < STALL_SECONDS * 1000, `no block after ${number} in ${STALL_SECONDS} s`);
	}
}

// Sign as Ferdie, send, wait until it is final. Adds up the fees.
async function send(tx) {
	const estimate = (await tx.paymentInfo(ferdie)).partialFee.toBigInt();
	const result = await new Promise((resolve, reject) => {
		const late = setTimeout(() => reject(new Error(`not final after ${SEND_SECONDS} s`)), SEND_SECONDS * 1000);
		tx.signAndSend(ferdie, result => {
			if (!result.isError && !result.status.isFinalized) return;
			clearTimeout(late);
			result.isError ? reject(new Error(`the pool says ${result.status.type}`)) : resolve(result);
		}).catch(reject);
	});
	const fee = find(result, api.events.transactionPayment.TransactionFeePaid).actualFee.toBigInt();
	assert(fee <= estimate, `the fee ${fee} is more than the ${estimate} that was announced`);
	fees += fee;
	const number = result.blockNumber.toNumber();
	say(`${tx.method.section}.${tx.method.method}: block ${number}, fee ${opg(fee)}`);
	return { ...result, number };
}

const find = (result, type) => {
	const record = result.events.find(({ event }) => type.is(event));
	assert(record, `no event ${type.meta?.name ?? ''} among ${result.events.map(({ event }) => event.method)}`);
	return record.event.data;
};

// Send what must fail; print the error as polkadot.js shows it.
async function refused(tx, name) {
	const { dispatchError } = await send(tx);
	assert(dispatchError?.isModule, `${name} was expected, got ${dispatchError ?? 'success'}`);
	const error = api.registry.findMetaError(dispatchError.asModule);
	say(`  refused: ${error.section}.${error.name}: ${error.docs.join(' ')}`);
	assert.equal(`${error.section}.${error.name}`, `staking.${name}`);
	assert(error.docs.join('').length > 0, `${name} has no docs`);
}

async function accepted(tx) {
	const result = await send(tx);
	assert(!result.dispatchError, `failed: ${result.dispatchError}`);
	return result;
}

// Ferdie's shares, and Alice's pool, in a state.
async function position(state) {
	const [entry, holding] = await Promise.all([
		state.query.staking.pools(role, alice),
		state.query.staking.holdings(pool, ferdie.address),
	]);
	const { balance, shares, generation } = entry.unwrap().active;
	assert(holding.generation.eq(generation) || holding.shares.isZero(), 'the shares are void');
	const own = holding.shares.toBigInt();
	const [inPool, all] = [balance.toBigInt(), shares.toBigInt()];
	return { own, inPool, all, worth: (own * inPool) / all };
}

async function properties() {
	say(`${await api.rpc.system.chain()}, ${api.runtimeVersion.specName} ${api.runtimeVersion.specVersion}`);
	const { tokenSymbol, tokenDecimals, ss58Format } = await api.rpc.system.properties();
	say(`token ${tokenSymbol}, decimals ${tokenDecimals}, address format ${ss58Format}`);
	assert.deepEqual(tokenSymbol.unwrap().map(String), ['OPG']);
	assert.deepEqual(tokenDecimals.unwrap().map(Number), [18]);
	assert.equal(api.createType('Balance', AMOUNT).toHuman(), '100.0000 OPG');

	const without = [];
	let documented = 0;
	for (const kind of ['tx', 'events', 'errors', 'query', 'consts']) {
		for (const [name, item] of Object.entries(api[kind].staking)) {
			const docs = (item.meta ?? item.creator?.meta)?.docs.join('') ?? '';
			docs ? documented++ : without.push(`${kind}.staking.${name}`);
		}
	}
	say(`docs: ${documented} calls, events, errors, storage items and constants of staking`);
	say(`  delegate: ${api.tx.staking.delegate.meta.docs[0].toString().trim()}`);
	assert.deepEqual(without, []);
	assert.deepEqual(api.tx.staking.delegate.meta.args.map(({ name }) => `${name}`), ['operator', 'role', 'amount']);
}

async function pools() {
	const entries = await api.query.staking.pools.entries();
	for (const [{ args: [of, operator] }, entry] of entries) {
		const { active, commission, status } = entry.unwrap();
		const stake = opg(active.balance.toBigInt());
		say(`pool ${of.type.padEnd(9)} of ${operator}: ${stake}, commission ${commission.toHuman()}, ${status.type}`);
	}
	assert(entries.some(([{ args: [of, operator] }]) => of.isValidator && operator.eq(alice)));
}

async function watch(from) {
	let last = await position(await at(from));
	for (let number = from + 1; number <= from + WATCHED_BLOCKS; number++) {
		await until(number);
		const state = await at(number);
		const now = await position(state);
		const rewards = (await state.query.system.events())
			.map(({ event }) => event)
			.filter(event => api.events.staking.Rewarded.is(event))
			.map(({ data }) => data)
			.filter(data => data.operator.eq(alice) && data.role.isValidator)
			.reduce((sum, { amount }) => sum + amount.toBigInt(), 0n);
		say(`block ${number}: pool +${opg(rewards)}, shares worth ${opg(now.worth)} (+${opg(now.worth - last.worth)})`);
		assert(rewards > 0n, 'the author was not paid');
		assert.equal(now.inPool - last.inPool, rewards);
		const due = (rewards * now.own) / now.all;
		assert(now.worth - last.worth - due >= 0n && now.worth - last.worth - due <= 1n, `due: ${due}`);
		last = now;
	}
}

async function main() {
	node = await startNode(process.env.OPG_NODE);
	say(`@polkadot/api ${packageInfo.version}, Node.js ${process.version}, node ${node.url}`);
	api = await ApiPromise.create({ provider: new WsProvider(node.url), throwOnConnect: true });
	await until(2);
	await properties();
	await pools();

	const before = await free(await at(await head()));
	say(`Ferdie has ${opg(before)}`);
	const minimum = api.consts.staking.minDelegation.toBigInt();
	await refused(api.tx.staking.delegate(alice, role, minimum - 1n), 'DelegationTooSmall');
	await refused(api.tx.staking.delegate(bob, role, AMOUNT), 'UnknownPool');
	await refused(api.tx.staking.undelegate(alice, role, AMOUNT), 'NothingDelegated');

	const delegated = await accepted(api.tx.staking.delegate(alice, role, AMOUNT));
	const { amount, shares } = find(delegated, api.events.staking.Delegated);
	say(`  ${opg(amount.toBigInt())} for ${shares} shares`);
	assert.equal(amount.toBigInt(), AMOUNT);
	await watch(delegated.number);

	// What is left above 100 OPG is less than can stay, so all goes out.
	const held = await position(await at(await head()));
	const taken = await accepted(api.tx.staking.undelegate(alice, role, AMOUNT));
	const out = find(taken, api.events.staking.Undelegated);
	const paid = out.amount.toBigInt();
	const unlockAt = out.unlockAt.toNumber();
	say(`  ${opg(paid)}, unlocked when the clock is at ${unlockAt}`);
	const then = await clock(await at(taken.number - 1));
	assert.equal(unlockAt - then, api.consts.staking.unbondingBlocks.toNumber());
	const after = await position(await at(taken.number));
	assert.equal(paid, (held.own * (after.inPool + paid)) / (after.all + held.own));
	assert(paid >= held.worth && paid > AMOUNT);

	const withdraw = api.tx.staking.withdraw(alice, role, ferdie.address);
	await refused(withdraw, 'NotUnlocked');
	const spent = await free(await at(await head()));

	const seconds = api.consts.babe.expectedBlockTime.toNumber() / 1000;
	let next = 0;
	for (let now; (now = await clock(await at(await head()))) < unlockAt; ) {
		const number = await head();
		if (number >= next) {
			const left = unlockAt - now;
			say(`block ${number}: ${left} blocks (${((left * seconds) / 60).toFixed(1)} min) until it unlocks`);
			next = number + PROGRESS_BLOCKS;
		}
		await until(number + 1);
	}
	const done = await accepted(withdraw);
	assert(done.number >= unlockAt, `paid in block ${done.number}`);
	const withdrawn = find(done, api.events.staking.Withdrawn).amount.toBigInt();
	say(`  ${opg(withdrawn)}`);
	assert.equal(withdrawn, paid, 'stake on its way out neither earns nor loses');

	const end = await at(done.number);
	const total = await free(end);
	say(`Ferdie has ${opg(total)}`);
	say(`Ferdie's balance while it waited and withdrew: +${opg(total - spent)}`);
	say(`rewards ${opg(withdrawn - AMOUNT)} - fees ${opg(fees)} = ${opg(total - before)}`);
	assert(total - spent > AMOUNT - fees);
	assert.equal(total - before, withdrawn - AMOUNT - fees);
	const [holding, unbonding, delegations] = await Promise.all([
		end.query.staking.holdings.size(pool, ferdie.address),
		end.query.staking.unbonding(pool, ferdie.address),
		end.query.staking.delegations(ferdie.address),
	]);
	assert.deepEqual([holding.toNumber(), unbonding.length, delegations.length], [0, 0, 0], 'nothing is left in the pool');
}

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) {
	process.once(signal, () => process.exit(status));
}
let passed = 0;
try {
	await main();
	passed = 1;
} catch (error) {
	console.error(error);
	if (node) console.error(`--- last lines of the node\n${node.tail()}`);
} finally {
	await api?.disconnect();
	await node?.stop();
}
console.log(`RESULT polkadot_js_staking ${passed}`);
process.exitCode = 1 - passed;

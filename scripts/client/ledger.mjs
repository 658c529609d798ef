// Follows every block: what was paid for it, what became of requests, what operators lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { errorName, OPG, seconds } from './api.mjs';

const STALL_SECONDS = 90;
// The fee of a picosecond of weight at the smallest multiplier, in planck.
const LEAST_FEE = 10n ** 6n;
// Events of staking that tell a loss of an executor: for silence, and for a wrong answer.
const LOSSES = ['Slashed', 'Convicted'];

export class Ledger {
	// `finalized`: follows finalized blocks alone, and waits for its node where that is away.
	constructor(api, url, { finalized = false, stallSeconds = STALL_SECONDS } = {}) {
		Object.assign(this, { api, url, finalized, stallSeconds, number: 0, session: 0 });
		// What became of each request, by its number.
		this.requests = new Map();
		this.steps = new Map();
		// { block, session, operator, amount, event }
		this.losses = [];
		// Executor stake at the start of each session: session -> operator -> planck.
		this.stakes = new Map();
		this.blocks = [];
		this.itemsFailed = new Map();
	}

	// Follows the chain until `stop` is called.
	start() {
		this.loop = this.follow().catch(error => (this.failed = error));
		return this;
	}

	async stop() {
		this.stopping = true;
		await this.loop;
	}

	async follow() {
		for (let changed = Date.now(); !this.stopping; ) {
			const from = this.number;
			try {
				const head = this.finalized && !this.api.isConnected ? this.number : await this.head();
				while (this.number < head) await this.take(this.number + 1);
			} catch (error) {
				if (!this.finalized) throw error;
				this.trouble = error;
			}
			if (this.number > from) changed = Date.now();
			else if (Date.now() - changed > this.stallSeconds * 1000) {
				throw new Error(`no block after ${from} in ${this.stallSeconds} s`, { cause: this.trouble });
			} else await sleep(300);
		}
	}

	async head() {
		const { chain } = this.api.rpc;
		const header = this.finalized ? await chain.getHeader(await chain.getFinalizedHead()) : await chain.getHeader();
		return header.number.toNumber();
	}

	async take(number) {
		const hash = await this.api.rpc.chain.getBlockHash(number);
		const state = await this.api.at(hash);
		const [records, index, weight, time] = await Promise.all([
			state.query.system.events(),
			state.query.session.currentIndex(),
			state.query.system.blockWeight(),
			state.query.timestamp.now(),
		]);
		this.session = index.toNumber();
		if (!this.stakes.has(this.session)) this.stakes.set(this.session, await this.executorStakes(state));
		const block = {
			number,
			session: this.session,
			at: seconds(),
			// Begin of its slot, in milliseconds.
			time: time.toNumber(),
			normal: weight.normal.refTime.toBigInt(),
			operational: weight.operational.refTime.toBigInt(),
			transactions: [],
			itemsFailed: [],
		};
		for (const { phase, event } of records) {
			if (phase.isApplyExtrinsic) this.transaction(block, phase.asApplyExtrinsic.toNumber(), event);
			if (event.section === 'inference') this.inference(number, event);
			if (event.section === 'attestation') this.attestation(number, event);
			if (event.section === 'staking') this.staking(number, event);
			if (event.section === 'utility' && event.method === 'ItemFailed') {
				const name = errorName(this.api, event.data[0]);
				this.itemsFailed.set(name, (this.itemsFailed.get(name) ?? 0) + 1);
				block.itemsFailed.push(name);
			}
		}
		this.blocks.push(block);
		this.number = number;
	}

	async executorStakes(state) {
		const entries = await state.query.staking.pools.entries();
		return new Map(entries
			.filter(([{ args: [role] }]) => role.isExecutor)
			.map(([{ args: [, operator] }, pool]) => [`${operator}`, pool.unwrap().active.balance.toBigInt()]));
	}

	transaction(block, index, event) {
		const transaction = (block.transactions[index] ??= { fee: undefined, tip: 0n });
		if (event.section === 'transactionPayment' && event.method === 'TransactionFeePaid') {
			transaction.who = `${event.data.who}`;
			transaction.fee = event.data.actualFee.toBigInt();
			transaction.tip = event.data.tip.toBigInt();
		}
		if (event.section === 'system' && /^Extrinsic(Success|Failed)$/.test(event.method)) {
			const info = event.data.dispatchInfo;
			transaction.success = event.method === 'ExtrinsicSuccess';
			transaction.class = info.class.type;
			transaction.weight = info.weight.refTime.toBigInt();
			if (!transaction.success) transaction.error = errorName(this.api, event.data.dispatchError);
		}
	}

	inference(number, { method, data }) {
		if (data.request === undefined) return;
		const id = data.request.toNumber();
		const request = this.requests.get(id) ?? { id, drawn: [], replacing: [], blocks: {}, seen: {}, lost: new Map() };
		this.requests.set(id, request);
		request.blocks[method] ??= number;
		request.seen[method] ??= Date.now();
		if (method === 'ChallengeLost') request.lost.set(`${data.challenger}`, data.bond.toBigInt());
		request.state = method;
		if (data.committee) request.drawn.push([...data.committee].map(String));
		if (method === 'Replaced') request.replacing.push(`${data.executor}`);
		if (data.requester) request.requester = `${data.requester}`;
		if (data.reference) request.reference = data.reference.toHex();
		if (method === 'Attested') request.digest = data.digest.toHex();
		if (method === 'Settled') request.settled = true;
		if (method === 'Failed') request.reason = data.reason.toString();
	}

	// Blocks of what executors did in each request: request -> method and operator -> block.
	attestation(number, { method, data }) {
		const id = data.request.toNumber();
		const steps = this.steps.get(id) ?? new Map();
		this.steps.set(id, steps);
		const key = `${method} ${data.executor}`;
		if (!steps.has(key)) steps.set(key, number);
	}

	// Block of the first such step of an operator, if there is one.
	step(id, method, operator) {
		return this.steps.get(id)?.get(`${method} ${operator}`);
	}

	// Seats of a request that has ended whose executor neither answered nor declined. Where nobody revealed,
	// the round ended before.
	silentSeats({ id, drawn, replacing }) {
		const seats = [...new Set([...drawn.flat(), ...replacing])];
		const revealed = seats.some(who => this.step(id, 'Revealed', who));
		return seats.filter(who =>
			!this.step(id, 'Declined', who) && !this.step(id, revealed ? 'Revealed' : 'Committed', who));
	}

	// The block of this number. The first has the number 1.
	block(number) {
		return this.blocks[number - 1];
	}

	staking(number, { method, data }) {
		if (!LOSSES.includes(method) || data.role?.isValidator) return;
		const amount = data.amount.toBigInt();
		this.losses.push({ block: number, session: this.session, operator: `${data.operator}`, amount, event: method });
	}

	// Waits until `predicate` gives something true, and gives that.
	async until(what, limit, predicate) {
		for (const end = Date.now() + limit * 1000; ; await sleep(500)) {
			if (this.failed) throw this.failed;
			const result = predicate();
			if (result) return result;
			if (Date.now() > end) throw new Error(`${what}: not after ${limit} s`);
		}
	}

	async passBlocks(count) {
		const target = this.number + count;
		await this.until(`block ${target}`, 60 + count * 10, () => this.number >= target);
	}

	// Requests that were included after block `from`.
	since(from, requester) {
		return [...this.requests.values()].filter(({ blocks, requester: who }) =>
			blocks.Requested > from && (!requester || !who || who === requester));
	}

	// Transactions that a block carried for nothing: free and failed, or cheaper than their weight.
	unpaid() {
		const wrong = [];
		for (const { number, transactions } of this.blocks) {
			for (const transaction of transactions.filter(Boolean)) {
				const { fee, success, weight, class: group } = transaction;
				if (group === 'Mandatory' || success === undefined) continue;
				const free = fee === undefined || fee === 0n;
				const bad = free ? !success || group !== 'Operational' : fee < weight * LEAST_FEE;
				if (bad) wrong.push({ number, ...transaction });
			}
		}
		return wrong;
	}

	// Largest part of its stake that each operator lost in a session, in millionths.
	worstLosses(operators) {
		const sums = new Map();
		for (const { session, operator, amount } of this.losses) {
			if (!operators.includes(operator)) continue;
			const key = `${session} ${operator}`;
			sums.set(key, (sums.get(key) ?? 0n) + amount);
		}
		return [...sums].map(([key, lost]) => {
			const [session, operator] = key.split(' ');
			const stake = this.stakes.get(Number(session))?.get(operator) ?? OPG;
			return { session: Number(session), operator, lost, millionths: Number((lost * 1_000_000n) / (stake || 1n)) };
		});
	}
}

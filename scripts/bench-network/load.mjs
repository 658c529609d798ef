// Requests of one client at a given rate, and what became of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { refusal, requestTx } from '../client/api.mjs';

const TICK_MILLIS = 20;
// Transactions that the pool has not confirmed yet.
const MAX_IN_FLIGHT = 256;
// A client that is later than this with its transactions does not have the rate that it is to have.
const MAX_LATE_SECONDS = 2;
// Enough for a first committee, a larger one, the challenge window, an audit, and the court.
const END_SECONDS = 300;

export class Load {
	// `inputs` and `tiers`: taken in turns. `batch`: requests in a transaction.
	constructor({ api, ledger }, sender, inputs, batch, tiers = ['Quorum']) {
		Object.assign(this, { api, ledger, sender, inputs, batch, tiers });
		// By reference, which is the number of the request in this run.
		this.sent = [];
		this.inFlight = 0;
		this.poolRefusals = new Map();
	}

	// Sends at `rate` requests per second. Ends early when `isOver` gives a cause, which it is asked for
	// each second.
	async send(rate, seconds, isOver = () => undefined) {
		const { ledger, sent, batch } = this;
		const first = { block: ledger.number, client: process.cpuUsage(), index: sent.length };
		const level = { rate };
		const began = performance.now();
		let [elapsed, asked, transactions] = [0, 0, 0];
		while (elapsed < seconds && !level.cause) {
			await sleep(TICK_MILLIS);
			if (this.failed) throw this.failed;
			elapsed = (performance.now() - began) / 1_000;
			if (this.hasGap && this.inFlight === 0) {
				await this.sender.sync();
				this.hasGap = false;
			}
			const due = Math.floor(elapsed * rate / batch);
			while (transactions < due && this.inFlight < MAX_IN_FLIGHT && !this.hasGap) {
				this.push();
				transactions++;
			}
			if (due - transactions > MAX_LATE_SECONDS * rate / batch) level.cause = 'the client is too slow';
			if (elapsed - asked < 1) continue;
			asked = elapsed;
			level.cause ??= isOver();
		}
		const client = process.cpuUsage(first.client);
		return Object.assign(level, {
			seconds: elapsed,
			from: first.index,
			to: sent.length,
			blocks: [first.block, ledger.number],
			client: (client.user + client.system) / 1e6 / elapsed,
		});
	}

	// Hands one transaction to the pool, and does not wait for it.
	push() {
		const { api, inputs, tiers, sent, batch } = this;
		const requests = Array.from({ length: batch }, () => {
			const index = sent.length;
			sent.push(Date.now());
			const tier = tiers[index % tiers.length];
			return requestTx(api, inputs[index % inputs.length].hex, { tier, reference: reference(index) });
		});
		this.inFlight++;
		refusal(() => this.sender.push(batch === 1 ? requests[0] : api.tx.utility.forceBatch(requests)))
			.then(reason => {
				if (!reason) return;
				this.poolRefusals.set(reason, (this.poolRefusals.get(reason) ?? 0) + 1);
				// Those with later nonces wait in the pool until the missing one is sent.
				this.hasGap = true;
			})
			.catch(error => (this.failed = error))
			.finally(() => this.inFlight--);
	}

	// Requests of a level that were taken.
	taken({ from, to }) {
		return [...this.ledger.requests.values()].filter(({ reference: given }) => {
			const index = given === undefined ? -1 : Number(BigInt(given)) - 1;
			return index >= from && index < to;
		});
	}

	// What was refused in blocks after `from`, by the name of the error.
	refused([from, to = Infinity]) {
		const names = new Map();
		const count = name => names.set(name, (names.get(name) ?? 0) + 1);
		for (const { number, transactions, itemsFailed } of this.ledger.blocks.slice(from)) {
			if (number > to) break;
			itemsFailed.forEach(count);
			for (const transaction of transactions) {
				if (transaction?.who === this.sender.address && transaction.error) count(transaction.error);
			}
		}
		return names;
	}

	// Requests that have no answer yet.
	open() {
		return [...this.ledger.requests.values()].filter(({ digest, reason }) => !digest && !reason).length;
	}

	// Waits until all that was sent is in blocks, and `ended` for each request.
	async drain(what, ended) {
		const { api, ledger, sender } = this;
		const address = sender.address;
		const next = await api.rpc.system.accountNextIndex(address);
		const end = Date.now() + END_SECONDS * 1_000;
		while ((await api.query.system.account(address)).nonce.lt(next)) {
			if (Date.now() > end) throw new Error(`the pool is not empty after ${END_SECONDS} s`);
			await sleep(1_000);
		}
		const head = (await api.rpc.chain.getHeader()).number.toNumber();
		await ledger.until(what, END_SECONDS, () => ledger.number >= head && [...ledger.requests.values()].every(ended));
	}

	// What became of the requests of a level, all of which have an answer or none.
	outcome(level) {
		const { ledger, sent } = this;
		const requests = this.taken(level);
		const attested = requests.filter(({ digest }) => digest);
		const blocks = ({ blocks: { Requested, Attested } }) => [Requested, Attested].map(number => ledger.block(number));
		return {
			...level,
			sent: level.to - level.from,
			taken: requests.length,
			attested: attested.length,
			perSecond: attested.length / level.seconds,
			// Where the first committee did not answer.
			escalated: requests.filter(({ blocks }) => blocks.Escalated).length,
			silent: requests.flatMap(request => ledger.silentSeats(request)).length,
			fines: ledger.losses.filter(({ block }) => block > level.blocks[0] && block <= level.blocks[1]).length,
			inBlocks: distribution(attested.map(({ blocks: { Requested, Attested } }) => Attested - Requested)),
			inSeconds: distribution(attested.map(request => {
				const [from, to] = blocks(request);
				return (to.time - from.time) / 1_000;
			})),
			// As the client sees it: from handing in to the block with the answer.
			forClient: distribution(attested.map(({ reference: given, seen }) =>
				(seen.Attested - sent[Number(BigInt(given)) - 1]) / 1_000)),
		};
	}
}

// From 1 on, because 0 means that there is none.
const reference = index => `0x${(index + 1).toString(16).padStart(64, '0')}`;

// The median, high percentiles and the largest of some numbers.
function distribution(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const at = share => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
	return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) ?? NaN };
}

// What all faults use: a network whose executors serve the sample model, requests, and what must hold
// after each fault.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { account, connect, hexToU8a, MODEL, opg, requestTx, say, Sender, until } from '../scripts/client/api.mjs';
import { MODEL_FILE } from '../scripts/client/network.mjs';

export { until };

const OWNER = '//Eve//stash';
const CUSTOMER = '//Ferdie//stash';
// Enough for a transaction on a busy machine.
const SEND_SECONDS = 60;
// Two sessions of a minute, and some more.
const ELIGIBLE_SECONDS = 300;
// Enough for a committee, a larger one, and the return of finality.
const ANSWER_SECONDS = 240;
// Enough for the window of challenges besides, and a court.
const END_SECONDS = 400;
// Enough for a node to start, to find its peers, and to fetch what it missed.
const SYNC_SECONDS = 120;
// Requests after which a committee has who is wanted.
const TRIES = 8;
// Largest loss of a pool for being late, per session, in millionths of its stake.
const MAX_FINE = 3_000;
// Most that a block issues, in planck.
const MAX_REWARD = 2n * 10n ** 18n;

export class Context {
	constructor(api, ledger, net) {
		Object.assign(this, { api, ledger, net });
		this.customer = new Sender(api, account(CUSTOMER));
		this.commands = 0;
	}

	// Connects anew: then the client has the types of the runtime as it is now.
	async reconnect() {
		const before = this.api;
		const api = await connect(this.ledger.url);
		for (const user of [this, this.ledger, this.customer]) user.api = api;
		await before.disconnect();
	}

	operators(...names) {
		return names.flatMap(name => this.net.operators(name)).map(path => account(path).address);
	}

	// Runs a command of the client.
	async opg(...args) {
		const name = `opg-${this.commands++}`;
		const command = this.net.run(name, process.env.OPG_CLI, [...args, '--url', this.ledger.url]);
		if ((await command.exited) === 0) return;
		throw new Error(`opg ${args.join(' ')}: ${readFileSync(command.log, 'utf8').trim()}`);
	}

	// Puts a model into every store, registers it, and lets every executor serve it. Gives its number. Who
	// serves is drawn two sessions later.
	async publish(file, name, ...limits) {
		for (const node of this.net.names) this.net.store(node, 'models', 'add', file);
		const model = await this.register(file, name, OWNER, ...limits);
		await this.serve(model, file);
		return model;
	}

	// Registers a model. Gives its number, once no fork can take it back.
	async register(file, name, owner, ...options) {
		const next = async state => (await state.query.models.nextModelId()).toNumber();
		const model = await next(this.api);
		await this.opg('model', 'register', file, '--name', name, '--suri', owner, ...options);
		await until(`${name} is registered`, SEND_SECONDS, async () =>
			(await next(await this.api.at(await this.api.rpc.chain.getFinalizedHead()))) > model);
		return model;
	}

	// Lets every executor serve a model whose file is in every store.
	async serve(model, file, ...options) {
		const serve = uri => this.opg('model', 'serve', `${model}`, file, '--suri', uri, ...options);
		await Promise.all(this.executors().map(serve));
	}

	// Secret URIs of the hot keys of all nodes.
	executors() {
		return this.net.names.flatMap(name => this.net.operators(name));
	}

	// Registers the model, lets every executor serve it, and checks the first answer on this machine.
	// What takes sessions for one of the faults begins here too.
	async prepare(faults = []) {
		// Until all nodes have found each other, there are forks.
		await this.ledger.passBlocks(2);
		const uris = this.executors();
		assert.equal(await this.register(MODEL_FILE, 'digits', OWNER), MODEL);
		await this.serve(MODEL, MODEL_FILE);
		const tensors = join(this.net.directory, 'seven.json');
		await this.opg('demo', 'input', '--digit', '7', '--output', tensors);
		for (const { before } of faults) await before?.(this);
		await this.eligible(MODEL, uris.length);
		await until('the first request is taken', SEND_SECONDS, async () => {
			const sent = this.net.run('opg', process.env.OPG_CLI, [
				'request', 'send', `${MODEL}`, '--tensors', tensors, '--suri', CUSTOMER, '--url', this.ledger.url,
			]);
			return (await sent.exited) === 0;
		});
		this.input = (await this.api.query.inference.inputs(0)).unwrap().toHex();
		this.right = (await this.answered(0)).digest;
		await this.opg('request', 'rerun', '0', '--model', MODEL_FILE);
		this.operatorsAtFirst = uris.map(uri => account(uri).address);
		this.start = await this.money();
	}

	// Waits until so many executors can be drawn for a model.
	async eligible(model, count = this.executors().length, seconds = ELIGIBLE_SECONDS) {
		const argument = this.api.createType('u32', model).toHex(true);
		await until('all executors can be drawn', seconds, async () => {
			const result = await this.net.rpc(this.net.names[0], 'state_call', ['OpgApi_eligible_executors', argument]);
			return hexToU8a(result)[0] === count;
		});
	}

	// Sends requests and gives their numbers, once they are in the best chain. Nobody else sends any.
	async ask(count = 1, changes = {}) {
		return this.push(Array.from({ length: count }, () => requestTx(this.api, this.input, changes)));
	}

	// Sends requests, as transactions. Gives their numbers as `ask` does.
	async push(transactions) {
		const count = transactions.length;
		const next = async () => (await this.api.query.inference.nextRequestId()).toNumber();
		const from = await next();
		await this.customer.sync();
		for (const transaction of transactions) await this.customer.push(transaction);
		await until(`${count} requests are in blocks`, SEND_SECONDS, async () => (await next()) >= from + count);
		return Array.from({ length: count }, (_, i) => from + i);
	}

	// The round of a request at the best block, once it is drawn: seats as operator and state.
	async round(id) {
		const found = await this.api.query.attestation.rounds(id);
		if (found.isNone) return undefined;
		return found.unwrap().seats.map(seat => ({ who: `${seat.executor}`, state: seat.state.type }));
	}

	// Asks until a committee fits. Gives the request.
	async askFor(fits) {
		for (let i = 0; i < TRIES; i++) {
			const [id] = await this.ask();
			const seats = await until('it is drawn', SEND_SECONDS, () => this.round(id));
			if (fits(seats.map(({ who }) => who))) return id;
		}
		throw new Error(`no committee of ${TRIES} was as it is wanted`);
	}

	// Waits until one of these operators has come to this in a request.
	async reached(id, operators, state) {
		return until(`request ${id}: ${state}`, SEND_SECONDS, async () =>
			(await this.round(id))?.some(seat => operators.includes(seat.who) && seat.state === state));
	}

	// Waits until a request is answered, in finalized blocks.
	async answered(id, seconds = ANSWER_SECONDS) {
		return this.ledger.until(`request ${id} is answered`, seconds, () => {
			const request = this.ledger.requests.get(id);
			return request && (request.digest || request.reason) ? request : undefined;
		});
	}

	// Waits for answers, all of which must be right.
	async areRight(ids) {
		for (const id of ids) {
			const { digest, reason, blocks } = await this.answered(id);
			say(`  request ${id}: ${digest ? `attested ${blocks.Attested - blocks.Requested} blocks after its inclusion` : reason}`);
			assert.equal(digest, this.right, `request ${id}: ${reason ?? 'a wrong answer'}`);
		}
	}

	// What a request was answered, in the best chain.
	async outcome(id) {
		await this.answered(id);
		const { state } = (await this.api.query.inference.requests(id)).unwrap();
		assert(['Attested', 'Audited', 'Settled'].includes(state.type), `request ${id} is ${state.type}`);
		return state.inner.answer.outcome;
	}

	// These operators lost no stake since the fault began.
	lossless(operators) {
		const own = this.ledger.losses.slice(this.lossesBefore).filter(({ operator }) => operators.includes(operator));
		assert.deepEqual(own, [], 'no stake was lost');
	}

	// Waits until requests are answered, rightly, or refunded.
	async decided(ids) {
		for (const id of ids) {
			const { digest, reason } = await this.answered(id);
			say(`  request ${id}: ${digest ? 'attested' : reason}`);
			assert(reason || digest === this.right, `request ${id}: a wrong answer`);
		}
	}

	// Waits until requests are settled or refunded.
	async ended(ids) {
		for (const id of ids) {
			await this.ledger.until(`request ${id} has ended`, END_SECONDS, () => {
				const request = this.ledger.requests.get(id);
				return request && (request.settled || request.reason);
			});
		}
	}

	// Starts a node anew with these options besides its own.
	async restart(name, ...options) {
		const number = this.net.number(name);
		await this.net.kill(number);
		await this.net.node(number, [...this.net.nodes[number - 1].args, ...options]);
		await this.synced(name);
	}

	// Ends a node as a power cut does. Gives what starts it again, and waits until it has all blocks.
	async kill(name, signal = 'SIGKILL') {
		const restart = await this.net.kill(this.net.number(name), signal);
		return async () => {
			await restart();
			await this.synced(name);
		};
	}

	// Waits until a node has finalized what the best chain of another is now.
	async synced(name, other = this.net.names.find(other => other !== name && this.net.isUp(other))) {
		const target = await until(`${other} answers`, SYNC_SECONDS, () => this.net.height(other));
		await until(`${name} finalizes block ${target}`, SYNC_SECONDS, async () => (await this.net.height(name, true)) >= target);
	}

	// At the last finalized block: what was issued, what all accounts have, what validators staked.
	async money() {
		const hash = await this.api.rpc.chain.getFinalizedHead();
		const state = await this.api.at(hash);
		const [block, issued, accounts, pools] = await Promise.all([
			state.query.system.number(),
			state.query.balances.totalIssuance(),
			state.query.system.account.entries(),
			state.query.staking.pools.entries(),
		]);
		return {
			block: block.toNumber(),
			issued: issued.toBigInt(),
			held: accounts.reduce((sum, [, { data }]) => sum + data.free.toBigInt() + data.reserved.toBigInt(), 0n),
			validators: new Map(pools
				.filter(([{ args: [role] }]) => role.isValidator)
				.map(([{ args: [, operator] }, pool]) => [`${operator}`, pool.unwrap().active.balance.toBigInt()])),
		};
	}

	// What must hold whatever happened. Whether requests end is seen later: it takes a minute.
	async invariants() {
		for (const name of this.net.names) assert(this.net.isUp(name), `${name} runs`);
		const first = this.net.names[0];
		const target = await this.net.height(first);
		for (const name of this.net.names) {
			await until(`${name} finalizes block ${target}`, SYNC_SECONDS, async () => (await this.net.height(name, true)) >= target);
		}
		const hashes = await Promise.all(this.net.names.map(name => this.net.rpc(name, 'chain_getBlockHash', [target])));
		assert.equal(new Set(hashes).size, 1, `one block ${target}`);
		const { start } = this;
		const now = await this.money();
		assert.equal(now.held, now.issued, 'accounts have what was issued');
		const most = start.issued + BigInt(now.block - start.block) * MAX_REWARD;
		assert(now.issued <= most, `blocks issued no more than their rewards: ${opg(now.issued - start.issued)}`);
		for (const [who, stake] of start.validators) {
			assert((now.validators.get(who) ?? 0n) >= stake, `validator ${who} lost stake`);
		}
		const worst = this.ledger.worstLosses(this.operatorsAtFirst);
		const over = worst.filter(({ millionths }) => millionths > MAX_FINE);
		assert.deepEqual(over, [], 'no fine is above the cap');
		const convicted = this.ledger.losses.filter(({ event }) => event === 'Convicted');
		assert.deepEqual(convicted, [], 'nobody was convicted');
	}
}

// Three nodes of a development chain: holders upgrade it by a referendum, while requests go on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, connect, MODEL, requestTx, say, seconds, Sender, until } from '../client/api.mjs';
import { Network } from '../client/network.mjs';
import { runtimeOf } from '../client/runtime.mjs';

// No voter: what it has is its own.
const CUSTOMER = '//Two';
const VOTERS = [
	'//Bob', '//Charlie', '//Dave', '//Eve', '//Ferdie', '//Alice//stash', '//Bob//stash', '//Charlie//stash', '//One',
];
const ASK_SECONDS = 6;
const ANSWER_SECONDS = 240;

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(status));

const network = new Network('upgrade');

// What was answered to a request, as hexadecimal, or undefined where it is not yet.
async function answerOf(api, id) {
	const request = (await api.query.inference.requests(id)).unwrapOr(undefined);
	assert(request, `request ${id} is there`);
	const { state } = request;
	assert(!state.isFailed, `request ${id} failed`);
	if (!['Attested', 'Audited', 'Settled'].includes(state.type)) return undefined;
	return state.inner.answer.outcome.toHex();
}

// Runs `scripts/upgrade.sh`. Gives what it printed.
async function upgrade(url, ...options) {
	const program = new URL('./main.mjs', import.meta.url).pathname;
	const child = spawn(process.execPath, [program, '--url', url, ...options], {
		stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, OPG_STARTED: `${Date.now() - seconds() * 1000}` },
	});
	let text = '';
	child.stdout.on('data', data => {
		text += data;
		process.stdout.write(data);
	});
	process.on('exit', () => child.kill('SIGKILL'));
	const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
	assert.equal(code, 0, 'the upgrade');
	return text;
}

// Asks again and again until it is told to stop. Gives the numbers of the requests.
class Customer {
	constructor(api, rpc, input) {
		Object.assign(this, { api, rpc, input, sender: new Sender(api, account(CUSTOMER)), ids: [], going: true });
		this.loop = this.ask();
	}

	// What is stored is read as bytes: in the block of the upgrade the client has the types of either runtime.
	async ask() {
		const key = this.api.query.inference.nextRequestId.key();
		const next = async () => Number(Buffer.from(((await this.rpc('state_getStorage', [key])) ?? '0x').slice(2), 'hex').readBigUInt64LE());
		while (this.going) {
			const id = await next();
			try {
				await this.sender.push(requestTx(this.api, this.input));
			} catch (error) {
				// After the upgrade what it signs is of the former version.
				await sleep(ASK_SECONDS * 1000);
				if (this.going) throw error;
				return;
			}
			await until('the request is in a block', ANSWER_SECONDS, async () => (await next()) > id || !this.going);
			if ((await next()) > id) this.ids.push(id);
			await sleep(ASK_SECONDS * 1000);
		}
	}

	async stop() {
		this.going = false;
		await this.loop;
	}
}

async function main() {
	const url = await network.start();
	say('three nodes run');
	await network.prepare(url);
	let api = await connect(url);
	const input = (await api.query.inference.inputs(MODEL)).unwrap().toHex();
	const right = await answerOf(api, 0);
	const rpc = (method, params = []) => api._rpcCore.provider.send(method, params);
	say('the first request was answered, and its answer checked');

	const customer = new Customer(api, rpc, input);
	const code = await runtimeOf(api);
	const upgraded = upgrade(url, ...VOTERS.flatMap(voter => ['--voter', voter]));
	const over = upgraded.then(() => true, () => true);
	// No more requests where the code changes.
	await until('the code changes', 3600, async () =>
		(await rpc('state_getRuntimeVersion')).specVersion > api.runtimeVersion.specVersion.toNumber() || Promise.race([over, sleep(500)]));
	await customer.stop();
	const { ids } = customer;
	const text = await upgraded;
	const height = Number(/RESULT upgrade .* in block (\d+)/.exec(text)[1]);
	await api.disconnect();

	api = await connect(url);
	assert(!(await runtimeOf(api)).equals(code), 'the code is another');
	const parent = await api.at(await api.rpc.chain.getBlockHash(height));
	const open = [];
	for (const id of ids) {
		const request = (await parent.query.inference.requests(id)).unwrapOr(undefined);
		if (request?.state.isOpen) open.push(id);
	}
	say(`${ids.length} requests were made meanwhile, ${open.length} of which had no answer in the block of the upgrade`);
	assert(open.length > 0, 'a request was open in the block of the upgrade');
	for (const id of ids) {
		const answer = await until(`request ${id} is answered`, ANSWER_SECONDS, () => answerOf(api, id));
		assert.equal(answer, right, `the answer to request ${id}`);
	}
	// And one that nobody had asked before.
	const next = (await api.query.inference.nextRequestId()).toNumber();
	await new Sender(api, account(CUSTOMER)).succeed(requestTx(api, input));
	assert.equal(await until('a new request is answered', ANSWER_SECONDS, () => answerOf(api, next)), right);
	assert.deepEqual((await api.query.system.authorizedUpgrade()).isNone, true, 'no code is authorized any more');
	await api.disconnect();
	await network.stop();
	console.log(`RESULT upgrade-test ok ${ids.length} requests, ${open.length} open at the upgrade, ${seconds()} s`);
}

main().then(() => process.exit(0), async error => {
	console.error(network.tail());
	console.error(error);
	await network.stop();
	process.exit(1);
});

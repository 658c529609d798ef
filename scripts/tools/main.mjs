// Three nodes with a short history, and tools of others that must understand it: an answered request, a
// false challenge, and the court's votes about it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimOf } from '../attack/sequences.mjs';
import { account, call, connect, hexToU8a, MODEL, OPG, randomAsU8a, requestTx, say, Sender, u8aToHex } from '../client/api.mjs';
import { Ledger } from '../client/ledger.mjs';
import { MODEL_FILE, Network } from '../client/network.mjs';

const END_SECONDS = 240;
const TOOL_SECONDS = 300;
// From each of eleven others to the account of scripts/tools/apps/governance.mjs.
const GATHERED = 900_000n * OPG;
// A twentieth of what is in a pool has to be its operator's.
const OWN = 500_000n * OPG;
// Version byte of a general transaction.
const GENERAL = 0x45;
// `:code`
const CODE_KEY = '0x3a636f6465';
// What blocks must hold, or else nothing is shown.
const CALLS = [
	'inference.request', 'inference.challenge', 'inference.revealClaim',
	'attestation.commit', 'attestation.reveal', 'court.commit', 'court.reveal',
];
const { TOOLS_JS: JS, TOOLS_SIDECAR: SIDECAR, TOOLS_SUBQUERY: SUBQUERY, TOOLS_PYTHON: PYTHON, TOOLS_BROWSER: BROWSER } = process.env;

// Name, folder and command of each. Its arguments are the URL of the node and the file of what it must find.
const TOOLS = [
	{ name: 'polkadot_js', folder: JS, command: ['node', 'polkadot-js.mjs'] },
	{ name: 'papi', folder: JS, command: ['bash', 'papi.sh'] },
	{ name: 'dedot', folder: JS, command: ['bash', 'dedot.sh'] },
	{ name: 'metadata_hash', folder: JS, command: ['node', '--experimental-websocket', 'metadata-hash.mjs'], ifNamed: true },
	{ name: 'subsquid', folder: JS, command: ['node', 'squid.mjs'] },
	{ name: 'subquery', folder: SUBQUERY, command: ['node', 'subquery.mjs'] },
	{ name: 'sidecar', folder: SIDECAR, command: ['node', 'sidecar.mjs'] },
	{ name: 'apps', folder: BROWSER, command: ['node', 'apps.mjs'], ifNamed: true },
	// Its chain needs no history. A week takes 7 minutes there.
	{ name: 'governance', folder: BROWSER, command: ['node', 'governance.mjs'], ifNamed: true, bare: true, seconds: 2400 },
	{ name: 'async_substrate_interface', folder: PYTHON, command: ['venv/bin/python', 'read.py'] },
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !TOOLS.some(tool => tool.name === name));
if (unknown.length > 0) {
	console.error(`error: no tool is called ${unknown.join(', ')}; there are ${TOOLS.map(({ name }) => name).join(', ')}`);
	process.exit(1);
}
const tools = TOOLS.filter(({ name, ifNamed }) => (wanted.length === 0 ? !ifNamed : wanted.includes(name)));
for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(status));

// The first keeps all of its states: tools read old blocks.
class ArchiveNetwork extends Network {
	command(number) {
		const command = super.command(number);
		return number === 1 ? [...command, '--state-pruning', 'archive', '--blocks-pruning', 'archive'] : command;
	}
}

const network = new ArchiveNetwork('tools');
if (process.env.TOOLS_RUNTIME) network.chain = specification(process.env.TOOLS_RUNTIME);
let api, ledger;
// What scripts/tools/apps/governance.mjs admits.
let engine = '';

// The development chain with another runtime.
function specification(wasm) {
	const node = process.env.OPG_NODE;
	const options = { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] };
	const spec = JSON.parse(execFileSync(node, ['build-spec', '--chain', 'dev', '--raw'], options));
	spec.genesis.raw.top[CODE_KEY] = `0x${readFileSync(wasm).toString('hex')}`;
	const file = join(network.directory, 'spec.json');
	writeFileSync(file, JSON.stringify(spec));
	return file;
}

// A right answer is challenged: the court recomputes, and the challenger loses its bond.
async function falseChallenge(customer, challenger) {
	const input = (await api.query.inference.inputs(0)).unwrap().toHex();
	await customer.succeed(requestTx(api, input));
	const id = await ledger.until('the request', 60, () => ledger.requests.has(1) && 1);
	const { digest } = await ledger.until('its answer', END_SECONDS, () => {
		const request = ledger.requests.get(id);
		return (request.digest || request.reason) && request;
	});
	const [salt, lie] = [randomAsU8a(32), u8aToHex(randomAsU8a(32))];
	const seed = (await api.query.inference.requests(id)).unwrap().seed.unwrap();
	await challenger.succeed(call(api.tx.inference.challenge, {
		request: id, seed, digest, claim: claimOf(api, challenger, id, lie, salt),
	}));
	for (const end = Date.now() + END_SECONDS * 1000; ; await sleep(200)) {
		const found = await api.query.court.cases(id);
		if (found.isSome && found.unwrap().phase.isReveal) break;
		assert(Date.now() < end, 'the court does not reveal');
	}
	await challenger.succeed(call(api.tx.inference.revealClaim, { request: id, digest: lie, salt: u8aToHex(salt) }));
	await ledger.until('the verdict', END_SECONDS, () => ledger.requests.get(id).settled);
	return input;
}

// One holder gets what others own, so that its vote decides, and the pool of Alice has room for it.
async function gather(holder) {
	const { address } = account('//Alice');
	await new Sender(api, account('//Alice')).succeed(api.tx.staking.delegate(address, 'Executor', OWN));
	const others = [
		'//Bob', '//Charlie', '//Ferdie', '//One', '//Two', '//Alice//stash', '//Bob//stash', '//Charlie//stash',
		'//Dave//stash', '//Eve//stash', '//Ferdie//stash',
	];
	await Promise.all(others.map(uri =>
		new Sender(api, account(uri)).succeed(api.tx.balances.transferKeepAlive(account(holder).address, GATHERED))));
}

// An engine is nominated, and the nodes compute what is pinned with it, so that a referendum can admit it.
// Gives its id.
async function nominate(url) {
	const engine = network.otherEngine();
	for (const number of [1, 2, 3]) network.addEngine(number, engine);
	const tensors = join(network.directory, 'seven.json');
	const opg = async (...args) =>
		assert.equal(await network.run('opg', process.env.OPG_CLI, args).exited, 0, `opg ${args.join(' ')}`);
	await opg('demo', 'input', '--digit', '7', '--output', tensors);
	await opg('model', 'register', MODEL_FILE, '--name', 'digits', '--suri', '//Dave', '--url', url);
	await opg('engine', 'nominate', engine, '--pin', `${MODEL}=${tensors}`, '--suri', '//Alice', '--url', url);
	for (const end = Date.now() + END_SECONDS * 1000; ; await sleep(1000)) {
		const [found] = await api.query.models.evidence.entries();
		if (found?.[1].length === 3) return found[0].args[0].toHex();
		assert(Date.now() < end, 'not all nodes posted evidence');
	}
}

// Calls and events of every finalized block, as @polkadot/api decodes them.
async function history() {
	const head = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
	const blocks = [];
	for (let number = 1; number <= head; number++) {
		const hash = await api.rpc.chain.getBlockHash(number);
		const [{ block }, records] = await Promise.all([
			api.rpc.chain.getBlock(hash),
			(await api.at(hash)).query.system.events(),
		]);
		blocks.push({
			number,
			hash: `${hash}`,
			calls: block.extrinsics.map(extrinsic => ({
				name: `${extrinsic.method.section}.${extrinsic.method.method}`,
				kind: extrinsic.isSigned ? 'signed' : extrinsic.version === GENERAL ? 'general' : 'bare',
			})),
			events: records.map(({ event }) => `${event.section}.${event.method}`),
		});
	}
	const calls = blocks.flatMap(({ calls }) => calls);
	const missing = CALLS.filter(name => !calls.some(call => call.name === name));
	assert.deepEqual(missing, [], 'calls that no block holds');
	const kinds = ['bare', 'signed', 'general'].map(kind => `${calls.filter(call => call.kind === kind).length} ${kind}`);
	say(`${head} blocks: ${kinds.join(', ')} transactions, ${blocks.flatMap(({ events }) => events).length} events`);
	return blocks;
}

// Runs a tool, and shows what it prints.
function run({ name, folder, command: [program, ...args], seconds = TOOL_SECONDS }, url, file) {
	const env = { ...process.env, NO_COLOR: '1', TOOLS_ENGINE: engine };
	const child = spawn(program, [...args, url, file], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', text => process.stdout.write(`${text}`.replace(/^(?=.)/gm, `  ${name}: `)));
	}
	const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
	process.once('exit', () => child.kill('SIGKILL'));
	return new Promise(resolve => child.once('close', resolve).once('error', resolve)).then(code => {
		clearTimeout(late);
		return code === 0;
	});
}

// Makes the history. Gives the file that says what is in it.
async function prepare(url) {
	ledger = new Ledger(api, url).start();
	await network.prepare(url);
	await ledger.until('the first answer', 60, () => ledger.requests.get(0)?.digest);
	say('a request was answered; now a false challenge');
	const input = await falseChallenge(new Sender(api, account('//Dave//stash')), new Sender(api, account('//Bob//stash')));
	await ledger.passBlocks(5);
	const file = join(network.directory, 'expected.json');
	writeFileSync(file, JSON.stringify({ blocks: await history(), named: CALLS, input }));
	return file;
}

const results = [];
async function main() {
	const url = await network.start();
	say(`three nodes, ${url}, logs in ${network.directory}`);
	api = await connect(url);
	const file = tools.every(({ bare }) => bare) ? '' : await prepare(url);
	for (const tool of tools) {
		if (tool.name === 'governance') {
			await gather('//Eve');
			engine = await nominate(url);
		}
		say(`=== ${tool.name}`);
		results.push({ name: tool.name, passed: await run(tool, url, file) });
	}
}

let fatal;
try {
	await main();
} catch (error) {
	fatal = error;
	console.error(error);
	console.error(network.tail());
}
await ledger?.stop();
await api?.disconnect();
await network.stop();
for (const { name, passed } of results) console.log(`RESULT tools_${name} ${passed ? 1 : 0}`);
process.exit(!fatal && results.every(({ passed }) => passed) ? 0 : 1);

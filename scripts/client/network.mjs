// Three nodes of a development chain of their own: one validator, three executors or more, the sample
// model.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_SECONDS = 120;
const STOP_SECONDS = 10;
const LOG_LINES = 25;
export const MODEL_FILE = new URL('../../docs/examples/digits/digits.onnx', import.meta.url).pathname;
// Network keys, of no value: a node with a key seed generates none by itself.
const NODE_KEY = '0'.repeat(63);
// A custom section that says nothing: another file, and so another engine, which does the same.
const SECTION = Buffer.from('\x00\x06\x05other', 'latin1');

// However this process ends, its nodes end too, and nothing stays.
export class Network {
	constructor(name, chain = 'dev') {
		this.chain = chain;
		this.directory = mkdtempSync(join(tmpdir(), `opg-${name}.`));
		this.children = [];
		process.on('exit', () => {
			for (const { child } of this.children) child.kill('SIGKILL');
			// Databases are sparse files: `rmSync` takes minutes for them on a busy machine.
			spawnSync('rm', ['-rf', this.directory]);
		});
	}

	run(name, program, args) {
		const log = join(this.directory, `${name}.log`);
		const out = openSync(log, 'a');
		const child = spawn(program, args, { stdio: ['ignore', out, out] });
		closeSync(out);
		const started = { name, log, child, running: true, code: undefined };
		started.exited = new Promise(resolve => child.once('close', resolve).once('error', resolve));
		started.exited.then(code => Object.assign(started, { running: false, code }));
		this.children.push(started);
		return started;
	}

	// Name of a node, in its files.
	label(number) {
		return `node${number}`;
	}

	base(number) {
		return join(this.directory, this.label(number));
	}

	// Address of a node that is no other's.
	host(_number) {
		return '127.0.0.1';
	}

	// Program and arguments that start a node. It chooses its ports, so that nobody can take them in
	// between.
	command(number) {
		return [
			process.env.OPG_NODE, '--chain', this.chain, '--base-path', this.base(number),
			'--node-key', NODE_KEY + number, '--rpc-port', '0', '--listen-addr', '/ip4/127.0.0.1/tcp/0',
			'--no-prometheus', '--no-telemetry', '--no-mdns',
		];
	}

	// Runs a command of the node's program that needs no node. Gives what it printed.
	program(...args) {
		const ended = spawnSync(process.env.OPG_NODE, args, { encoding: 'utf8' });
		if (ended.status !== 0) throw new Error(`opg-node ${args.join(' ')}: ${ended.error ?? ended.stderr}`);
		return ended.stdout.trim();
	}

	// Puts a file into the store of a node: of the models, or of the engines.
	#add(area, number, file) {
		this.program(area, 'add', file, '--base-path', this.base(number), '--chain', this.chain);
	}

	addModel(number) {
		this.#add('models', number, MODEL_FILE);
	}

	addEngine(number, file) {
		this.#add('engines', number, file);
	}

	// Writes an engine that is not that of the nodes, and computes the same.
	otherEngine() {
		const file = join(this.directory, 'other-engine.wasm');
		this.program('engines', 'export', file);
		appendFileSync(file, SECTION);
		return file;
	}

	// Takes all models out of the store of a node, which does not run.
	removeModels(number) {
		const chains = join(this.base(number), 'chains');
		for (const chain of readdirSync(chains)) {
			rmSync(join(chains, chain, 'blobs'), { recursive: true, force: true });
		}
	}

	async node(number, options) {
		const log = join(this.directory, `${this.label(number)}.log`);
		const from = existsSync(log) ? statSync(log).size : 0;
		const [program, ...args] = this.command(number);
		const node = this.run(this.label(number), program, [...args, ...options]);
		// Also while it starts.
		Object.assign(node, { number, options, from });
		for (let second = 0; node.running && second < START_SECONDS; second += 0.5) {
			const port = /JSON-RPC server: addr=[\d.]+:(\d+)/.exec(this.log(node))?.[1];
			if (port) return Object.assign(node, { url: `ws://${this.host(number)}:${port}` });
			await sleep(500);
		}
		throw new Error(`${this.label(number)} did not start`);
	}

	// What a node has logged since its start.
	log({ log, from }) {
		return readFileSync(log).subarray(from).toString();
	}

	// The running process of a node.
	find(number) {
		const node = this.children.findLast(child => child.number === number && child.running);
		if (!node) throw new Error(`${this.label(number)} does not run`);
		return node;
	}

	// Ends a node as a power cut does. Gives what starts it again.
	async kill(number, signal = 'SIGKILL') {
		const node = this.find(number);
		node.child.kill(signal);
		await node.exited;
		return () => this.node(number, node.options);
	}

	// Stops the process of a node, and lets it go on.
	freeze(number) {
		this.find(number).child.kill('SIGSTOP');
	}

	thaw(number) {
		this.find(number).child.kill('SIGCONT');
	}

	// The chain of `opg demo run`. `extra`: executors besides that of each node.
	async start(extra = [[], [], []]) {
		// None gives files to others: what a node has lost stays lost.
		const keys = extra.map(uris => ['--blob-upload-rate', '0', ...uris.flatMap(uri => ['--executor-key', uri])]);
		for (const number of [1, 2, 3]) this.addModel(number);
		const first = await this.node(1, ['--alice', '--validator', '--force-authoring', ...keys[0]]);
		const rpc = async method => {
			const response = await fetch(first.url.replace('ws', 'http'), {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
			});
			return (await response.json()).result;
		};
		const address = (await rpc('system_localListenAddresses')).find(address => address.includes('/127.0.0.1/tcp/'));
		const peer = address.includes('/p2p/') ? address : `${address}/p2p/${await rpc('system_localPeerId')}`;
		await this.node(2, ['--bob', '--bootnodes', peer, ...keys[1]]);
		await this.node(3, ['--charlie', '--bootnodes', peer, ...keys[2]]);
		return first.url;
	}

	// Registers and serves the model, and sends one request that is checked bit for bit.
	prepare(url, options = []) {
		const demo = this.run('demo', process.env.OPG_CLI, [
			'demo', 'run', '--url', url, '--count', '1', ...options,
		]);
		return demo.exited.then(code => {
			if (code !== 0) throw new Error('the first request was not attested as it should be');
		});
	}

	tail(children = this.children) {
		return children
			.map(({ name, log }) => `--- last lines of ${name}\n${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n')}`)
			.join('\n');
	}

	async stop() {
		for (const { child } of this.children) child.kill('SIGTERM');
		const all = Promise.all(this.children.map(({ exited }) => exited));
		await Promise.race([all, sleep(STOP_SECONDS * 1000, null, { ref: false })]);
		for (const { child } of this.children) child.kill('SIGKILL');
		await all;
	}
}

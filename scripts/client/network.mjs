// Three nodes of a development chain of their own: one validator, three executors or more, the sample
// model.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_SECONDS = 120;
const STOP_SECONDS = 10;
const LOG_LINES = 25;
export const MODEL_FILE = new URL('../../docs/examples/digits/digits.onnx', import.meta.url).pathname;
// Network keys, of no value: a node with a key seed generates none by itself.
const NODE_KEY = '0'.repeat(63);

// However this process ends, its nodes end too, and nothing stays.
export class Network {
	constructor(name) {
		this.directory = mkdtempSync(join(tmpdir(), `opg-${name}.`));
		this.children = [];
		process.on('exit', () => {
			for (const { child } of this.children) child.kill('SIGKILL');
			rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
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

	base(number) {
		return join(this.directory, `node${number}`);
	}

	// Puts the model into the store of a node.
	addModel(number) {
		const added = spawnSync(process.env.OPG_NODE, ['models', 'add', MODEL_FILE, '--base-path', this.base(number), '--chain', 'dev']);
		if (added.status !== 0) throw new Error(`node ${number} could not take the model: ${added.stderr}`);
	}

	// Takes all models out of the store of a node, which does not run.
	removeModels(number) {
		const chains = join(this.base(number), 'chains');
		for (const chain of readdirSync(chains)) {
			rmSync(join(chains, chain, 'models'), { recursive: true, force: true });
		}
	}

	async node(number, options) {
		const base = this.base(number);
		const log = join(this.directory, `node${number}.log`);
		const from = existsSync(log) ? statSync(log).size : 0;
		const node = this.run(`node${number}`, process.env.OPG_NODE, [
			'--chain', 'dev', '--base-path', base, '--node-key', `${NODE_KEY}${number}`,
			'--rpc-port', '0', '--listen-addr', '/ip4/127.0.0.1/tcp/0',
			'--no-prometheus', '--no-telemetry', '--no-mdns', ...options,
		]);
		for (let second = 0; node.running && second < START_SECONDS; second++) {
			// The node chooses the port, so that nobody can take it in between.
			const port = /JSON-RPC server: addr=127\.0\.0\.1:(\d+)/.exec(readFileSync(node.log).subarray(from).toString())?.[1];
			if (port) return Object.assign(node, { number, options, url: `ws://127.0.0.1:${port}` });
			await sleep(1000);
		}
		throw new Error(`node ${number} did not start`);
	}

	// The running process of a node.
	find(number) {
		const node = this.children.findLast(child => child.number === number && child.running);
		if (!node) throw new Error(`node ${number} does not run`);
		return node;
	}

	// Ends a node as a power cut does. Gives what starts it again.
	async kill(number) {
		const node = this.find(number);
		node.child.kill('SIGKILL');
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
		const keys = extra.map(uris => uris.flatMap(uri => ['--executor-key', uri]));
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

	tail() {
		return this.children
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

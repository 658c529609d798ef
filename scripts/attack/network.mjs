// Three nodes of a development chain of their own: one validator, six executors, the sample model.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_SECONDS = 120;
const STOP_SECONDS = 10;
const LOG_LINES = 25;
const MODEL = new URL('../../docs/examples/digits/digits.onnx', import.meta.url).pathname;
// Network keys, of no value: a node with a key seed generates none by itself.
const NODE_KEY = '0'.repeat(63);

// However this process ends, its nodes end too, and nothing stays.
export class Network {
	constructor() {
		this.directory = mkdtempSync(join(tmpdir(), 'opg-attack.'));
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

	async node(number, options) {
		const base = join(this.directory, `node${number}`);
		const added = spawnSync(process.env.OPG_NODE, ['models', 'add', MODEL, '--base-path', base, '--chain', 'dev']);
		if (added.status !== 0) throw new Error(`node ${number} could not take the model: ${added.stderr}`);
		const node = this.run(`node${number}`, process.env.OPG_NODE, [
			'--chain', 'dev', '--base-path', base, '--node-key', `${NODE_KEY}${number}`,
			'--rpc-port', '0', '--listen-addr', '/ip4/127.0.0.1/tcp/0',
			'--no-prometheus', '--no-telemetry', '--no-mdns', ...options,
		]);
		for (let second = 0; node.running && second < START_SECONDS; second++) {
			// The node chooses the port, so that nobody can take it in between.
			const port = /JSON-RPC server: addr=127\.0\.0\.1:(\d+)/.exec(readFileSync(node.log, 'utf8'))?.[1];
			if (port) return Object.assign(node, { url: `ws://127.0.0.1:${port}` });
			await sleep(1000);
		}
		throw new Error(`node ${number} did not start`);
	}

	// The chain of `opg demo run`: its extra executors are those of the attackers.
	async start() {
		const first = await this.node(1, [
			'--alice', '--validator', '--force-authoring',
			'--executor-key', '//Ferdie', '--executor-key', '//One',
		]);
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
		await this.node(2, ['--bob', '--bootnodes', peer, '--executor-key', '//Two']);
		await this.node(3, ['--charlie', '--bootnodes', peer]);
		return first.url;
	}

	// Registers and serves the model, and sends one request that is checked bit for bit.
	prepare(url) {
		const demo = this.run('demo', process.env.OPG_CLI, [
			'demo', 'run', '--url', url, '--count', '1', '--extra-executors',
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

// A development node of its own: temporary base path, free ports.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_SECONDS = 120;
const STOP_SECONDS = 10;
const LOG_LINES = 25;

export async function startNode(binary) {
	const directory = mkdtempSync(join(tmpdir(), 'opg-polkadot-js.'));
	const log = join(directory, 'node.log');
	const out = openSync(log, 'w');
	const child = spawn(
		binary,
		[
			'--chain', 'dev', '--alice', '--validator', '--force-authoring',
			'--base-path', directory, '--node-key', randomBytes(32).toString('hex'),
			'--rpc-port', '0',
			'--listen-addr', '/ip4/127.0.0.1/tcp/0',
			'--no-prometheus', '--no-telemetry', '--no-mdns',
		],
		{ stdio: ['ignore', out, out] },
	);
	closeSync(out);
	const exited = new Promise(resolve => child.once('close', resolve).once('error', resolve));
	let running = true;
	exited.then(() => (running = false));
	// However this process ends, the node ends too, and nothing stays.
	process.on('exit', () => {
		child.kill('SIGKILL');
		rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
	});

	const node = {
		get running() {
			return running;
		},
		tail: () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n'),
		async stop() {
			child.kill('SIGTERM');
			await Promise.race([exited, sleep(STOP_SECONDS * 1000, null, { ref: false })]);
			child.kill('SIGKILL');
			await exited;
		},
	};
	for (let second = 0; running && second < START_SECONDS; second++) {
		// The node chooses the port, so that nobody can take it in between.
		const port = /JSON-RPC server: addr=127\.0\.0\.1:(\d+)/.exec(readFileSync(log, 'utf8'))?.[1];
		if (port) return Object.assign(node, { url: `ws://127.0.0.1:${port}` });
		await sleep(1000);
	}
	const tail = node.tail();
	await node.stop();
	throw new Error(`the node did not start:\n${tail}`);
}

// A network of a file in `networks/`, on this machine: ports of its own, models in every store, and,
// where it is asked for and this is root, a network namespace for each node and small disks.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Network } from '../scripts/client/network.mjs';

const NETWORKS = new URL('networks/', import.meta.url);
const P2P_PORT = 30333;
const RPC_PORT = 9944;
const RPC_SECONDS = 10;
// More than the blob store leaves free, in bytes.
const DISK = 4 * 2 ** 30;

export const networks = () => readdirSync(NETWORKS).map(file => file.replace('.json', ''));
export const isRoot = () => process.getuid() === 0;

export function run(program, args, input) {
	const done = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
	if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr ?? done.error}`);
	return done.stdout;
}
const ip = (...args) => run('ip', args);

// Ports of this process, below those that the kernel hands out by itself: other networks start at the
// same time.
let nextPort = 20_000 + (process.pid % 500) * 20;
async function freePort() {
	const isFree = port => new Promise(resolve => {
		const server = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
	while (!(await isFree(nextPort))) nextPort++;
	return nextPort++;
}

export class Testnet extends Network {
	// `spaces`: a network namespace for each node. `disks`: nodes that have a disk of their own.
	constructor(name, { spaces = false, disks = [] } = {}) {
		super(name);
		const { relaychain } = JSON.parse(readFileSync(new URL(`${name}.json`, NETWORKS), 'utf8'));
		this.nodes = relaychain.nodes;
		this.names = this.nodes.map(({ name }) => name);
		this.namespaces = spaces;
		this.disks = disks;
		// What stands before the program of a node, by its name.
		this.prefixes = new Map();
		// Programs of nodes that have another, by their names.
		this.programs = new Map();
		this.chain = join(this.directory, 'spec.json');
	}

	number(name) {
		const index = this.names.indexOf(name);
		if (index < 0) throw new Error(`no node is called ${name}`);
		return index + 1;
	}

	label(number) {
		return this.names[number - 1];
	}

	isUp(name) {
		return this.children.some(child => child.number === this.number(name) && child.running);
	}

	validators() {
		return this.nodes.filter(({ validator }) => validator).map(({ name }) => name);
	}

	// Secret URIs of the hot keys of a node: those of the operators.
	operators(name) {
		const { args } = this.nodes[this.number(name) - 1];
		return args.filter((_, i) => args[i - 1] === '--executor-key');
	}

	host(number) {
		return this.namespaces ? `${this.subnet}.${number}` : '127.0.0.1';
	}

	address(number) {
		return `/ip4/${this.host(number)}/tcp/${this.ports[number - 1].p2p}`;
	}

	command(number) {
		const { name, validator } = this.nodes[number - 1];
		const others = this.names.map((_, i) => i + 1).filter(other => other !== number);
		return [
			...(this.namespaces ? ['ip', 'netns', 'exec', this.namespace(number)] : []),
			...(this.prefixes.get(name) ?? []),
			this.programs.get(name) ?? process.env.OPG_NODE, '--chain', this.chain, '--base-path', this.base(number), '--node-key', this.key(number),
			'--listen-addr', this.address(number), '--rpc-port', `${this.ports[number - 1].rpc}`,
			'--bootnodes', ...others.map(other => `${this.address(other)}/p2p/${this.peers[other - 1]}`),
			'--no-prometheus', '--no-telemetry', '--no-mdns',
			...(validator ? ['--validator'] : []),
			// Each namespace has this machine as its only neighbour besides the nodes.
			...(this.namespaces ? ['--rpc-external', '--rpc-methods', 'unsafe', '--rpc-cors', 'all'] : []),
		];
	}

	// Network key, of no value.
	key(number) {
		return number.toString(16).padStart(64, '0');
	}

	async prepare() {
		this.specification();
		this.peers = this.names.map((_, i) => run(process.env.OPG_NODE, ['key', 'inspect-node-key'], this.key(i + 1)).trim());
		this.ports = [];
		for (const _ of this.names) {
			this.ports.push(this.namespaces ? { p2p: P2P_PORT, rpc: RPC_PORT } : { p2p: await freePort(), rpc: await freePort() });
		}
		if (this.namespaces) this.connect();
		for (const name of this.disks) this.mount(name);
		this.names.forEach((_, i) => this.addModel(i + 1));
	}

	// Starts all nodes, and gives the address of the first for clients.
	async start() {
		await this.prepare();
		const started = this.names.map((name, i) => this.node(i + 1, this.nodes[i].args));
		return (await Promise.all(started))[0].url;
	}

	// The last lines of each node.
	tail() {
		const last = this.names.map((_, i) => this.children.findLast(({ number }) => number === i + 1));
		return super.tail(last.filter(Boolean));
	}

	// The chain specification: the preset, with as many validators as the network has. It is raw, and
	// the same for all nodes.
	specification() {
		const preset = process.env.OPG_NETWORK_CHAIN ?? 'local';
		const built = run(process.env.OPG_NODE, ['build-spec', '--chain', preset, '--disable-default-bootnode']);
		// Amounts in planck are above what JavaScript's numbers hold.
		const spec = JSON.parse(built.replace(/([\s:[,])(\d{16,})(?=\s*[,\]}])/g, '$1"planck$2"'));
		const { session, staking } = spec.genesis.runtimeGenesis.patch;
		const count = this.validators().length;
		session.keys.splice(count);
		staking.validators.splice(count);
		const plain = join(this.directory, 'plain.json');
		writeFileSync(plain, JSON.stringify(spec).replace(/"planck(\d+)"/g, '$1'));
		writeFileSync(this.chain, run(process.env.OPG_NODE, ['build-spec', '--chain', plain, '--raw', '--disable-default-bootnode']));
	}

	namespace(number) {
		return `opg${process.pid}-${number}`;
	}

	// A bridge of this machine, and a namespace for each node on it.
	connect() {
		const bridge = `opgb${process.pid}`;
		this.subnet = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}`;
		process.prependListener('exit', () => {
			this.names.forEach((_, i) => spawnSync('ip', ['netns', 'delete', this.namespace(i + 1)]));
			spawnSync('ip', ['link', 'delete', bridge]);
		});
		ip('link', 'add', bridge, 'type', 'bridge');
		ip('address', 'add', `${this.subnet}.254/24`, 'dev', bridge);
		ip('link', 'set', bridge, 'up');
		this.names.forEach((_, i) => {
			const [space, link] = [this.namespace(i + 1), `opg${process.pid}v${i + 1}`];
			ip('netns', 'add', space);
			ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
			ip('link', 'set', link, 'master', bridge, 'up');
			ip('-n', space, 'address', 'add', `${this.host(i + 1)}/24`, 'dev', 'eth0');
			ip('-n', space, 'link', 'set', 'eth0', 'up');
			ip('-n', space, 'link', 'set', 'lo', 'up');
		});
	}

	// Nodes of one side no longer reach those of the other. Gives what heals that.
	partition(left, right) {
		const routes = verb => {
			for (const [from, to] of [[left, right], [right, left]]) {
				for (const name of from) {
					for (const other of to) {
						ip('-n', this.namespace(this.number(name)), 'route', verb, 'blackhole', `${this.host(this.number(other))}/32`);
					}
				}
			}
		};
		routes('add');
		return () => routes('delete');
	}

	// A disk in memory of the node's own, of which only what is used is taken. It is gone before the
	// network's folder is.
	mount(name) {
		const base = this.base(this.number(name));
		mkdirSync(base, { recursive: true });
		process.prependListener('exit', () => spawnSync('umount', ['--lazy', base]));
		run('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'opg-test', base]);
	}

	// The disk of a node has no room left. Gives what makes room again, and the bytes on it.
	fill(name) {
		const base = this.base(this.number(name));
		const resize = size => run('mount', ['-o', `remount,size=${size}`, base]);
		let used;
		for (let left = 10; ; left--) {
			const { blocks, bfree, bsize } = statfsSync(base);
			used = (blocks - bfree) * bsize;
			try {
				resize(used);
				break;
			} catch (error) {
				// The node wrote meanwhile: no file system gets smaller than what is on it.
				if (left === 0) throw error;
			}
		}
		return { used, empty: () => resize(DISK) };
	}

	// Folder of the chain's data of a node.
	data(name) {
		const chains = join(this.base(this.number(name)), 'chains');
		return join(chains, readdirSync(chains)[0]);
	}

	// Runs a command of the node about its store, whether it runs or not.
	store(name, area, command, ...args) {
		const base = ['--chain', this.chain, '--base-path', this.base(this.number(name))];
		return this.program(area, command, ...base, ...args);
	}

	// Calls a method of a node.
	async rpc(name, method, params = []) {
		const response = await fetch(this.find(this.number(name)).url.replace('ws', 'http'), {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
			signal: AbortSignal.timeout(RPC_SECONDS * 1000),
		});
		const { result, error } = await response.json();
		if (error) throw new Error(`${name}, ${method}: ${error.message}`);
		return result;
	}

	async height(name, finalized = false) {
		const at = finalized ? [await this.rpc(name, 'chain_getFinalizedHead')] : [];
		return parseInt((await this.rpc(name, 'chain_getHeader', at)).number, 16);
	}

	// Engine processes of a node: children of its threads.
	engines(name) {
		const { pid } = this.find(this.number(name)).child;
		const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
			read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number));
		return children.filter(child => read(`/proc/${child}/cmdline`).includes('engine-worker'));
	}
}

// Contents of a file that may vanish at any time.
function read(path) {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

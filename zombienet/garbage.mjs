// Garbage that peers send to a node: before the handshake, and behind it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { say } from '../scripts/client/api.mjs';

const PEER = new URL('peer/main.mjs', import.meta.url).pathname;
export const hasPeer = existsSync(new URL('peer/node_modules', import.meta.url));
const VICTIM = 'bob';
const FLOOD_SECONDS = 30;
const PEERS_SECONDS = 40;
// Growth of a node's memory that is no leak, in MiB.
const GROWTH = 200;
const MIB = 1 << 20;
// What costs a peer its connection for good.
const BANNED = ['blobs', 'sync_replies'];
// What a node says of a peer where its log is told to: a change of its reputation.
const REPORT = /Report (\w+): ([+-]\d+) to (-?\d+)\. Reason: (.*?)\.( Banned, disconnecting\.)?\s*$/gm;

// A validator, before and after something is done to it, with requests meanwhile.
class Victim {
	constructor({ net }) {
		this.net = net;
		this.number = net.number(VICTIM);
		this.node = net.find(this.number);
		this.before = this.memory();
	}

	memory() {
		const status = readFileSync(`/proc/${this.node.child.pid}/status`, 'utf8');
		return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
	}

	made() {
		return this.net.log(this.node).split('Pre-sealed block').length - 1;
	}

	async during(context, attack) {
		const [from, made] = [await this.net.height(VICTIM), this.made()];
		const attacked = attack();
		await context.areRight(await context.ask(2));
		await attacked;
		const blocks = (await this.net.height(VICTIM)) - from;
		say(`  memory from ${Math.round(this.before)} to ${Math.round(this.memory())} MiB; ${blocks} blocks meanwhile, ${this.made() - made} of its own`);
		assert(this.node.running, 'it runs');
		assert(this.memory() - this.before < GROWTH, 'its memory is bounded');
		assert(blocks >= 7, 'blocks are made');
		assert(this.made() > made, 'it makes blocks');
	}
}

// Peers without number send garbage to a validator's port.
export async function garbageFlood(context) {
	const victim = new Victim(context);
	const [, , host, , port] = context.net.address(victim.number).split('/');
	const counts = { opened: 0, bytes: 0 };
	const one = async end => {
		while (Date.now() < end) {
			await new Promise(resolve => {
				const socket = connect(Number(port), host).once('error', resolve).once('close', resolve);
				socket.once('connect', () => {
					counts.opened++;
					const bytes = counts.opened % 2 ? randomBytes(16 * 1024) : Buffer.from('\x13/multistream/1.0.0\n' + randomBytes(4096).toString('latin1'), 'latin1');
					socket.write(bytes, () => (counts.bytes += bytes.length));
				});
				socket.resume();
				setTimeout(() => socket.destroy(), 500);
			});
		}
	};
	const end = Date.now() + FLOOD_SECONDS * 1_000;
	await victim.during(context, () => Promise.all(Array.from({ length: 100 }, () => one(end))));
	say(`  ${counts.opened} connections, ${Math.round(counts.bytes / MIB)} MiB of garbage`);
}

// Peers that have finished the handshake send garbage, each on one protocol of the node.
export async function garbageProtocols(context) {
	const { net } = context;
	await context.restart(VICTIM, '-l', 'sub-libp2p::peerstore=trace');
	const victim = new Victim(context);
	const address = `${net.address(victim.number)}/p2p/${net.peers[victim.number - 1]}`;
	const genesis = await net.rpc(VICTIM, 'chain_getBlockHash', [0]);
	// They come from elsewhere: what they compute is not to slow down the nodes of this machine.
	const peers = net.run('peers', 'nice', ['-n', '19', process.execPath, PEER, address, genesis, `${PEERS_SECONDS}`]);
	await victim.during(context, () => peers.exited);
	const acts = readFileSync(peers.log, 'utf8').split('\n').filter(line => line.startsWith('{')).map(JSON.parse);
	const log = net.log(victim.node);
	const reports = [...log.matchAll(REPORT)];
	const banned = new Set();
	for (const name of new Set(acts.map(({ name }) => name))) {
		const own = acts.filter(act => act.name === name);
		const sum = count => own.reduce((sum, act) => sum + act[count], 0);
		const peers = own.flatMap(({ peers }) => peers);
		const about = reports.filter(([, who]) => peers.includes(who));
		if (about.some(report => report[5])) banned.add(name);
		const reasons = [...new Set(about.map(([, , , , reason]) => reason.split('. ')[0]))].join(', ');
		say(`  ${name}${peers.length > 1 ? `, ${peers.length} peers` : ''}: ${sum('sent')} messages, ${(sum('bytes') / MIB).toFixed(1)} MiB; refused ${sum('refused')} times`
			+ `${reasons ? `; reported for: ${reasons}` : ''}${banned.has(name) ? '; banned' : ''}`);
		assert(sum('sent') + sum('asked') > 0, `${name}: it finished the handshake`);
	}
	say(`  the victim's log has ${log.split('failed to decode block announce').length - 1} lines about announcements`);
	for (const name of BANNED) assert(banned.has(name), `${name}: its peer is banned`);
	await context.restart(VICTIM);
}

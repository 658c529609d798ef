// Peers that finish the handshake with a node and then send it garbage, each on one protocol. They are
// libp2p in JavaScript, which shares no code with the node.
//
//   node main.mjs ADDRESS GENESIS SECONDS [NAME...]
//
// Prints a line of JSON for each peer: what it sent, and what the node did about it.
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const FULL_NODE = 1;
// A height that makes a node want the blocks of the peer that says so.
const FAR_AHEAD = 1_000_000;
const OPEN_MS = 10_000;
const PAUSE_MS = 20;
const REPLY_MS = 5_000;
// Between two attempts to connect again, where the node has ended the connection.
const AGAIN_MS = 500;
const LARGEST = 64 * 1024;

const [address, genesis, seconds, ...names] = process.argv.slice(2);
const end = Date.now() + Number(seconds) * 1_000;
const chain = name => `/${genesis.replace('0x', '')}/${name}`;

const garbage = () => randomBytes(randomInt(1, LARGEST));

function u32(value) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

// A length as SCALE has it, below 2^30.
function compact(value) {
	if (value < 1 << 6) return Buffer.of(value << 2);
	if (value < 1 << 14) return Buffer.of((value << 2 | 1) & 0xff, value >> 6);
	return u32((value << 2 | 2) >>> 0);
}
const scaleBytes = bytes => Buffer.concat([compact(bytes.length), bytes]);

// Unsigned LEB128.
function varint(value) {
	const out = [];
	for (; value >= 0x80; value = Math.floor(value / 128)) out.push(value % 128 | 0x80);
	return Buffer.of(...out, value);
}
const frame = bytes => Buffer.concat([varint(bytes.length), bytes]);

// What decodes, and means nothing: transactions of random bytes, a header of random hashes.
const transactions = () => Buffer.concat([compact(16), ...Array.from({ length: 16 }, () => scaleBytes(randomBytes(256)))]);
const announcement = () => Buffer.concat([
	randomBytes(32), compact(randomInt(1, FAR_AHEAD)), randomBytes(64), compact(0), Buffer.of(1, 1), compact(0),
]);

// Handshakes of a peer that has no block, of one that says it has many more than the node, and of the
// protocols that want nothing but a role.
const genesisBytes = Buffer.from(genesis.replace('0x', ''), 'hex');
const behind = () => Buffer.concat([Buffer.of(FULL_NODE), u32(0), genesisBytes, genesisBytes]);
const ahead = () => Buffer.concat([Buffer.of(FULL_NODE), u32(FAR_AHEAD), randomBytes(32), genesisBytes]);
const role = () => Buffer.of(FULL_NODE);

// Reads frames of a stream. What they contain does not matter, but their number and length do.
class Frames {
	constructor(stream) {
		this.chunks = stream.source[Symbol.asyncIterator]();
		this.left = Buffer.alloc(0);
	}

	async next() {
		for (;;) {
			const found = this.take();
			if (found) return found;
			const { done, value } = await this.chunks.next();
			if (done) return undefined;
			this.left = Buffer.concat([this.left, value.subarray()]);
		}
	}

	take() {
		let length = 0;
		for (let at = 0; at < Math.min(this.left.length, 5); at++) {
			length += (this.left[at] & 0x7f) * 128 ** at;
			if (this.left[at] & 0x80) continue;
			const from = at + 1;
			if (this.left.length < from + length) return undefined;
			const bytes = this.left.subarray(from, from + length);
			this.left = this.left.subarray(from + length);
			return bytes;
		}
		return undefined;
	}
}

const within = (ms, promise) => Promise.race([promise, sleep(ms).then(() => Promise.reject(new Error('too late')))]);

class Peer {
	// `status`: handshake of announcements. `reply`: what a request for blocks is answered with, if it is.
	// `renewed`: it comes back as somebody else when it is refused.
	constructor(name, { status = behind, reply, renewed = false } = {}) {
		Object.assign(this, { status, reply, renewed });
		this.counts = { name, sent: 0, bytes: 0, replies: 0, refused: 0, connections: 0, asked: 0, peers: [] };
	}

	async start() {
		this.node = await createLibp2p({
			transports: [tcp()],
			connectionEncrypters: [noise()],
			streamMuxers: [yamux()],
			connectionMonitor: { enabled: false },
		});
		this.counts.peers.push(`${this.node.peerId}`);
		// The node opens a stream of its own for each protocol, and closes the other if it cannot.
		await this.accept('block-announces/1', this.status);
		await this.accept('transactions/1', role);
		await this.accept('grandpa/1', role);
		// It asks for the blocks that the handshake promises.
		await this.node.handle(chain('sync/2'), ({ stream }) => {
			this.counts.asked++;
			if (!this.reply) return;
			const bytes = this.reply();
			this.counts.sent++;
			this.counts.bytes += bytes.length;
			stream.sink([frame(bytes)]).catch(() => {});
		}, { maxInboundStreams: 256 });
		return this;
	}

	async accept(protocol, handshake) {
		await this.node.handle(chain(protocol), async ({ stream }) => {
			const frames = new Frames(stream);
			stream.sink([frame(handshake())]).catch(() => {});
			try {
				while (await frames.next()) this.counts.replies++;
			} catch {
				// The node has closed it.
			}
		}, { maxInboundStreams: 256 });
	}

	open(protocol) {
		if (this.node.getConnections().length === 0) this.counts.connections++;
		const options = { signal: AbortSignal.timeout(OPEN_MS), maxOutboundStreams: 4096 };
		return this.node.dialProtocol(multiaddr(address), protocol, options);
	}

	// A stream of notifications: a handshake each way, and then what `make` gives, if there is one, until
	// the node closes it.
	async notify(protocol, handshake, make) {
		const stream = await this.open(chain(protocol));
		const frames = new Frames(stream);
		const { counts } = this;
		let answered;
		const isAnswered = new Promise(resolve => (answered = resolve));
		const isOpen = () => Date.now() < end && stream.status === 'open' && this.node.getConnections().length > 0;
		stream.sink((async function* () {
			yield frame(handshake());
			await isAnswered;
			// Where this ends, the stream does.
			while (isOpen()) {
				if (make) {
					const bytes = make();
					counts.sent++;
					counts.bytes += bytes.length;
					yield frame(bytes);
				}
				await sleep(PAUSE_MS);
			}
		})()).catch(() => {});
		try {
			if (!(await within(OPEN_MS, frames.next()))) throw new Error('no handshake');
			answered();
			// The sink does not end where the node reads nothing any more.
			while (isOpen()) await sleep(PAUSE_MS);
		} finally {
			stream.abort(new Error('done'));
		}
	}

	// A request of this, and the wait for the reply.
	async request(protocol, make) {
		const stream = await this.open(protocol);
		const bytes = make();
		this.counts.sent++;
		this.counts.bytes += bytes.length;
		await within(REPLY_MS, stream.sink([bytes]));
		try {
			const frames = new Frames(stream);
			if (await within(REPLY_MS, frames.next())) this.counts.replies++;
		} finally {
			stream.abort(new Error('done'));
		}
		await sleep(PAUSE_MS);
	}

	// The handshake that makes it a peer, held open while it does something else.
	async introduce() {
		this.introduced ??= this.notify('block-announces/1', this.status)
			.catch(() => {})
			.finally(() => (this.introduced = undefined));
		await sleep(AGAIN_MS);
	}

	async run(act) {
		while (Date.now() < end) {
			try {
				await act(this);
			} catch (error) {
				this.counts.refused++;
				this.counts.last = error.message.slice(0, 80);
				await sleep(AGAIN_MS);
				if (this.renewed) {
					await this.node.stop();
					await this.start();
				}
			}
		}
		await within(OPEN_MS, this.node.stop()).catch(() => {});
		return this.counts;
	}
}

// Requests of random bytes, of more than was said, and of a length that nobody has memory for.
let turn = 0;
const requests = () => [
	() => frame(garbage()),
	() => frame(randomBytes(randomInt(1, 48))),
	() => Buffer.concat([varint(2 ** 31), randomBytes(1024)]),
	() => varint(2 ** 20),
][turn++ % 4]();

const alternating = (...makers) => {
	let count = 0;
	return () => makers[count++ % makers.length]();
};

const asking = (protocol, make = requests) => ({ act: peer => peer.request(protocol, make) });
const announcing = make => ({ act: peer => peer.notify('block-announces/1', peer.status, make) });
const notifying = (protocol, make) => ({
	act: async peer => {
		await peer.introduce();
		await peer.notify(protocol, role, make);
	},
});
// What peers do, and how many do it.
const ACTS = {
	block_announces: announcing(alternating(garbage, announcement)),
	// Above the largest notification of this protocol.
	too_long: announcing(() => randomBytes(2 ** 21)),
	transactions: notifying('transactions/1', alternating(garbage, transactions)),
	grandpa: notifying('grandpa/1', garbage),
	sync: asking(chain('sync/2')),
	sync_replies: { ...announcing(), status: ahead, reply: garbage },
	// More than the honest peers of a node. They never answer, and come back where they are banned.
	false_heights: { ...announcing(), status: ahead, renewed: true, count: 20 },
	state: asking(chain('state/2')),
	warp: asking(chain('sync/warp')),
	light: asking(chain('light/2')),
	// No longer than a request for a blob.
	blobs: asking(chain('opg/blobs/1'), () => frame(randomBytes(randomInt(1, 49)))),
	kademlia: asking(chain('kad')),
	identify: asking('/ipfs/id/1.0.0'),
	ping: asking('/ipfs/ping/1.0.0'),
};

// libp2p rejects promises that nobody waits for when a connection ends.
process.on('unhandledRejection', () => {});
process.on('uncaughtException', () => {});
const chosen = Object.entries(ACTS).filter(([name]) => names.length === 0 || names.includes(name));
await Promise.all(chosen.flatMap(([name, { act, count = 1, ...options }]) =>
	Array.from({ length: count }, async () => {
		const peer = await new Peer(name, options).start();
		console.log(JSON.stringify(await peer.run(act)));
	})));
process.exit(0);

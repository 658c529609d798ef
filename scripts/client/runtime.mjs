// The runtime of a chain, and the next one, of which only the version differs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hexToU8a, u8aToHex, until } from './api.mjs';

// What runtimes begin with where zstd has compressed them.
const ZSTD_PREFIX = Buffer.from('52bc537646db8e05', 'hex');
const ZSTD_BYTES = 1 << 26;
const ZSTD_LEVEL = '-9';
export const UPGRADE_SECONDS = 120;

function zstd(args, input) {
	const done = spawnSync('zstd', [...args, '--quiet', '--stdout'], { input, maxBuffer: ZSTD_BYTES });
	assert.equal(done.status, 0, `zstd: ${done.stderr}`);
	return done.stdout;
}
export const hasZstd = spawnSync('zstd', ['--version']).status === 0;

const u32 = number => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(number);
	return bytes;
};

// Replaces each place of some bytes. Gives how many there were.
export function replaceAll(bytes, from, to) {
	let count = 0;
	for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
		to.copy(bytes, at);
		count++;
	}
	return count;
}

// The runtime of the chain with the next version, of which nothing else differs. Its bytes are changed
// where the compiler has put the version: in the section that nodes read, in the constant, and in the code
// that checks what is signed. To compile another takes minutes. A place that is missed is seen: then no
// transaction is valid after the upgrade.
export function nextRuntime(code, { specName, implName, authoringVersion, specVersion, implVersion, transactionVersion }, change = wasm => wasm) {
	const [from, to] = [specVersion.toNumber(), specVersion.toNumber() + 1];
	assert(from >= 64 && to < 128, 'a version of one byte, or of two in the code');
	const wasm = zstd(['--decompress'], code.subarray(ZSTD_PREFIX.length));
	const text = value => Buffer.concat([Buffer.of(value.length << 2), Buffer.from(`${value}`)]);
	const section = version => Buffer.concat([text(specName), text(implName), u32(authoringVersion.toNumber()), u32(version)]);
	const constant = version => Buffer.concat([version, implVersion.toNumber(), transactionVersion.toNumber()].map(number =>
		Buffer.isBuffer(number) ? number : u32(number)));
	// As `i64.const`, with the version of transactions above it.
	const signed = version => Buffer.concat([Buffer.of(0x42, 0x80 | version, 0x80, 0x80, 0x80), Buffer.of(transactionVersion.toNumber() << 4)]);
	for (const [what, make] of Object.entries({ section, constant, signed })) {
		assert(replaceAll(wasm, make(from), make(to)) > 0, `the runtime has no ${what} of the version ${from}`);
	}
	// `i32.const` where the last upgrade is noted, before the store of it and the load of the name beside it, and
	// where it is compared, before `i32.lt_u`, a branch, and a comparison of the name's length.
	const here = `\\x41${String.fromCharCode(0x80 | from)}\\x00`;
	const noted = new RegExp(`${here}(?=\\x36\\x02[^]{1,2}\\x20[^]\\x41\\x00\\x29\\x02)`, 'g');
	const compared = new RegExp(`${here}(?=\\x49\\x0d[^]\\x20[^]\\x28\\x02[^]{1,2}\\x41${String.fromCharCode(specName.length)}\\x47)`, 'g');
	for (const pattern of [noted, compared]) {
		const places = [...wasm.toString('latin1').matchAll(pattern)];
		assert(places.length > 0, `the runtime has no ${pattern}`);
		for (const { index } of places) wasm[index + 1] = 0x80 | to;
	}
	return Buffer.concat([ZSTD_PREFIX, zstd([ZSTD_LEVEL], change(wasm))]);
}

// The runtime of the best block.
export const runtimeOf = async api => Buffer.from(hexToU8a((await api.rpc.state.getStorage(':code')).toHex()));

// Sudo, as which `sender` signs, replaces the runtime of version `before`. Gives the hash of the block that
// does. `rpc` asks a node; the client is not asked for the block: it may read its events by the types of
// the other runtime.
export async function replaceRuntime(sender, rpc, code, before) {
	const { api } = sender;
	const call = api.tx.system.setCode(u8aToHex(code));
	await sender.push(api.tx.sudo.sudoUncheckedWeight(call, { refTime: 0, proofSize: 0 }));
	return replaced(rpc, before);
}

// Waits until the best chain has a runtime later than `before`. Gives the hash of the block that brought it.
export async function replaced(rpc, before) {
	const version = async hash => (await rpc('state_getRuntimeVersion', [hash])).specVersion;
	let block = await until('the chain has another version', UPGRADE_SECONDS, async () => {
		const best = await rpc('chain_getBlockHash', []);
		return (await version(best)) > before && best;
	});
	for (;;) {
		const { parentHash } = await rpc('chain_getHeader', [block]);
		if ((await version(parentHash)) === before) return block;
		block = parentHash;
	}
}

// Upgrades a running network to another runtime, and says what became of its requests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { account, blake2AsU8a, connect, say, seconds, Sender, u8aToHex, until } from '../client/api.mjs';
import { HOLDERS, Referendum } from '../client/governance.mjs';
import { hasZstd, nextRuntime, replaced, replaceRuntime, runtimeOf, UPGRADE_SECONDS } from '../client/runtime.mjs';

// A request is pruned an hour after it was made, or after its dispute.
const DRAIN_SECONDS = 3 * 3600;
// Migrations of many blocks.
const MIGRATE_SECONDS = 3600;
const HASH_BITS = 256;
const CONVICTIONS = ['None', 'Locked1x', 'Locked2x', 'Locked3x', 'Locked4x', 'Locked5x', 'Locked6x'];
const PARAMETERS = { Governance: 'Parameters' };
const ROOT = { system: 'Root' };

const { values: options, positionals: [file] } = parseArgs({
	allowPositionals: true,
	options: {
		url: { type: 'string', default: 'ws://127.0.0.1:9944' },
		voter: { type: 'string', multiple: true, default: HOLDERS },
		conviction: { type: 'string', default: '1' },
		sudo: { type: 'string' },
		drain: { type: 'boolean', default: false },
	},
});
const conviction = CONVICTIONS[options.conviction];
assert(conviction, '--conviction is a number from 0 to 6');

let api = await connect(options.url);
const rpc = (method, params = []) => api._rpcCore.provider.send(method, params);
const backlog = async () => (await api.query.inference.requests.keys()).length;

// Makes a call that needs Root, or the origin of a track.
async function decide(what, origin, call) {
	if (options.sudo === undefined) return new Referendum(api, rpc, options.voter, conviction).pass(what, origin, call);
	const sudo = await new Sender(api, account(options.sudo)).sync();
	return sudo.succeed(api.tx.sudo.sudo(call));
}

// Governance authorizes the code by its hash, and the first voter sends it. Gives the hash of the block that
// replaces the runtime.
async function upgrade(code, before) {
	if (options.sudo !== undefined) {
		return replaceRuntime(await new Sender(api, account(options.sudo)).sync(), rpc, code, before);
	}
	const hash = u8aToHex(blake2AsU8a(code, HASH_BITS));
	say(`the code has ${Math.round(code.length / 1024)} KiB and the hash ${hash}`);
	await decide('authorize the code', ROOT, api.tx.system.authorizeUpgrade(hash));
	assert((await api.query.system.authorizedUpgrade()).isSome, 'the code is authorized');
	const sender = await new Sender(api, account(options.voter[0])).sync();
	await sender.push(api.tx.system.applyAuthorizedUpgrade(u8aToHex(code)));
	say(`the code is authorized, and sent by ${sender.address}`);
	return replaced(rpc, before);
}

const before = api.runtimeVersion.specVersion.toNumber();
assert(file || hasZstd, 'without a file the next runtime is made from that of the chain, for which zstd is needed');
const code = file ? readFileSync(file) : nextRuntime(await runtimeOf(api), api.runtimeVersion);
say(`the chain runs version ${before}, and has ${await backlog()} requests`);

if (options.drain) {
	await decide('take no more requests', PARAMETERS, api.tx.inference.drain());
	let last;
	await until('all requests are gone', DRAIN_SECONDS, async () => {
		const left = await backlog();
		if (left !== last) say(`  ${last = left} requests are left`);
		return `${await api.query.inference.intake()}` === 'Drained';
	});
}
const block = await upgrade(code, before);
await api.disconnect();
api = await connect(options.url);
const after = (await rpc('state_getRuntimeVersion')).specVersion;
const noted = async () => (await api.query.system.lastRuntimeUpgrade()).unwrap().specVersion.toNumber();
await until('the chain has noted the upgrade', UPGRADE_SECONDS, async () => (await noted()) === after);
await until('its migrations are over', MIGRATE_SECONDS, async () =>
	!api.query.migrations || (await api.query.migrations.cursor()).isNone);
if (options.drain) await decide('take requests again', PARAMETERS, api.tx.inference.resume());
const { number } = await rpc('chain_getHeader', [block]);
const height = parseInt(number, 16);
say(`version ${before} became ${after} in block ${height}; ${await backlog()} requests go on`);
await until('blocks are made and finalized', UPGRADE_SECONDS, async () => {
	const { number: last } = await rpc('chain_getHeader', [await rpc('chain_getFinalizedHead')]);
	return parseInt(last, 16) > height + 2;
});
const by = options.sudo === undefined ? 'governance' : 'sudo';
console.log(`RESULT upgrade ${before} ${after} by ${by} in block ${height}, ${seconds()} s`);
await api.disconnect();

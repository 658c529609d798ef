// Upgrades a running network to another runtime, and says what became of its requests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { account, connect, say, seconds, Sender, until } from '../client/api.mjs';
import { hasZstd, nextRuntime, replaceRuntime, runtimeOf, UPGRADE_SECONDS } from '../client/runtime.mjs';

// A request is pruned an hour after it was made, or after its dispute.
const DRAIN_SECONDS = 3 * 3600;
// Migrations of many blocks.
const MIGRATE_SECONDS = 3600;

const { values: options, positionals: [file] } = parseArgs({
	allowPositionals: true,
	options: {
		url: { type: 'string', default: 'ws://127.0.0.1:9944' },
		sudo: { type: 'string', default: '//Alice' },
		drain: { type: 'boolean', default: false },
	},
});

let api = await connect(options.url);
const rpc = (method, params = []) => api._rpcCore.provider.send(method, params);
const asRoot = async call => (await new Sender(api, account(options.sudo)).sync()).succeed(api.tx.sudo.sudo(call));
const backlog = async () => (await api.query.inference.requests.keys()).length;

const before = api.runtimeVersion.specVersion.toNumber();
assert(file || hasZstd, 'without a file the next runtime is made from that of the chain, for which zstd is needed');
const code = file ? readFileSync(file) : nextRuntime(await runtimeOf(api), api.runtimeVersion);
say(`the chain runs version ${before}, and has ${await backlog()} requests`);

if (options.drain) {
	await asRoot(api.tx.inference.drain());
	let last;
	await until('all requests are gone', DRAIN_SECONDS, async () => {
		const left = await backlog();
		if (left !== last) say(`  ${last = left} requests are left`);
		return `${await api.query.inference.intake()}` === 'Drained';
	});
}
const block = await replaceRuntime(await new Sender(api, account(options.sudo)).sync(), rpc, code, before);
await api.disconnect();
api = await connect(options.url);
const after = (await rpc('state_getRuntimeVersion')).specVersion;
const noted = async () => (await api.query.system.lastRuntimeUpgrade()).unwrap().specVersion.toNumber();
await until('the chain has noted the upgrade', UPGRADE_SECONDS, async () => (await noted()) === after);
await until('its migrations are over', MIGRATE_SECONDS, async () =>
	!api.query.migrations || (await api.query.migrations.cursor()).isNone);
if (options.drain) await asRoot(api.tx.inference.resume());
const { number } = await rpc('chain_getHeader', [block]);
say(`version ${before} became ${after} in block ${parseInt(number, 16)}; ${await backlog()} requests go on`);
await until('blocks are made and finalized', UPGRADE_SECONDS, async () => {
	const { number: last } = await rpc('chain_getHeader', [await rpc('chain_getFinalizedHead')]);
	return parseInt(last, 16) > parseInt(number, 16) + 2;
});
console.log(`RESULT upgrade ${before} ${after} ${seconds()} s`);
await api.disconnect();

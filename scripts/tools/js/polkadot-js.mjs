// @polkadot/api: what a dApp does with it.
import { ApiPromise, Keyring, WsProvider, packageInfo } from '@polkadot/api';
import assert from 'node:assert/strict';
import { expected, Tally, url } from './expected.mjs';

console.log(`@polkadot/api ${packageInfo.version}`);
const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
const { ss58Format, tokenDecimals, tokenSymbol } = await api.rpc.system.properties();
console.log(`${tokenSymbol} ${tokenDecimals}, prefix ${ss58Format}`);
assert.equal(Number(ss58Format.unwrap()), api.consts.system.ss58Prefix.toNumber());

// Pools.
const pools = await api.query.staking.pools.entries('Executor');
for (const [{ args: [, operator] }, pool] of pools) {
	console.log(`pool of ${operator}: ${api.createType('Balance', pool.unwrap().active.balance).toHuman()}`);
	assert(`${operator}`.startsWith('op'));
}
assert.equal(pools.length, 3);

// A request. Its price is known before it is sent.
const keyring = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
const ferdie = keyring.addFromUri('//Ferdie');
const price = await api.call.opgApi.estimate(0, 'Quorum', null, null);
const maxFee = (price.unwrap().toBigInt() * 3n) / 2n;
const none = `0x${'00'.repeat(32)}`;
const tx = api.tx.inference.request(0, expected.input, 'Quorum', maxFee, maxFee, none, null, null);
const request = await new Promise((resolve, reject) => {
	tx.signAndSend(ferdie, ({ isInBlock, isError, dispatchError, events }) => {
		if (isError || dispatchError) reject(new Error(`${dispatchError ?? 'refused'}`));
		if (isInBlock) resolve(events.find(({ event }) => api.events.inference.Requested.is(event)).event.data.request);
	}).catch(reject);
});
console.log(`request ${request}, at most ${api.createType('Balance', maxFee).toHuman()}`);

// Its answer.
await new Promise((resolve, reject) => {
	const late = setTimeout(() => reject(new Error('not attested after two minutes')), 120_000);
	api.query.system.events(records => {
		const found = records.find(({ event }) => api.events.inference.Attested.is(event) && event.data.request.eq(request));
		if (!found) return;
		clearTimeout(late);
		resolve();
	});
});
const { status } = (await api.call.opgApi.request(request)).unwrap();
console.log(`answer ${status.asAttested.answer.outcome}`);

// A mistake, by its name.
const refused = await new Promise((resolve, reject) => {
	api.tx.staking.delegate(ferdie.address, 'Executor', 1n).signAndSend(ferdie, result => {
		if (result.dispatchError) resolve(api.registry.findMetaError(result.dispatchError.asModule));
	}).catch(reject);
});
console.log(`refused: ${refused.section}.${refused.name}`);
assert.equal(refused.name, 'DelegationTooSmall');

// Every block.
const tally = new Tally();
for (const { hash } of expected.blocks) {
	const [{ block }, records] = await Promise.all([
		api.rpc.chain.getBlock(hash),
		(await api.at(hash)).query.system.events(),
	]);
	for (const { method } of block.extrinsics) tally.call(method.section, method.method);
	for (const { event } of records) tally.event(event.section, event.method);
}
tally.check();
await api.disconnect();

// dedot with the types that its codegen made of the node's metadata: what a dApp does with it.
import { Keyring } from '@polkadot/api';
import { DedotClient, WsProvider } from 'dedot';
import assert from 'node:assert/strict';
import type { OpgApi } from './chaintypes/opg/index.js';
import { expected, Tally, url } from './expected.mjs';

const client = await DedotClient.create<OpgApi>(new WsProvider(url));
const { ss58Format, tokenDecimals, tokenSymbol } = await client.chainSpec.properties();
console.log(`RPC ${client.rpcVersion}, ${tokenSymbol} ${tokenDecimals}, prefix ${ss58Format}`);
assert.equal(ss58Format, client.consts.system.ss58Prefix);

// Pools.
const pools = await client.query.staking.pools.entries('Executor');
for (const [[, operator], pool] of pools) {
	console.log(`pool of ${operator.address(ss58Format)}: ${pool.active.balance} planck`);
}
assert.equal(pools.length, 3);

// What a holder's stake is worth now.
for (const { pool, active } of await client.view.staking.stakes(pools[0][0][1])) {
	console.log(`stake in the ${pool.role} pool of ${pool.operator.address(ss58Format)}: ${active} planck`);
	assert(active > 0n);
}

// A request. Its price is known before it is sent.
const one = new Keyring({ type: 'sr25519' }).addFromUri('//One');
const price = await client.call.opgApi.estimate(0, 'Quorum', undefined, undefined);
assert(price);
const maxFee = (price * 3n) / 2n;
const none = `0x${'00'.repeat(32)}` as const;
const { dispatchError, events } = await client.tx.inference
	.request(0, expected.input, 'Quorum', maxFee, maxFee, none, undefined, undefined)
	.signAndSend(one)
	.untilFinalized();
assert(!dispatchError, JSON.stringify(dispatchError));
const requested = client.events.inference.Requested.find(events);
assert(requested);
const { request } = requested.palletEvent.data;
console.log(`request ${request}, at most ${maxFee} planck`);

// Its answer.
for (;;) {
	const view = await client.call.opgApi.request(request);
	assert(view && view.status.type !== 'Failed', 'there is no answer');
	if (view.status.type === 'Attested') {
		console.log(`answer ${view.status.value.answer.outcome.type}`);
		break;
	}
	await new Promise(resolve => setTimeout(resolve, 1_000));
}

// A mistake, by its name.
const refused = await client.tx.staking.delegate(one.address, 'Executor', 1n).signAndSend(one).untilFinalized();
assert(refused.dispatchError);
const error = client.registry.findErrorMeta(refused.dispatchError);
console.log(`refused: ${error?.pallet}.${error?.name}`);
assert.equal(error?.name, 'DelegationTooSmall');

// Every block.
const tally = new Tally();
for (const { hash } of expected.blocks) {
	const [body, at] = await Promise.all([client.block.body(hash), client.at(hash)]);
	for (const extrinsic of body) {
		const { call } = client.registry.$Extrinsic.tryDecode(extrinsic);
		tally.call(call.pallet, call.palletCall.name ?? call.palletCall);
	}
	for (const { event } of await at.query.system.events()) {
		const { pallet, palletEvent } = event;
		tally.event(pallet, typeof palletEvent === 'string' ? palletEvent : palletEvent.name);
	}
}
tally.check();
await client.disconnect();

// polkadot-api (PAPI) with the types that its codegen made of the node's metadata: what a dApp does with it.
import { opg } from '@polkadot-api/descriptors';
import { getExtrinsicDecoder } from '@polkadot-api/tx-utils';
import { sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_MINI_SECRET } from '@polkadot-labs/hdkd-helpers';
import assert from 'node:assert/strict';
import { Enum } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { fromHex } from 'polkadot-api/utils';
import { createWsClient } from 'polkadot-api/ws';
import { expected, Tally, url } from './expected.mjs';

const client = createWsClient(url);
const api = client.getTypedApi(opg);
const { name, properties } = await client.getChainSpecData();
console.log(`${name}: ${JSON.stringify(properties)}`);
assert.equal(properties.ss58Format, await api.constants.System.SS58Prefix());

// Pools.
const pools = await api.query.Staking.Pools.getEntries(Enum('Executor'));
for (const { keyArgs: [, operator], value } of pools) {
	console.log(`pool of ${operator}: ${value.active.balance} planck`);
	assert(operator.startsWith('op'));
}
assert.equal(pools.length, 3);

// What a holder's stake is worth now.
for (const { pool, active } of await api.view.Staking.stakes(pools[0].keyArgs[1])) {
	console.log(`stake in the ${pool.role.type} pool of ${pool.operator}: ${active} planck`);
	assert(active > 0n);
}

// A request. Its price is known before it is sent.
const eve = sr25519CreateDerive(DEV_MINI_SECRET)('//Eve');
const signer = getPolkadotSigner(eve.publicKey, 'Sr25519', eve.sign);
const price = await api.apis.OpgApi.estimate(0, Enum('Quorum'), undefined, undefined);
assert(price);
const sent = await api.tx.Inference.request({
	model: 0,
	input: fromHex(expected.input),
	tier: Enum('Quorum'),
	max_fee: (price * 3n) / 2n,
	max_royalty: price,
	reference: `0x${'00'.repeat(32)}`,
	deadline: undefined,
	fuel_limit: undefined,
}).signAndSubmit(signer);
assert(sent.ok, JSON.stringify(sent.dispatchError));
const [{ payload: { request } }] = api.event.Inference.Requested.filter(sent.events);
console.log(`request ${request}, at most ${(price * 3n) / 2n} planck`);

// Its answer.
for (;;) {
	const view = await api.apis.OpgApi.request(request);
	assert(view && view.status.type !== 'Failed', 'there is no answer');
	if (view.status.type === 'Attested') {
		console.log(`answer ${view.status.value.answer.outcome.type}`);
		break;
	}
	await new Promise(resolve => setTimeout(resolve, 1_000));
}

// A mistake, by its name.
const refused = await api.tx.Staking.delegate({
	operator: pools[0].keyArgs[1], role: Enum('Executor'), amount: 1n,
}).signAndSubmit(signer);
assert(!refused.ok && refused.dispatchError.type === 'Module');
const { type, value } = refused.dispatchError.value;
console.log(`refused: ${type}.${value?.type}`);
assert.equal(value?.type, 'DelegationTooSmall');

// Every block.
const tally = new Tally();
const decode = getExtrinsicDecoder(await client.getMetadata(expected.blocks[0].hash));
for (const { hash } of expected.blocks) {
	const [body, events] = await Promise.all([
		client.getBlockBody(hash),
		api.query.System.Events.getValue({ at: hash }),
	]);
	for (const { call } of body.map(decode)) tally.call(call.type, call.value.type);
	for (const { event } of events) tally.event(event.type, event.value.type);
}
tally.check();
client.destroy();

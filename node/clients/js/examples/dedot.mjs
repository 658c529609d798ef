// A request and its answer with dedot, for those who have it already.
//
//   OPG_SURI=//Eve node dedot.mjs URL MODEL
//
// MODEL is the number of a version that takes one input `pixels` of 1 x 64 floats, as the digits of the
// examples. Encoding and decoding of tensors come from @opg-chain/client; they need nothing else of it.
import { Keyring } from '@polkadot/api';
import { DedotClient, WsProvider } from 'dedot';
import { decode, encode } from '@opg-chain/client/tensors';

const [url = 'ws://127.0.0.1:9944', model = '0'] = process.argv.slice(2);
const client = await DedotClient.create(new WsProvider(url));
const requester = new Keyring({ type: 'sr25519' }).addFromUri(process.env.OPG_SURI);

// The most that it costs within ten blocks, royalty included.
const maxFee = await client.call.opgApi.estimateAtMost(Number(model), 'Optimistic', 10, undefined);
const pixels = { shape: [1, 64], data: new Float32Array(64).fill(0.5) };
// Names the request: sent again within the hour, it is refused instead of paid twice.
const reference = `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}`;
const { dispatchError, events } = await client.tx.inference
	.request(
		Number(model),
		encode({ pixels }),
		'Optimistic',
		maxFee,
		maxFee,
		reference,
		undefined,
		undefined,
	)
	.signAndSend(requester)
	.untilBestChainBlockIncluded();
if (dispatchError) {
	// A pallet's error by its name, such as MaxFeeTooLow.
	throw new Error(client.registry.findErrorMeta(dispatchError)?.name ?? dispatchError.type);
}
const { request } = client.events.inference.Requested.find(events).palletEvent.data;
console.log(`request ${request}`);

// The answer is in the state, once a committee agrees on it.
const answer = await new Promise((resolve, reject) => {
	const unsubscribe = client.block.best(async ({ hash }) => {
		const at = await client.at(hash);
		const view = await at.call.opgApi.request(request);
		if (view?.status.type === 'Failed') reject(new Error('there is no answer'));
		if (view?.status.type !== 'Attested') return;
		unsubscribe();
		resolve(view.status.value.answer);
	});
});
if (answer.outcome.type !== 'Output') throw new Error(`no output: ${answer.outcome.type}`);
const { label } = Object.fromEntries(decode(Buffer.from(answer.outcome.value.slice(2), 'hex')));
console.log(`label ${label.data[0]}`);
await client.disconnect();

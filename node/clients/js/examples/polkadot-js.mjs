// A request and its answer with @polkadot/api, for those who have it already.
//
//   OPG_SURI=//Eve node polkadot-js.mjs URL MODEL
//
// MODEL is the number of a version that takes one input `pixels` of 1 x 64 floats, as the digits of the
// examples. Encoding and decoding of tensors come from @opg-chain/client; they need nothing else of it.
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { decode, encode } from '@opg-chain/client/tensors';

const [url = 'ws://127.0.0.1:9944', model = '0'] = process.argv.slice(2);
const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
const keyring = new Keyring({ type: 'sr25519', ss58Format: api.registry.chainSS58 });
const requester = keyring.addFromUri(process.env.OPG_SURI);

// The most that it costs within ten blocks, royalty included.
const maxFee = (await api.call.opgApi.estimateAtMost(model, 'Optimistic', 10, null)).unwrap();
const pixels = { shape: [1, 64], data: new Float32Array(64).fill(0.5) };
const input = encode({ pixels });
// Names the request: sent again within the hour, it is refused instead of paid twice.
const reference = `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}`;
const tx = api.tx.inference.request(
	model,
	`0x${Buffer.from(input).toString('hex')}`,
	'Optimistic',
	maxFee,
	maxFee,
	reference,
	null,
	null,
);
const request = await new Promise((resolve, reject) => {
	tx.signAndSend(requester, ({ isInBlock, isError, dispatchError, events }) => {
		if (isError || dispatchError) {
			// A pallet's error by its name, such as MaxFeeTooLow.
			const name = dispatchError?.isModule
				? api.registry.findMetaError(dispatchError.asModule).name
				: `${dispatchError ?? 'the node refuses it'}`;
			reject(new Error(name));
		}
		if (!isInBlock) return;
		const requested = events.find(({ event }) => api.events.inference.Requested.is(event));
		if (requested) resolve(requested.event.data.request.toNumber());
	}).catch(reject);
});
console.log(`request ${request}`);

// The answer is in the state, once a committee agrees on it.
const answer = await new Promise((resolve, reject) => {
	void api.rpc.chain.subscribeNewHeads(async ({ hash }) => {
		const view = (await (await api.at(hash)).call.opgApi.request(request)).unwrapOr(null);
		if (view?.status.isFailed) reject(new Error('there is no answer'));
		if (view?.status.isAttested) resolve(view.status.asAttested.answer);
	});
});
if (!answer.outcome.isOutput) throw new Error(`no output: ${answer.outcome}`);
const { label } = Object.fromEntries(decode(answer.outcome.asOutput.toU8a(true)));
console.log(`label ${label.data[0]}`);
await api.disconnect();

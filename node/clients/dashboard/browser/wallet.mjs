// A wallet extension as pages meet one: `injectedWeb3`, and signatures of polkadot.js's payloads. The key
// is a development one and stays in this process, as that of a wallet stays outside of the page.
import { encodeAddress, fromHex, toHex } from '@opg-chain/client';
import { DEV_MINI_SECRET } from '@polkadot-labs/hdkd-helpers';
import { getPublicKey, HDKD, secretFromSeed, sign } from '@scure/sr25519';

// What each extension of a transaction adds to the bytes that are signed: to the transaction itself, and
// to what is only signed. Numbers come as hex, the most significant byte first.
const PARTS = {
	CheckMortality: { extra: (p) => [fromHex(p.era)], implicit: (p) => [fromHex(p.blockHash)] },
	CheckNonce: { extra: (p) => [compact(p.nonce)] },
	ChargeTransactionPayment: { extra: (p) => [compact(p.tip)] },
	CheckMetadataHash: { extra: () => [Uint8Array.of(0)], implicit: () => [Uint8Array.of(0)] },
	CheckSpecVersion: { implicit: (p) => [u32(p.specVersion)] },
	CheckTxVersion: { implicit: (p) => [u32(p.transactionVersion)] },
	CheckGenesis: { implicit: (p) => [fromHex(p.genesisHash)] },
};
PARTS.CheckEra = PARTS.CheckMortality;

function u32(hex) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(Number(hex));
	return bytes;
}

function compact(hex) {
	const value = Number(hex);
	if (value < 64) return Uint8Array.of(value << 2);
	if (value >= 1 << 14) throw new Error('this wallet writes small numbers only');
	const bytes = Buffer.alloc(2);
	bytes.writeUInt16LE((value << 2) | 1);
	return bytes;
}

/** Secret of a development account, such as `Ferdie`. */
function secretOf(name) {
	const code = new Uint8Array(32);
	code.set([name.length << 2, ...new TextEncoder().encode(name)]);
	return HDKD.secretHard(secretFromSeed(fromHex(`0x${DEV_MINI_SECRET}`)), code);
}

/** Puts a wallet with the key of a development account into all pages of a context. */
export async function install(context, name, label) {
	const secret = secretOf(name);
	await context.exposeFunction('signInWallet', (payload) => {
		const parts = payload.signedExtensions.map((name) => PARTS[name] ?? {});
		const of = (side) => parts.flatMap((part) => part[side]?.(payload) ?? []);
		const message = Buffer.concat([fromHex(payload.method), ...of('extra'), ...of('implicit')]);
		if (message.length > 256) throw new Error('this wallet signs short calls only');
		// 1: sr25519
		return toHex(Buffer.concat([Uint8Array.of(1), sign(secret, message)]));
	});
	// As wallets do, it tells the address of the key on no particular chain.
	const account = {
		address: encodeAddress(getPublicKey(secret), 42),
		name: label,
		type: 'sr25519',
	};
	await context.addInitScript((account) => {
		const accounts = {
			get: async () => [account],
			subscribe: (listener) => {
				listener([account]);
				return () => undefined;
			},
		};
		const signer = {
			signPayload: async (payload) => ({
				id: 1,
				signature: await globalThis.signInWallet(payload),
			}),
			signRaw: () => Promise.reject(new Error('this wallet signs transactions only')),
		};
		const enable = async () => ({ accounts, signer });
		globalThis.injectedWeb3 = { 'test-wallet': { version: '1', enable } };
	}, account);
}

// The unmodified @polkadot/api, as the polkadot.js test installs it, and what all of its users share.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const installed = createRequire(new URL('../polkadot-js/', import.meta.url));
const { ApiPromise, Keyring, WsProvider } = installed('@polkadot/api');
export const { u8aConcat, u8aToHex, compactToU8a, compactStripLength, hexToU8a } =
	installed('@polkadot/util');
export const { blake2AsU8a, randomAsU8a } = installed('@polkadot/util-crypto');

export const OPG = 10n ** 18n;
// Number of the model that `Network.prepare` registers.
export const MODEL = 0;
export const MAX_FEE = 10n * OPG;
const SEND_SECONDS = 120;

// Of several processes that report together, the first one's.
const started = Number(process.env.OPG_STARTED ?? Date.now());
export const seconds = () => Math.round((Date.now() - started) / 1000);
export const say = text => console.log(`${String(seconds()).padStart(4)} s  ${text}`);
export const opg = planck => `${(Number(planck) / 1e18).toFixed(6)} OPG`;

// Waits until `look` gives something true, and gives that. A node that is away is no answer.
export async function until(what, seconds, look) {
	for (const end = Date.now() + seconds * 1000; ; await sleep(200)) {
		const found = await Promise.resolve(look()).catch(error => {
			if (error instanceof assert.AssertionError) throw error;
		});
		if (found) return found;
		if (Date.now() > end) throw new Error(`${what}: not after ${seconds} s`);
	}
}

// Of the chain's addresses, as in runtime/primitives.
const SS58_PREFIX = 3241;
const keyring = new Keyring({ type: 'sr25519', ss58Format: SS58_PREFIX });
export const account = path => keyring.addFromUri(path);

export async function connect(url) {
	return ApiPromise.create({ provider: new WsProvider(url), throwOnConnect: true, noInitWarn: true });
}

// A call by the names of its arguments. Those that are not given are empty.
export function call(tx, values = {}) {
	const names = tx.meta.args.map(({ name }) => `${name}`);
	for (const name of Object.keys(values)) {
		if (!names.includes(camel(name, names))) throw new Error(`${tx.method} has no argument ${name}, only ${names}`);
	}
	const byName = new Map(Object.entries(values).map(([name, value]) => [camel(name, names), value]));
	return tx(...tx.meta.args.map(({ name, type }) =>
		byName.has(`${name}`) ? byName.get(`${name}`) : tx.meta.registry.createType(`${type}`)));
}

// A request to the model.
export const requestTx = (api, input, changes = {}) => call(api.tx.inference.request, {
	model: MODEL, input, tier: 'Quorum', maxFee: MAX_FEE, maxRoyalty: MAX_FEE, ...changes,
});

// polkadot.js shows some names as in Rust and some in camel case.
function camel(name, names) {
	if (names.includes(name)) return name;
	return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

// The pool's refusal of a transaction, or undefined where it took it.
export async function refusal(submit) {
	try {
		await submit();
		return undefined;
	} catch (error) {
		return /\b(1010|1011|1012|1013|1014|1016)\b/.test(error.message) ? error.message.split('\n')[0] : rethrow(error);
	}
}
const rethrow = error => {
	throw error;
};

// Hands a transaction to the pool as it is. The client's own method would print each refusal.
export const submit = (api, bytes) => api._rpcCore.provider.send('author_submitExtrinsic', [bytes]);

// An account that sends many transactions without waiting for each.
export class Sender {
	constructor(api, pair) {
		Object.assign(this, { api, pair, address: pair.address });
	}

	async sync() {
		this.nonce = (await this.api.rpc.system.accountNextIndex(this.address)).toNumber();
		return this;
	}

	// Hands a transaction to the pool. Gives its hash; the nonce is used only if the pool takes it.
	async push(tx, tip = 0n) {
		if (this.nonce === undefined) await this.sync();
		const nonce = this.nonce++;
		const signed = await tx.signAsync(this.pair, { nonce, tip, era: 0 });
		try {
			return await submit(this.api, signed.toHex());
		} catch (error) {
			this.nonce = Math.min(this.nonce, nonce);
			throw error;
		}
	}

	// Sends and waits until it is in a block. Gives events, fee and block number.
	async send(tx, tip = 0n) {
		if (this.nonce === undefined) await this.sync();
		const nonce = this.nonce++;
		return new Promise((resolve, reject) => {
			const late = setTimeout(
				() => reject(new Error(`${tx.method.section}.${tx.method.method}: in no block after ${SEND_SECONDS} s`)),
				SEND_SECONDS * 1000,
			);
			tx.signAndSend(this.pair, { nonce, tip, era: 0 }, result => {
				if (!result.isError && !result.isInBlock) return;
				clearTimeout(late);
				result.isError ? reject(new Error(`the pool says ${result.status.type}`)) : resolve(result);
			}).catch(error => {
				this.nonce = Math.min(this.nonce, nonce);
				clearTimeout(late);
				reject(error);
			});
		});
	}

	// Like `send`, and fails where the call does.
	async succeed(tx, tip = 0n) {
		const result = await this.send(tx, tip);
		if (!result.dispatchError) return result;
		throw new Error(`${tx.method.section}.${tx.method.method} failed: ${errorName(this.api, result.dispatchError)}`);
	}
}

// Name of a dispatch error, as in `inference.Congested`.
export function errorName(api, error) {
	if (!error.isModule) return `${error}`;
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}

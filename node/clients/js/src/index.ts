/** Requests AI inference on OPG Chain, and checks what comes of it. For browsers and Node. */

export {
	SS58_PREFIX,
	decodeAddress,
	devSigner,
	encodeAddress,
	signerFromKeyFile,
	signerFromSuri,
	type PolkadotSigner,
} from './accounts.js';
export { OPG, formatOpg, toOpg, toPlanck, type Amount } from './amounts.js';
export * from './client.js';
export { download } from './blobs.js';
export * from './errors.js';
export { fromHex, toHex } from './hex.js';
export { OpgRpc, type ModelName } from './opg-rpc.js';
export type { Included, OpgApi, OpgTransaction } from './papi.js';
export {
	maximalLimits,
	suggestLimits,
	type Inspection,
	type Port,
	type PublishOptions,
	type Published,
	type VersionLimits,
} from './publishing.js';
export {
	Receipt,
	Verifier,
	createVerifier,
	verify,
	type Anchor,
	type Statement,
	type VerifierSource,
} from './receipts.js';
export { answerDigest, inputDigest } from './results.js';
export type { Content, DryRun, Estimate, Outputs, Tier, Trust } from './results.js';
export { Rpc, type News, type RpcOptions } from './rpc.js';
export type * as schema from './schema.js';
export * from './tensors.js';
export * from './text.js';
export type { WaitOptions } from './waiting.js';
export { connectInjectedExtension, getInjectedExtensions } from 'polkadot-api/pjs-signer';
export type { InjectedExtension, InjectedPolkadotAccount } from 'polkadot-api/pjs-signer';

// A transaction that names the hash of the metadata it was made by, as hardware wallets send it.
import { getExtrinsicDecoder } from '@polkadot-api/tx-utils';
import { sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_MINI_SECRET } from '@polkadot-labs/hdkd-helpers';
import assert from 'node:assert/strict';
import { getPolkadotSigner, withMetadataHash } from 'polkadot-api/signer';
import { createWsClient } from 'polkadot-api/ws';

const [url] = process.argv.slice(2);
const client = createWsClient(url);
const api = client.getUnsafeApi();
const ferdie = sr25519CreateDerive(DEV_MINI_SECRET)('//Ferdie//stash');
const plain = getPolkadotSigner(ferdie.publicKey, 'Sr25519', ferdie.sign);
const tx = api.tx.System.remark({ remark: new TextEncoder().encode('hardware') });
const signed = decimals => tx.sign(withMetadataHash({ decimals, tokenSymbol: 'OPG' }, plain));

const right = await signed(18);
const { hash } = await client.getFinalizedBlock();
const { extra } = getExtrinsicDecoder(await client.getMetadata(hash))(right);
assert.equal(extra.CheckMetadataHash.type, 'Enabled', 'the transaction names no hash');
const refusal = await client.submit(await signed(12)).then(() => 'none', error => JSON.stringify(error.error ?? `${error}`));
console.log(`another number of decimals: ${refusal}`);
assert.match(refusal, /BadProof|CannotLookup/);
const { ok, block } = await client.submit(right).catch(error => {
	if (!/CannotLookup/.test(JSON.stringify(error.error))) throw error;
	throw new Error('this runtime was built without RUNTIME_METADATA_HASH');
});
assert(ok);
console.log(`the right one: in block ${block.number}`);
client.destroy();

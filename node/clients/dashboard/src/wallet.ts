// Who signs: an account of a wallet extension, or, on a development chain, a key that everybody has.
import {
	connectInjectedExtension,
	devSigner,
	encodeAddress,
	getInjectedExtensions,
	type PolkadotSigner,
} from '@opg-chain/client';
import { useEffect, useState } from 'preact/hooks';

const DAPP = 'OPG Chain dashboard';
/** Extensions announce themselves while the page loads. */
const SETTLE_MS = 1_500;

export interface Signer {
	name: string;
	source: string;
	signer: PolkadotSigner;
}

export function addressOf({ signer }: Signer, prefix: number): string {
	return encodeAddress(signer.publicKey, prefix);
}

/** Names of the wallet extensions of this browser. */
export function useExtensions(): string[] {
	const [names, setNames] = useState(getInjectedExtensions);
	useEffect(() => {
		const timer = setTimeout(() => setNames(getInjectedExtensions()), SETTLE_MS);
		return () => clearTimeout(timer);
	}, []);
	return names;
}

/** Accounts of an extension, after its user agreed. */
export async function accountsOf(extension: string): Promise<Signer[]> {
	const injected = await connectInjectedExtension(extension, DAPP);
	return injected.getAccounts().map(({ address, name, polkadotSigner }) => ({
		name: name ?? address,
		source: extension,
		signer: polkadotSigner,
	}));
}

/** The key of a development account. Anybody can sign with it. */
export function development(name: string): Signer {
	return { name, source: 'development key', signer: devSigner(`//${name}`) };
}

// What the reader trusts: the genesis hash of a chain, or a set of its authorities. It comes from the
// reader, or visibly from the link that they followed, and never from a node.

const KEY = 'opg.anchor';
/** A genesis hash, or the number of validators that a set can have, in a file. */
const MAX_FILE_BYTES = 1 << 20;

export type Anchor =
	| { kind: 'genesis'; genesis: string; source: 'typed' | 'link' }
	| { kind: 'authorities'; genesis: string; text: string; set: number; source: 'file' };

export const isHash = (text: string): boolean => /^0x[0-9a-f]{64}$/.test(text);

/** The hash that somebody typed, or `null`. */
export function parseGenesis(text: string): string | null {
	const lower = text.trim().toLowerCase();
	const hash = lower.startsWith('0x') ? lower : `0x${lower}`;
	return isHash(hash) ? hash : null;
}

/** An anchor from a file of authorities, as `opg receipt verify --save-authorities` writes it. */
export function parseAuthorities(text: string): Anchor {
	if (text.length > MAX_FILE_BYTES)
		throw new Error('the file is too long for a set of authorities');
	let file: { genesis?: unknown; set?: unknown; authorities?: unknown };
	try {
		file = JSON.parse(text);
	} catch {
		throw new Error('the file is not JSON');
	}
	const { genesis, set, authorities } = file ?? {};
	if (typeof genesis !== 'string' || !isHash(genesis) || !Number.isSafeInteger(set)) {
		throw new Error('the file is not a set of authorities: it has no `genesis` and `set`');
	}
	if (!Array.isArray(authorities)) throw new Error('the file has no `authorities`');
	return { kind: 'authorities', genesis, text, set: set as number, source: 'file' };
}

function restored(): Anchor | null {
	const linked = parseGenesis(new URLSearchParams(location.search).get('genesis') ?? '');
	if (linked) return { kind: 'genesis', genesis: linked, source: 'link' };
	try {
		const kept = localStorage.getItem(KEY);
		if (!kept) return null;
		if (isHash(kept)) return { kind: 'genesis', genesis: kept, source: 'typed' };
		return parseAuthorities(kept);
	} catch {
		return null;
	}
}

let current: Anchor | null | undefined;
const listeners = new Set<() => void>();

export function anchor(): Anchor | null {
	if (current === undefined) current = restored();
	return current;
}

/** Trusts this from now on, on later visits too. */
export function setAnchor(next: Anchor | null): void {
	current = next;
	try {
		if (next) localStorage.setItem(KEY, next.kind === 'genesis' ? next.genesis : next.text);
		else localStorage.removeItem(KEY);
	} catch {
		// Storage is switched off: the anchor is forgotten with the page.
	}
	for (const listener of listeners) listener();
}

export function onAnchor(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

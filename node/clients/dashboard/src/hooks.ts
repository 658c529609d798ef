// What views need of the node: its state, answers that are asked for, and lists that go on.
import { NodeUnreachable } from '@opg-chain/client';
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { anchor, type Anchor, onAnchor } from './anchor';
import type { Link, LinkState, Open } from './link';

export const LinkContext = createContext<Link | null>(null);

export function useLink(): Link {
	const link = useContext(LinkContext);
	if (!link) throw new Error('there is no link');
	return link;
}

export function useLinkState(): LinkState {
	const link = useLink();
	const [state, setState] = useState(link.state);
	useEffect(() => {
		setState(link.state);
		return link.subscribe(() => setState(link.state));
	}, [link]);
	return state;
}

export const OpenContext = createContext<Open | null>(null);

/** The open connection. Views below the shell have one. */
export function useOpen(): Open {
	const open = useContext(OpenContext);
	if (!open) throw new Error('there is no open connection');
	return open;
}

export function useAnchor(): Anchor | null {
	const [current, setCurrent] = useState(anchor);
	useEffect(() => onAnchor(() => setCurrent(anchor())), []);
	return current;
}

export interface Asked<T> {
	/** Latest answer. It stays while the next one is on its way. */
	value: T | undefined;
	error: unknown;
	reload: () => void;
}

/**
 * Asks the node, and again where `keys` change, the connection is another one, or, with `eachBlock`,
 * a block came. One question is under way at a time.
 */
export function useAsked<T>(
	ask: (open: Open) => Promise<T>,
	keys: readonly unknown[],
	{ eachBlock = false }: { eachBlock?: boolean } = {},
): Asked<T> {
	const open = useOpen();
	const [answer, setAnswer] = useState<{ key: string; value?: T; error?: unknown }>();
	const [reloads, setReloads] = useState(0);
	const key = JSON.stringify(keys);
	const block = eachBlock ? open.chain.best.hash : '';
	const asking = useRef<{ key: string; isBusy: boolean }>({ key: '', isBusy: false });
	useEffect(() => {
		const whole = `${open.epoch} ${reloads} ${key}`;
		// The next block asks again.
		if (asking.current.isBusy && asking.current.key === whole) return;
		const own = { key: whole, isBusy: true };
		asking.current = own;
		ask(open)
			.then((value) => ({ key, value }))
			.catch((error: unknown) => ({ key, error }))
			.then((next) => {
				own.isBusy = false;
				if (asking.current !== own) return;
				// That the connection broke is said elsewhere, and what was there stays.
				const isGone = 'error' in next && next.error instanceof NodeUnreachable;
				setAnswer((before) => (isGone && before?.key === key ? before : next));
			});
	}, [open.epoch, key, block, reloads]);
	useEffect(() => () => void (asking.current = { key: '', isBusy: false }), []);
	const isOwn = answer?.key === key;
	return {
		value: isOwn ? answer.value : undefined,
		error: isOwn ? answer.error : undefined,
		reload: () => setReloads((count) => count + 1),
	};
}

/** Runs while the connection and `keys` stay the same; what it gives ends it. */
export function useWhileOpen(start: (open: Open) => (() => void) | undefined, keys: unknown[]) {
	const open = useOpen();
	useEffect(() => start(open), [open.epoch, ...keys]);
}

/** Follows an iterator until it is told to stop. */
export function follow<T>(
	items: AsyncIterableIterator<T>,
	onItem: (item: T) => void,
	onEnd?: (error: unknown) => void,
): () => void {
	let isOver = false;
	const run = async () => {
		for await (const item of items) {
			if (isOver) return;
			onItem(item);
		}
	};
	run()
		.then(() => undefined)
		.catch((error: unknown) => error)
		.then((error) => {
			if (!isOver) onEnd?.(error);
		});
	return () => {
		isOver = true;
		void items.return?.()?.catch?.(() => undefined);
	};
}

export function useTitle(title: string) {
	useEffect(() => {
		document.title = `${title} · OPG Chain`;
	}, [title]);
}

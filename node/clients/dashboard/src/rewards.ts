// What stake gained and lost by itself: by the price of its shares, which rewards raise and slashes
// lower. Stake that is moved changes the number of shares and not their price.

/** Shares of an account in a pool, and what all shares of the pool are worth, in planck. */
export interface Worth {
	own: bigint;
	shares: bigint;
	balance: bigint;
	/** Another one after the pool was closed and opened again. */
	generation: bigint;
}

export interface Gain {
	/** In planck. */
	change: bigint;
	/** Block from which on it is counted. */
	since: number;
	last: Worth;
}

const value = (own: bigint, { shares, balance }: Worth) =>
	shares === 0n ? 0n : (own * balance) / shares;

/** The gains with those that came until this block. Pools without stake are forgotten. */
export function accrue(
	gains: ReadonlyMap<string, Gain>,
	now: ReadonlyMap<string, Worth>,
	block: number,
): Map<string, Gain> {
	const next = new Map<string, Gain>();
	for (const [pool, worth] of now) {
		const before = gains.get(pool);
		if (!before || before.last.generation !== worth.generation) {
			next.set(pool, { change: 0n, since: block, last: worth });
			continue;
		}
		const { own } = before.last;
		const change = before.change + value(own, worth) - value(own, before.last);
		next.set(pool, { change, since: before.since, last: worth });
	}
	return next;
}

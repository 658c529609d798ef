import { describe, expect, it } from 'vitest';
import { accrue, type Gain, type Worth } from '../src/rewards';

const worth = (own: bigint, shares: bigint, balance: bigint, generation = 1n): Worth => ({
	own,
	shares,
	balance,
	generation,
});

function changes(...blocks: (Worth | null)[]): (bigint | undefined)[] {
	let gains: ReadonlyMap<string, Gain> = new Map();
	return blocks.map((now, block) => {
		gains = accrue(gains, new Map(now ? [['pool', now]] : []), block);
		return gains.get('pool')?.change;
	});
}

describe('accrue', () => {
	it('should count rewards and slashes by the price of shares', () => {
		const all = changes(worth(10n, 30n, 300n), worth(10n, 30n, 330n), worth(10n, 30n, 297n));
		expect(all).toEqual([0n, 10n, -1n]);
	});

	it('should not take stake that is moved for a gain', () => {
		// 50 shares are bought, 20 are sold, and then a reward of a tenth comes.
		const all = changes(
			worth(10n, 30n, 300n),
			worth(60n, 80n, 800n),
			worth(40n, 60n, 600n),
			worth(40n, 60n, 660n),
		);
		expect(all).toEqual([0n, 0n, 0n, 40n]);
	});

	it('should begin again with another generation, and forget what is gone', () => {
		const again = changes(worth(10n, 30n, 330n), worth(10n, 30n, 30n, 2n), null);
		expect(again).toEqual([0n, 0n, undefined]);
	});

	it('should survive an empty pool', () => {
		expect(changes(worth(0n, 0n, 0n), worth(10n, 10n, 10n))).toEqual([0n, 0n]);
	});
});

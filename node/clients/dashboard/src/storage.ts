// What the JSON-RPC does not give: read from the state and from constants by PAPI.
import type { Client } from '@opg-chain/client';
import type { Worth } from './rewards';

const BEST = { at: 'best' } as const;

/** Number that the next request will have. */
export async function nextRequest(client: Client): Promise<number> {
	const api = await client.api();
	return Number(await api.query.Inference.NextRequestId.getValue(BEST));
}

/** Accounts that make blocks in this session. */
export async function validators(client: Client): Promise<string[]> {
	const api = await client.api();
	return api.query.Session.Validators.getValue(BEST);
}

/** Terms of staking: the smallest delegation in planck, and ticks until stake that leaves is paid. */
export async function staking(client: Client) {
	const { constants } = await client.api();
	const [minDelegation, unbonding] = await Promise.all([
		constants.Staking.MinDelegation(),
		constants.Staking.UnbondingBlocks(),
	]);
	return { minDelegation, unbonding };
}

export type Role = 'validator' | 'executor';

/** A role as calls and keys of the state have it. */
export const roleOf = (role: Role) =>
	role === 'validator'
		? ({ type: 'Validator', value: undefined } as const)
		: ({ type: 'Executor', value: undefined } as const);

/** Shares of an account in some pools, and what the pools are worth, in one block. */
export async function worths(
	client: Client,
	account: string,
	pools: readonly { operator: string; role: Role }[],
	block: string,
): Promise<Map<string, Worth>> {
	const { Staking } = (await client.api()).query;
	const at = { at: block };
	const [vaults, holdings] = await Promise.all([
		Staking.Pools.getValues(
			pools.map(({ operator, role }) => [roleOf(role), operator] as const),
			at,
		),
		Staking.Holdings.getValues(
			pools.map(({ operator, role }) => [{ operator, role: roleOf(role) }, account] as const),
			at,
		),
	]);
	const found = new Map<string, Worth>();
	for (const [index, { operator, role }] of pools.entries()) {
		const { active } = vaults[index] ?? {};
		const holding = holdings[index];
		// Shares of a generation that is over are worth nothing.
		if (!active || !holding || active.generation !== holding.generation) continue;
		found.set(`${operator} ${role}`, { own: holding.shares, ...active });
	}
	return found;
}

export interface Conviction {
	id: number;
	operator: string;
	modelHash: string;
	/** Loss that is held, in planck. */
	loss: bigint;
	/** Time of the clock at which it is burned. */
	maturesAt: number;
	status: string;
}

/** The newest convictions that the chain keeps, at most so many, and how many it keeps. */
export async function convictions(
	client: Client,
	most: number,
): Promise<{ kept: number; newest: Conviction[] }> {
	const { Staking } = (await client.api()).query;
	const { oldest, next } = await Staking.ConvictionNumbers.getValue(BEST);
	const first = Math.max(oldest, next - most);
	const ids = Array.from({ length: next - first }, (_, index) => next - 1 - index);
	const found = await Staking.Convictions.getValues(
		ids.map((id) => [id] as const),
		BEST,
	);
	const newest = found.flatMap((conviction, index) =>
		conviction
			? {
					id: ids[index] as number,
					operator: conviction.operator,
					modelHash: conviction.model_hash,
					loss: conviction.active + conviction.unbonding,
					maturesAt: conviction.matures_at,
					status: conviction.status.type,
				}
			: [],
	);
	return { kept: next - oldest, newest };
}

// What the JSON-RPC does not give: read from the state and from constants by PAPI.
import type { Client } from '@opg-chain/client';

/** Number that the next request will have. */
export async function nextRequest(client: Client): Promise<number> {
	const api = await client.api();
	return Number(await api.query.Inference.NextRequestId.getValue({ at: 'best' }));
}

/** Accounts that make blocks in this session. */
export async function validators(client: Client): Promise<string[]> {
	const api = await client.api();
	return api.query.Session.Validators.getValue({ at: 'best' });
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

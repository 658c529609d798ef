// What programs write in TypeScript, compiled against the packed package: it runs nowhere.
import {
	Client,
	connect,
	decode,
	devSigner,
	encode,
	type Result,
	type Tensor,
	type schema,
} from '@opg-chain/client';
import { publishFile } from '@opg-chain/client/node';
import { OpgRpc } from '@opg-chain/client/rpc';
import { DTYPES } from '@opg-chain/client/tensors';

export async function ask(client: Client): Promise<bigint | null> {
	const data = new Float32Array(4);
	const result: Result = await client.infer('owner/model', { x: { shape: [4], data } });
	const output: Tensor | undefined = result.outputs.y;
	console.log(output?.dtype, DTYPES.length, decode(encode({ x: { shape: [4], data } })));
	// @ts-expect-error: a list has no type of its elements
	await client.infer(0, { x: { shape: [1], data: [0.5] } });
	// @ts-expect-error: a number does not hold amounts exactly
	await client.submit(0, {}, { maxFee: 0.5 });
	return result.fee;
}

export async function look(url: string): Promise<schema.Status | null> {
	const rpc = new OpgRpc(url);
	for await (const { block, digest } of rpc.watchAnswers()) console.log(block.number, digest);
	return (await rpc.request(0))?.status ?? null;
}

export async function stake(url: string, operator: string): Promise<number> {
	const client = await connect(url, { signer: devSigner('//Eve') });
	const api = await client.api();
	const role = { type: 'Executor', value: undefined } as const;
	const { block, events } = await client.transact(
		api.tx.Staking.delegate({ operator, role, amount: 1n }),
		{ until: 'final' },
	);
	for (const { payload } of api.event.Staking.Delegated.filter(events)) console.log(payload);
	// @ts-expect-error: there is no such call
	api.tx.Staking.give({});
	const stakes = await api.view.Staking.stakes(operator);
	console.log(stakes[0]?.active, await publishFile(client, 'x.onnx', 'x'));
	return block.number;
}

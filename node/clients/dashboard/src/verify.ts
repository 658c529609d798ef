// The WebAssembly verifier of receipts, in a worker of its own for each receipt.
import { decodeAddress, type schema, type Statement, toHex } from '@opg-chain/client';
import type { Question, Verdict } from './verifier.worker';

/** As much as the verifier takes. */
export const MAX_RECEIPT_BYTES = 16 << 20;
const TIMEOUT_MS = 120_000;

export type Outcome = Verdict;

export function verify(receipt: string, anchor: Question['anchor']): Promise<Outcome> {
	if (receipt.length > MAX_RECEIPT_BYTES) {
		const message = `it is longer than ${MAX_RECEIPT_BYTES} bytes`;
		return Promise.resolve({ error: { reason: 'TooLarge', message } });
	}
	const worker = new Worker(new URL('./verifier.worker.ts', import.meta.url), { type: 'module' });
	return new Promise<Outcome>((resolve) => {
		const failed = (message: string) => resolve({ error: { reason: null, message } });
		setTimeout(() => failed('the verifier took too long'), TIMEOUT_MS);
		worker.onerror = (event) => failed(event.message || 'the verifier could not be loaded');
		worker.onmessage = ({ data }: MessageEvent<Verdict>) => resolve(data);
		worker.postMessage({ receipt, anchor } satisfies Question);
	}).finally(() => worker.terminate());
}

/** In what a receipt and a node differ about a request. */
export function compare(statement: Statement, request: schema.Request): string[] {
	const key = (address: string) => toHex(decodeAddress(address));
	const { answer } = request.status;
	const pairs: [string, unknown, unknown][] = [
		['number', statement.request, request.request],
		['requester', statement.requester, key(request.requester)],
		['model', statement.model, request.model],
		['model file', statement.modelHash, request.modelHash],
		['engine', statement.engineId, request.engineId],
		['input', statement.input, request.input],
		['input outside of the chain', statement.storedInput?.hash, request.storedInput?.hash],
		['tier', statement.tier, request.tier],
		['reference', statement.reference, request.reference],
		['answer', statement.answer.digest, answer?.digest],
		['output', statement.answer.output, answer?.output ?? null],
		[
			'output outside of the chain',
			statement.answer.storedOutput?.hash,
			answer?.storedOutput?.hash,
		],
		['error', statement.answer.error, answer?.error ?? null],
		['fuel', statement.answer.fuel, answer?.fuel],
		['fee', statement.fee, request.status.fee],
	];
	return pairs.filter(([, proven, said]) => proven !== said).map(([what]) => what);
}

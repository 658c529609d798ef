// Verifies one receipt, beside the page so that it stays usable meanwhile.
import { createVerifier, ReceiptInvalid, type Statement } from '@opg-chain/client';
import wasm from './verifier.wasm?url';

export interface Question {
	receipt: string;
	anchor: { genesis: string } | { authorities: string };
}

export type Verdict =
	| { statement: Statement; milliseconds: number }
	| { error: { reason: string | null; message: string } };

self.onmessage = async ({ data }: MessageEvent<Question>) => {
	self.postMessage(await verdict(data));
};

async function verdict({ receipt, anchor }: Question): Promise<Verdict> {
	try {
		const verifier = await createVerifier(fetch(wasm));
		const began = performance.now();
		const statement = verifier.verify(receipt, anchor);
		return { statement, milliseconds: performance.now() - began };
	} catch (error) {
		if (!(error instanceof ReceiptInvalid)) {
			return { error: { reason: null, message: (error as Error).message } };
		}
		const { reason, message } = error;
		return { error: { reason, message: message.replace(`${reason}: `, '') } };
	}
}

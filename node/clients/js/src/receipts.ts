/** Receipts, and the verifier of `node/receipt`, which runs here as WebAssembly. */

import { NodeMisbehaved, ReceiptInvalid, isObject } from './errors.js';
import type * as schema from './schema.js';

/** A result with what proves it, for a `Verifier` or `opg receipt verify`. */
export class Receipt {
	/** Number of the request. */
	readonly request: number;
	/** The receipt, as its file has it. */
	readonly data: Readonly<Record<string, unknown>>;

	constructor(data: Record<string, unknown>) {
		if (typeof data.request !== 'number') throw new ReceiptInvalid('Form', 'it names no request');
		this.request = data.request;
		this.data = data;
	}

	/** Reads the text of a file. */
	static parse(text: string): Receipt {
		let data: unknown;
		try {
			data = JSON.parse(text);
		} catch {
			// Below.
		}
		if (!isObject(data)) throw new ReceiptInvalid('Form', 'a receipt is a JSON object');
		return new Receipt(data);
	}

	/** The text of its file. */
	toString(): string {
		return `${JSON.stringify(this.data, null, '\t')}\n`;
	}

	toJSON(): Readonly<Record<string, unknown>> {
		return this.data;
	}
}

/** What is trusted: a chain by the hash of its first block, or authorities by their file. */
export type Anchor = { genesis: string } | { authorities: string | object };

/** What a receipt proves. Accounts in it are 32 bytes in hex: `encodeAddress` makes addresses. */
export interface Statement {
	genesis: string;
	/** Final block in which the request was settled. */
	block: schema.Block;
	/** Milliseconds since 1970 of that block. */
	time: number;
	specName: string;
	specVersion: number;
	/** Number of the authority set after the last that the receipt tells of. */
	nextSet: number;
	request: number;
	requester: string;
	model: number;
	modelHash: string;
	owner: string;
	engineId: string;
	dims: { name: string; size: number }[];
	inputHash: string;
	/** Encoded input tensors; `null` where they lie outside of the chain. */
	input: string | null;
	storedInput: schema.Content | null;
	tier: schema.Tier;
	reference: string;
	requestedAt: number;
	seats: {
		executor: string;
		round: number;
		committed: schema.Commitment | null;
		revealed: schema.Reveal | null;
		declined: string | null;
	}[];
	answer: schema.Answer;
	/** Charged in total, in planck. */
	fee: string;
	paid: schema.Payment[];
	settledAt: number;
}

interface Exports {
	memory: WebAssembly.Memory;
	alloc: (length: number) => number;
	verify: (receipt: number, length: number, anchor: number, anchorLength: number) => number;
}

/** Where the verifier's WebAssembly comes from: its bytes, compiled, or as it is fetched. */
export type VerifierSource =
	BufferSource | WebAssembly.Module | Response | Promise<Response> | Promise<BufferSource>;

/**
 * Makes a verifier of the WebAssembly that `scripts/receipt-wasm.sh --output FILE` writes. It asks
 * for nothing of its host: it cannot reach the network, nor anything else.
 */
export async function createVerifier(source: VerifierSource): Promise<Verifier> {
	let given = await source;
	if (typeof Response !== 'undefined' && given instanceof Response) {
		if (!given.ok) throw new TypeError(`the verifier cannot be fetched: ${String(given.status)}`);
		given = await given.arrayBuffer();
	}
	const module =
		given instanceof WebAssembly.Module ? given : await WebAssembly.compile(given as BufferSource);
	return new Verifier(module);
}

/** Checks one receipt: `createVerifier`, then `verify`. */
export async function verify(
	receipt: Receipt | object | string,
	anchor: Anchor,
	source: VerifierSource,
): Promise<Statement> {
	return (await createVerifier(source)).verify(receipt, anchor);
}

/**
 * Checks receipts.
 *
 * It verifies that the authorities of the chain made the block final, and that this block's state
 * has the request, the seats and the answer that the receipt says. It does not run the model again:
 * `opg receipt verify` does, with the model's file, and compares every byte.
 */
export class Verifier {
	#module: WebAssembly.Module;

	constructor(module: WebAssembly.Module) {
		if (WebAssembly.Module.imports(module).length > 0) {
			throw new TypeError('that is not the verifier: it needs something of its host');
		}
		this.#module = module;
	}

	/** What a receipt proves. Throws `ReceiptInvalid` with the verifier's reason. */
	verify(receipt: Receipt | object | string, anchor: Anchor): Statement {
		const text = typeof receipt === 'string' ? receipt : JSON.stringify(receipt);
		const trusted = 'genesis' in anchor ? anchor.genesis : anchor.authorities;
		const result = this.#run(text, typeof trusted === 'string' ? trusted : JSON.stringify(trusted));
		if (isObject(result) && isObject(result.error)) {
			throw new ReceiptInvalid(String(result.error.reason), String(result.error.message));
		}
		if (!isObject(result) || !isObject(result.statement)) {
			throw new NodeMisbehaved('the verifier gives neither a statement nor an error');
		}
		return result.statement as unknown as Statement;
	}

	#run(receipt: string, anchor: string): unknown {
		// Each time anew: what a bad receipt did to the memory is gone.
		const { exports } = new WebAssembly.Instance(this.#module);
		const { memory, alloc, verify } = exports as unknown as Exports;
		const put = (text: string): [number, number] => {
			const bytes = new TextEncoder().encode(text);
			const at = alloc(bytes.length);
			new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
			return [at, bytes.length];
		};
		const at = verify(...put(receipt), ...put(anchor));
		const length = new DataView(memory.buffer).getUint32(at, true);
		const text = new TextDecoder().decode(new Uint8Array(memory.buffer, at + 4, length));
		return JSON.parse(text);
	}
}

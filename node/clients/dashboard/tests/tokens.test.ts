import {
	answerDigest,
	encode,
	inputDigest,
	type Statement,
	TextError,
	type TokenText,
} from '@opg-chain/client';
import { describe, expect, it } from 'vitest';
import { placeOf, proofOf, type Side, tokensOf } from '../src/tokens';
import type { Outcome } from '../src/verify';

const FUEL = 1_000_000;
const input = encode({
	prompt: { shape: [1, 4], data: BigInt64Array.of(5n, 300n, -1n, -1n) },
	max_new_tokens: { shape: [1], data: BigInt64Array.of(2n) },
});
const output = encode({ tokens: { shape: [1, 4], data: Int32Array.of(9, 2, -1, -1) } });
const bytesOf = (side: Side) => (side === 'prompt' ? input : output);

/** What a receipt of request 7 proves, inline or outside of the chain. */
function proving(isStored: boolean, more: object = {}): Outcome {
	const content = isStored ? { hash: '0x00', size: 1 } : null;
	const statement = {
		request: 7,
		inputHash: inputDigest(input, isStored),
		storedInput: content,
		answer: { fuel: FUEL, storedOutput: content, digest: answerDigest(output, FUEL, isStored) },
		...more,
	};
	return { statement: statement as unknown as Statement, milliseconds: 1 };
}

const kindOf = (side: Side, outcome: Outcome | undefined, bytes = bytesOf(side), request = 7) =>
	proofOf(side, bytes, request, outcome).kind;

describe('tokensOf', () => {
	it('should read the tokens of both sides up to the padding', () => {
		expect(tokensOf('prompt', input).tokens).toEqual([5, 300]);
		expect(tokensOf('answer', output).tokens).toEqual([9, 2]);
	});

	it('should refuse what is no list of tokens', () => {
		expect(() => tokensOf('prompt', output)).toThrow(TextError);
		expect(() => tokensOf('answer', Uint8Array.of(1))).toThrow(TextError);
	});
});

describe('proofOf', () => {
	it('should tell that a receipt proves tokens by the digest of their bytes', () => {
		for (const side of ['prompt', 'answer'] as const) {
			for (const isStored of [false, true]) {
				expect(kindOf(side, proving(isStored))).toBe('proven');
			}
		}
	});

	it('should tell that other tokens are not those of the receipt', () => {
		for (const side of ['prompt', 'answer'] as const) {
			const whole = bytesOf(side);
			const { offset, width } = tokensOf(side, whole);
			for (const isStored of [false, true]) {
				const changed = whole.slice();
				changed[offset + width]! ^= 1;
				expect(tokensOf(side, changed).tokens).not.toEqual(tokensOf(side, whole).tokens);
				expect(kindOf(side, proving(isStored), changed)).toBe('other');
			}
		}
	});

	it('should not take the receipt of another request, or of another fuel', () => {
		expect(kindOf('prompt', proving(false), input, 8)).toBe('other');
		expect(kindOf('answer', proving(false), output, 8)).toBe('other');
		const digest = answerDigest(output, FUEL);
		const answer = { fuel: FUEL + 1, storedOutput: null, digest };
		expect(kindOf('answer', proving(false, { answer }))).toBe('other');
	});

	it('should say nothing without a receipt, and that a refused one proves nothing', () => {
		const failed = (reason: string | null): Outcome => ({ error: { reason, message: '' } });
		expect(kindOf('answer', undefined)).toBe('unchecked');
		expect(kindOf('answer', failed('NoReceipt'))).toBe('unchecked');
		expect(kindOf('answer', failed('State'))).toBe('refused');
		expect(kindOf('prompt', failed(null))).toBe('refused');
	});
});

describe('placeOf', () => {
	const list = tokensOf('answer', output);
	const text = (more: Partial<TokenText>): TokenText => ({
		token: 9,
		text: ' the',
		name: 'Ġthe',
		isSpecial: false,
		...more,
	});

	it('should name the bytes in which the token stands', () => {
		const { offset } = list;
		expect(new DataView(output.buffer).getInt32(offset, true)).toBe(9);
		expect(placeOf('answer', list, 0, text({}))).toBe(
			`Token 1 of 2: id 9, Ġthe. Element [0, 0] of tokens: bytes ${offset} to ${offset + 3} of the encoded output.`,
		);
		const prompt = tokensOf('prompt', input);
		const from = prompt.offset + 8;
		expect(new DataView(input.buffer).getBigInt64(from, true)).toBe(300n);
		expect(placeOf('prompt', prompt, 1)).toBe(
			`Token 2 of 2: id 300. Element [0, 1] of prompt: bytes ${from} to ${from + 7} of the encoded input.`,
		);
	});

	it('should say why a token is no text', () => {
		const of = (more: Partial<TokenText>) => placeOf('answer', list, 1, text(more));
		expect(of({ text: '', name: '<|im_end|>', isSpecial: true })).toContain('no part of the text');
		expect(of({ text: '', name: 'æĹ' })).toContain('alone is no character');
		expect(of({ text: '', name: null })).toContain('does not have');
	});
});

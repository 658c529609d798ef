// Tokens of a request to a language model: where each stands, and whether a receipt proves them.
import {
	answerDigest,
	inputDigest,
	newTokens,
	promptTokens,
	type TokenList,
	type TokenText,
} from '@opg-chain/client';
import { grouped } from './format';
import type { Outcome } from './verify';

/** Longest tokenizer that is loaded with the page. A longer one is loaded when its reader asks. */
export const SMALL_TOKENIZER_BYTES = 8 << 20;
/** Longest encoded input or output that is shown as text. */
export const MAX_TEXT_BYTES = 8 << 20;
/** Tokens of a text that are shown. */
export const MOST_TOKENS = 4096;

export type Side = 'prompt' | 'answer';

/** The tokens of an encoded input or output. Throws `TextError` where it has none. */
export function tokensOf(side: Side, encoded: Uint8Array): TokenList {
	return side === 'prompt' ? promptTokens(encoded) : newTokens(encoded);
}

export type Proof =
	/** `digest` is computed here of the very bytes whose tokens are shown. */
	| { kind: 'proven' | 'other'; digest: string; proven: string }
	| { kind: 'refused' }
	| { kind: 'unchecked' };

/** Whether the receipt of a request proves an encoded input or output. */
export function proofOf(
	side: Side,
	encoded: Uint8Array,
	request: number,
	outcome: Outcome | undefined,
): Proof {
	if (!outcome) return { kind: 'unchecked' };
	if ('error' in outcome) {
		return { kind: outcome.error.reason === 'NoReceipt' ? 'unchecked' : 'refused' };
	}
	const { statement } = outcome;
	const { answer } = statement;
	const [digest, proven] =
		side === 'prompt'
			? [inputDigest(encoded, statement.storedInput !== null), statement.inputHash]
			: [answerDigest(encoded, answer.fuel, answer.storedOutput !== null), answer.digest];
	const isSame = digest === proven && statement.request === request;
	return { kind: isSame ? 'proven' : 'other', digest, proven };
}

/** What a token is, and where it stands in the bytes that a receipt proves. */
export function placeOf(
	side: Side,
	{ tokens, tensor, offset, width }: TokenList,
	at: number,
	text?: TokenText,
): string {
	const from = offset + at * width;
	const whole = side === 'prompt' ? 'input' : 'output';
	return (
		`Token ${grouped(at + 1)} of ${grouped(tokens.length)}: id ${tokens[at]}` +
		(text ? `, ${noteOf(text)}` : '') +
		`. Element [0, ${at}] of ${tensor}: bytes ${from} to ${from + width - 1} of the encoded ${whole}.`
	);
}

function noteOf({ name, text, isSpecial }: TokenText): string {
	if (name === null) return 'which the tokenizer does not have';
	if (isSpecial) return `${name}, which is no part of the text`;
	return text === '' ? `${name}, which alone is no character` : name;
}

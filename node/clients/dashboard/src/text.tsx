// A request to a language model as text: the prompt, the answer, and what proves their tokens.
import {
	download,
	fromHex,
	MAX_TOKENIZER_BYTES,
	type OpgRpc,
	type schema,
	type TokenList,
	type TokenText,
	Tokenizer,
} from '@opg-chain/client';
import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { bytes, grouped, plural, sentence, short } from './format';
import { type Asked, useAsked } from './hooks';
import type { Checked } from './receipt';
import { useStored } from './tensors';
import {
	MAX_TEXT_BYTES,
	MOST_TOKENS,
	placeOf,
	type Proof,
	proofOf,
	type Side,
	SMALL_TOKENIZER_BYTES,
	tokensOf,
} from './tokens';
import { Card, Copy, explain, Hash, Notice, Problem } from './ui';

/** Prompt and answer, where the version of the request generates text. */
export function TextOf({
	request,
	checked,
}: {
	request: schema.Request;
	checked: Checked | undefined;
}) {
	const { value: version } = useAsked(
		({ client }) => client.rpc.model(request.model),
		[request.model],
	);
	if (!version?.generation) return null;
	return <TextCard request={request} checked={checked} file={version.tokenizer} />;
}

function TextCard({
	request,
	checked,
	file,
}: {
	request: schema.Request;
	checked: Checked | undefined;
	file: schema.Content | null;
}) {
	const [isAsked, setIsAsked] = useState(false);
	const isTooLong = file !== null && file.size > MAX_TOKENIZER_BYTES;
	const isWanted = file !== null && !isTooLong && (isAsked || file.size <= SMALL_TOKENIZER_BYTES);
	const tokenizer = useAsked(
		({ client }) => (isWanted ? tokenizerOf(client.rpc, file) : Promise.resolve(null)),
		[file?.hash, isWanted],
	);
	const { answer, name } = request.status;
	const shared = { request, checked, tokenizer: tokenizer.value ?? null };
	return (
		<Card title="Text" id="text">
			<How file={file} isTooLong={isTooLong} isWanted={isWanted} tokenizer={tokenizer}>
				<button type="button" onClick={() => setIsAsked(true)}>
					Load the {bytes(file?.size ?? 0)}, and compare the hash
				</button>
			</How>
			<h3>Prompt</h3>
			<Part {...shared} side="prompt" encoded={request.input} stored={request.storedInput} />
			<h3>Answer</h3>
			{answer && answer.error === null ? (
				<Part
					{...shared}
					side="answer"
					encoded={answer.output}
					stored={answer.storedOutput}
				/>
			) : (
				<p class="empty">
					{answer
						? 'The model gives no text for this prompt.'
						: name === 'failed'
							? 'There is none, and there will be none.'
							: 'There is none yet.'}
				</p>
			)}
		</Card>
	);
}

/** The one that was read last: requests to a model follow each other. */
let newest: { hash: string; tokenizer: Tokenizer } | undefined;

async function tokenizerOf(rpc: OpgRpc, { hash, size }: schema.Content): Promise<Tokenizer> {
	if (newest?.hash === hash) return newest.tokenizer;
	const file = await download(rpc, null, { hash: fromHex(hash), size });
	const tokenizer = Tokenizer.parse(file);
	newest = { hash, tokenizer };
	return tokenizer;
}

/** How tokens become text here, or why they do not. */
function How({
	file,
	isTooLong,
	isWanted,
	tokenizer: { value, error },
	children,
}: {
	file: schema.Content | null;
	isTooLong: boolean;
	isWanted: boolean;
	tokenizer: Asked<Tokenizer | null>;
	children: ComponentChildren;
}) {
	const numbers = 'Tokens are shown as numbers.';
	if (!file) return <Notice tone="warn">The version names no tokenizer. {numbers}</Notice>;
	const named = (
		<>
			the version's tokenizer (BLAKE3 hash <Hash value={file.hash} />, {bytes(file.size)})
		</>
	);
	if (isTooLong) {
		return (
			<Notice tone="warn">
				This page reads no tokenizer of more than {bytes(MAX_TOKENIZER_BYTES)}: {named}.{' '}
				{numbers}
			</Notice>
		);
	}
	if (!isWanted) {
		return (
			<>
				<p>Tokens become text by {named}.</p>
				<p class="buttons">{children}</p>
			</>
		);
	}
	if (error) {
		return (
			<Notice tone="warn">
				{sentence(explain(error))} {numbers}
			</Notice>
		);
	}
	if (!value) return <p role="status">Loading {named} …</p>;
	return (
		<p class="quiet">
			Tokens became text in this browser, by {named}. These bytes came from the node, and have
			this hash. A receipt proves tokens; that this is their tokenizer is the word of the
			node.
		</p>
	);
}

interface PartProps {
	request: schema.Request;
	checked: Checked | undefined;
	tokenizer: Tokenizer | null;
	side: Side;
	encoded: string | null;
	stored: schema.Content | null;
}

function Part({ request, checked, tokenizer, side, encoded, stored }: PartProps) {
	const { data, error, isBusy, load } = useStored(stored, request.request);
	const outcome = checked?.outcome;
	const read = useMemo(() => readOf(side, encoded ?? data), [side, encoded, data]);
	const proof = useMemo(
		() => read && 'whole' in read && proofOf(side, read.whole, request.request, outcome),
		[side, read, request.request, outcome],
	);
	if (!read && stored) {
		if (stored.size > MAX_TEXT_BYTES) {
			return (
				<p class="empty">
					It lies outside of the chain, and its {bytes(stored.size)} are too many to be
					shown as text.
				</p>
			);
		}
		return (
			<>
				{error ? <Problem error={error} what="The node did not give it." /> : null}
				<p>
					It lies outside of the chain.{' '}
					<button type="button" disabled={isBusy} onClick={load}>
						{isBusy
							? 'Loading …'
							: `Load the ${bytes(stored.size)} of the ${side}, and compare the hash`}
					</button>
				</p>
			</>
		);
	}
	if (!read) return <p class="empty">The node does not give it.</p>;
	if ('error' in read) return <Notice tone="warn">{sentence(explain(read.error))}</Notice>;
	const { list } = read;
	return (
		<>
			<Tokens side={side} list={list} tokenizer={tokenizer} />
			<Proven
				proof={proof || { kind: 'unchecked' }}
				count={list.tokens.length}
				isWordOfNode={checked?.trusted.source === 'node'}
				hasReceipt={request.status.name === 'settled' && request.isFinal}
			/>
		</>
	);
}

/** Bytes and their tokens, or why these are none. */
function readOf(
	side: Side,
	given: string | Uint8Array | undefined,
): { whole: Uint8Array; list: TokenList } | { error: unknown } | undefined {
	if (given === undefined) return undefined;
	try {
		const whole = typeof given === 'string' ? fromHex(given) : given;
		return { whole, list: tokensOf(side, whole) };
	} catch (error) {
		return { error };
	}
}

const KEYS: Record<string, (at: number, last: number) => number> = {
	ArrowLeft: (at) => at - 1,
	ArrowRight: (at) => at + 1,
	Home: () => 0,
	End: (_, last) => last,
};

/** A text in which each token can be pointed at. What is no text comes by the style sheet, so that a copy of the text has none of it. */
function Tokens({
	side,
	list,
	tokenizer,
}: {
	side: Side;
	list: TokenList;
	tokenizer: Tokenizer | null;
}) {
	const [at, setAt] = useState<number>();
	const box = useRef<HTMLParagraphElement>(null);
	const { tokens } = list;
	const texts = useMemo(() => tokenizer?.texts(tokens), [tokenizer, tokens]);
	// Not made anew when another token is pointed at.
	const shown = useMemo(
		() =>
			tokens
				.slice(0, MOST_TOKENS)
				.map((token, index) => (
					<Token key={index} at={index} token={token} text={texts?.[index]} />
				)),
		[tokens, texts],
	);
	const point = (event: Event) => {
		const token = (event.target as Element).closest<HTMLElement>('[data-at]');
		if (!token) return;
		setAt(Number(token.dataset.at));
		if (event.type !== 'focusin') return;
		// One stop of the tab key for the whole text.
		box.current?.querySelector('[tabindex="0"]')?.setAttribute('tabindex', '-1');
		token.setAttribute('tabindex', '0');
	};
	const move = (event: KeyboardEvent) => {
		const to = KEYS[event.key]?.(at ?? 0, shown.length - 1);
		if (to === undefined) return;
		event.preventDefault();
		box.current?.querySelector<HTMLElement>(`[data-at="${to}"]`)?.focus();
	};
	if (tokens.length === 0) return <p class="empty">No token.</p>;
	return (
		<>
			<p
				ref={box}
				class={texts ? 'tokens' : 'tokens numbers'}
				role="group"
				aria-label={`Tokens of the ${side}`}
				onMouseOver={point}
				onFocusIn={point}
				onKeyDown={move}
			>
				{shown}
			</p>
			{tokens.length > MOST_TOKENS && (
				<p class="quiet">
					The first {grouped(MOST_TOKENS)} of {grouped(tokens.length)} tokens.
				</p>
			)}
			<p class="place">
				<span role="status">
					{at === undefined || at >= tokens.length
						? `${plural(tokens.length, 'token')}. Point at one, or go through them by the arrow keys.`
						: placeOf(side, list, at, texts?.[at])}
				</span>{' '}
				<Copy text={texts ? texts.map(({ text }) => text).join('') : tokens.join(' ')} />
			</p>
		</>
	);
}

function Token({ at, token, text }: { at: number; token: number; text: TokenText | undefined }) {
	const kind = !text
		? undefined
		: text.isSpecial || text.name === null
			? 'special'
			: text.text === ''
				? 'part'
				: undefined;
	return (
		<span
			data-at={at}
			data-mark={kind === 'special' ? (text?.name ?? `#${token}`) : undefined}
			class={kind}
			tabIndex={at === 0 ? 0 : -1}
			title={`token ${at + 1}, id ${token}`}
		>
			{text ? text.text : token}
		</span>
	);
}

/** Whether a receipt proves these very tokens. */
function Proven({
	proof,
	count,
	isWordOfNode,
	hasReceipt,
}: {
	proof: Proof;
	count: number;
	isWordOfNode: boolean;
	hasReceipt: boolean;
}) {
	switch (proof.kind) {
		case 'unchecked':
			return (
				<Notice tone="quiet">
					Not proven yet.{' '}
					{hasReceipt
						? 'Verify the receipt below: then this line says whether it proves these tokens.'
						: 'There is a receipt once the request is settled in a final block.'}
				</Notice>
			);
		case 'refused':
			return (
				<Notice tone="bad">The receipt is refused, so nothing proves these tokens.</Notice>
			);
		case 'other':
			return (
				<Notice tone="bad">
					<strong>These are not the tokens of the receipt.</strong> Their digest is{' '}
					<code>{short(proof.digest)}</code>, and the receipt proves{' '}
					<code>{short(proof.proven)}</code>.
				</Notice>
			);
		case 'proven':
			return (
				<Notice tone={isWordOfNode ? 'warn' : 'good'}>
					<strong>
						{count === 1
							? 'The receipt proves this token.'
							: `The receipt proves these ${grouped(count)} tokens, in this order.`}
					</strong>{' '}
					Their digest, computed in this browser, is the one in the receipt:{' '}
					<code title={proof.digest}>{short(proof.digest)}</code>.
					{isWordOfNode && ' But its anchor is the genesis hash that the same node gave.'}
				</Notice>
			);
	}
}

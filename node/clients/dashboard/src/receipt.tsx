// Receipts: the anchor that the reader trusts, the check in this browser, and what it does not show.
import { encodeAddress, fromHex, type schema, type Statement } from '@opg-chain/client';
import type { ComponentChildren } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { type Anchor, parseAuthorities, parseGenesis, setAnchor } from './anchor';
import { bytes, exactOpg, grouped, sentence, short, time } from './format';
import { OpenContext, useAnchor, useOpen } from './hooks';
import { Stored, Tensors } from './tensors';
import { Account, Card, Copy, explain, Fact, Facts, Field, Hash, Notice } from './ui';
import { compare, type Outcome, verify } from './verify';

/** What a check was made against. */
export type Trusted = Anchor | { kind: 'genesis'; genesis: string; source: 'node' };

export interface Checked {
	outcome: Outcome;
	trusted: Trusted;
	receipt: string;
}

/** Checks a receipt, and keeps what came of it. */
export function useCheck() {
	const [checked, setChecked] = useState<Checked>();
	const [isBusy, setIsBusy] = useState(false);
	const check = async (trusted: Trusted, read: () => Promise<string>) => {
		setIsBusy(true);
		setChecked(undefined);
		try {
			const receipt = await read();
			const anchor =
				trusted.kind === 'genesis'
					? { genesis: trusted.genesis }
					: { authorities: trusted.text };
			setChecked({ outcome: await verify(receipt, anchor), trusted, receipt });
		} catch (error) {
			const outcome: Outcome = { error: { reason: 'NoReceipt', message: explain(error) } };
			setChecked({ outcome, trusted, receipt: '' });
		} finally {
			setIsBusy(false);
		}
	};
	return { checked, isBusy, check };
}

/** The receipt of a request on its page. */
export function Receipt({
	request,
	checking: { checked, isBusy, check },
}: {
	request: schema.Request;
	checking: ReturnType<typeof useCheck>;
}) {
	const { client, chain } = useOpen();
	const anchor = useAnchor();
	const isThere = request.status.name === 'settled' && request.isFinal;
	const fetched = async () => {
		const receipt = await client.rpc.receipt(request.request);
		return JSON.stringify(receipt, null, 2);
	};
	return (
		<Card title="Receipt" id="receipt">
			<p>
				A file that proves the result without trust in any node. This page verifies it with
				the WebAssembly verifier, in your browser.
			</p>
			<AnchorPanel nodeGenesis={chain.genesis} />
			{!isThere && (
				<p class="empty">There is one once the request is settled in a final block.</p>
			)}
			{isThere && (
				<p class="buttons">
					<button
						type="button"
						class="main"
						disabled={!anchor || isBusy}
						onClick={() => anchor && void check(anchor, fetched)}
					>
						{isBusy ? 'Verifying …' : 'Verify the receipt'}
					</button>
					<button
						type="button"
						disabled={isBusy}
						onClick={() =>
							void check(
								{ kind: 'genesis', genesis: chain.genesis, source: 'node' },
								fetched,
							)
						}
					>
						Verify against this node's own genesis
					</button>
					<Save
						receipt={checked?.receipt}
						name={`receipt-${request.request}.json`}
						read={fetched}
					/>
				</p>
			)}
			{checked && <Result checked={checked} request={request} />}
		</Card>
	);
}

function Save({
	receipt,
	name,
	read,
}: {
	receipt: string | undefined;
	name: string;
	read: () => Promise<string>;
}) {
	const [error, setError] = useState<unknown>();
	const save = async () => {
		setError(undefined);
		try {
			const blob = new Blob([receipt || (await read())], { type: 'application/json' });
			const address = URL.createObjectURL(blob);
			const link = document.createElement('a');
			link.href = address;
			link.download = name;
			link.click();
			setTimeout(() => URL.revokeObjectURL(address), 10_000);
		} catch (error) {
			setError(error);
		}
	};
	return (
		<>
			<button type="button" onClick={() => void save()}>
				Save the file
			</button>
			{error ? <Notice tone="bad">{explain(error)}</Notice> : null}
		</>
	);
}

/** What the reader trusts, and how they set it. */
export function AnchorPanel({ nodeGenesis }: { nodeGenesis: string | null }) {
	const anchor = useAnchor();
	const [isEditing, setIsEditing] = useState(false);
	if (anchor && !isEditing) {
		return (
			<div class="anchor">
				<Facts>
					<Fact name="You trust">
						{anchor.kind === 'genesis'
							? 'the chain with this genesis hash'
							: `authority set ${anchor.set} of the chain with this genesis hash`}
						<code class="wrap">{anchor.genesis}</code>
					</Fact>
					<Fact name="Source">{SOURCES[anchor.source]}</Fact>
					{nodeGenesis && (
						<Fact name="This node says">
							{nodeGenesis === anchor.genesis ? (
								'the same genesis hash'
							) : (
								<code class="wrap">{nodeGenesis}</code>
							)}
						</Fact>
					)}
				</Facts>
				<button type="button" onClick={() => setIsEditing(true)}>
					Trust something else
				</button>
			</div>
		);
	}
	return (
		<AnchorForm
			nodeGenesis={nodeGenesis}
			onDone={() => setIsEditing(false)}
			onCancel={anchor ? () => setIsEditing(false) : undefined}
		/>
	);
}

const SOURCES = {
	typed: 'you entered it',
	file: 'a file that you chose',
	link: 'the link that opened this page: trust it as far as you trust who gave you the link',
	node: 'the node itself',
};

function AnchorForm({
	nodeGenesis,
	onDone,
	onCancel,
}: {
	nodeGenesis: string | null;
	onDone: () => void;
	onCancel?: (() => void) | undefined;
}) {
	const [text, setText] = useState('');
	const [error, setError] = useState('');
	const submit = (event: Event) => {
		event.preventDefault();
		const genesis = parseGenesis(text);
		if (!genesis) return setError('A genesis hash has 64 hexadecimal digits.');
		setAnchor({ kind: 'genesis', genesis, source: 'typed' });
		onDone();
	};
	const chosen = async (event: Event) => {
		const file = (event.currentTarget as HTMLInputElement).files?.[0];
		if (!file) return;
		try {
			setAnchor(parseAuthorities(await file.text()));
			onDone();
		} catch (error) {
			setError((error as Error).message);
		}
	};
	return (
		<form class="anchor" onSubmit={submit}>
			<p>
				<strong>What do you trust?</strong> A receipt proves nothing by itself. Enter the
				genesis hash of the chain from a source of your own: its specification, somebody you
				trust, a node of yours.
			</p>
			<div class="row">
				<Field
					label="Genesis hash"
					hint={
						nodeGenesis && (
							<>This node says {nodeGenesis}. A node that lies would lie here too.</>
						)
					}
				>
					{(ids) => (
						<input
							{...ids}
							class="code"
							type="text"
							value={text}
							spellcheck={false}
							autocomplete="off"
							placeholder="0x…"
							onInput={(event) => setText(event.currentTarget.value)}
						/>
					)}
				</Field>
				<button type="submit">Trust it</button>
				{onCancel && (
					<button type="button" onClick={onCancel}>
						Keep the one before
					</button>
				)}
			</div>
			<Field
				label="Or a file of authorities"
				hint="as opg receipt verify --save-authorities writes it"
			>
				{(ids) => (
					<input
						{...ids}
						type="file"
						accept=".json,application/json"
						onChange={(event) => void chosen(event)}
					/>
				)}
			</Field>
			{error && (
				<p class="error" role="alert">
					{error}
				</p>
			)}
		</form>
	);
}

/** What came of a check. `request`: what a node says of the same request. */
export function Result({ checked, request }: { checked: Checked; request?: schema.Request }) {
	const { outcome, trusted, receipt } = checked;
	if ('error' in outcome) {
		const { reason, message } = outcome.error;
		return (
			<div class="notice bad" role="alert">
				<strong>
					{reason === 'NoReceipt' ? 'There is no receipt.' : 'The receipt is refused.'}
				</strong>{' '}
				{reason === 'NoReceipt' ? (
					message
				) : (
					<>
						{sentence(message)} Reason: <code>{reason ?? 'none'}</code>. It proves
						nothing.
					</>
				)}
			</div>
		);
	}
	const { statement, milliseconds } = outcome;
	const differences = request ? compare(statement, request) : [];
	return (
		<div class="result" role="status">
			<div
				class={`notice ${differences.length > 0 ? 'bad' : trusted.source === 'node' ? 'warn' : 'good'}`}
			>
				<strong>The receipt holds.</strong>{' '}
				{trusted.source === 'node' && (
					<>
						Its anchor is the genesis hash that the same node gave. So this shows only
						that the node agrees with itself: a node that lies can make up a chain.{' '}
					</>
				)}
				{differences.length > 0 && (
					<>
						<strong>It proves something else than the node says: </strong>
						{differences.join(', ')}.{' '}
					</>
				)}
				{request &&
					differences.length === 0 &&
					'It proves the answer that is shown above. '}
				<small>
					{bytes(receipt.length)}, verified here in{' '}
					{Math.max(1, Math.round(milliseconds))} ms.
				</small>
			</div>
			<div class="columns">
				<div>
					<h3>Verified in this browser</h3>
					<ul class="checks">
						<Check is="done">
							The {trusted.kind === 'genesis' ? 'genesis hash' : 'authority set'} is
							the one{' '}
							{trusted.source === 'node' ? 'that the node gave' : 'that you trust'}:{' '}
							<code>{short(trusted.genesis)}</code>.
						</Check>
						<Check is="done">
							Each change of the authorities from there on, and block{' '}
							{grouped(statement.block.number)} (
							<code>{short(statement.block.hash)}</code>, {time(statement.time)}),
							were made final by GRANDPA: more than two thirds of the authorities
							signed.
						</Check>
						<Check is="done">
							The state of that block has request {statement.request}, settled, with
							its input, model, engine, seats and answer, in a storage proof that
							leaves nothing over.
						</Check>
						<Check is="done">
							The digests of input, model and engine are the same in the request and
							in its committees
							{statement.input !== null && ', and the input has that digest'}.
						</Check>
						{request && differences.length === 0 && (
							<Check is="done">
								Input, answer, model and fee that this node showed are those of the
								receipt.
							</Check>
						)}
					</ul>
				</div>
				<div>
					<h3>Not verified here</h3>
					<ul class="checks">
						<Check is="not">
							That the model gives this answer. Whoever has its file computes it
							again:
							<code class="command">
								{command(statement)} <Copy text={command(statement)} />
							</code>
						</Check>
						<Check is="not">
							The signatures of the executors: they are in the blocks of the reveals.
							The state has the digest that each revealed.
						</Check>
						{(statement.storedInput || statement.answer.storedOutput) && (
							<Check is="not">
								The bytes of{' '}
								{[
									statement.storedInput && 'the input',
									statement.answer.storedOutput && 'the output',
								]
									.filter(Boolean)
									.join(' and ')}
								, which are outside of the chain. The receipt has their BLAKE3
								hashes, with which this page compares what it loads.
							</Check>
						)}
						<Check is="not">
							This page itself, and its verifier: they are as honest as who serves
							them. <code>opg receipt verify</code> needs neither.
						</Check>
					</ul>
				</div>
			</div>
			<details open={!request}>
				<summary>What it proves</summary>
				<Proven statement={statement} />
			</details>
		</div>
	);
}

function command({ request, genesis }: Statement): string {
	return `opg receipt verify receipt-${request}.json --genesis ${genesis} --model FILE`;
}

function Check({ is, children }: { is: 'done' | 'not'; children: ComponentChildren }) {
	return (
		<li class={is}>
			<span class="hidden">{is === 'done' ? 'Verified: ' : 'Not verified: '}</span>
			{children}
		</li>
	);
}

function Proven({ statement }: { statement: Statement }) {
	const { answer } = statement;
	return (
		<div class="columns">
			<div>
				<h3>Input</h3>
				{statement.input !== null && (
					<Tensors encoded={statement.input} what="Proven input" />
				)}
				{statement.storedInput && (
					<Stored
						content={statement.storedInput}
						request={statement.request}
						what="Proven input"
					/>
				)}
				<h3>Answer</h3>
				{answer.output !== null && <Tensors encoded={answer.output} what="Proven output" />}
				{answer.storedOutput && (
					<Stored
						content={answer.storedOutput}
						request={statement.request}
						what="Proven output"
					/>
				)}
				{answer.error !== null && <p>The model gives none: {answer.error}</p>}
			</div>
			<Facts>
				<Fact name="Request">{statement.request}</Fact>
				<Fact name="Block">
					{grouped(statement.block.number)}, {time(statement.time)}
				</Fact>
				<Fact name="Runtime">
					{statement.specName} {statement.specVersion}
				</Fact>
				<Fact name="Requester">
					<PublicKey value={statement.requester} />
				</Fact>
				<Fact name="Model">
					version {statement.model} of <PublicKey value={statement.owner} />
				</Fact>
				<Fact name="Model file">
					<Hash value={statement.modelHash} />
				</Fact>
				<Fact name="Engine">
					<Hash value={statement.engineId} />
				</Fact>
				<Fact name="Input digest">
					<Hash value={statement.inputHash} />
				</Fact>
				<Fact name="Answer digest">
					<Hash value={answer.digest} />
				</Fact>
				<Fact name="Fuel">{grouped(answer.fuel)}</Fact>
				<Fact name="Fee">{exactOpg(statement.fee)}</Fact>
				{statement.seats.map((seat) => (
					<Fact key={`${seat.round} ${seat.executor}`} name={`Seat, round ${seat.round}`}>
						<PublicKey value={seat.executor} />: {said(seat, answer.digest)}
					</Fact>
				))}
			</Facts>
		</div>
	);
}

function said(seat: Statement['seats'][number], digest: string): string {
	if (seat.declined) return `declined, ${seat.declined}`;
	if (!seat.revealed) return seat.committed ? 'committed, and did not reveal' : 'was silent';
	const which = seat.revealed.digest === digest ? 'this answer' : 'another answer';
	return `revealed ${which} in block ${grouped(seat.revealed.block)}`;
}

/** An account of a receipt, as an address of the chain. */
function PublicKey({ value }: { value: string }) {
	const prefix = useContext(OpenContext)?.chain.ss58Prefix;
	const address = value.startsWith('0x') ? encodeAddress(fromHex(value), prefix) : value;
	return <Account address={address} />;
}

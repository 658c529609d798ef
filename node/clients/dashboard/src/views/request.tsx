// One request: its way, its rounds, what went in and came out, and its receipt.
import type { schema } from '@opg-chain/client';
import { useState } from 'preact/hooks';
import { grouped, plural, words } from '../format';
import { follow, useWhileOpen } from '../hooks';
import { ModelName } from '../names';
import { Receipt, useCheck } from '../receipt';
import { ROUND_NAMES, type Round, roundsOf, stepsOf } from '../rounds';
import { to } from '../route';
import { Stored, Tensors } from '../tensors';
import { TextOf } from '../text';
import {
	Account,
	Accounts,
	Badge,
	Card,
	Fact,
	Facts,
	Hash,
	Loading,
	Notice,
	Opg,
	Page,
	Problem,
	Table,
} from '../ui';

const TIERS: Record<string, string> = {
	optimistic: 'one executor, audited at random',
	quorum: 'three executors that agree',
	high: 'seven executors, of whom five agree and none dissents',
};

export function RequestView({ id }: { id: number }) {
	const [request, setRequest] = useState<schema.Request | null>();
	const [error, setError] = useState<unknown>();
	useWhileOpen(
		({ client }) => {
			setError(undefined);
			let end: (() => void) | undefined;
			let isOver = false;
			client.rpc.request(id).then(
				(first) => {
					if (isOver) return;
					setRequest(first);
					if (first && !first.isFinal)
						end = follow(client.rpc.watchRequest(id), setRequest, setError);
				},
				(error: unknown) => !isOver && setError(error),
			);
			return () => {
				isOver = true;
				end?.();
			};
		},
		[id],
	);
	const title = `Request ${id}`;
	if (request === null) {
		return (
			<Page title={title}>
				<Notice tone="quiet">
					The node has no request with this number: there was none yet, or it was removed
					from the state, an hour after its inclusion. Its events are in the blocks. A
					receipt that somebody kept can still be <a href={to.verify}>verified</a>.
				</Notice>
			</Page>
		);
	}
	return (
		<Page title={title} side={request && <Badge name={request.status.name} />}>
			{error ? <Problem error={error} /> : null}
			{request ? <Body request={request} /> : !error && <Loading />}
		</Page>
	);
}

function Body({ request }: { request: schema.Request }) {
	const { status, input, storedInput } = request;
	const { answer } = status;
	const checking = useCheck();
	return (
		<>
			<ol class="steps" aria-label="Way of the request">
				{stepsOf(request).map(({ name, state, note }) => (
					<li
						key={name}
						class={state}
						aria-current={state === 'now' ? 'step' : undefined}
					>
						<strong>{name}</strong>
						<small>{note}</small>
					</li>
				))}
			</ol>
			{status.explanation && (
				<Notice tone="bad">
					{status.explanation} ({status.reason})
				</Notice>
			)}
			<TextOf request={request} checked={checking.checked} />
			<div class="columns">
				<Card title="Input">
					{input !== null && <Tensors encoded={input} what="Input" />}
					{storedInput && (
						<Stored content={storedInput} request={request.request} what="Input" />
					)}
				</Card>
				<Card title="Answer">
					{!answer && (
						<p class="empty">
							{status.name === 'failed'
								? 'There is none, and there will be none.'
								: 'There is none yet.'}
						</p>
					)}
					{answer?.output && <Tensors encoded={answer.output} what="Output" />}
					{answer?.storedOutput && (
						<Stored
							content={answer.storedOutput}
							request={request.request}
							what="Output"
						/>
					)}
					{answer?.error && (
						<Notice tone="warn">
							The model gives no output for this input:{' '}
							<strong>{words(answer.error)}</strong>. That is an answer too, attested
							and paid like others.
						</Notice>
					)}
					{answer && <Reliance request={request} />}
				</Card>
			</div>
			<Card title="Rounds">
				{request.seats.length === 0 && <p class="empty">No committee was drawn yet.</p>}
				{roundsOf(request.seats).map((round) => (
					<div key={round.round} class="block">
						<h3>
							{ROUND_NAMES[round.round] ?? `Round ${round.round}`}{' '}
							<small class="quiet">
								round {round.round}: {said(round)}
								{round.digests > 1 && `, ${round.digests} answers that differ`}
							</small>
						</h3>
						<Table
							caption={`Seats of round ${round.round}`}
							rows={round.seats}
							rowKey={({ executor }) => executor}
							empty="No seat."
							columns={[
								{
									name: 'Executor',
									cell: ({ executor }) => <Account address={executor} />,
								},
								{
									name: 'Committed',
									cell: ({ committed }) =>
										committed ? (
											`block ${grouped(committed.block)}`
										) : (
											<span class="quiet">–</span>
										),
								},
								{ name: 'Revealed', cell: (seat) => <Revealed seat={seat} /> },
								{
									name: 'Answer',
									cell: ({ revealed }) =>
										revealed && (
											<Digest digest={revealed.digest} request={request} />
										),
								},
							]}
						/>
					</div>
				))}
			</Card>
			<Receipt request={request} checking={checking} />
			<div class="columns">
				<Details request={request} />
				<History request={request} />
			</div>
		</>
	);
}

function said({ seats, committed, revealed }: Round): string {
	// One executor alone does not commit.
	if (seats.length === 1) return `${revealed} of 1 revealed`;
	return `${committed} of ${seats.length} committed, ${revealed} revealed`;
}

function Revealed({ seat }: { seat: schema.Seat }) {
	if (seat.revealed) return <>block {grouped(seat.revealed.block)}</>;
	if (seat.declined) return <span class="quiet">declined: {words(seat.declined)}</span>;
	return <span class="quiet">–</span>;
}

function Digest({ digest, request }: { digest: string; request: schema.Request }) {
	const stands = request.status.answer?.digest;
	return (
		<>
			<Hash value={digest} />
			{stands && digest !== stands && <Badge name="differs" tone="bad" />}
		</>
	);
}

/** May the answer be relied on? By the word of this node. */
function Reliance({ request }: { request: schema.Request }) {
	const { status, isFinal } = request;
	if (status.name === 'settled' && isFinal) {
		return (
			<Notice tone="good">
				Settled in a final block: nothing changes it any more. That is the word of this
				node; the receipt below needs no one's word.
			</Notice>
		);
	}
	if (status.name === 'settled') {
		return <Notice tone="busy">Settled, in a block that is not final yet.</Notice>;
	}
	if (status.name === 'disputed') {
		return <Notice tone="warn">In dispute: the court decides which answer stands.</Notice>;
	}
	return (
		<Notice tone="busy">
			Attested, and not settled: it can still be challenged
			{status.name === 'audited' && ', and an audit computes it again'}.
		</Notice>
	);
}

function Details({ request }: { request: schema.Request }) {
	const { status, limits, dims } = request;
	const { fuel, loadFuel, memoryMib } = limits;
	return (
		<Card title="Terms">
			<Facts>
				<Fact name="Model">
					<ModelName id={request.model} />
				</Fact>
				<Fact name="Model file">
					<Hash value={request.modelHash} />
				</Fact>
				<Fact name="Engine">
					<Hash value={request.engineId} />
				</Fact>
				{Object.keys(dims).length > 0 && (
					<Fact name="Dimensions">
						{Object.entries(dims)
							.map(([name, size]) => `${name} = ${size}`)
							.join(', ')}
					</Fact>
				)}
				<Fact name="Tier">
					{request.tier}, {TIERS[request.tier]}
				</Fact>
				<Fact name="Requester">
					<Account address={request.requester} />
				</Fact>
				<Fact name="Reference">
					<Hash value={request.reference} />
				</Fact>
				<Fact name="Deadline">
					{request.deadline === null ? 'none' : `clock ${request.deadline}`}
				</Fact>
				<Fact name="Limits">
					{grouped(fuel)} fuel a run, {grouped(loadFuel)} to load, {memoryMib} MiB
				</Fact>
				{status.answer && <Fact name="Fuel">{grouped(status.answer.fuel)}</Fact>}
				{status.fee && (
					<Fact name="Fee">
						<Opg planck={status.fee} digits={8} />
					</Fact>
				)}
				{status.paid.map(({ executor, amount }) => (
					<Fact key={executor} name="Paid">
						<Account address={executor} /> <Opg planck={amount} digits={8} />
					</Fact>
				))}
				{status.challengers.length > 0 && (
					<Fact name="Challengers">
						<Accounts addresses={status.challengers} />
					</Fact>
				)}
				{status.buyer && (
					<Fact name="Audit bought by">
						<Account address={status.buyer} />
					</Fact>
				)}
			</Facts>
		</Card>
	);
}

function History({ request }: { request: schema.Request }) {
	const { history } = request;
	return (
		<Card title="History" side={<small>{plural(history.length, 'entry', 'entries')}</small>}>
			{history.length === 0 ? (
				<p class="empty">This node has not followed the request.</p>
			) : (
				<ol class="history">
					{history.map(({ block, event, accounts }, index) => (
						<li key={index}>
							<span class="number">{grouped(block)}</span>
							<strong>{words(event)}</strong>
							<span>
								<Accounts addresses={accounts} none="" />
							</span>
						</li>
					))}
				</ol>
			)}
		</Card>
	);
}

// The newest requests, and what their rounds do.
import type { OpgRpc, schema } from '@opg-chain/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { compact, grouped, opg } from '../format';
import { follow, useAsked, useOpen } from '../hooks';
import { ModelName } from '../names';
import { to } from '../route';
import { ROUND_NAMES, roundsOf } from '../rounds';
import { nextRequest } from '../storage';
import { Account, Badge, Card, Fact, Facts, Page, Problem, Sparkline, Table, Tile } from '../ui';

/** Rows of a page. Each that is not final is a subscription, of 64 that a connection may have. */
export const ROWS = 20;

/** `null`: the node keeps it no more. `undefined`: not known yet. */
type Row = { id: number; request: schema.Request | null | undefined };

export function Requests({ before }: { before: number | null }) {
	const open = useOpen();
	const next = useAsked((node) => nextRequest(node.client), ['next'], { eachBlock: true });
	const [last, setLast] = useState<number>();
	useEffect(() => {
		if (next.value !== undefined) setLast(next.value);
	}, [next.value]);
	const courts = useAsked((node) => node.client.rpc.courts(), ['courts'], { eachBlock: true });
	const end = last === undefined ? undefined : Math.min(before ?? last, last);
	const ids = end === undefined ? [] : newest(end);
	const requests = useRequests(ids);
	const { chain, prices } = open;
	const rows = ids.map((id): Row => ({ id, request: requests.get(id) }));
	const isPruned = rows.length > 0 && rows.every(({ request }) => request === null);
	const oldest = ids.at(-1) ?? 0;
	return (
		<Page
			title="Requests"
			lead="Each is computed by executors that are drawn after it is fixed. They commit to their answers before they see another's."
		>
			<dl class="tiles">
				<Tile name="Newest block" note={`final ${grouped(chain.finalized.number)}`}>
					{grouped(chain.best.number)}
				</Tile>
				<Tile name="Clock" note={`session ${grouped(chain.session)}`}>
					{grouped(chain.clock)}
				</Tile>
				<Tile
					name="Price of fuel"
					note={
						<>
							planck per fuel; {opg(BigInt(chain.fuelPrice) * 10n ** 9n, 6)} OPG per
							10⁹
							<Sparkline
								values={prices.map(({ price }) => Number(price))}
								label={`Price of fuel over the last ${prices.length} blocks`}
							/>
						</>
					}
				>
					<span title={`${grouped(BigInt(chain.fuelPrice))} planck`}>
						{compact(chain.fuelPrice)}
					</span>
				</Tile>
				<Tile name="Requests ever">{last === undefined ? '…' : grouped(last)}</Tile>
				<Tile name="Open courts" note={<a href={to.courts}>see them</a>}>
					{courts.value?.length ?? '…'}
				</Tile>
			</dl>
			<Card title={before === null ? 'Newest' : `Before ${before}`}>
				{next.error ? <Problem error={next.error} /> : null}
				<Table
					caption="Requests"
					rows={end === undefined ? undefined : rows}
					rowKey={({ id }) => id}
					empty={
						<>
							No request yet. Send one with <code>opg request send</code>.
						</>
					}
					columns={[
						{ name: 'Request', cell: ({ id }) => <a href={to.request(id)}>{id}</a> },
						{ name: 'State', cell: ({ request }) => <State request={request} /> },
						{
							name: 'Rounds',
							cell: ({ request }) => request && <Rounds request={request} />,
						},
						{
							name: 'Model',
							cell: ({ request }) => request && <ModelName id={request.model} />,
						},
						{ name: 'Tier', cell: ({ request }) => request?.tier },
						{
							name: 'Requester',
							cell: ({ request }) =>
								request && <Account address={request.requester} />,
						},
						{
							name: 'Block',
							isNumber: true,
							cell: ({ request }) => request && grouped(request.requestedAt),
						},
					]}
				/>
				<nav class="pager" aria-label="Pages">
					{before !== null && <a href={to.requests}>← Newest</a>}
					{isPruned ? (
						<span>These and older requests are no longer in the state.</span>
					) : (
						oldest > 0 && <a href={to.requestsBefore(oldest)}>Older →</a>
					)}
				</nav>
			</Card>
			<Card title="Chain">
				<Facts>
					<Fact name="Name">{chain.name}</Fact>
					<Fact name="Genesis">
						<code class="wrap">{chain.genesis}</code>
					</Fact>
					<Fact name="Runtime">
						{chain.specName} {chain.specVersion}
					</Fact>
				</Facts>
			</Card>
		</Page>
	);
}

function newest(end: number): number[] {
	return Array.from({ length: Math.min(ROWS, end) }, (_, index) => end - 1 - index);
}

function State({ request }: { request: schema.Request | null | undefined }) {
	if (request === undefined) return <span class="quiet">…</span>;
	if (request === null) return <span class="quiet">removed from the state</span>;
	const { status, isFinal } = request;
	return (
		<>
			<Badge name={status.name} />
			{status.name === 'settled' && !isFinal && (
				<small class="quiet"> in a block not final yet</small>
			)}
			{status.reason && <small class="quiet"> {status.reason}</small>}
		</>
	);
}

function Rounds({ request }: { request: schema.Request }) {
	const rounds = roundsOf(request.seats);
	if (rounds.length === 0) return <span class="quiet">waits for its draw</span>;
	return (
		<span class="rounds">
			{rounds.map(({ round, seats, committed, revealed }) => (
				<span key={round} class="round" title={ROUND_NAMES[round]}>
					{rounds.length > 1 && <span class="quiet">{round}</span>}
					{seats.map((seat) => (
						<i
							key={`${seat.executor}`}
							class={
								seat.revealed
									? 'revealed'
									: seat.committed
										? 'committed'
										: seat.declined
											? 'declined'
											: ''
							}
						/>
					))}
					<small>
						{revealed > 0
							? `${revealed} of ${seats.length} revealed`
							: `${committed} of ${seats.length} committed`}
					</small>
				</span>
			))}
		</span>
	);
}

/** These requests, followed until they are final. Those that stay in the list stay subscribed. */
function useRequests(ids: readonly number[]): ReadonlyMap<number, schema.Request | null> {
	const { client, epoch } = useOpen();
	const [requests, setRequests] = useState<ReadonlyMap<number, schema.Request | null>>(new Map());
	const followed = useRef(new Map<number, () => void>());
	useEffect(
		() => () => {
			for (const end of followed.current.values()) end();
			followed.current.clear();
		},
		[epoch],
	);
	useEffect(() => {
		const wanted = new Set(ids);
		for (const [id, end] of followed.current) {
			if (wanted.has(id)) continue;
			end();
			followed.current.delete(id);
		}
		for (const id of wanted) {
			if (followed.current.has(id)) continue;
			const set = (request: schema.Request | null) =>
				setRequests((all) => {
					const kept = [...all].filter(([other]) => followed.current.has(other));
					return new Map(kept).set(id, request);
				});
			followed.current.set(id, one(client.rpc, id, set));
		}
	}, [epoch, ids.join()]);
	return requests;
}

function one(rpc: OpgRpc, id: number, set: (request: schema.Request | null) => void): () => void {
	let end: (() => void) | undefined;
	let isOver = false;
	rpc.request(id).then(
		(request) => {
			if (isOver) return;
			set(request);
			// Where the node takes no more subscriptions, the row stays as it is.
			if (request && !request.isFinal) end = follow(rpc.watchRequest(id), set);
		},
		// A connection that broke: the next one asks again.
		() => undefined,
	);
	return () => {
		isOver = true;
		end?.();
	};
}

// One version of a model: its file, its limits, what it costs, who serves it, and what happens to it.
import type { schema } from '@opg-chain/client';
import { useState } from 'preact/hooks';
import { bytes, grouped, words } from '../format';
import { follow, useAsked, useWhileOpen } from '../hooks';
import { to } from '../route';
import {
	Account,
	Accounts,
	Badge,
	Card,
	explain,
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
import { ExecutorPages } from './executors';
import { Versions } from './models';

const TIERS = ['optimistic', 'quorum', 'high'] as const;
/** Blocks within which a request at the largest fee is included. */
const BLOCKS = 10;
/** Events that are shown. */
const EVENTS = 30;
/** Pages of an owner's models that are looked through for the model of a version. */
const PAGES = 5;

export function ModelView({ id }: { id: number }) {
	const version = useAsked(({ client }) => client.rpc.model(id), [id]);
	const { value } = version;
	const title = value ? `${value.name} ${value.number}` : `Model version ${id}`;
	return (
		<Page
			title={title}
			lead={
				value && (
					<>
						Version {id} of this chain, by <Account address={value.owner} />
					</>
				)
			}
		>
			{version.error ? (
				<Problem error={version.error} what="There is no such version." />
			) : null}
			{value ? <Body version={value} /> : !version.error && <Loading />}
		</Page>
	);
}

function Body({ version }: { version: schema.Version }) {
	const { limits, dims } = version;
	return (
		<>
			{version.deprecated !== null && (
				<Notice tone="warn">Deprecated: {version.deprecated || 'no reason given'}</Notice>
			)}
			<div class="columns">
				<Card title="File">
					<Facts>
						<Fact name="BLAKE3 hash">
							<Hash value={version.modelHash} />
						</Fact>
						<Fact name="Length">{bytes(version.size)}</Fact>
						<Fact name="Engine">
							<Hash value={version.engineId} />
						</Fact>
						<Fact name="Inspection report">
							<Hash value={version.reportHash} />
						</Fact>
						<Fact name="Dimensions">
							{Object.entries(dims)
								.map(([name, size]) => `${name} = ${size}`)
								.join(', ') || 'none open'}
						</Fact>
						<Fact name="Licence">{version.licence ?? 'not said'}</Fact>
						{version.tokenizer && (
							<Fact name="Tokenizer">
								<Hash value={version.tokenizer.hash} />{' '}
								{bytes(version.tokenizer.size)}
							</Fact>
						)}
						<Fact name="First announced">
							block {grouped(version.announcedAt)} by{' '}
							<Account address={version.announcedBy} />
						</Fact>
						<Fact name="Limits">
							{grouped(limits.fuel)} fuel a run, {grouped(limits.loadFuel)} to load,{' '}
							{limits.memoryMib} MiB; input {bytes(limits.inputBytes)}, output{' '}
							{bytes(limits.outputBytes)}
						</Fact>
					</Facts>
					<Siblings version={version} />
				</Card>
				<Costs version={version} />
			</div>
			<Card title="Executors that serve it">
				<ExecutorPages
					model={version.model}
					caption="Executors that serve this version"
					empty="None."
				/>
			</Card>
			<Events id={version.model} />
		</>
	);
}

/** Other versions of the same model. */
function Siblings({ version }: { version: schema.Version }) {
	const { owner, name, model } = version;
	const named = useAsked(
		async ({ client }) => {
			let cursor: string | null = null;
			for (let page = 0; page < PAGES; page += 1) {
				const { items, next }: schema.ListedModelPage = await client.rpc.models(
					{ owner },
					cursor,
				);
				for (const item of items) if ('versions' in item && item.name === name) return item;
				if (next === null) break;
				cursor = next;
			}
			return null;
		},
		[owner, name],
	);
	const others = named.value?.versions.filter((other) => other.model !== model) ?? [];
	if (others.length === 0) return null;
	return (
		<p>
			Other versions: <Versions versions={others} />
		</p>
	);
}

function Costs({ version: { model, royalty } }: { version: schema.Version }) {
	const estimates = useAsked(
		({ client }) =>
			Promise.all(
				TIERS.map(async (tier) => ({
					tier,
					estimate: await client.rpc.estimate(model, { tier, blocks: BLOCKS }),
				})),
			),
		[model],
		{ eachBlock: true },
	);
	const first = estimates.value?.[0]?.estimate;
	return (
		<Card title="A request costs" side={<Taken estimate={first} />}>
			{estimates.error ? (
				<Notice tone="warn">It takes none now: {explain(estimates.error)}</Notice>
			) : (
				<Table
					caption="Costs by tier"
					rows={estimates.value}
					rowKey={({ tier }) => tier}
					empty=""
					columns={[
						{ name: 'Tier', cell: ({ tier }) => tier },
						{
							name: 'Now, at most',
							isNumber: true,
							cell: ({ estimate }) => <Price planck={estimate.fee} />,
						},
						{
							name: `Within ${BLOCKS} blocks`,
							isNumber: true,
							cell: ({ estimate }) => <Price planck={estimate.maxFee} />,
						},
						{
							name: 'Free executors',
							isNumber: true,
							cell: ({ estimate: { free } }) => free.executors,
						},
					]}
				/>
			)}
			<Facts>
				<Fact name="Royalty in it">
					<Opg planck={royalty} digits={8} />
				</Fact>
				{first && (
					<Fact name="Deposit">
						<Opg planck={first.deposit} digits={8} />, comes back
					</Fact>
				)}
			</Facts>
		</Card>
	);
}

function Price({ planck }: { planck: string | null }) {
	return planck === null ? <span class="quiet">–</span> : <Opg planck={planck} digits={8} />;
}

function Taken({ estimate }: { estimate: schema.Estimate | undefined }) {
	if (!estimate) return null;
	if (!estimate.takesRequests) return <Badge name="takes no requests" tone="warn" />;
	return estimate.congested ? (
		<Badge name="congested" tone="warn" />
	) : (
		<Badge name="takes requests" tone="good" />
	);
}

function Events({ id }: { id: number }) {
	const [events, setEvents] = useState<readonly (schema.ModelEvent & { key: number })[]>([]);
	const [error, setError] = useState<unknown>();
	useWhileOpen(
		({ client }) => {
			setError(undefined);
			setEvents([]);
			let key = 0;
			return follow(
				client.rpc.watchModel(id),
				(event) => {
					key += 1;
					const own = { ...event, key };
					setEvents((all) => [own, ...all].slice(0, EVENTS));
				},
				setError,
			);
		},
		[id],
	);
	return (
		<Card title="Live" side={<small>the last {EVENTS} events since this page opened</small>}>
			{error ? <Problem error={error} what="The node stopped telling." /> : null}
			<Table
				caption="Events of requests to this version"
				rows={events}
				rowKey={({ key }) => key}
				empty="Nothing yet. What happens to requests to this version appears here."
				columns={[
					{ name: 'Block', isNumber: true, cell: ({ block }) => grouped(block.number) },
					{
						name: 'Request',
						cell: ({ request }) => <a href={to.request(request)}>{request}</a>,
					},
					{ name: 'Event', cell: ({ event }) => words(event) },
					{ name: 'Round', cell: ({ round }) => round ?? '' },
					{
						name: 'Accounts',
						cell: ({ accounts }) => <Accounts addresses={accounts} none="" />,
					},
					{
						name: 'Answer',
						cell: ({ digest, reason }) =>
							digest ? <Hash value={digest} /> : (reason ?? ''),
					},
				]}
			/>
		</Card>
	);
}

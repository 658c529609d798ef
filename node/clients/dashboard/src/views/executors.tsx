// Executors: what backs them, how busy they are, and what they did wrong.
import type { schema } from '@opg-chain/client';
import { grouped, percent, words } from '../format';
import { useAsked, useOpen } from '../hooks';
import { to } from '../route';
import { convictions } from '../storage';
import {
	Account,
	Badge,
	Card,
	type Column,
	Hash,
	Meter,
	Opg,
	Page,
	Pager,
	Problem,
	Table,
	useCursors,
} from '../ui';

const ROWS = 25;
/** Last seats of which the misses are counted. */
const SEATS = 16;
/** Convictions that are shown. */
const CONVICTIONS = 20;
/** Models that a row names. */
const MODELS = 6;

const COLUMNS: Column<schema.Executor>[] = [
	{ name: 'Operator', cell: ({ operator }) => <Account address={operator} /> },
	{ name: 'State', cell: ({ state }) => <Badge name={state} /> },
	{ name: 'Stake', isNumber: true, cell: ({ stake }) => <Opg planck={stake} digits={2} /> },
	{
		name: 'Its own',
		isNumber: true,
		cell: ({ ownStake, stake }) => (
			<>
				<Opg planck={ownStake} digits={2} />{' '}
				<small class="quiet">{share(ownStake, stake)}</small>
			</>
		),
	},
	{
		name: 'Reserved',
		isNumber: true,
		cell: ({ reserved }) => <Opg planck={reserved} digits={2} />,
	},
	{
		name: 'Busy slots',
		cell: ({ busy, slots }) => (
			<Meter value={busy} max={slots} label={`${busy} of ${slots} slots busy`} />
		),
	},
	{ name: 'Commission', isNumber: true, cell: ({ commission }) => percent(commission) },
	{
		name: 'Misses',
		isNumber: true,
		cell: ({ misses }) => <Count value={misses} title={`of the last ${SEATS} seats`} />,
	},
	{
		name: 'Convictions',
		isNumber: true,
		cell: ({ convictions }) => <Count value={convictions} title="that are held now" />,
	},
	{
		name: 'Serves',
		cell: ({ serves }) => (
			<>
				{serves.slice(0, MODELS).map((model) => (
					<a key={model} class="tag" href={to.model(model)}>
						{model}
					</a>
				))}
				{serves.length > MODELS && (
					<small class="quiet">and {serves.length - MODELS} more</small>
				)}
			</>
		),
	},
	{
		name: 'Stake in it',
		cell: ({ operator }) => <a href={to.stakeIn(operator, 'executor')}>Delegate</a>,
	},
];

function Count({ value, title }: { value: number; title: string }) {
	return (
		<span class={value > 0 ? 'bad-text' : undefined} title={title}>
			{value}
		</span>
	);
}

function share(own: string, all: string): string {
	const whole = BigInt(all);
	return whole === 0n ? '' : `${(BigInt(own) * 100n) / whole} %`;
}

/** Executors by pages: all of them, or those that serve a version. */
export function ExecutorPages({
	model,
	caption,
	empty,
}: {
	model: number | null;
	caption: string;
	empty: string;
}) {
	const { page, cursor, next, back } = useCursors();
	const executors = useAsked(
		({ client }) => client.rpc.executors(model, cursor, ROWS),
		[model, cursor],
		{ eachBlock: true },
	);
	return (
		<>
			{executors.error ? (
				<Problem error={executors.error} />
			) : (
				<Table
					caption={caption}
					rows={executors.value?.items}
					rowKey={({ operator }) => operator}
					empty={empty}
					columns={COLUMNS}
				/>
			)}
			<Pager
				page={page}
				next={executors.value?.next != null}
				onNext={() => executors.value?.next && next(executors.value.next)}
				onBack={back}
			/>
		</>
	);
}

export function Executors() {
	return (
		<Page
			title="Executors"
			lead="They run the models, and lose stake for answers that a court finds wrong. Misses are silent seats among the last sixteen; convictions those that are held now."
		>
			<Card>
				<ExecutorPages model={null} caption="Executors" empty="No executor." />
			</Card>
			<Convictions />
		</Page>
	);
}

/** The newest convictions, with what they cost. */
function Convictions() {
	const { chain } = useOpen();
	const found = useAsked(({ client }) => convictions(client, CONVICTIONS), ['convictions'], {
		eachBlock: true,
	});
	const { kept = 0, newest } = found.value ?? {};
	return (
		<Card
			title="Convictions"
			side={
				kept > CONVICTIONS && (
					<small>{`the newest ${CONVICTIONS} of ${grouped(kept)}`}</small>
				)
			}
		>
			{found.error ? (
				<Problem error={found.error} />
			) : (
				<Table
					caption="Convictions"
					rows={newest}
					rowKey={({ id }) => id}
					empty="None that the chain still keeps."
					columns={[
						{ name: 'Number', cell: ({ id }) => id },
						{
							name: 'Operator',
							cell: ({ operator }) => <Account address={operator} />,
						},
						{ name: 'Model file', cell: ({ modelHash }) => <Hash value={modelHash} /> },
						{ name: 'Loss', isNumber: true, cell: ({ loss }) => <Opg planck={loss} /> },
						{ name: 'State', cell: ({ status }) => words(status).toLowerCase() },
						{
							name: 'Burns',
							isNumber: true,
							cell: ({ status, maturesAt }) =>
								status === 'Held'
									? `in ${Math.max(maturesAt - chain.clock, 0)} ticks`
									: '',
						},
					]}
				/>
			)}
		</Card>
	);
}

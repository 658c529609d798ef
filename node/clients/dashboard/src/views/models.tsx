// Models, by page.
import type { schema } from '@opg-chain/client';
import { useState } from 'preact/hooks';
import { useAsked } from '../hooks';
import { to } from '../route';
import { Account, Badge, Card, Field, Page, Pager, Problem, Table, useCursors } from '../ui';

const ROWS = 20;
/** Versions of a model that its row names. */
const VERSIONS = 4;

type Filter = { owner?: string; tag?: string };

export function Models({ owner, tag }: { owner: string | null; tag: string | null }) {
	const filter: Filter = owner ? { owner } : tag ? { tag } : {};
	return (
		<Page title="Models" lead="ONNX files that their owners registered by content hash.">
			<Search owner={owner} tag={tag} key={`${owner} ${tag}`} />
			<List filter={filter} key={JSON.stringify(filter)} />
		</Page>
	);
}

function Search({ owner, tag }: { owner: string | null; tag: string | null }) {
	const [text, setText] = useState(owner ?? tag ?? '');
	const submit = (event: Event) => {
		event.preventDefault();
		const wanted = text.trim();
		if (wanted === '') location.hash = to.models;
		else if (/^\d+$/.test(wanted)) location.hash = to.model(Number(wanted));
		else location.hash = to.modelsOf(wanted.length > 40 ? { owner: wanted } : { tag: wanted });
	};
	return (
		<form class="row search" role="search" onSubmit={submit}>
			<Field label="Owner's address, tag, or number of a version">
				{(ids) => (
					<input
						{...ids}
						type="search"
						value={text}
						spellcheck={false}
						onInput={(event) => setText(event.currentTarget.value)}
					/>
				)}
			</Field>
			<button type="submit">Find</button>
		</form>
	);
}

function List({ filter }: { filter: Filter }) {
	const { page, cursor, next, back } = useCursors();
	const models = useAsked(
		({ client }) =>
			client.rpc.models(Object.keys(filter).length > 0 ? filter : null, cursor, ROWS),
		[filter, cursor],
	);
	// Only a filter by file gives versions, and there is none here.
	const rows = models.value?.items.filter(
		(item): item is schema.NamedModel => 'versions' in item,
	);
	return (
		<Card>
			{models.error ? (
				<Problem error={models.error} />
			) : (
				<Table
					caption="Models"
					rows={rows}
					rowKey={({ owner, name }) => `${owner}/${name}`}
					empty="No model."
					columns={[
						{ name: 'Model', cell: (model) => <Name model={model} /> },
						{
							name: 'Owner',
							cell: ({ owner }) => (
								<>
									<Account address={owner} />{' '}
									<a href={to.modelsOf({ owner })}>all of them</a>
								</>
							),
						},
						{
							name: 'Versions',
							cell: ({ versions }) => <Versions versions={versions} />,
						},
						{
							name: 'Channels',
							cell: ({ channels }) =>
								Object.entries(channels).map(([name, id]) => (
									<a key={name} href={to.model(id)} class="tag">
										{name}
									</a>
								)),
						},
						{
							name: 'Tags',
							cell: ({ tags }) =>
								tags.map((tag) => (
									<a key={tag} href={to.modelsOf({ tag })} class="tag">
										{tag}
									</a>
								)),
						},
					]}
				/>
			)}
			<Pager
				page={page}
				next={models.value?.next != null}
				onNext={() => models.value?.next && next(models.value.next)}
				onBack={back}
			/>
		</Card>
	);
}

function Name({ model: { name, latest, versions } }: { model: schema.NamedModel }) {
	const id = latest ?? versions[0]?.model;
	return id == null ? <strong>{name}</strong> : <a href={to.model(id)}>{name}</a>;
}

export function Versions({ versions }: { versions: readonly schema.ListedVersion[] }) {
	return (
		<span class="tags">
			{versions.slice(0, VERSIONS).map(({ model, number, state }) => (
				<span key={model}>
					{state === 'removed' ? number : <a href={to.model(model)}>{number}</a>}
					{state !== 'current' && (
						<>
							{' '}
							<Badge name={state} />
						</>
					)}
				</span>
			))}
			{versions.length > VERSIONS && (
				<span class="quiet">and {versions.length - VERSIONS} more</span>
			)}
		</span>
	);
}

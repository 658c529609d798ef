// Parts that all views share.
import type { ComponentChildren } from 'preact';
import { useContext, useEffect, useId, useState } from 'preact/hooks';
import { exactOpg, opg, short, words } from './format';
import { OpenContext, useTitle } from './hooks';

export function Page({
	title,
	lead,
	side,
	children,
}: {
	title: string;
	lead?: ComponentChildren;
	side?: ComponentChildren;
	children: ComponentChildren;
}) {
	useTitle(title);
	return (
		<>
			<div class="head">
				<div>
					<h1 tabIndex={-1}>{title}</h1>
					{lead && <p class="lead">{lead}</p>}
				</div>
				{side && <div class="side">{side}</div>}
			</div>
			{children}
		</>
	);
}

export function Card({
	title,
	side,
	children,
	id,
}: {
	title?: ComponentChildren;
	side?: ComponentChildren;
	children: ComponentChildren;
	id?: string;
}) {
	return (
		<section class="card" id={id}>
			{(title || side) && (
				<header>
					{title && <h2>{title}</h2>}
					{side}
				</header>
			)}
			{children}
		</section>
	);
}

/** Names and values. */
export function Facts({ children }: { children: ComponentChildren }) {
	return <dl class="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
	return (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	);
}

export function Tile({
	name,
	note,
	children,
}: {
	name: string;
	note?: ComponentChildren;
	children: ComponentChildren;
}) {
	return (
		<div class="tile">
			<dt>{name}</dt>
			<dd>
				<strong>{children}</strong>
				{note && <small>{note}</small>}
			</dd>
		</div>
	);
}

export interface Column<T> {
	name: string;
	/** Amounts and counts stand at the right. */
	isNumber?: boolean;
	cell: (row: T) => ComponentChildren;
}

export function Table<T>({
	caption,
	columns,
	rows,
	rowKey,
	empty,
}: {
	caption: string;
	columns: Column<T>[];
	rows: readonly T[] | undefined;
	rowKey: (row: T) => string | number;
	empty: ComponentChildren;
}) {
	if (rows === undefined) return <Loading />;
	if (rows.length === 0) return <p class="empty">{empty}</p>;
	return (
		<div class="scroll" role="region" aria-label={caption} tabIndex={0}>
			<table>
				<caption class="hidden">{caption}</caption>
				<thead>
					<tr>
						{columns.map(({ name, isNumber }) => (
							<th key={name} scope="col" class={isNumber ? 'number' : undefined}>
								{name}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row) => (
						<tr key={rowKey(row)}>
							{columns.map(({ name, isNumber, cell }) => (
								<td key={name} class={isNumber ? 'number' : undefined}>
									{cell(row)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function Loading() {
	return (
		<p class="empty" role="status">
			Asking the node …
		</p>
	);
}

type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

const TONES: Record<string, Tone> = {
	settled: 'good',
	active: 'good',
	current: 'good',
	attested: 'busy',
	audited: 'busy',
	requested: 'quiet',
	assigned: 'busy',
	uploading: 'quiet',
	holding: 'busy',
	disputed: 'warn',
	failed: 'bad',
	convicted: 'bad',
	silent: 'warn',
	paused: 'warn',
	leaving: 'warn',
	deprecated: 'warn',
	removed: 'quiet',
};

export function Badge({ name, tone }: { name: string; tone?: Tone }) {
	return <span class={`badge ${tone ?? TONES[name] ?? 'quiet'}`}>{words(name)}</span>;
}

/** A hash, of which only the ends are shown until it is asked for. Its whole text can be copied. */
export function Hash({ value, isWhole = false }: { value: string; isWhole?: boolean }) {
	return (
		<span class="hash">
			<code title={value}>{isWhole ? value : short(value)}</code>
			<Copy text={value} />
		</span>
	);
}

export function Copy({ text }: { text: string }) {
	const [isCopied, setIsCopied] = useState(false);
	useEffect(() => {
		if (!isCopied) return;
		const timer = setTimeout(() => setIsCopied(false), 1500);
		return () => clearTimeout(timer);
	}, [isCopied]);
	const copy = () => {
		navigator.clipboard?.writeText(text).then(
			() => setIsCopied(true),
			() => undefined,
		);
	};
	return (
		<button
			type="button"
			class="copy"
			aria-label={`Copy ${short(text)}`}
			title="Copy"
			onClick={copy}
		>
			<svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
				{isCopied ? (
					<path d="M3 8.5 6.5 12 13 4.5" />
				) : (
					<path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />
				)}
			</svg>
		</button>
	);
}

/** An account: its address, and its name where every development chain has it. */
export function Account({ address }: { address: string }) {
	const name = useContext(OpenContext)?.names.get(address);
	return (
		<span class="hash">
			{name && (
				<span class="name" title={address}>
					{name}
				</span>
			)}
			{!name && <code title={address}>{short(address)}</code>}
			<Copy text={address} />
		</span>
	);
}

export function Accounts({
	addresses,
	none = '–',
}: {
	addresses: readonly string[];
	none?: string;
}) {
	const names = useContext(OpenContext)?.names;
	if (addresses.length === 0) return <>{none}</>;
	return <>{addresses.map((address) => names?.get(address) ?? short(address)).join(', ')}</>;
}

export function Opg({ planck, digits }: { planck: string | bigint; digits?: number }) {
	return (
		<span class="amount" title={exactOpg(planck)}>
			{opg(planck, digits)} <small>OPG</small>
		</span>
	);
}

export function Meter({ value, max, label }: { value: number; max: number; label: string }) {
	return (
		<span class="meter">
			<meter min={0} max={Math.max(max, 1)} value={value} aria-label={label} title={label} />
			{value} / {max}
		</span>
	);
}

/** What went wrong, and what the reader can do about it. */
export function Problem({ error, what }: { error: unknown; what?: string }) {
	return (
		<div class="notice bad" role="alert">
			<strong>{what ?? 'The node did not answer this.'}</strong> {explain(error)}
		</div>
	);
}

export function explain(error: unknown): string {
	const { name, method, message, reason, explanation } = error as Record<
		string,
		string | undefined
	>;
	if (name === 'UnsafeMethod') {
		return `This node refuses ${method ?? 'the method'} to strangers, or does not have it.`;
	}
	if (name === 'TooManySubscriptions')
		return 'This node has too many subscribers. Use another one.';
	if (name === 'StateUnavailable')
		return 'This node does not have the state of that block any more.';
	const text = explanation ?? message ?? String(error);
	return reason && !text.includes(reason) ? `${text} (${reason})` : text;
}

export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
	return (
		<div class={`notice ${tone}`} role="note">
			{children}
		</div>
	);
}

export function Field({
	label,
	hint,
	children,
}: {
	label: string;
	hint?: ComponentChildren;
	children: (ids: { id: string; 'aria-describedby'?: string }) => ComponentChildren;
}) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{children(hint ? { id, 'aria-describedby': `${id}-hint` } : { id })}
			{hint && (
				<small id={`${id}-hint`} class="hint">
					{hint}
				</small>
			)}
		</div>
	);
}

/** Pages of which each names the next: the pages before are kept by their cursors. */
export function useCursors() {
	const [cursors, setCursors] = useState<(string | null)[]>([null]);
	return {
		page: cursors.length,
		cursor: cursors.at(-1) ?? null,
		next: (cursor: string) => setCursors((all) => [...all, cursor]),
		back: () => setCursors((all) => (all.length > 1 ? all.slice(0, -1) : all)),
	};
}

export function Pager({
	page,
	next,
	onNext,
	onBack,
}: {
	page: number;
	next: boolean;
	onNext: () => void;
	onBack: () => void;
}) {
	if (page === 1 && !next) return null;
	return (
		<nav class="pager" aria-label="Pages">
			<button type="button" disabled={page === 1} onClick={onBack}>
				← Before
			</button>
			<span>Page {page}</span>
			<button type="button" disabled={!next} onClick={onNext}>
				Next →
			</button>
		</nav>
	);
}

/** The price of fuel over the last blocks, from zero. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
	const [width, height] = [120, 28];
	if (values.length < 2) return null;
	const high = Math.max(...values) || 1;
	const low = Math.min(...values);
	const points = values.map((value, index) => {
		const x = (index / (values.length - 1)) * width;
		// A price that does not move is a line in the middle.
		const part = high === low ? 0.5 : (value - low) / (high - low);
		return `${x.toFixed(1)},${(height - 2 - part * (height - 4)).toFixed(1)}`;
	});
	return (
		<svg
			class="sparkline"
			viewBox={`0 0 ${width} ${height}`}
			role="img"
			aria-label={label}
			preserveAspectRatio="none"
		>
			<polyline points={points.join(' ')} />
		</svg>
	);
}

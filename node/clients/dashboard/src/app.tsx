// The frame of the page: which node, in what state, and the views.
import { Component, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { anchor, onAnchor } from './anchor';
import { grouped, sentence } from './format';
import { LinkContext, OpenContext, useLink, useLinkState } from './hooks';
import { Link, type LinkState, type Open, parseUrl } from './link';
import { type Route, to, useRoute } from './route';
import { Page, Problem } from './ui';
import { Courts } from './views/courts';
import { Executors } from './views/executors';
import { ModelView } from './views/model';
import { Models } from './views/models';
import { RequestView } from './views/request';
import { Requests } from './views/requests';
import { Stake } from './views/stake';
import { Verify } from './views/verify';

const DEFAULT_NODE = 'ws://127.0.0.1:9944';

const NAVIGATION = [
	['Requests', to.requests, ['requests', 'request']],
	['Models', to.models, ['models', 'model']],
	['Executors', to.executors, ['executors']],
	['Courts', to.courts, ['courts']],
	['Stake', to.stake, ['stake']],
	['Verify', to.verify, ['verify']],
] as const;

/** The node that the address of the page names. */
function wantedNode(): string {
	const named = new URLSearchParams(location.search).get('node');
	return (named && parseUrl(named)) || DEFAULT_NODE;
}

export function App() {
	const [link] = useState(() => new Link(wantedNode(), anchor()?.genesis ?? null));
	useEffect(() => {
		link.open(link.state.url);
		const online = () => link.retry();
		addEventListener('online', online);
		const forget = onAnchor(() => link.expect(anchor()?.genesis ?? null));
		return () => {
			removeEventListener('online', online);
			forget();
		};
	}, [link]);
	return (
		<LinkContext.Provider value={link}>
			<Shell />
		</LinkContext.Provider>
	);
}

function Shell() {
	const state = useLinkState();
	const route = useRoute();
	// The last thing that a node said stays, under the notice that it is gone.
	const [last, setLast] = useState<Open | null>(null);
	useEffect(() => {
		if (state.kind === 'open') setLast(state);
		else if (state.kind === 'refused' || state.url !== last?.url) setLast(null);
	}, [state]);
	const open = state.kind === 'open' ? state : last?.url === state.url ? last : null;
	return (
		<OpenContext.Provider value={open}>
			<a class="skip" href="#main" onClick={skip}>
				Skip to the content
			</a>
			<header class="bar">
				<a class="brand" href={to.requests}>
					<img src="./icon.svg" alt="" width="26" height="26" />
					OPG Chain
				</a>
				<nav aria-label="Views">
					{NAVIGATION.map(([name, href, views]) => (
						<a
							key={name}
							href={href}
							aria-current={
								(views as readonly string[]).includes(route.view)
									? 'page'
									: undefined
							}
						>
							{name}
						</a>
					))}
				</nav>
				<Node />
			</header>
			<main id="main" tabIndex={-1}>
				<Condition state={state} hasMore={open !== null} />
				<Boundary key={'id' in route ? `${route.view} ${route.id}` : route.view}>
					{route.view === 'verify' ? (
						<Verify />
					) : open ? (
						<View route={route} key={open.url} />
					) : (
						<Waiting state={state} />
					)}
				</Boundary>
			</main>
			<footer>
				This page speaks to the node above and to nobody else. What it shows is that node's
				word, except for what a verified receipt proves.
			</footer>
		</OpenContext.Provider>
	);
}

/** A view that cannot show what a node said leaves the rest of the page as it is. */
class Boundary extends Component<{ children: ComponentChildren }, { error: unknown }> {
	override state = { error: null as unknown };

	static override getDerivedStateFromError(error: unknown) {
		return { error };
	}

	override render() {
		const { error } = this.state;
		if (error === null) return this.props.children;
		return <Problem error={error} what="The node said something that this page cannot show." />;
	}
}

function skip(event: Event) {
	event.preventDefault();
	document.getElementById('main')?.focus();
}

function View({ route }: { route: Route }) {
	switch (route.view) {
		case 'requests':
			return <Requests before={route.before} />;
		case 'request':
			return <RequestView id={route.id} key={route.id} />;
		case 'models':
			return <Models owner={route.owner} tag={route.tag} />;
		case 'model':
			return <ModelView id={route.id} key={route.id} />;
		case 'executors':
			return <Executors />;
		case 'courts':
			return <Courts />;
		case 'stake':
			return <Stake operator={route.operator} role={route.role} />;
		case 'verify':
			return <Verify />;
		case 'unknown':
			return (
				<Page title="Not here">
					<p>
						This page has nothing at <code>{route.path}</code>.
					</p>
				</Page>
			);
	}
}

function Waiting({ state }: { state: LinkState }) {
	return (
		<Page title="OPG Chain">
			{state.kind === 'connecting' && <p>Connecting to {state.url} …</p>}
		</Page>
	);
}

/** The node's address, and whether it answers. */
function Node() {
	const link = useLink();
	const state = useLinkState();
	const [text, setText] = useState(state.url);
	const [isWrong, setIsWrong] = useState(false);
	const submit = (event: Event) => {
		event.preventDefault();
		const url = parseUrl(text);
		setIsWrong(url === null);
		if (!url) return;
		setText(url);
		// The address can be given to others, and survives a reload.
		const page = new URL(location.href);
		page.searchParams.set('node', url);
		history.replaceState(null, '', page);
		link.open(url);
	};
	return (
		<form class="node" onSubmit={submit}>
			<span class={`light ${light(state)}`} aria-hidden="true" />
			<span class="condition" role="status">
				{condition(state)}
			</span>
			<label class="hidden" for="node">
				Address of the node
			</label>
			<input
				id="node"
				type="text"
				inputMode="url"
				spellcheck={false}
				autocomplete="off"
				value={text}
				aria-invalid={isWrong}
				title={isWrong ? 'An address begins with ws:// or wss://' : undefined}
				onInput={(event) => setText(event.currentTarget.value)}
			/>
			<button type="submit">Connect</button>
		</form>
	);
}

function light(state: LinkState): string {
	if (state.kind === 'open') return state.silentSince === null ? 'good' : 'warn';
	return state.kind === 'connecting' ? 'busy' : 'bad';
}

function condition(state: LinkState): string {
	switch (state.kind) {
		case 'open':
			return state.chain.name;
		case 'connecting':
			return 'connecting …';
		case 'gone':
			return 'no node';
		case 'refused':
			return 'refused';
	}
}

/** What the reader must know about the connection. */
function Condition({ state, hasMore }: { state: LinkState; hasMore: boolean }) {
	const link = useLink();
	if (state.kind === 'gone' || (state.kind === 'connecting' && state.attempt > 0)) {
		return (
			<div class="notice bad" role="alert">
				<strong>No node answers at {state.url}.</strong>{' '}
				{state.kind === 'gone' ? (
					<>
						{!state.reason.startsWith('no node answers') &&
							`${sentence(state.reason)} `}
						<Countdown until={state.retryAt} />{' '}
						<button type="button" onClick={() => link.retry()}>
							Try now
						</button>
						{location.protocol === 'https:' && state.url.startsWith('ws:') && (
							<>
								{' '}
								A page that came by https may not open ws:// addresses of other
								machines: use wss://.
							</>
						)}
					</>
				) : (
					'Trying again …'
				)}
				{hasMore && ' What is below is what it said last.'}
			</div>
		);
	}
	if (state.kind === 'refused') {
		return (
			<div class="notice bad" role="alert">
				<strong>{state.title}.</strong> {sentence(state.reason)}{' '}
				<button type="button" onClick={() => link.retry()}>
					Try again
				</button>{' '}
				What you trust is set at <a href={to.verify}>Verify</a>.
			</div>
		);
	}
	if (state.kind === 'open' && state.silentSince !== null) {
		return (
			<div class="notice warn" role="alert">
				<strong>No new block</strong> since{' '}
				{new Date(state.silentSince).toLocaleTimeString()}; the newest is{' '}
				{grouped(state.chain.best.number)}. The node answers. It may be alone, or the chain
				stands still.
			</div>
		);
	}
	return null;
}

function Countdown({ until }: { until: number }) {
	const [now, setNow] = useState(Date.now);
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), 500);
		return () => clearInterval(timer);
	}, []);
	const seconds = Math.max(0, Math.ceil((until - now) / 1000));
	return <>Next attempt in {seconds} s.</>;
}

// Places within the page, behind the `#` of its address: a file server knows one file only.
import { useEffect, useState } from 'preact/hooks';

export type Route =
	| { view: 'requests'; before: number | null }
	| { view: 'request'; id: number }
	| { view: 'models'; owner: string | null; tag: string | null }
	| { view: 'model'; id: number }
	| { view: 'executors' }
	| { view: 'courts' }
	| { view: 'stake'; operator: string | null; role: 'validator' | 'executor' }
	| { view: 'verify' }
	| { view: 'unknown'; path: string };

function number(text: string | null | undefined): number | null {
	if (!text || !/^\d{1,15}$/.test(text)) return null;
	return Number(text);
}

/** The place that the part of an address behind its `#` names. */
export function parse(hash: string): Route {
	const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
	const [view = '', id, ...more] = path.split('/').filter((part) => part !== '');
	const params = new URLSearchParams(query);
	const unknown: Route = { view: 'unknown', path };
	if (more.length > 0) return unknown;
	const named = number(id);
	if (id !== undefined) {
		if (named === null) return unknown;
		if (view === 'requests') return { view: 'request', id: named };
		if (view === 'models') return { view: 'model', id: named };
		return unknown;
	}
	switch (view) {
		case '':
		case 'requests':
			return { view: 'requests', before: number(params.get('before')) };
		case 'models':
			return { view, owner: params.get('owner'), tag: params.get('tag') };
		case 'executors':
		case 'courts':
		case 'verify':
			return { view };
		case 'stake': {
			const role = params.get('role') === 'validator' ? 'validator' : 'executor';
			return { view, operator: params.get('operator'), role };
		}
		default:
			return unknown;
	}
}

export const to = {
	requests: '#/requests',
	requestsBefore: (id: number) => `#/requests?before=${id}`,
	request: (id: number) => `#/requests/${id}`,
	models: '#/models',
	modelsOf: (filter: { owner?: string; tag?: string }) => `#/models?${new URLSearchParams(filter)}`,
	model: (id: number) => `#/models/${id}`,
	executors: '#/executors',
	courts: '#/courts',
	stake: '#/stake',
	stakeIn: (operator: string, role: 'validator' | 'executor') =>
		`#/stake?${new URLSearchParams({ operator, role })}`,
	verify: '#/verify',
};

export function useRoute(): Route {
	const [route, setRoute] = useState(() => parse(location.hash));
	useEffect(() => {
		const changed = () => {
			setRoute(parse(location.hash));
			scrollTo(0, 0);
		};
		addEventListener('hashchange', changed);
		return () => removeEventListener('hashchange', changed);
	}, []);
	return route;
}

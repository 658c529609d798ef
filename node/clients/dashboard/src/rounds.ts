// What the seats of a request have done, by round, and how far a request is.
import type { schema } from '@opg-chain/client';

export interface Round {
	round: number;
	seats: schema.Seat[];
	committed: number;
	revealed: number;
	declined: number;
	/** Answers that differ. */
	digests: number;
}

export const ROUND_NAMES = ['First committee', 'Second committee', 'Audit'];

export function roundsOf(seats: readonly schema.Seat[]): Round[] {
	const rounds = new Map<number, schema.Seat[]>();
	for (const seat of seats) rounds.set(seat.round, [...(rounds.get(seat.round) ?? []), seat]);
	return [...rounds]
		.sort(([a], [b]) => a - b)
		.map(([round, own]) => ({
			round,
			seats: own,
			committed: own.filter(({ committed, revealed }) => committed || revealed).length,
			revealed: own.filter(({ revealed }) => revealed).length,
			declined: own.filter(({ declined }) => declined).length,
			digests: new Set(own.flatMap(({ revealed }) => revealed?.digest ?? [])).size,
		}));
}

export type StepState = 'done' | 'now' | 'open' | 'bad';

export interface Step {
	name: string;
	state: StepState;
	note: string;
}

/** The way of a request from its inclusion to its end. */
export function stepsOf(request: schema.Request): Step[] {
	const { status, history, isFinal } = request;
	const rounds = roundsOf(request.seats);
	const last = rounds.at(-1);
	const block = (event: schema.HistoryEntry['event']) => {
		const found = history.findLast((entry) => entry.event === event);
		return found ? `block ${found.block}` : '';
	};
	const count = (done: number) => (last ? `${done} of ${last.seats.length}` : '');
	const has = (event: schema.HistoryEntry['event']) =>
		history.some((entry) => entry.event === event);
	const isDisputed = status.name === 'disputed';
	const wasDisputed = isDisputed || has('disputed');
	const hasAnswer =
		status.answer !== null || ['attested', 'audited', 'settled'].includes(status.name);
	// Where answers differ, the court is the first to say which one stands.
	const isFirstInCourt =
		wasDisputed && !has('attested') && (isDisputed ? !hasAnswer : has('drawn'));
	const isRevealed = hasAnswer || wasDisputed;
	// One executor alone has nobody to copy from, and reveals without a commitment.
	const isAlone = last?.seats.length === 1 && !last.seats.some(({ committed }) => committed);
	const seats = last?.seats.length;
	const isSettled = status.name === 'settled';
	const steps: [string, boolean, string][] = [
		['Requested', true, `block ${request.requestedAt}`],
		['Drawn', request.drawnAt !== null || rounds.length > 0, drawn(request)],
		...(isAlone ? [] : [step('Committed', last?.committed, seats, isRevealed, count)]),
		step('Revealed', last?.revealed, seats, isRevealed, count),
	];
	if (!isFirstInCourt) steps.push(['Attested', hasAnswer, block('attested')]);
	if (wasDisputed) steps.push(['In court', !isDisputed, block(isDisputed ? 'disputed' : 'judged')]);
	steps.push(['Settled', isSettled, isSettled ? block('settled') : '']);
	steps.push(['Final', isSettled && isFinal, '']);
	const result = steps.map(([name, isDone, note]): Step => ({
		name,
		state: isDone ? 'done' : 'open',
		note,
	}));
	const next = result.findIndex(({ state }) => state === 'open');
	if (next < 0) return result;
	if (status.name === 'failed') {
		result.splice(next, result.length, {
			name: 'Failed',
			state: 'bad',
			note: status.reason ?? '',
		});
	} else {
		const current = result[next];
		if (current) current.state = 'now';
	}
	return result;
}

function drawn({ drawnAt }: schema.Request): string {
	return drawnAt === null ? '' : `block ${drawnAt}`;
}

function step(
	name: string,
	done: number | undefined,
	of: number | undefined,
	hasAnswer: boolean,
	count: (done: number) => string,
): [string, boolean, string] {
	const isDone = hasAnswer || (done !== undefined && done === of);
	return [name, isDone, done === undefined ? '' : count(done)];
}

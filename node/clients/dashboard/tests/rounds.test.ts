import type { schema } from '@opg-chain/client';
import { describe, expect, it } from 'vitest';
import { roundsOf, stepsOf } from '../src/rounds';

const seat = (executor: string, state: Partial<schema.Seat> = {}): schema.Seat => ({
	executor,
	round: 0,
	committed: null,
	revealed: null,
	declined: null,
	...state,
});
const committed = { block: 5, hash: '0x01' };
const revealed = { block: 6, digest: '0x02' };

function request(name: schema.StatusName, seats: schema.Seat[], more: object = {}): schema.Request {
	const status = { name, reason: null, answer: null };
	const rest = {
		requestedAt: 3,
		drawnAt: seats.length > 0 ? 4 : null,
		history: [],
		isFinal: false,
	};
	return { status, seats, ...rest, ...more } as unknown as schema.Request;
}

const states = (of: schema.Request) => stepsOf(of).map(({ name, state }) => `${name} ${state}`);

describe('roundsOf', () => {
	it('should count seats by round', () => {
		const seats = [
			seat('b', { round: 1, revealed: { block: 9, digest: '0x03' } }),
			seat('a', { committed, revealed }),
			seat('c', { declined: 'QueueFull' }),
			seat('d', { committed }),
			seat('e', { committed, revealed: { block: 6, digest: '0x05' } }),
		];
		const counts = roundsOf(seats).map(
			({ round, seats, committed, revealed, declined, digests }) => [
				round,
				seats.length,
				committed,
				revealed,
				declined,
				digests,
			],
		);
		expect(counts).toEqual([
			[0, 4, 3, 2, 1, 2],
			[1, 1, 1, 1, 0, 1],
		]);
	});
});

describe('stepsOf', () => {
	it('should follow a request from its inclusion to its end', () => {
		const two = (state: Partial<schema.Seat>) => [seat('a', state), seat('b', state)];
		expect(states(request('requested', []))[1]).toBe('Drawn now');
		expect(states(request('assigned', two({})))[2]).toBe('Committed now');
		expect(states(request('assigned', two({ committed })))[3]).toBe('Revealed now');
		expect(states(request('attested', two({ committed, revealed })))[5]).toBe('Settled now');
		expect(states(request('settled', two({ committed, revealed })))[6]).toBe('Final now');
		const over = request('settled', two({ committed, revealed }), { isFinal: true });
		expect(states(over).every((step) => step.endsWith(' done'))).toBe(true);
	});

	it('should not expect a commitment of who sits alone', () => {
		expect(states(request('attested', [seat('a', { revealed })]))).not.toContain('Committed done');
	});

	it('should end where a request fails', () => {
		const failed = request('failed', [seat('a'), seat('b')], {
			status: { name: 'failed', reason: 'NotEnoughCommitments', answer: null },
		});
		const last = { name: 'Failed', state: 'bad', note: 'NotEnoughCommitments' };
		expect(stepsOf(failed).at(-1)).toEqual(last);
	});

	it('should show an attested answer that is challenged before the court', () => {
		const history = ['drawn', 'attested', 'disputed'].map((event) => ({ event, block: 9 }));
		const seats = [seat('a', { committed, revealed }), seat('b', { committed, revealed })];
		const status = { name: 'disputed', reason: null, answer: {} };
		const challenged = request('disputed', seats, { status, history });
		expect(states(challenged).slice(4)).toEqual([
			'Attested done',
			'In court now',
			'Settled open',
			'Final open',
		]);
		const judged = request('settled', seats, {
			history: [...history, { event: 'judged', block: 12 }],
		});
		expect(stepsOf(judged)[5]).toEqual({ name: 'In court', state: 'done', note: 'block 12' });
	});

	it('should not call answers attested that differ', () => {
		const seats = [
			seat('a', { committed, revealed }),
			seat('b', { committed, revealed: { block: 6, digest: '0x03' } }),
			seat('c', { committed }),
		];
		const history = ['drawn', 'disputed'].map((event) => ({ event, block: 9 }));
		const found = states(request('disputed', seats, { history }));
		expect(found.slice(3)).toEqual(['Revealed done', 'In court now', 'Settled open', 'Final open']);
		const settled = states(request('settled', seats, { history }));
		expect(settled.slice(3, 6)).toEqual(['Revealed done', 'In court done', 'Settled done']);
	});
});

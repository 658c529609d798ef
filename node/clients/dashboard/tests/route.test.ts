import { describe, expect, it } from 'vitest';
import { parse, to } from '../src/route';

describe('parse', () => {
	it('should find what links name', () => {
		expect(parse('')).toEqual({ view: 'requests', before: null });
		expect(parse(to.requestsBefore(40))).toEqual({ view: 'requests', before: 40 });
		expect(parse(to.request(0))).toEqual({ view: 'request', id: 0 });
		expect(parse(to.model(7))).toEqual({ view: 'model', id: 7 });
		expect(parse(to.modelsOf({ tag: 'a b&c' }))).toEqual({
			view: 'models',
			owner: null,
			tag: 'a b&c',
		});
		expect(parse(to.stakeIn('opX', 'validator'))).toEqual({
			view: 'stake',
			operator: 'opX',
			role: 'validator',
		});
	});

	it('should not take anything else for a number', () => {
		for (const hash of [
			'#/requests/-1',
			'#/requests/1e3',
			'#/models/x',
			'#/requests/1/2',
			'#/nowhere',
		]) {
			expect(parse(hash).view, hash).toBe('unknown');
		}
		expect(parse('#/requests?before=x')).toEqual({ view: 'requests', before: null });
	});
});

import { describe, expect, it } from 'vitest';
import { parseUrl, pause } from '../src/link';

describe('pause', () => {
	it('should grow to a limit, however many attempts failed', () => {
		const pauses = [0, 1, 2, 3, 4, 5, 50, 5000].map((attempt) => pause(attempt, 1));
		expect(pauses).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
		expect(pause(0, 0)).toBe(750);
	});
});

describe('parseUrl', () => {
	it('should take addresses of nodes, and nothing else', () => {
		expect(parseUrl(' ws://127.0.0.1:9944 ')).toBe('ws://127.0.0.1:9944');
		expect(parseUrl('wss://node.example/rpc')).toBe('wss://node.example/rpc');
		expect(parseUrl('localhost:9944')).toBe('ws://localhost:9944');
		expect(parseUrl('https://node.example')).toBe('wss://node.example');
		for (const text of ['', 'ws://', 'a b', 'javascript:alert(1)']) {
			expect(parseUrl(text), text).toBeNull();
		}
	});
});

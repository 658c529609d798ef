import { describe, expect, it } from 'vitest';
import authorities from '../../../cli/vectors/authorities-v4.json?raw';
import { parseAuthorities, parseGenesis } from '../src/anchor';

const hash = `0x${'a1'.repeat(32)}`;

describe('parseGenesis', () => {
	it('should take 64 digits, with or without 0x', () => {
		expect(parseGenesis(` ${hash.toUpperCase().replace('0X', '0x')} `)).toBe(hash);
		expect(parseGenesis(hash.slice(2))).toBe(hash);
		for (const text of ['', '0x', hash.slice(0, -1), `${hash}00`, 'trust me']) {
			expect(parseGenesis(text), text).toBeNull();
		}
	});
});

describe('parseAuthorities', () => {
	it('should take a file of opg', () => {
		const found = { kind: 'authorities', set: 4, text: authorities };
		expect(parseAuthorities(authorities)).toMatchObject(found);
	});

	it('should refuse other files, and say why', () => {
		expect(() => parseAuthorities('{')).toThrow('not JSON');
		expect(() => parseAuthorities('null')).toThrow('not a set');
		expect(() => parseAuthorities('{}')).toThrow('not a set');
		expect(() => parseAuthorities(JSON.stringify({ genesis: hash, set: 1 }))).toThrow(
			'authorities',
		);
		expect(() => parseAuthorities(' '.repeat(2 << 20))).toThrow('too long');
	});
});

import { describe, expect, it } from 'vitest';
import {
	bytes,
	compact,
	element,
	exactOpg,
	opg,
	parseOpg,
	percent,
	sentence,
	shape,
	short,
	time,
	words,
} from '../src/format';

const OPG = 10n ** 18n;

describe('amounts', () => {
	it('should be rounded to the nearest', () => {
		expect(opg(1_999_999_999_999_999_999n)).toBe('2');
		expect(opg(1_234_549_999_999_999_999n)).toBe('1.2345');
		expect(opg(999_950_000_000_000_000n)).toBe('1');
		expect(exactOpg(1_999_999_999_999_999_999n)).toBe('1.999999999999999999 OPG');
		expect(opg((1_234_567n * OPG).toString())).toBe('1,234,567');
		expect(opg(0n)).toBe('0');
		expect(opg(OPG / 2n)).toBe('0.5');
	});

	it('should not show something as nothing', () => {
		expect(opg(1n)).toBe('<0.0001');
		expect(opg(-1n)).toBe('-<0.0001');
		expect(exactOpg(1n)).toBe('0.000000000000000001 OPG');
	});

	it('should read what people type, exactly', () => {
		expect(parseOpg('100')).toBe(100n * OPG);
		expect(parseOpg(' 1,000.5 ')).toBe(1_000n * OPG + OPG / 2n);
		expect(parseOpg('0.000000000000000001')).toBe(1n);
	});

	it('should refuse what is no amount', () => {
		for (const text of ['', '-1', '1e3', '.5', '1.', '0x10', '1.0000000000000000001', 'ten']) {
			expect(parseOpg(text), text).toBeNull();
		}
	});
});

describe('numbers and names', () => {
	it('should be short', () => {
		expect(compact('104857600')).toBe('105M');
		expect(bytes(1023)).toBe('1023 B');
		expect(bytes(10_240)).toBe('10 KiB');
		expect(bytes(16 << 20)).toBe('16 MiB');
		expect(percent(0.1)).toBe('10 %');
		expect(shape([1, 10])).toBe('[1, 10]');
		expect(short(`0x${'ab'.repeat(32)}`)).toBe('0xababab…abab');
		expect(short('0x12')).toBe('0x12');
		expect(words('voteCommitted')).toBe('vote committed');
		expect(words('ModelMissing')).toBe('Model missing');
		expect(sentence('no node')).toBe('No node.');
		expect(sentence('Done.')).toBe('Done.');
		expect(time(0)).toBe('1970-01-01 00:00:00 UTC');
	});

	it('should show elements as they are', () => {
		expect(element(0.1 + 0.2, true)).toBe('0.3');
		expect(element(0.00000528069, true)).toBe('5.28069e-6');
		expect(element(0, true)).toBe('0');
		expect(element(NaN, true)).toBe('NaN');
		expect(element(-Infinity, true)).toBe('-Infinity');
		expect(element(3, true)).toBe('3');
		expect(element(2n ** 63n, false)).toBe('9223372036854775808');
	});
});

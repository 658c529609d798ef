import type { Tensor } from '@opg-chain/client';
import { describe, expect, it } from 'vitest';
import { frame, MAX_PIXELS, picture } from '../src/image';

const bytes = (shape: number[], data: number[]): Tensor => ({
	dtype: 'uint8',
	shape,
	data: Uint8Array.from(data),
});
const floats = (shape: number[], data: number[]): Tensor => ({
	dtype: 'float32',
	shape,
	data: Float32Array.from(data),
});
const rgb = (rgba: Uint8ClampedArray, pixel: number) => [
	...rgba.subarray(pixel * 4, pixel * 4 + 4),
];

describe('frame', () => {
	it('should know planes and interleaved channels', () => {
		expect(frame([1, 3, 8, 16])).toEqual({ width: 16, height: 8, channels: 3, layout: 'planes' });
		expect(frame([1, 8, 16, 3])).toEqual({
			width: 16,
			height: 8,
			channels: 3,
			layout: 'interleaved',
		});
		expect(frame([1, 1, 8, 8])).toEqual({ width: 8, height: 8, channels: 1, layout: 'planes' });
		expect(frame([1, 8, 8, 1])).toEqual({
			width: 8,
			height: 8,
			channels: 1,
			layout: 'interleaved',
		});
	});

	it('should refuse what is no picture', () => {
		for (const dims of [
			[1, 64],
			[3, 8, 8],
			[2, 3, 8, 8],
			[1, 4, 8, 8],
			[1, 3, 2, 8],
			[1, 3, 0, 8],
			[],
		]) {
			expect(frame(dims), dims.join()).toBeNull();
		}
		expect(frame([1, 1, 4, MAX_PIXELS])).toBeNull();
	});
});

describe('picture', () => {
	it('should take channels from planes', () => {
		const plane = (value: number) => Array(16).fill(value);
		const found = picture(bytes([1, 3, 4, 4], [...plane(10), ...plane(20), ...plane(30)]));
		expect(found && rgb(found.rgba, 15)).toEqual([10, 20, 30, 255]);
	});

	it('should take channels that are side by side', () => {
		const found = picture(bytes([1, 4, 4, 3], Array(16).fill([10, 20, 30]).flat()));
		expect(found && rgb(found.rgba, 7)).toEqual([10, 20, 30, 255]);
	});

	it('should show one channel as grey', () => {
		const found = picture(
			bytes(
				[1, 1, 4, 4],
				Array.from({ length: 16 }, (_, at) => at),
			),
		);
		expect(found && rgb(found.rgba, 9)).toEqual([9, 9, 9, 255]);
	});

	it('should scale floats by their range, and say how', () => {
		const from = (low: number, high: number) =>
			picture(floats([1, 1, 4, 4], [low, high, ...Array(14).fill(low)]));
		const unit = from(0, 1);
		expect(unit && [rgb(unit.rgba, 0)[0], rgb(unit.rgba, 1)[0]]).toEqual([0, 255]);
		expect(unit?.scaling).toBe('0 is black, 1 is white');
		expect(from(0, 200)?.rgba[4]).toBe(200);
		const around = from(-2, 2);
		expect(around && [around.rgba[0], around.rgba[4]]).toEqual([0, 255]);
		expect(around?.scaling).toBe('-2 is black, 2 is white');
	});

	it('should survive what is no number', () => {
		const found = picture(floats([1, 1, 4, 4], Array(16).fill(NaN)));
		expect(found?.rgba[0]).toBe(0);
		expect(found?.rgba[3]).toBe(255);
	});

	it('should refuse other types', () => {
		const data = new BigInt64Array(16);
		expect(picture({ dtype: 'int64', shape: [1, 1, 4, 4], data })).toBeNull();
		expect(picture({ dtype: 'bool', shape: [1, 1, 4, 4], data: new Uint8Array(16) })).toBeNull();
	});
});

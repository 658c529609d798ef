// Tensors that have the shape of a picture, as pixels.
import type { Tensor } from '@opg-chain/client';

/** Pixels beyond which a tensor is not shown as a picture. */
export const MAX_PIXELS = 2048 * 2048;
/** Shorter sides are more likely a list of something else. */
export const MIN_SIDE = 4;

export type Layout = 'planes' | 'interleaved';

export interface Frame {
	width: number;
	height: number;
	channels: 1 | 3;
	layout: Layout;
}

export interface Picture extends Frame {
	/** Red, green, blue and opacity of each pixel, row by row. */
	rgba: Uint8ClampedArray<ArrayBuffer>;
	/** What was done to the elements so that they are colours. */
	scaling: string;
}

const isChannels = (count: number | undefined): count is 1 | 3 => count === 1 || count === 3;

/**
 * The frame of `[1, C, H, W]` or `[1, H, W, C]`, with one channel or three. Where both readings are
 * possible it is the first: exporters write planes more often.
 */
export function frame(dims: readonly number[]): Frame | null {
	const [batch, first, second, third] = dims;
	if (dims.length !== 4 || batch !== 1 || !first || !second || !third) return null;
	const fits = (width: number, height: number) =>
		width >= MIN_SIDE && height >= MIN_SIDE && width * height <= MAX_PIXELS;
	if (isChannels(first) && fits(third, second)) {
		return { width: third, height: second, channels: first, layout: 'planes' };
	}
	if (isChannels(third) && fits(second, first)) {
		return { width: second, height: first, channels: third, layout: 'interleaved' };
	}
	return null;
}

/** A tensor of `u8` or `f32` as a picture, or `null` where it has not the form of one. */
export function picture(tensor: Tensor): Picture | null {
	const { data } = tensor;
	const found = frame(tensor.shape);
	const isBytes = tensor.dtype === 'uint8' && data instanceof Uint8Array;
	if (!found || !(isBytes || data instanceof Float32Array)) return null;
	const { width, height, channels, layout } = found;
	const pixels = width * height;
	if (data.length !== pixels * channels) return null;

	const { scale, offset, scaling } = isBytes ? AS_IT_IS : range(data as Float32Array);
	const rgba = new Uint8ClampedArray(pixels * 4);
	for (let pixel = 0; pixel < pixels; pixel += 1) {
		for (let colour = 0; colour < 3; colour += 1) {
			const channel = channels === 1 ? 0 : colour;
			const at = layout === 'planes' ? channel * pixels + pixel : pixel * channels + channel;
			rgba[pixel * 4 + colour] = ((data[at] as number) - offset) * scale;
		}
		rgba[pixel * 4 + 3] = 255;
	}
	return { ...found, rgba, scaling };
}

const AS_IT_IS = { scale: 1, offset: 0, scaling: 'bytes as they are' };

/** Models take 0 to 1, 0 to 255, or elements around zero; which one, only the elements tell. */
function range(data: Float32Array): { scale: number; offset: number; scaling: string } {
	let [low, high] = [Infinity, -Infinity];
	for (const value of data) {
		if (!Number.isFinite(value)) continue;
		low = Math.min(low, value);
		high = Math.max(high, value);
	}
	if (low >= 0 && high <= 1) return { scale: 255, offset: 0, scaling: '0 is black, 1 is white' };
	if (low >= 0 && high <= 255) return { ...AS_IT_IS, scaling: '0 is black, 255 is white' };
	if (!(low < high)) return { scale: 0, offset: 0, scaling: 'all elements are equal' };
	const scaling = `${Number(low.toPrecision(4))} is black, ${Number(high.toPrecision(4))} is white`;
	return { scale: 255 / (high - low), offset: low, scaling };
}

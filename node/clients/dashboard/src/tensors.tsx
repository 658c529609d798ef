// Tensors: as pictures where they have the form of one, as bars where they are few numbers, and as
// numbers.
import { decode, download, fromHex, type Tensor, toHex, toNumbers } from '@opg-chain/client';
import { useContext, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { bytes, element, grouped, shape } from './format';
import { OpenContext } from './hooks';
import { type Picture, picture } from './image';
import { Hash, Notice, Problem } from './ui';

/** Elements that are shown at once, and at most. */
const FIRST = 32;
const MOST = 1024;
/** Bytes that are shown of what is no tensors. */
const BEGINNING = 32;
/** More numbers than that are no bars. */
const MOST_BARS = 32;
/** Width of a picture on the page, in pixels. Small ones are enlarged, with hard edges. */
const PICTURE_WIDTH = 224;

const FLOATS = new Set(['float16', 'float32', 'float64', 'bfloat16']);
const SHORT: Record<string, string> = {
	uint8: 'u8',
	uint16: 'u16',
	uint32: 'u32',
	uint64: 'u64',
	int8: 'i8',
	int16: 'i16',
	int32: 'i32',
	int64: 'i64',
	float16: 'f16',
	float32: 'f32',
	float64: 'f64',
	bfloat16: 'bf16',
};

export function typeName(dtype: string): string {
	return SHORT[dtype] ?? dtype;
}

/** Encoded tensors, or why they do not decode. */
export function Tensors({ encoded, what }: { encoded: string | Uint8Array; what: string }) {
	let data: Uint8Array = new Uint8Array();
	let tensors: Map<string, Tensor>;
	try {
		data = typeof encoded === 'string' ? fromHex(encoded) : encoded;
		tensors = decode(data);
	} catch (error) {
		return (
			<Notice tone="warn">
				These bytes are no tensors: {(error as Error).message}. {bytes(data.length)}, which
				begin with <code>{toHex(data.subarray(0, BEGINNING))}</code>
			</Notice>
		);
	}
	if (tensors.size === 0) return <p class="empty">No tensors.</p>;
	return (
		<div class="tensors">
			{[...tensors].map(([name, tensor]) => (
				<TensorView key={name} name={name} tensor={tensor} what={what} />
			))}
		</div>
	);
}

/** Loads bytes outside of the chain when it is told to, and compares their hash. */
export function useStored(content: { hash: string; size: number } | null, request: number) {
	const open = useContext(OpenContext);
	const [data, setData] = useState<Uint8Array>();
	const [error, setError] = useState<unknown>();
	const [isBusy, setIsBusy] = useState(false);
	const load = async () => {
		if (!open || !content) return;
		const { hash, size } = content;
		setIsBusy(true);
		setError(undefined);
		try {
			setData(await download(open.client.rpc, request, { hash: fromHex(hash), size }));
		} catch (error) {
			setError(error);
		} finally {
			setIsBusy(false);
		}
	};
	return { data, error, isBusy, load: () => void load(), isOpen: open !== null };
}

/** Bytes outside of the chain, which a node gives while the request is kept. */
export function Stored({
	content,
	request,
	what,
}: {
	content: { hash: string; size: number };
	request: number;
	what: string;
}) {
	const { data, error, isBusy, load, isOpen } = useStored(content, request);
	const { hash, size } = content;
	return (
		<>
			<p>
				{bytes(size)} outside of the chain, with the BLAKE3 hash <Hash value={hash} />
			</p>
			{error ? <Problem error={error} what="The node did not give it." /> : null}
			{data ? (
				<>
					<Notice tone="good">These bytes came from the node, and have this hash.</Notice>
					<Tensors encoded={data} what={what} />
				</>
			) : (
				isOpen && (
					<button type="button" disabled={isBusy} onClick={load}>
						{isBusy ? 'Loading …' : `Load the ${bytes(size)}, and compare the hash`}
					</button>
				)
			)}
		</>
	);
}

function TensorView({ name, tensor, what }: { name: string; tensor: Tensor; what: string }) {
	const image = picture(tensor);
	const isFloat = FLOATS.has(tensor.dtype);
	const bars = image ? null : barsOf(tensor, isFloat);
	return (
		<figure class="tensor">
			<figcaption>
				<strong>{name}</strong>{' '}
				<code>
					{typeName(tensor.dtype)}
					{shape(tensor.shape)}
				</code>
			</figcaption>
			{image && <PictureView image={image} label={`${what} ${name} as a picture`} />}
			{bars && <Bars values={bars} />}
			<Elements tensor={tensor} isFloat={isFloat} isOpen={!image && !bars} />
		</figure>
	);
}

function PictureView({ image, label }: { image: Picture; label: string }) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const { width, height, rgba, channels, layout, scaling } = image;
	useLayoutEffect(() => {
		const element = canvas.current;
		if (!element) return;
		element.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
		// Whole multiples, so that all pixels are as wide.
		const factor = Math.max(1, Math.floor(PICTURE_WIDTH / width));
		element.style.width = `${width * factor}px`;
	}, [rgba, width, height]);
	return (
		<div class="picture">
			<canvas ref={canvas} width={width} height={height} role="img" aria-label={label} />
			<small>
				{width} × {height} pixels, {channels === 1 ? 'grey' : 'red, green, blue'},{' '}
				{layout === 'planes' ? 'a plane for each channel' : 'channels side by side'};{' '}
				{scaling}
			</small>
		</div>
	);
}

/** Numbers of one run that bars can show, such as the probabilities of classes. */
function barsOf(tensor: Tensor, isFloat: boolean): number[] | null {
	const length = tensor.data.length;
	if (!isFloat || length < 2 || length > MOST_BARS) return null;
	const values = toNumbers(tensor);
	const fits = values.every((value) => Number.isFinite(value) && value >= 0);
	return fits && Math.max(...values) > 0 ? values : null;
}

function Bars({ values }: { values: number[] }) {
	const high = Math.max(...values);
	return (
		<ol class="bars" start={0}>
			{values.map((value, index) => (
				<li key={index} class={value === high ? 'most' : undefined}>
					<span>{index}</span>
					<progress max={high} value={value} aria-label={`Element ${index}`} />
					<code>{element(value, true)}</code>
				</li>
			))}
		</ol>
	);
}

function Elements({
	tensor,
	isFloat,
	isOpen,
}: {
	tensor: Tensor;
	isFloat: boolean;
	isOpen: boolean;
}) {
	const [limit, setLimit] = useState(FIRST);
	const total = tensor.data.length;
	return (
		<details open={isOpen && total <= FIRST}>
			<summary>{total === 1 ? 'One element' : `${grouped(total)} elements`}</summary>
			<code class="elements">
				{texts(tensor, limit, isFloat).join(', ')}
				{total > limit && ' …'}
			</code>
			{total > limit && limit < MOST && (
				<button type="button" onClick={() => setLimit(MOST)}>
					Show {total > MOST ? `the first ${grouped(MOST)}` : 'all'}
				</button>
			)}
		</details>
	);
}

function texts(tensor: Tensor, limit: number, isFloat: boolean): string[] {
	const data = tensor.data.slice(0, limit);
	if (tensor.dtype === 'bool') return Array.from(data as Uint8Array, (one) => String(one === 1));
	if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
		return Array.from(data, String);
	}
	const values = toNumbers({ ...tensor, shape: [data.length], data });
	return values.map((value) => element(value, isFloat));
}

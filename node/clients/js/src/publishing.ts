/** What is registered of a model file: what its author chooses, and what the engine found. */

import { KeyError, ModelUnknown, OpgError, WrongChain } from './errors.js';
import { fromHex, toHex } from './hex.js';
import type { OpgRpc } from './opg-rpc.js';
import type { OpgApi, OpgTransaction } from './papi.js';
import { contentNaming } from './results.js';
import type * as schema from './schema.js';
import { toPlanck, type Amount } from './amounts.js';

/** An input or output of a model, as `opg-engine inspect` has it. */
export interface Port {
	name: string;
	/** Type of the elements, such as `f32`. */
	dtype: string;
	shape: number[];
}

/** What `opg-engine inspect` finds in a model file. */
export interface Inspection {
	/** Digest of the report, within the limits of the inspection. */
	digest: string;
	inputs: Port[];
	outputs: Port[];
	/** Sizes of the dimensions that the file leaves open, by their names. */
	dims: Record<string, number>;
	load_fuel: number;
	run_fuel: number;
	memory_bytes: number;
	/** How the model generates text, if it does. */
	generation?: Generation | undefined;
}

/** How a model generates text, as `opg-engine inspect` has it. */
export interface Generation {
	/** Most tokens, of prompt and answer together. */
	context: number;
	/** Tokens that there are. */
	vocabulary: number;
	/** Tokens of the prompt that are read at once. */
	block: number;
	/** Fuel of generating a token. */
	token_fuel: number;
	/** Fuel of reading a block of the prompt. */
	block_fuel: number;
}

/** What loading and running a version may take. */
export interface VersionLimits {
	/** Fuel of a run. */
	fuel: number;
	/** Fuel of loading. */
	loadFuel: number;
	/** Memory of the model and a run together, in MiB. */
	memory: number;
	/** Length of an encoded input, in bytes. */
	inputBytes: number;
	/** Length of an encoded output, in bytes. */
	outputBytes: number;
}

export interface PublishOptions {
	/**
	 * What `opg-engine inspect` prints of the file, **within `limits`**: the digest of the report
	 * depends on them, and executors that find another do not serve the version.
	 */
	report: Inspection;
	/** What `suggestLimits` says of the report, by default. */
	limits?: VersionLimits | undefined;
	/** Engine that answers. By default the only one that is valid on the chain. */
	engineId?: string | undefined;
	/** Semantic version. By default 1.0.0, or the minor version after the highest. */
	version?: string | undefined;
	/** Paid to the owner per attested request. Nothing by default. */
	royalty?: Amount | undefined;
	/** SPDX expression. */
	licence?: string | undefined;
}

/** A version that was registered, whose file the node has. */
export interface Published {
	/** Number of the version. */
	readonly model: number;
	readonly owner: string;
	readonly name: string;
	readonly version: string;
	readonly modelHash: string;
}

/** Bytes of an element, by the names of the engine. */
const SIZES: Readonly<Record<string, number>> = {
	bool: 1,
	u8: 1,
	i8: 1,
	u16: 2,
	i16: 2,
	f16: 2,
	bf16: 2,
	u32: 4,
	i32: 4,
	f32: 4,
	u64: 8,
	i64: 8,
	f64: 8,
};
const MEBIBYTE = 2 ** 20;
/** Limits of memory are multiples of it, in MiB. */
const MEMORY_STEP = 16;
const SEMVER = /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z.-]+))?$/;

/** The largest limits that the chain takes. */
export async function maximalLimits(api: OpgApi): Promise<VersionLimits> {
	const { limits } = await api.query.Models.VersionMaxima.getValue();
	return {
		fuel: Number(limits.fuel),
		loadFuel: Number(limits.load_fuel),
		memory: limits.memory,
		inputBytes: limits.input_bytes,
		outputBytes: limits.output_bytes,
	};
}

/**
 * Limits for a version: twice the fuel that was measured, a quarter more than the memory, and the
 * bytes of its inputs and outputs, at least what the chain carries. As `opg model publish` has them.
 */
export function suggestLimits(
	report: Inspection,
	most: VersionLimits,
	{ inlineInputBytes, inlineOutputBytes }: schema.ChainLimits,
): VersionLimits {
	const mebibytes = Math.ceil(report.memory_bytes / MEBIBYTE);
	const memory = mebibytes + Math.floor(mebibytes / 4);
	return {
		fuel: clamp(report.run_fuel * 2, most.fuel),
		loadFuel: clamp(report.load_fuel * 2, most.loadFuel),
		memory: clamp(Math.ceil(memory / MEMORY_STEP) * MEMORY_STEP, most.memory),
		inputBytes: portBytes('input', report.inputs, inlineInputBytes, most.inputBytes),
		outputBytes: portBytes('output', report.outputs, inlineOutputBytes, most.outputBytes),
	};
}

function clamp(value: number, most: number): number {
	return Math.min(Math.max(1, value), most);
}

function portBytes(what: string, ports: Port[], least: number, most: number): number {
	const needed = ports.reduce((sum, { name, dtype, shape }) => {
		const elements = shape.reduce((product, size) => product * size, 1);
		const text = new TextEncoder().encode(name).length;
		return sum + 2 + text + 2 + 8 * shape.length + 4 + elements * (SIZES[dtype] ?? NaN);
	}, 6);
	if (!(needed <= most)) {
		throw new OpgError(
			`an ${what} of this model has ${String(needed)} bytes encoded, and the chain takes ${String(most)} at most`,
		);
	}
	return Math.max(needed, least);
}

/** What is to be registered, or is already. */
export async function draft(
	rpc: OpgRpc,
	api: OpgApi,
	owner: string,
	file: Uint8Array,
	name: string,
	options: PublishOptions,
): Promise<{ known: number | null; version: string; register: () => OpgTransaction }> {
	const { report, licence, royalty = 0n } = options;
	const { generation } = report;
	const modelHash = toHex(contentNaming(file).hash);
	// This program broke off after it had registered it.
	for await (const item of rpc.allModels({ modelHash })) {
		if ('model' in item && item.owner === owner && item.name === name) {
			return { known: item.model, version: item.number, register: unneeded };
		}
	}
	const engine_id = await engineOf(rpc, options.engineId);
	const limits =
		options.limits ?? suggestLimits(report, await maximalLimits(api), (await rpc.chain()).limits);
	const version = options.version ?? (await nextVersion(rpc, owner, name));
	const text = new TextEncoder();
	const planck = toPlanck(royalty);
	const number = versionNumber(version);
	const register = (): OpgTransaction =>
		api.tx.Models.register({
			model_hash: modelHash,
			size: file.length,
			name: text.encode(name),
			engine_id,
			dims: Object.entries(report.dims)
				.map(([name, size]) => ({ name: text.encode(name), size: BigInt(size) }))
				.sort((one, other) => (toHex(one.name) < toHex(other.name) ? -1 : 1)),
			limits: {
				fuel: BigInt(limits.fuel),
				load_fuel: BigInt(limits.loadFuel),
				memory: limits.memory,
				input_bytes: limits.inputBytes,
				output_bytes: limits.outputBytes,
			},
			royalty: planck,
			report_hash: hash(report.digest),
			release: {
				number,
				licence: licence === undefined ? undefined : text.encode(licence),
				tokenizer: undefined,
				generation: generation && {
					...generation,
					token_fuel: BigInt(generation.token_fuel),
					block_fuel: BigInt(generation.block_fuel),
				},
			},
			salt: undefined,
		});
	return { known: null, version, register };
}

function unneeded(): never {
	throw new OpgError('it is registered already');
}

async function engineOf(rpc: OpgRpc, wanted: string | undefined): Promise<`0x${string}`> {
	const valid = (await rpc.engines()).filter((engine) => engine.valid).map(({ id }) => hash(id));
	const id = wanted === undefined ? (valid.length === 1 ? valid[0] : undefined) : hash(wanted);
	if (id === undefined) {
		throw new WrongChain(`the chain has ${String(valid.length)} valid engines: give engineId`);
	}
	if (!valid.includes(id)) throw new WrongChain(`the engine ${id} is not valid on this chain`);
	return id;
}

function hash(text: string): `0x${string}` {
	const bytes = fromHex(text.startsWith('0x') ? text : `0x${text}`);
	if (bytes.length !== 32) throw new KeyError(`${text} is no hash`);
	return toHex(bytes);
}

/** The minor version after the highest of those that are used. */
async function nextVersion(rpc: OpgRpc, owner: string, name: string): Promise<string> {
	try {
		for await (const item of rpc.allModels({ owner })) {
			if (!('versions' in item) || item.name !== name) continue;
			const highest = item.versions[0];
			if (!highest) break;
			const { major, minor } = versionNumber(highest.number);
			return `${String(major)}.${String(minor + 1)}.0`;
		}
	} catch (error) {
		if (!(error instanceof ModelUnknown)) throw error;
	}
	return '1.0.0';
}

function versionNumber(text: string): {
	major: number;
	minor: number;
	patch: number;
	pre: Uint8Array;
} {
	const parts = SEMVER.exec(text);
	if (!parts) {
		throw new TypeError(`${text} is no semantic version such as 1.4.0, without build metadata`);
	}
	const [major, minor, patch] = parts.slice(1, 4).map(Number) as [number, number, number];
	return { major, minor, patch, pre: new TextEncoder().encode(parts[4] ?? '') };
}

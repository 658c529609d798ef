/** The client of a chain, by one of its nodes, and an account that pays. */

import type { PolkadotSigner } from 'polkadot-api/signer';
import { accountOf, devSigner, encodeAddress, ownAddress } from './accounts.js';
import { formatOpg, toPlanck, type Amount } from './amounts.js';
import { NOT_AWAITED, NOT_REGISTERED, download, upload } from './blobs.js';
import {
	Congested,
	FeeTooLow,
	InputMismatch,
	ModelError,
	ModelNotServed,
	NodeMisbehaved,
	NodeUnreachable,
	NoSigner,
	NotEnoughFunds,
	NotYet,
	OpgError,
	ReferenceUsed,
	RequestRefused,
	RequestUnknown,
	RpcError,
	SubscriptionEnded,
	UnsafeMethod,
	WrongChain,
	failure,
	refusal,
} from './errors.js';
import { fromHex, sameBytes, toHex } from './hex.js';
import { OpgRpc, type ModelName } from './opg-rpc.js';
import {
	openPapi,
	signAndWatch,
	within,
	type Included,
	type OpgApi,
	type OpgTransaction,
	type Papi,
} from './papi.js';
import { draft, type PublishOptions, type Published } from './publishing.js';
import { Receipt } from './receipts.js';
import {
	MAX_CONTENT_BYTES,
	TIERS,
	amountOf,
	contentNaming,
	contentOf,
	estimateOf,
	outputsOf,
	read,
	reference32,
	requireDigest,
	sameContent,
	type DryRun,
	type Estimate,
	type Outputs,
	type Tier,
	type Trust,
} from './results.js';
import type * as schema from './schema.js';
import { Lock, Repeated, Sender, type Call } from './sending.js';
import { encode, type TensorInputs } from './tensors.js';
import { Limit, sleep, untilBlock, type WaitOptions } from './waiting.js';

export const DEFAULT_URL = 'ws://127.0.0.1:9944';

const SPEC_NAME = 'opg';
const TRUSTS: readonly Trust[] = ['attested', 'settled'];
/** Longest input that goes with the call. A node takes messages of 15 MiB, and it is in hex. */
const MAX_WITH_CALL = 6 * 2 ** 20;
/** Blocks within which a request is expected to be included. */
const SOON_BLOCKS = 10;
const PAUSE = 1_000;
/** Attempts where another transaction of the account took the nonce. */
const NONCE_ATTEMPTS = 5;
/** Names of what a node says then. */
const NONCE_USED: ReadonlySet<string> = new Set(['Stale', 'TooLowPriority']);
/** Tries in a row to follow a request where no node answers. */
const MAX_UNREACHABLE = 30;
/** Times in a row that nobody knows of a request, which may be on another fork. */
const MAX_UNKNOWN = 30;

export interface ClientOptions {
	/** Who pays: of a wallet extension, or `devSigner`, `signerFromSuri`, `signerFromKeyFile`. */
	signer?: PolkadotSigner | undefined;
	/** Hash of the chain's first block. The client refuses the nodes of another chain. */
	genesis?: string | undefined;
	/** Milliseconds that the node is given for an answer: 60,000 by default. */
	timeout?: number | undefined;
}

export interface SubmitOptions {
	/** `quorum` by default: three executors that agree. */
	tier?: Tier;
	/** The most to pay. By default what it costs at most within ten blocks. */
	maxFee?: Amount;
	/** The most of it for the model's owner. By default what the owner asks for now. */
	maxRoyalty?: Amount;
	/**
	 * 32 bytes, or their hex, that name the request: while the chain keeps it, which is an hour,
	 * submitting it again gives the same request and pays nothing.
	 */
	reference?: Uint8Array | string;
	/** Blocks after which no committee is drawn any more: then it fails, and is refunded. */
	deadline?: number;
	/**
	 * Most fuel that a run may take, where it is less than the version's limit, and at least a sixteenth
	 * of it: it costs less, and gives `OutOfFuel` where that is not enough.
	 */
	fuelLimit?: number;
}

export interface RequestWaitOptions extends WaitOptions {
	/** `settled` by default. */
	trust?: Trust;
	/** Is told of each change of the request. */
	onUpdate?: (request: schema.Request) => void;
}

export interface EstimateOptions {
	/** Inputs, of which the length counts. */
	inputs?: TensorInputs;
	tier?: Tier;
	/** Fuel that the answer takes, if it is known: then `fee` is exact. */
	fuel?: number;
	/** Blocks within which the request is included: 10 by default. */
	blocks?: number;
	/** Fuel limit of the request: the version's by default. */
	fuelLimit?: number;
}

/** Which models to list. One of its fields at most. */
export interface ModelFilter {
	owner?: string;
	tag?: string;
	modelHash?: string;
}

/** An attested output. */
export interface Result {
	/** Number of the request. */
	readonly request: number;
	/** Tensors by the names of the model's outputs, in their types. */
	readonly outputs: Outputs;
	/** Digest of the answer, as the chain has it. */
	readonly digest: string;
	/** Work that the run took, by which it is paid. */
	readonly fuel: number;
	/** What was paid, in planck; `null` before the request is settled. */
	readonly fee: bigint | null;
	readonly state: 'attested' | 'settled';
	/** Whether nothing can change the answer any more. */
	readonly mayRely: boolean;
	readonly reference: string;
	/** Gets the receipt. It is there when the request is settled in a final block. */
	receipt(options?: WaitOptions): Promise<Receipt>;
}

/** Connects to a node of the chain. */
export async function connect(url = DEFAULT_URL, options: ClientOptions = {}): Promise<Client> {
	const client = new Client(url, options);
	try {
		await client.chain();
	} catch (error) {
		client.close();
		throw error;
	}
	return client;
}

/** A chain, by one of its nodes, and an account that pays. `connect` makes one. */
export class Client {
	/** The node. */
	readonly rpc: OpgRpc;
	/** Who pays. Another one takes over with the next call: a wallet's user may choose another account. */
	signer: PolkadotSigner | undefined;
	#genesis: string | undefined;
	#prefix: number | null = null;
	#papi: Promise<Papi> | null = null;
	#signing = new Lock();
	#senders = new WeakMap<PolkadotSigner, Sender>();
	/** Requests that are being submitted, by their accounts and references. */
	#submitting = new Map<string, Promise<number>>();
	#open: (url: string) => Promise<Papi>;

	/** `open` is for tests. */
	constructor(
		url = DEFAULT_URL,
		{ signer, genesis, timeout }: ClientOptions = {},
		open: (url: string) => Promise<Papi> = openPapi,
	) {
		this.#open = open;
		this.rpc = new OpgRpc(url, timeout === undefined ? {} : { timeout });
		this.signer = signer;
		this.#genesis = genesis?.toLowerCase();
	}

	/** Ends the connections. */
	close(): void {
		this.rpc.close();
		this.#papi?.then(
			(papi) => {
				papi.close();
			},
			() => undefined,
		);
		this.#papi = null;
	}

	// The chain.

	/** What chain it is, and how far it is. Throws `WrongChain`. */
	async chain(): Promise<schema.Chain> {
		let chain: schema.Chain;
		try {
			chain = await this.rpc.chain();
		} catch (error) {
			if (!(error instanceof UnsafeMethod)) throw error;
			throw new WrongChain('that is no node of an OPG chain', null, error);
		}
		if (chain.specName !== SPEC_NAME) {
			throw new WrongChain(`the node follows a chain of the kind ${chain.specName}`);
		}
		// Of this connection and those that take its place.
		this.#genesis ??= chain.genesis.toLowerCase();
		if (this.#genesis !== chain.genesis.toLowerCase()) {
			throw new WrongChain(
				`the node follows the chain ${chain.name} with genesis ${chain.genesis}, not ${this.#genesis}`,
			);
		}
		this.#prefix = chain.ss58Prefix;
		return chain;
	}

	/** Address of the signer on this chain. Throws `NoSigner`. */
	async address(): Promise<string> {
		return this.#addressOf(this.#payer());
	}

	/** Free planck of the signer, of which a part may be frozen. */
	async balance(): Promise<bigint> {
		return this.#freeOf(await this.address());
	}

	/**
	 * PAPI's typed access to the chain, for what this package has no method for. It has a connection
	 * of its own, which is opened at the first call.
	 */
	async api(): Promise<OpgApi> {
		return (await this.#opened()).api;
	}

	/**
	 * Signs a transaction of `api().tx`, hands it in, and waits until the newest block has it, or a
	 * final one. Throws `TransactionFailed` with the chain's name of the reason.
	 */
	async transact(
		tx: OpgTransaction,
		options: { signer?: PolkadotSigner; until?: 'best' | 'final' } = {},
	): Promise<Included> {
		const signer = options.signer ?? this.#payer();
		const address = await this.#addressOf(signer);
		// The next nonce counts this transaction when a block has it.
		return this.#signing.run(async () => {
			const nonce = await this.rpc.call<number>('system_accountNextIndex', address);
			return signAndWatch(tx, signer, nonce, options.until ?? 'best');
		});
	}

	// Models.

	/**
	 * A version: `owner/name`, `owner/name@1.4.0`, `owner/name@channel` or a number. An owner is an
	 * address, or a path such as `//Dave` on development chains.
	 */
	async model(model: ModelName): Promise<schema.Version> {
		return this.rpc.model(await this.#named(model));
	}

	/** Models of an owner, with a tag, or versions whose file has a hash. All without a filter. */
	async models(filter: ModelFilter = {}): Promise<schema.ListedModel[]> {
		const owner = filter.owner === undefined ? null : await this.#owner(filter.owner);
		const found: schema.ListedModel[] = [];
		for await (const model of this.rpc.allModels({ ...filter, owner })) found.push(model);
		return found;
	}

	/** What a request would cost now, and at most within so many blocks. */
	async estimate(model: ModelName, options: EstimateOptions = {}): Promise<Estimate> {
		const { inputs, tier = 'quorum', fuel = null, blocks = SOON_BLOCKS } = options;
		const { fuelLimit = null } = options;
		const inputBytes = inputs === undefined ? 0 : encode(inputs).length;
		const query = { tier, inputBytes, fuel, blocks, fuelLimit };
		const estimate = await this.rpc.estimate(await this.#named(model), query);
		return read('opg_v1_estimate', estimate, estimateOf);
	}

	/**
	 * Waits until a version takes requests of this tier. A new version does when validators hold its
	 * file and executors serve it, which counts from the session after the next one on.
	 */
	async waitForModel(
		model: ModelName,
		options: WaitOptions & { tier?: Tier } = {},
	): Promise<schema.Version> {
		const { tier = 'quorum' } = options;
		const limit = new Limit(options, () => `model ${String(model)} takes no requests yet`);
		return untilBlock(this.rpc, 'New', limit, async () => {
			const { takesRequests, congested } = await this.estimate(model, { tier });
			return takesRequests && !congested ? this.model(model) : null;
		});
	}

	/**
	 * Runs a model on the node's own engine. It costs nothing, and nobody attests to it. Only one's
	 * own node does this, with `--rpc-methods unsafe` or by its local address.
	 */
	async dryRun(model: ModelName, inputs: TensorInputs): Promise<DryRun> {
		const input = toHex(encode(inputs));
		const { output, error, fuel, digest } = await this.rpc.dryRun(await this.#named(model), input);
		const outputs = output === null ? null : outputsOf('the dry run', fromHex(output));
		return { outputs, error, fuel, digest };
	}

	/**
	 * Hands a model file to the node, and registers it, by the report that the engine made of it.
	 * What broke off goes on where it was. `publishFile` of `@opg-chain/client/node` makes the report.
	 */
	async publish(file: Uint8Array, name: string, options: PublishOptions): Promise<Published> {
		const { api } = await this.#opened();
		const owner = await this.address();
		const { known, register, version } = await draft(this.rpc, api, owner, file, name, options);
		let model = known;
		let isUploaded = false;
		if (model === null) {
			try {
				await upload(this.rpc, file);
				isUploaded = true;
			} catch (error) {
				// A node for strangers takes the files of registered versions.
				if (!(error instanceof RpcError) || error.code !== NOT_REGISTERED) throw error;
			}
			const { events } = await this.transact(register());
			const registered = api.event.Models.Registered.filter(events)[0];
			if (!registered) throw new NodeMisbehaved('the version is registered, and has no number');
			model = registered.payload.model;
		}
		if (!isUploaded) await upload(this.rpc, file);
		return { model, owner, name, version, modelHash: toHex(contentNaming(file).hash) };
	}

	// Requests.

	/** Pays for an inference and waits for its result: `submit`, then `wait`. */
	async infer(
		model: ModelName,
		inputs: TensorInputs,
		options: SubmitOptions & RequestWaitOptions = {},
	): Promise<Result> {
		return (await this.submit(model, inputs, options)).wait(options);
	}

	/**
	 * Pays for an inference, and gives the request when a block has it. Throws a `RequestRefused`
	 * where nothing was asked for.
	 */
	async submit(
		model: ModelName,
		inputs: TensorInputs,
		options: SubmitOptions = {},
	): Promise<InferenceRequest> {
		const signer = this.#payer();
		const data = encode(inputs);
		if (data.length > MAX_CONTENT_BYTES) {
			throw new InputMismatch(
				'InputTooLong',
				`the encoded input has ${String(data.length)} bytes, and ${String(MAX_CONTENT_BYTES)} are the most`,
			);
		}
		const { reference } = options;
		const named =
			reference === undefined
				? toHex(crypto.getRandomValues(new Uint8Array(32)))
				: reference32(reference);
		const address = await this.#addressOf(signer);
		const version = await this.model(model);
		const number = await this.#once(`${address} ${named}`, version, data, async () => {
			const repeated =
				reference === undefined ? null : await this.#repeated(named, signer, address);
			if (repeated !== null) return { number: repeated, isNew: false };
			const call = await this.#call(version, data, named, address, options);
			return this.#send(call, signer, address);
		});
		await this.#handOver(number, data);
		return new InferenceRequest(this, number, named, address);
	}

	/** Everything about a request. Throws `RequestUnknown`. */
	async request(number: number): Promise<schema.Request> {
		const request = await this.rpc.request(number);
		if (request) return request;
		throw new RequestUnknown(
			'opg_v1_request',
			8002,
			`there is no request ${String(number)}: it was never sent, or it ended long ago`,
		);
	}

	/** A request by its number, to wait for it. */
	async get(number: number): Promise<InferenceRequest> {
		const { reference, requester } = await this.request(number);
		return new InferenceRequest(this, number, reference, requester);
	}

	/** Number of the signer's request with this reference. */
	async find(reference: Uint8Array | string): Promise<number | null> {
		return this.rpc.requestByReference(await this.address(), reference32(reference));
	}

	/** The receipt of a request, when it is settled in a final block. */
	async receipt(number: number, options: WaitOptions = {}): Promise<Receipt> {
		const limit = new Limit(options, () => `request ${String(number)} has no receipt yet`);
		return untilBlock(this.rpc, 'Finalized', limit, async () => {
			try {
				return new Receipt(await this.rpc.receipt(number));
			} catch (error) {
				// A request that failed has no receipt, and never will.
				if (error instanceof NotYet && error.reason === 'NotYet') return null;
				throw error;
			}
		});
	}

	/**
	 * The result of a request that has ended, or is attested. Gets an output that lies outside of the
	 * chain. Throws why there is none.
	 */
	async resultOf(request: schema.Request): Promise<Result> {
		const { request: number, status, isFinal, reference } = request;
		const { answer } = status;
		if (!answer) throw failure(number, status.reason ?? 'Unknown', status.explanation ?? '');
		requireDigest(number, answer);
		if (answer.error !== null) throw new ModelError(number, answer.error, answer.digest);
		let encoded: Uint8Array;
		if (answer.output !== null) encoded = fromHex(answer.output);
		else if (answer.storedOutput !== null) {
			encoded = await download(this.rpc, number, contentOf(answer.storedOutput));
		} else throw new NodeMisbehaved(`the answer of request ${String(number)} is nothing`);
		const isSettled = status.name === 'settled';
		return {
			request: number,
			outputs: outputsOf(`request ${String(number)}`, encoded),
			digest: answer.digest,
			fuel: answer.fuel,
			fee: amountOf(status.fee),
			state: isSettled ? 'settled' : 'attested',
			mayRely: isSettled && isFinal,
			reference,
			receipt: (options) => this.receipt(number, options),
		};
	}

	// What comes before a transaction.

	/** Runs `submit` once for a key, also where it is called twice at the same time. */
	async #once(
		key: string,
		version: schema.Version,
		data: Uint8Array,
		submit: () => Promise<{ number: number; isNew: boolean }>,
	): Promise<number> {
		const running = this.#submitting.get(key);
		if (running) {
			const number = await running;
			await this.#requireSame(number, version, data);
			return number;
		}
		const submitted = submit();
		const number = submitted.then(({ number }) => number);
		number.catch(() => undefined);
		this.#submitting.set(key, number);
		try {
			const { number, isNew } = await submitted;
			if (!isNew) await this.#requireSame(number, version, data);
			return number;
		} finally {
			this.#submitting.delete(key);
		}
	}

	/**
	 * Sends a call, and gives the number of the request with its reference. That is another one where
	 * another process sent it at the same time.
	 */
	async #send(
		call: Call,
		signer: PolkadotSigner,
		address: string,
	): Promise<{ number: number; isNew: boolean }> {
		for (let attempt = 1; ; attempt += 1) {
			try {
				const number = await this.#senderOf(signer, address).send(call);
				// A block may have the other one in its place.
				return { number, isNew: call.isUnique };
			} catch (error) {
				const isRefused = error instanceof RequestRefused;
				if (call.isUnique || !(isRefused || error instanceof Repeated)) throw error;
				const number = await this.#repeated(call.reference, signer, address);
				if (number !== null) return { number, isNew: false };
				// Perhaps another transaction of the account took the nonce.
				const isOver = attempt >= NONCE_ATTEMPTS;
				if (isRefused && (isOver || !NONCE_USED.has(error.reason))) throw error;
				if (isOver) throw refusal('NotIncluded');
			}
		}
	}

	/** Checks what can be checked for nothing, and fills in what the caller left open. */
	async #call(
		version: schema.Version,
		data: Uint8Array,
		reference: `0x${string}`,
		address: string,
		options: SubmitOptions,
	): Promise<Call> {
		const { tier = 'quorum', deadline, fuelLimit } = options;
		if (!TIERS.includes(tier)) {
			throw new TypeError(`tier is one of ${TIERS.join(', ')}, not ${String(tier)}`);
		}
		if (data.length > version.limits.inputBytes) {
			throw new InputMismatch(
				'InputTooLong',
				`the encoded input has ${String(data.length)} bytes, and model ${String(version.model)} ` +
					`takes ${String(version.limits.inputBytes)} at most`,
			);
		}
		const query = {
			tier,
			inputBytes: data.length,
			fuel: null,
			blocks: SOON_BLOCKS,
			fuelLimit: fuelLimit ?? null,
		};
		const raw = await this.rpc.estimate(version.model, query);
		const estimate = read('opg_v1_estimate', raw, estimateOf);
		const fees = this.#fees(version, estimate, options);
		const free = await this.#freeOf(address);
		const need = fees.max_fee + estimate.deposit;
		if (free < need) {
			throw new NotEnoughFunds(
				'NotEnoughFunds',
				`${address} has ${formatOpg(free)} free, and escrow and deposit take up to ` +
					formatOpg(need),
			);
		}
		const chain = await this.chain();
		const isStored = data.length > chain.limits.inlineInputBytes;
		const content = contentNaming(data);
		const shared = {
			model: version.model,
			...fees,
			reference,
			deadline: deadline === undefined ? undefined : chain.clock + deadline,
			fuel_limit: fuelLimit === undefined ? undefined : BigInt(fuelLimit),
		};
		return {
			reference,
			isUnique: options.reference === undefined,
			content: isStored && data.length <= MAX_WITH_CALL ? data : null,
			make: ({ api }) => {
				const own = { ...shared, tier: TIER_VALUES[tier] };
				return isStored
					? api.tx.Inference.request_stored({
							...own,
							input: { hash: toHex(content.hash), size: content.size },
						})
					: api.tx.Inference.request({ ...own, input: data });
			},
		};
	}

	#fees(
		{ model, royalty: asked }: schema.Version,
		estimate: Estimate,
		{ maxFee, maxRoyalty }: SubmitOptions,
	): { max_fee: bigint; max_royalty: bigint } {
		const { fee, maxFee: suggested, free } = estimate;
		if (!estimate.takesRequests) {
			throw new ModelNotServed(
				'ModelNotServed',
				`model ${String(model)} takes no requests now: its engine is not valid, or too few ` +
					'validators hold its file',
			);
		}
		if (free.offered === 0) {
			throw new ModelNotServed(
				'NotEnoughExecutors',
				`nobody serves model ${String(model)} in this session`,
			);
		}
		if (estimate.congested || fee === null || suggested === null) {
			throw new Congested(
				'Congested',
				'those who serve the model have too much to do: try again in some blocks',
			);
		}
		const most = maxFee === undefined ? suggested : toPlanck(maxFee);
		if (most < fee) {
			throw new FeeTooLow(
				'MaxFeeTooLow',
				`maxFee is ${formatOpg(most)}, and it costs up to ${formatOpg(fee)}`,
			);
		}
		const owner = BigInt(asked);
		const royalty = maxRoyalty === undefined ? owner : toPlanck(maxRoyalty);
		if (royalty < owner) {
			throw new FeeTooLow(
				'RoyaltyAboveMax',
				`maxRoyalty is ${formatOpg(royalty)}, and the owner asks for ${formatOpg(owner)}`,
			);
		}
		return { max_fee: most, max_royalty: royalty };
	}

	/** Makes sure that the node has an input that lies outside of the chain. */
	async #handOver(number: number, data: Uint8Array): Promise<void> {
		if (data.length <= (await this.chain()).limits.inlineInputBytes) return;
		try {
			await upload(this.rpc, data, number);
		} catch (error) {
			const isLate = error instanceof RpcError && error.code === NOT_AWAITED;
			if (!isLate || (await this.request(number)).status.name === 'uploading') throw error;
		}
	}

	/**
	 * Number of the request that the signer made with the reference, if it did. A transaction with it
	 * may still wait in the node's pool.
	 */
	async #repeated(
		reference: string,
		signer: PolkadotSigner,
		address: string,
	): Promise<number | null> {
		const limit = new Limit({ timeout: this.rpc.timeout }, () => {
			return `a transaction with the reference ${reference} waits for a block: try again later`;
		});
		const { number } = await untilBlock(this.rpc, 'New', limit, async () => {
			const number = await this.rpc.requestByReference(address, reference);
			if (number !== null) return { number };
			if (await this.#isPending(reference, signer)) return null;
			// It may have been included between the two.
			return { number: await this.rpc.requestByReference(address, reference) };
		});
		return number;
	}

	/** Whether a transaction of the signer with the reference waits in the node's pool. */
	async #isPending(reference: string, signer: PolkadotSigner): Promise<boolean> {
		const digits = reference.slice(2);
		const account = toHex(accountOf(signer)).slice(2);
		const waiting = await this.rpc.call<string[]>('author_pendingExtrinsics');
		return waiting.some((one) => one.includes(digits) && one.includes(account));
	}

	async #requireSame(number: number, version: schema.Version, data: Uint8Array): Promise<void> {
		const { model, input, storedInput } = await this.request(number);
		const isSame =
			storedInput !== null
				? sameContent(contentOf(storedInput), contentNaming(data))
				: input !== null && sameBytes(fromHex(input), data);
		if (model !== version.model || !isSame) {
			throw new ReferenceUsed(
				'ReferenceUsed',
				`request ${String(number)} has this reference, and another model or input: take a new one`,
			);
		}
	}

	#senderOf(signer: PolkadotSigner, address: string): Sender {
		let sender = this.#senders.get(signer);
		if (!sender) {
			const around = {
				rpc: this.rpc,
				papi: () => this.#opened(),
				chain: () => this.chain(),
				// The pool first: what leaves it afterwards is on the chain.
				isSent: async (reference: string) =>
					(await this.#isPending(reference, signer)) ||
					(await this.rpc.requestByReference(address, reference)) !== null,
			};
			sender = new Sender(around, signer, address, this.#signing);
			this.#senders.set(signer, sender);
		}
		return sender;
	}

	async #addressOf(signer: PolkadotSigner): Promise<string> {
		return encodeAddress(accountOf(signer), await this.#ss58());
	}

	async #freeOf(address: string): Promise<bigint> {
		const account = await this.rpc.account(address);
		return read('opg_v1_account', account, ({ free }) => BigInt(free));
	}

	async #opened(): Promise<Papi> {
		this.#papi ??= this.#open(this.rpc.url);
		const papi = await this.#papi;
		// PAPI waits for ever for a node that is not there.
		await within(this.rpc.timeout, papi.client.getFinalizedBlock());
		return papi;
	}

	#payer(): PolkadotSigner {
		if (this.signer) return this.signer;
		throw new NoSigner('the client has no signer that pays: connect(url, { signer })');
	}

	async #ss58(): Promise<number> {
		return this.#prefix ?? (await this.chain()).ss58Prefix;
	}

	async #named(model: ModelName): Promise<ModelName> {
		if (typeof model === 'number') return model;
		const slash = model.lastIndexOf('/');
		if (slash < 0) return /^[0-9]+$/.test(model) ? Number(model) : model;
		return `${await this.#owner(model.slice(0, slash))}/${model.slice(slash + 1)}`;
	}

	/** Address of an owner with the prefix of this chain. */
	async #owner(owner: string): Promise<string> {
		const prefix = await this.#ss58();
		if (owner.startsWith('//')) return encodeAddress(devSigner(owner).publicKey, prefix);
		return ownAddress(owner, prefix);
	}
}

/** Tiers as PAPI has them. */
const TIER_VALUES = {
	optimistic: { type: 'Optimistic', value: undefined },
	quorum: { type: 'Quorum', value: undefined },
	high: { type: 'High', value: undefined },
} as const;

/** A request that the chain has taken. */
export class InferenceRequest {
	/** What names it whatever its number is. */
	readonly reference: string;
	/** Address of the account that pays. */
	readonly requester: string;
	#client: Client;
	#number: number;

	constructor(client: Client, number: number, reference: string, requester: string) {
		this.#client = client;
		this.#number = number;
		this.reference = reference;
		this.requester = requester;
	}

	/** Its number. A re-organisation of the chain can change it until its block is final. */
	get number(): number {
		return this.#number;
	}

	/** Where it stands, with its answer if it has one. */
	async status(): Promise<schema.RequestResult> {
		const status = await this.#client.rpc.result(this.#number);
		if (status.state !== 'unknown' || !(await this.#hasMoved())) return status;
		return this.#client.rpc.result(this.#number);
	}

	/**
	 * The request now and at each change, until it has ended in a final block, or until `signal`. It is
	 * followed over broken connections, and where a re-organisation gives it another number.
	 */
	async *updates(signal?: AbortSignal): AsyncGenerator<schema.Request, void, undefined> {
		let unreachable = 0;
		let unknown = 0;
		while (!signal?.aborted) {
			const news = this.#client.rpc.watchRequest(this.#number);
			// A generator that waits does not return: end what it waits for.
			const stop = (): void => void news.return?.();
			signal?.addEventListener('abort', stop);
			try {
				for await (const request of news) {
					// Its number has become that of another.
					if (request.reference !== this.reference) break;
					[unreachable, unknown] = [0, 0];
					yield request;
					if (request.isFinal) return;
				}
			} catch (error) {
				const isGone = error instanceof RequestUnknown || error instanceof SubscriptionEnded;
				if (error instanceof NodeUnreachable) unreachable += 1;
				else if (!isGone) throw error;
				else unknown += 1;
				if (unreachable > MAX_UNREACHABLE || unknown > MAX_UNKNOWN) throw error;
			} finally {
				signal?.removeEventListener('abort', stop);
			}
			if (signal?.aborted) return;
			await sleep(PAUSE);
			try {
				await this.#hasMoved();
			} catch (error) {
				if (!(error instanceof NodeUnreachable)) throw error;
			}
		}
	}

	/**
	 * Waits for the answer. `attested`: executors gave it, and it can still be disputed. `settled`,
	 * the default: nothing can change it any more.
	 *
	 * Throws `RequestFailed`, `ModelError` or `WaitTimeout`.
	 */
	async wait(options: RequestWaitOptions = {}): Promise<Result> {
		const { trust = 'settled', onUpdate } = options;
		if (!TRUSTS.includes(trust)) {
			throw new TypeError(`trust is 'attested' or 'settled', not ${String(trust)}`);
		}
		let state = 'not seen yet';
		const limit = new Limit(options, () => {
			return `request ${String(this.#number)} is ${state}: wait again, with wait() or find(reference)`;
		});
		const end = new AbortController();
		const updates = this.updates(end.signal);
		try {
			for (;;) {
				const { done, value: request } = await limit.of(updates.next());
				if (done) throw new OpgError(`request ${String(this.#number)} ended without an end`);
				state = request.status.name;
				onUpdate?.(request);
				if (isEnough(request, trust)) return await limit.of(this.#client.resultOf(request));
			}
		} finally {
			end.abort();
			void updates.return();
		}
	}

	/** Looks for it by its reference, and tells whether it has another number now. */
	async #hasMoved(): Promise<boolean> {
		const { requester, reference } = this;
		const number = await this.#client.rpc.requestByReference(requester, reference);
		if (number === null || number === this.#number) return false;
		this.#number = number;
		return true;
	}
}

/** Whether a request is as far as somebody waits for. */
function isEnough({ status: { name }, isFinal }: schema.Request, trust: Trust): boolean {
	if (isFinal) return true;
	return trust === 'attested' && (name === 'attested' || name === 'audited' || name === 'settled');
}

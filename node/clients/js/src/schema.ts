// Written by scripts/schema.mjs from docs/openrpc.json.

/** Balances and stakes of an account. */
export interface Account {
	/** Pools of others in which it has stake. */
	delegations: Delegation[];
	/** What it can spend, but for the part that is frozen. */
	free: Planck;
	/** Held for requests, pools, deposits and the like. */
	held: Planck;
	/**
	 * Nonce of the next transaction, as of the newest block. `system_accountNextIndex` also counts those
	 * that wait in the pool.
	 */
	nonce: number;
	/** Pools that it runs. */
	pools: Pool[];
}

/** Account as an SS58 address of this chain. */
export type Address = string;

/** Answer to a request. One of `output`, `storedOutput` and `error` is not `null`. */
export interface Answer {
	/** Digest of the answer: what executors agree on. */
	digest: Hash;
	/** Reason for which the model gives no output for this input, such as `BadInput`. */
	error: string | null;
	/** Fuel of loading and running. */
	fuel: number;
	/** Encoded output tensors. */
	output: Hex | null;
	/** Encoded output tensors outside of the chain: `blobs_v1_range` reads them. */
	storedOutput: Content | null;
}

/** Answer on which a committee agreed. */
export interface AttestedAnswer {
	/** Block in which it did. */
	block: Block;
	/** Digest of the answer. */
	digest: Hash;
	/** Number of the model version. */
	model: number;
	/** Number of the request. */
	request: number;
}

/** Block. */
export interface Block {
	/** Hash. */
	hash: Hash;
	/** Height. */
	number: number;
}

/** What holds for the chain as a whole. */
export interface Chain {
	/** Newest block. */
	best: Block;
	/** Time of the clock by which deadlines and windows count. */
	clock: number;
	/** Newest block that is final. */
	finalized: Block;
	/** Price of fuel, in planck per fuel and executor. */
	fuelPrice: Planck;
	/** Hash of the first block. */
	genesis: Hash;
	/** Lengths of inputs and outputs. */
	limits: ChainLimits;
	/** Name in the chain specification. */
	name: string;
	/** Index of the current session. */
	session: number;
	/** Name of the runtime. */
	specName: string;
	/** Version of the runtime. */
	specVersion: number;
	/** Prefix of addresses. */
	ss58Prefix: number;
	/** The token. */
	token: Token;
	/** Version of the format of transactions. */
	transactionVersion: number;
}

/** Lengths of inputs and outputs, in bytes. */
export interface ChainLimits {
	/** Longest input or output outside of the chain. */
	contentBytes: number;
	/** Longest input that a request carries. A longer one lies outside of the chain. */
	inlineInputBytes: number;
	/** Longest output that an answer carries. */
	inlineOutputBytes: number;
}

/** Commitment to an answer. */
export interface Commitment {
	/** Block in which it was made. */
	block: number;
	/** What was committed to. */
	hash: Hash;
}

/** File by its content. */
export interface Content {
	/** BLAKE3 hash of the bytes. */
	hash: Hash;
	/** Length in bytes. */
	size: number;
}

/** Open case before the court. */
export interface Court {
	/** Accounts that challenge an answer. */
	challengers: Address[];
	/** Validators that can vote. */
	of: number;
	/** Phase. */
	phase: CourtPhase;
	/** Number of the disputed request. */
	request: number;
	/** Block in which the dispute began. */
	since: number;
	/** 0 for the first sitting, 1 for the second. */
	sitting: number;
	/** Time of the clock at which the phase ends. `null` while the case waits. */
	until: number | null;
	/** Validators that have committed to a vote in this sitting. */
	votes: number;
}

/** Phase of a case before the court. */
export type CourtPhase = 'waiting' | 'commit' | 'reveal';

/** Stake of an account in a pool of somebody else. */
export interface Delegation {
	/** Account that runs the pool. */
	operator: Address;
	/** What it is staked for. */
	role: Role;
	/** Stake that counts. */
	stake: Planck;
	/** Stake on its way out. */
	unbonding: Unbonding[];
}

/** Engine that the chain knows. */
export interface Engine {
	/** Its id. */
	id: Hash;
	/** Whether versions that name it take requests now. */
	valid: boolean;
}

/** What a request is expected to cost. Amounts are `null` where the model takes no requests. */
export interface Estimate {
	/** Whether it takes none now because too few executors are free. It may in the next block. */
	congested: boolean;
	/** Held for storage on top of the fee, and returned. */
	deposit: Planck;
	/**
	 * Cost now, with royalty and input fee: exact where `fuel` was given and is what the answer takes,
	 * and an upper bound without.
	 */
	fee: Planck | null;
	/** What executors offer. */
	free: Free;
	/** For holding an input outside of the chain. */
	inputFee: Planck;
	/**
	 * The most that it costs if it is included within the blocks that were asked for, with royalty and
	 * input fee. To be offered as `max_fee`: the price of fuel may rise until then.
	 */
	maxFee: Planck | null;
	/** Number of the version. */
	model: number;
	/** Paid to the owner of the model. */
	royalty: Planck;
	/** Whether the version takes requests: its engine is valid, and validators hold its file. */
	takesRequests: boolean;
}

/** What happened to a request. */
export type EventName = 'requested' | 'drawn' | 'replaced' | 'escalated' | 'convened' | 'held' | 'committed' | 'revealed' | 'declined' | 'attested' | 'audited' | 'challenged' | 'disputed' | 'sittingBegan' | 'voteCommitted' | 'voteRevealed' | 'adjourned' | 'judged' | 'settled' | 'failed' | 'pruned';

/** Executor. */
export interface Executor {
	/** Seats of first rounds that it has now. */
	busy: number;
	/** Part of every reward that the operator takes first. */
	commission: number;
	/** Convictions that are held. */
	convictions: number;
	/** Seats among the last sixteen in which it was silent. */
	misses: number;
	/** Account that runs it. */
	operator: Address;
	/** Part of it that is the operator's own. */
	ownStake: Planck;
	/** Part of its own stake that seats and challenges reserve. */
	reserved: Planck;
	/** Versions that it serves, of those that this node listed in the last half minute. */
	serves: number[];
	/** Seats of first rounds that it takes at a time. */
	slots: number;
	/** Stake of its pool. */
	stake: Planck;
	/** Duty. */
	state: OperatorState;
}

/** Items of a listing. */
export interface ExecutorPage {
	/** The items. Their order is fixed, and means nothing. */
	items: Executor[];
	/** Cursor of the next page, which may be empty. `null` after the last. */
	next: Hex | null;
}

/** What the executors that could be drawn for a version offer. */
export interface Free {
	/** Executors with a free slot. */
	executors: number;
	/** Slots of all executors that could be drawn. */
	offered: number;
	/** Slots of these executors, those that are taken included. */
	slots: number;
}

/** How a version generates text. */
export interface Generation {
	/** Tokens of the prompt that are read at once. */
	block: number;
	/** Fuel of reading a block of the prompt. */
	blockFuel: number;
	/** Most tokens, of prompt and answer together. */
	context: number;
	/** Fuel of generating a token. */
	tokenFuel: number;
	/** Tokens that there are. */
	vocabulary: number;
}

/** Hash of 32 bytes, in hexadecimal with 0x. */
export type Hash = string;

/** Bytes, in hexadecimal with 0x. */
export type Hex = string;

/** Something that happened to a request, in its history. */
export interface HistoryEntry {
	/** Accounts that it concerns: a committee, an executor, a challenger, a validator. */
	accounts: Address[];
	/** Block in which it happened. */
	block: number;
	/** What happened. */
	event: EventName;
}

/** What loading and running a version may take. */
export interface Limits {
	/** Fuel of a run. */
	fuel: number;
	/** Length of an encoded input, in bytes. */
	inputBytes: number;
	/** Fuel of loading. */
	loadFuel: number;
	/** Memory, in MiB. */
	memoryMib: number;
	/** Length of an encoded output, in bytes. */
	outputBytes: number;
}

/** Item of a listing of models: versions where they are looked up by the hash of their file. */
export type ListedModel = Version | NamedModel;

/** Items of a listing. */
export interface ListedModelPage {
	/** The items. Their order is fixed, and means nothing. */
	items: ListedModel[];
	/** Cursor of the next page, which may be empty. `null` after the last. */
	next: Hex | null;
}

/** Version in the list of a model. */
export interface ListedVersion {
	/** Number on the chain. */
	model: number;
	/** Semantic version. */
	number: string;
	/** State. */
	state: VersionState;
}

/** Something that happened to a request to a model. */
export interface ModelEvent {
	/** Accounts that it concerns. */
	accounts: Address[];
	/** Block in which it happened. */
	block: Block;
	/** Digest of the answer that it concerns. */
	digest: Hash | null;
	/** What happened. */
	event: EventName;
	/** Number of the model version. */
	model: number;
	/** Reason, such as `ModelMissing`. */
	reason: string | null;
	/** Number of the request. */
	request: number;
	/** Round that it concerns. */
	round: number | null;
}

/** Model: what its owner says of it, and its versions. */
export interface NamedModel {
	/** Model card. */
	card: Content | null;
	/** Number of the version to which each channel points. */
	channels: Record<string, number>;
	/** What is held from the owner for it and its versions. */
	deposit: Planck;
	/** Highest version that is neither a pre-release nor deprecated. */
	latest: number | null;
	/** Name, unique for the owner. */
	name: string;
	/** Account to which it is offered. */
	offeredTo: Address | null;
	/** Account that owns it and its versions. */
	owner: Address;
	/** Words by which it is found. */
	tags: string[];
	/** Versions, the highest first, those that were removed included. */
	versions: ListedVersion[];
}

/** What this node is and does. */
export interface Node {
	/** Engine that is built into it. */
	engine: Hash;
	/** Other engines in its store. */
	engines: Hash[];
	/** Operators whose hot key is in its keystore. */
	executors: Address[];
	/** Whether it computes answers. */
	runsEngine: boolean;
	/** Files of models that its operators serve, by content hash. */
	served: Hash[];
	/** Open subscriptions of the methods here. */
	subscriptions: number;
	/** Version of the program. */
	version: string;
	/** Inputs of requests that wait for inclusion. */
	waitingInputs: number;
}

/** Duty of an operator. */
export type OperatorState = 'active' | 'paused' | 'silent' | 'leaving' | 'convicted';

/** What an executor was paid. */
export interface Payment {
	/** Amount. */
	amount: Planck;
	/** Operator. */
	executor: Address;
}

/** Amount in planck, in decimal. One OPG is 1000000000000000000 planck. */
export type Planck = string;

/** Pool of an account. */
export interface Pool {
	/** Part of every reward that the operator takes first. */
	commission: number;
	/** Convictions that are held. */
	convictions: number;
	/** Seats among the last sixteen in which the operator was silent. */
	misses: number;
	/** Part of it that is the operator's own. */
	ownStake: Planck;
	/** What it is staked for. */
	role: Role;
	/** Stake that counts. */
	stake: Planck;
	/** Duty of the operator. */
	state: OperatorState;
	/** Stake of the operator on its way out. */
	unbonding: Unbonding[];
}

/** Request, and all that is known of it. */
export interface Request {
	/** Time of the clock after which no further committee is drawn for a first answer. */
	deadline: number | null;
	/** Sizes of symbolic dimensions by name. */
	dims: Record<string, number>;
	/** Block of the first draw. */
	drawnAt: number | null;
	/** Id of the engine. */
	engineId: Hash;
	/**
	 * What happened to it, as far as this node has followed it: since its start, and the newest 64
	 * entries.
	 */
	history: HistoryEntry[];
	/** Encoded input tensors. `null` where they lie outside of the chain. */
	input: Hex | null;
	/** Whether it is settled or failed in a block that is final: nothing changes any more. */
	isFinal: boolean;
	/** What loading and running the version may take. */
	limits: Limits;
	/** Number of the model version. */
	model: number;
	/** BLAKE3 hash of the model file. */
	modelHash: Hash;
	/** Reference that the requester set. */
	reference: Hash;
	/** Its number. */
	request: number;
	/** Block of inclusion. */
	requestedAt: number;
	/** Account that pays. */
	requester: Address;
	/** Every seat of every round so far. */
	seats: Seat[];
	/** Seed of the last round for a first answer. */
	seed: Hash | null;
	/** How far it is. */
	status: Status;
	/** Encoded input tensors outside of the chain: `blobs_v1_range` reads them. */
	storedInput: Content | null;
	/** Assurance that is paid for. */
	tier: Tier;
}

/** Answer to a request, and whether it may be relied on. */
export interface RequestResult {
	/** The answer, if there is one. */
	answer: Answer | null;
	/** Whether it is settled or failed in a block that is final. */
	isFinal: boolean;
	/** Whether the answer is settled in a block that is final. */
	mayRely: boolean;
	/** Number of the request. */
	request: number;
	/** Block since which it is so. */
	since: number | null;
	/** State in the newest block. */
	state: ResultState;
}

/** What may be relied on. */
export type ResultState = 'unknown' | 'open' | 'attested' | 'disputed' | 'settled' | 'failed';

/** Answer that was revealed. */
export interface Reveal {
	/** Block in which it was revealed. */
	block: number;
	/** Digest of the answer. */
	digest: Hash;
}

/** What a pool is staked for. */
export type Role = 'validator' | 'executor';

/** Seat of an executor, and what it did there. */
export interface Seat {
	/** Its commitment. */
	committed: Commitment | null;
	/** Reason for which it declined the seat, if it did, such as `ModelMissing`. */
	declined: string | null;
	/** Operator. */
	executor: Address;
	/** Its answer. */
	revealed: Reveal | null;
	/** Round for which it was drawn: 0 the first committee, 1 the larger one after silence, 2 an audit. */
	round: number;
}

/** Progress of a request. What a status does not have is `null`, and a list is empty. */
export interface Status {
	/** Answer on which a committee, or the court, agreed. */
	answer: Answer | null;
	/** Block in which the dispute began. */
	block: number | null;
	/** Account that bought the audit. `null` where randomness picked the answer. */
	buyer: Address | null;
	/** Accounts that challenge the answer. */
	challengers: Address[];
	/** Time of the clock of the decision: attested, audited, settled, failed. */
	clock: number | null;
	/** The cause in words. */
	explanation: string | null;
	/** Charged in total: settled. */
	fee: Planck | null;
	/** How far it is. */
	name: StatusName;
	/** What each executor was paid: settled. */
	paid: Payment[];
	/** Cause of a failure, such as `NotEnoughExecutors`. */
	reason: string | null;
	/**
	 * Time of the clock by which validators must hold the content: uploading, holding. `null` where they
	 * are not asked yet.
	 */
	until: number | null;
}

/** How far a request is. */
export type StatusName = 'requested' | 'assigned' | 'uploading' | 'holding' | 'attested' | 'audited' | 'disputed' | 'settled' | 'failed';

/** Assurance that a requester pays for. */
export type Tier = 'optimistic' | 'quorum' | 'high';

/** Token of the chain. */
export interface Token {
	/** Decimals: one token is ten to this power planck. */
	decimals: number;
	/** Symbol. */
	symbol: string;
}

/** Why a transaction failed. */
export interface TransactionFailure {
	/** The reason in words. */
	explanation: string;
	/** Name of the pallet's error, such as `MaxFeeTooLow`, or what the pool found. */
	reason: string;
}

/** State of a transaction that was handed in. */
export type TransactionState = 'ready' | 'inBlock' | 'retracted' | 'finalized' | 'dropped' | 'invalid' | 'usurped';

/** What became of a transaction that was handed in. */
export interface TransactionUpdate {
	/** Block that includes it, or did. */
	block: Block | null;
	/** Reason for which it failed, in a block or in the pool. */
	error: TransactionFailure | null;
	/** Number of the request, if it was accepted. */
	request: number | null;
	/** State. */
	state: TransactionState;
}

/** Stake on its way out of a pool. */
export interface Unbonding {
	/** What it is worth now. */
	amount: Planck;
	/** Time of the clock from which on it can be withdrawn. */
	unlockAt: number;
}

/** Registered version of a model. */
export interface Version {
	/** Block of that announcement, or of the registration without one. */
	announcedAt: number;
	/** Account that announced the file first, of those who registered it. */
	announcedBy: Address;
	/** Reason for which it is deprecated, if it is. */
	deprecated: string | null;
	/** Sizes of symbolic dimensions by name. */
	dims: Record<string, number>;
	/** Id of the engine. */
	engineId: Hash;
	/** How it generates text. `null` where it does not. */
	generation: Generation | null;
	/** SPDX expression. */
	licence: string | null;
	/** What loading and running it may take. */
	limits: Limits;
	/** Number of the version. */
	model: number;
	/** BLAKE3 hash of the file. */
	modelHash: Hash;
	/** Name of the model of which it is a version. */
	name: string;
	/** Semantic version. */
	number: string;
	/** Account that owns it and earns the royalty. */
	owner: Address;
	/** Digest of the engine's inspection report. */
	reportHash: Hash;
	/** Paid to the owner per attested request. */
	royalty: Planck;
	/** Length of the file in bytes. */
	size: number;
	/** File that makes tensors of text. */
	tokenizer: Content | null;
}

/** State of a version in the list of its model. */
export type VersionState = 'current' | 'deprecated' | 'removed';

/** Methods: what each takes, and gives. */
export interface Methods {
	/** The chain: its name and runtime, its newest blocks, its clock and the price of fuel. */
	opg_v1_chain: {
		params: [];
		result: Chain;
	};
	/** What a request to a model costs, and whether it would be taken now. */
	opg_v1_estimate: {
		params: [model: number | string, options?: {
			/** Blocks within which the request is included. 10 if it is not given. */
			blocks?: number | null;
			/** Fuel that the answer takes, if it is known. */
			fuel?: number | null;
			/**
			 * Fuel limit of the request: that of the version if it is not given, at most that, and at least a
			 * sixteenth of it.
			 */
			fuelLimit?: number | null;
			/** Length of the encoded input, in bytes. */
			inputBytes?: number;
			/** Assurance. */
			tier?: 'optimistic' | 'quorum' | 'high';
		} | null];
		result: Estimate;
	};
	/** A request with everything that happened to it. null if the chain does not keep it. */
	opg_v1_request: {
		params: [id: number];
		result: Request | null;
	};
	/** Number of the newest request of an account with this reference, so that whoever sends again finds it instead of paying twice. null if this node knows none. */
	opg_v1_requestByReference: {
		params: [requester: string, reference: string];
		result: number | null;
	};
	/** The answer to a request, and whether it may be relied on. */
	opg_v1_result: {
		params: [id: number];
		result: RequestResult;
	};
	/** The receipt of a request that is settled in a final block, as its file has it. */
	opg_v1_receipt: {
		params: [id: number, options?: {
			/** Number of an authority set that the asker trusts: what is before it is left out. */
			fromSet?: number | null;
		} | null];
		result: Record<string, unknown>;
	};
	/** A version of a model. */
	opg_v1_model: {
		params: [model: number | string];
		result: Version;
	};
	/** Models, by page; versions, where they are looked up by the hash of their file. */
	opg_v1_models: {
		params: [filter?: {
			/** Versions whose file has this BLAKE3 hash. */
			modelHash?: string | null;
			/** Those of an owner. */
			owner?: string | null;
			/** Those with a tag. */
			tag?: string | null;
		} | null, cursor?: string | null, limit?: number | null];
		result: ListedModelPage;
	};
	/** Executors, by page: their stake, slots, misses, and what they serve. */
	opg_v1_executors: {
		params: [model?: number | string | null, cursor?: string | null, limit?: number | null];
		result: ExecutorPage;
	};
	/** Engines that the chain knows. */
	opg_v1_engines: {
		params: [];
		result: Engine[];
	};
	/** Open cases before the court: those that sit, then those that wait. */
	opg_v1_courts: {
		params: [];
		result: Court[];
	};
	/** Balances of an account, its pools, and its stake in pools of others. */
	opg_v1_account: {
		params: [address: string];
		result: Account;
	};
	/** What a model gives for an input, computed by the engine of this node. */
	opg_v1_dryRun: {
		params: [model: number | string, input: string];
		result: Answer;
	};
	/** What this node is, and what it does. */
	opg_v1_node: {
		params: [];
		result: Node;
	};
	/** Hands in a signed request, after a trial on the newest block. Gives the hash of the transaction. An input outside of the chain is kept, and handed to validators once the request is included. */
	opg_v1_submit: {
		params: [extrinsic: string, input?: string | null];
		result: Hash;
	};
}

/** Subscriptions: what each takes, and gives. */
export interface Subscriptions {
	/** The same, and tells what becomes of the transaction until its block is final. */
	opg_v1_submitAndWatch: {
		params: [extrinsic: string, input?: string | null];
		result: TransactionUpdate;
		unsubscribe: 'opg_v1_unsubscribe';
	};
	/** A request now and at each change, until it has ended in a block that is final. */
	opg_v1_subscribeRequest: {
		params: [id: number];
		result: Request;
		unsubscribe: 'opg_v1_unsubscribeRequest';
	};
	/** What happens to requests to a version of a model, on the best chain. */
	opg_v1_subscribeModel: {
		params: [model: number | string];
		result: ModelEvent;
		unsubscribe: 'opg_v1_unsubscribeModel';
	};
	/** Every answer on which a committee agrees, on the best chain. */
	opg_v1_subscribeAnswers: {
		params: [];
		result: AttestedAnswer;
		unsubscribe: 'opg_v1_unsubscribeAnswers';
	};
}

/**
 * What can go wrong, by the protocol's reasons.
 *
 * ```text
 * OpgError
 * ├── NodeUnreachable, WrongChain, NodeMisbehaved, SubscriptionEnded    the connection
 * ├── TensorError, TextError, KeyError, NoSigner, SigningFailed, UnknownRuntime,
 * │   ProgramError                              this machine
 * ├── RpcError                                  the node refused a call
 * │   └── ModelUnknown, RequestUnknown, NotYet, ...
 * ├── RequestRefused                            nothing was asked for, nothing but a transaction's
 * │   └── Congested, NotEnoughFunds, ...        fee is paid
 * ├── RequestFailed                             the escrow came back
 * │   └── Expired
 * ├── ModelError                                the attested answer is an error
 * ├── Outstanding                               it cannot be known now whether it was asked for
 * ├── WaitTimeout                               the request goes on
 * ├── ContentUnavailable                        the node does not have a long output
 * ├── TransactionFailed                         another transaction failed
 * └── ReceiptInvalid                            a receipt proves nothing
 * ```
 */

/** Base of all errors of this package. */
export class OpgError extends Error {
	/** The protocol's name of the reason, where it has one. */
	readonly reason: string | null;

	constructor(message: string, reason: string | null = null, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
		this.reason = reason;
	}
}

/** No node answers, or the connection broke. */
export class NodeUnreachable extends OpgError {}

/** The node follows another chain than the one that was named, or none of this kind. */
export class WrongChain extends OpgError {}

/** The node's answer is not what the chain's rules or its own interface allow. */
export class NodeMisbehaved extends OpgError {}

/** The node ended a subscription, and says why, or this side did not take what came. */
export class SubscriptionEnded extends OpgError {}

/** Tensors that the chain does not carry as they are, or bytes that are no tensors. */
export class TensorError extends OpgError {}

/** A tokenizer that is not supported or none, or tensors that are no tokens. */
export class TextError extends OpgError {}

/** A secret, key file or address that is none, or a password that does not fit. */
export class KeyError extends OpgError {}

/** The client has no signer that could pay. */
export class NoSigner extends OpgError {}

/** The signer did not sign: a wallet's user refused, or it failed. */
export class SigningFailed extends OpgError {}

/** The chain's runtime asks for something that this release of the package does not know. */
export class UnknownRuntime extends OpgError {}

/** A program that came with a node's release is missing, or refused what it was asked. */
export class ProgramError extends OpgError {
	/** Exit code of the program, if it ran. */
	readonly status: number | null;

	constructor(message: string, status: number | null = null) {
		super(message);
		this.status = status;
	}
}

/** The node refused a call. */
export class RpcError extends OpgError {
	readonly method: string;
	readonly code: number;
	readonly data: unknown;

	constructor(method: string, code: number, message: string, data?: unknown) {
		super(`${method}: ${message}`, reasonOf(data));
		this.method = method;
		this.code = code;
		this.data = data;
	}
}

/** There is no such model or version. */
export class ModelUnknown extends RpcError {}

/** There is no such request: it was never sent, or it ended long ago. */
export class RequestUnknown extends RpcError {}

/** The node does not take a parameter. */
export class InvalidParameter extends RpcError {}

/** The node does not have the state of that block any more. */
export class StateUnavailable extends RpcError {}

/** The extrinsic asks for no inference. */
export class NotARequest extends RpcError {}

/** The connection watches as much as it may. */
export class TooManySubscriptions extends RpcError {}

/** There is no receipt yet: the request is not settled in a final block. */
export class NotYet extends RpcError {}

/** More bytes than the node or the model takes. */
export class TooLarge extends RpcError {}

/** The node has too much to do now. */
export class Busy extends RpcError {}

/** The node has no engine to run models with. */
export class EngineUnavailable extends RpcError {}

/** The node does not offer this method to strangers, or not at all. */
export class UnsafeMethod extends RpcError {}

/** Code with which a node says that pool or chain refuse a transaction. */
const REFUSED = 8006;

const RPC_ERRORS: ReadonlyMap<number, typeof RpcError> = new Map([
	[-32601, UnsafeMethod],
	[8001, ModelUnknown],
	[8002, RequestUnknown],
	[8003, InvalidParameter],
	[8004, StateUnavailable],
	[8005, NotARequest],
	[8007, TooManySubscriptions],
	[8008, NotYet],
	[8009, TooLarge],
	[8010, Busy],
	[8011, EngineUnavailable],
]);

/**
 * Nothing was asked for: this client, the node or the chain refused the request.
 *
 * Where the chain refused it in a block, the fee of the transaction is paid, and nothing else.
 */
export class RequestRefused extends OpgError {
	declare readonly reason: string;
	readonly explanation: string;

	constructor(reason: string, explanation = '') {
		super(explanation === '' ? reason : `${reason}: ${explanation}`, reason);
		this.explanation = explanation;
	}
}

/** Those who serve the model have too much to do. Try again in some blocks. */
export class Congested extends RequestRefused {}

/** The account has too little free OPG for escrow, deposit and fees. */
export class NotEnoughFunds extends RequestRefused {}

/** The request costs more than `maxFee`, or its royalty more than `maxRoyalty`. */
export class FeeTooLow extends RequestRefused {}

/** The model takes no requests: too few serve it, or too few validators hold its file. */
export class ModelNotServed extends RequestRefused {}

/** The input is not one that the model version takes. */
export class InputMismatch extends RequestRefused {}

/** The fuel limit is more than the version's, or less than a sixteenth of it. */
export class InvalidFuelLimit extends RequestRefused {}

/** The deadline is over already, or after the request's removal. */
export class InvalidDeadline extends RequestRefused {}

/** The account used this reference for another request. */
export class ReferenceUsed extends RequestRefused {}

/** No block took the transaction while it was valid, and none can any more. */
export class NotIncluded extends RequestRefused {}

/** Each kind of refusal: the chain's names of what it stands for, and what to do. */
const REFUSALS: readonly (readonly [typeof RequestRefused, readonly string[], string])[] = [
	[
		Congested,
		['Congested', 'Draining'],
		'those who serve the model have too much to do: try again in some blocks',
	],
	[
		NotEnoughFunds,
		['NotEnoughFunds', 'FundsUnavailable', 'NotExpendable', 'Payment', 'BelowMinimum'],
		'the account has too little free OPG for escrow, deposit and fees',
	],
	[
		FeeTooLow,
		['MaxFeeTooLow', 'RoyaltyAboveMax'],
		'offer more with maxFee or maxRoyalty, or wait until the price falls',
	],
	[
		ModelNotServed,
		['NotEnoughExecutors', 'NotCourtReady', 'EngineNotValid', 'UnknownModel'],
		'the model takes no requests now: its owner and those who serve it can change that',
	],
	[
		InputMismatch,
		['InputTooLong', 'InputTooShort'],
		'the model version takes no input of this length',
	],
	[
		InvalidFuelLimit,
		['FuelLimitTooLow', 'FuelLimitTooHigh'],
		"the fuel limit is at most the version's, and at least a sixteenth of it",
	],
	[
		InvalidDeadline,
		['InvalidDeadline'],
		'the deadline is over already, or later than the request is kept',
	],
	[
		ReferenceUsed,
		['ReferenceUsed'],
		'the account used this reference for another request: take a new one',
	],
	[
		NotIncluded,
		['NotIncluded'],
		'no block took the transaction while it was valid: it costs nothing, send it again',
	],
];

/** The request has no answer. The escrow came back, but for what `docs/protocol.md` names. */
export class RequestFailed extends OpgError {
	declare readonly reason: string;
	readonly request: number;
	readonly explanation: string;

	constructor(request: number, reason: string, explanation = '') {
		super(
			`request ${String(request)} failed: ${reason}${explanation === '' ? '' : `: ${explanation}`}`,
			reason,
		);
		this.request = request;
		this.explanation = explanation;
	}
}

/** The deadline passed before there was an answer. */
export class Expired extends RequestFailed {}

const MODEL_ADVICE: ReadonlyMap<string, string> = new Map([
	['BadInput', "the input does not fit the model's inputs (names, types, shapes)"],
	['OutOfFuel', 'the fuel limit of the request is too low for this input'],
	['OutOfMemory', "the version's memory limit is too low for this input"],
	['OutputTooLarge', "the output is longer than the version's limit"],
]);

/** The attested answer is that the model fails on this input. It is paid like any other. */
export class ModelError extends OpgError {
	declare readonly reason: string;
	readonly request: number;
	readonly digest: string;

	constructor(request: number, reason: string, digest: string) {
		const advice = MODEL_ADVICE.get(reason);
		super(
			`request ${String(request)}: the model gives ${reason}${advice ? `: ${advice}` : ''}`,
			reason,
		);
		this.request = request;
		this.digest = digest;
	}
}

/**
 * A request is on its way, and whether it was included cannot be known now.
 *
 * The connection broke for good, or the chain makes no block final. Submit it again later with this
 * `reference`: where it was included it is recognised, and not paid twice.
 */
export class Outstanding extends OpgError {
	readonly reference: string;

	constructor(message: string, reference: string, cause?: unknown) {
		super(`${message}; submit again with the reference ${reference}`, null, cause);
		this.reference = reference;
	}
}

/** The time to wait is over. The request goes on: wait again. */
export class WaitTimeout extends OpgError {}

/** The node does not have a content, and cannot or may not get it from others. */
export class ContentUnavailable extends OpgError {}

/** A transaction that is no request was refused, or failed in a block. */
export class TransactionFailed extends OpgError {
	declare readonly reason: string;

	constructor(reason: string, message: string, cause?: unknown) {
		super(message, reason, cause);
	}
}

/** A receipt that does not prove what it says, for the verifier's reason. */
export class ReceiptInvalid extends OpgError {
	declare readonly reason: string;

	constructor(reason: string, message: string) {
		super(`${reason}: ${message}`, reason);
	}
}

// By hand: a bundler gives classes other names.
const NAMED = {
	OpgError,
	NodeUnreachable,
	WrongChain,
	NodeMisbehaved,
	SubscriptionEnded,
	TensorError,
	KeyError,
	NoSigner,
	SigningFailed,
	UnknownRuntime,
	ProgramError,
	RpcError,
	ModelUnknown,
	RequestUnknown,
	InvalidParameter,
	StateUnavailable,
	NotARequest,
	TooManySubscriptions,
	NotYet,
	TooLarge,
	Busy,
	EngineUnavailable,
	UnsafeMethod,
	RequestRefused,
	Congested,
	NotEnoughFunds,
	FeeTooLow,
	ModelNotServed,
	InputMismatch,
	InvalidFuelLimit,
	InvalidDeadline,
	ReferenceUsed,
	NotIncluded,
	RequestFailed,
	Expired,
	ModelError,
	Outstanding,
	WaitTimeout,
	ContentUnavailable,
	TransactionFailed,
	ReceiptInvalid,
};
for (const [name, kind] of Object.entries(NAMED)) {
	Object.defineProperty(kind.prototype, 'name', { value: name });
}

/**
 * Makes the error of a refused request from the chain's name of the reason, which may have the
 * pallet's in front, as in `Inference.Congested`.
 */
export function refusal(reason: string, explanation = ''): RequestRefused {
	const name = reason.slice(reason.lastIndexOf('.') + 1);
	for (const [kind, reasons, advice] of REFUSALS) {
		if (reasons.includes(name)) return new kind(name, explanation === '' ? advice : explanation);
	}
	return new RequestRefused(name, explanation);
}

/** Makes the error of a failed request from the chain's name of the reason. */
export function failure(request: number, reason: string, explanation = ''): RequestFailed {
	const kind = reason === 'Expired' ? Expired : RequestFailed;
	return new kind(request, reason, explanation);
}

/** Makes an error of what a node gives instead of a result. */
export function rpcError(method: string, error: unknown): OpgError {
	if (!isObject(error)) return new NodeMisbehaved(`${method}: the node's error is none`);
	const code = typeof error.code === 'number' ? error.code : 0;
	const message = typeof error.message === 'string' ? error.message : 'no message';
	const reason = reasonOf(error.data);
	if (code === REFUSED && reason !== null) {
		const explanation = isObject(error.data) ? error.data.explanation : null;
		return refusal(reason, typeof explanation === 'string' ? explanation : message);
	}
	const kind = RPC_ERRORS.get(code) ?? RpcError;
	return new kind(method, code, message, error.data);
}

function reasonOf(data: unknown): string | null {
	return isObject(data) && typeof data.reason === 'string' ? data.reason : null;
}

/** Tells whether a value of unknown origin has fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

"""What can go wrong, by the protocol's reasons.

OpgError
├── NodeUnreachable, WrongChain, NodeMisbehaved      the connection
├── TensorError, TextError, KeyFileError, NoAccount, PackageMissing, ProgramError    this machine
├── RpcError                                         the node refused a call
│   └── ModelUnknown, RequestUnknown, NotYet, ...
├── RequestRefused                                   nothing was asked for, nothing but a
│   │                                                transaction's fee is paid
│   └── Congested, NotEnoughFunds, FeeTooLow, ModelNotServed, InputMismatch, ...
├── RequestFailed                                    the escrow came back
│   └── Expired
├── ModelError                                       the attested answer is an error
└── WaitTimeout                                      the request goes on
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from opg.results import Answer


class OpgError(Exception):
    """Base of all errors of this package."""


class NodeUnreachable(OpgError):
    """No node answers, or the connection broke."""


class WrongChain(OpgError):
    """The node follows another chain than the one that was named, or none of this kind."""


class NodeMisbehaved(OpgError):
    """The node's answer is not what the chain's rules or its own interface allow."""


class TensorError(OpgError, ValueError):
    """Tensors that the chain does not carry as they are, or bytes that are no tensors."""


class TextError(OpgError, ValueError):
    """A text, a conversation, a tokenizer or a parameter of which no request comes."""

    def __init__(self, reason: str, explanation: str) -> None:
        super().__init__(f"{reason}: {explanation}")
        self.reason = reason
        """Such as `TooLong`, `EmptyPrompt`, `NoTemplate`, `NoGenerator`."""
        self.explanation = explanation


class PackageMissing(OpgError, ImportError):
    """A package that only some have a use for is not installed."""


class NoAccount(OpgError):
    """The client has no account that could pay."""


class KeyFileError(OpgError, ValueError):
    """A secret or key file that is none, or a password that does not fit."""


class ProgramError(OpgError):
    """A program that came with a node's release is missing, or refused what it was asked."""

    def __init__(self, message: str, status: int | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        """Exit code of the program, if it ran."""
        self.reason = reason
        """Name of the reason, where the program gives one."""


class RpcError(OpgError):
    """The node refused a call."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        reason = data.get("reason") if isinstance(data, Mapping) else None
        super().__init__(f"{method}: {message}")
        self.method = method
        self.code = code
        self.message = message
        self.data = data
        self.reason: str | None = reason if isinstance(reason, str) else None
        """The protocol's name of the reason, where the node gives one."""


class ModelUnknown(RpcError):
    """There is no such model or version."""


class RequestUnknown(RpcError):
    """There is no such request: it was never sent, or it ended long ago."""


class InvalidParameter(RpcError):
    """The node does not take a parameter."""


class StateUnavailable(RpcError):
    """The node does not have the state of that block any more."""


class NotARequest(RpcError):
    """The extrinsic asks for no inference."""


class TooManySubscriptions(RpcError):
    """The connection watches as much as it may."""


class NotYet(RpcError):
    """There is no receipt yet: the request is not settled in a final block."""


class TooLarge(RpcError):
    """More bytes than the node takes at once."""


class Busy(RpcError):
    """The node has too much to do now."""


class EngineUnavailable(RpcError):
    """The node has no engine to run models with."""


class UnsafeMethod(RpcError):
    """The node does not offer this method to strangers, or not at all."""


RPC_ERRORS: Mapping[int, type[RpcError]] = {
    -32601: UnsafeMethod,
    8001: ModelUnknown,
    8002: RequestUnknown,
    8003: InvalidParameter,
    8004: StateUnavailable,
    8005: NotARequest,
    8007: TooManySubscriptions,
    8008: NotYet,
    8009: TooLarge,
    8010: Busy,
    8011: EngineUnavailable,
}
"""Errors of the node by their codes. 8006 is a `RequestRefused`."""


class RequestRefused(OpgError):
    """Nothing was asked for: this client, the node or the chain refused the request.

    Where the chain refused it in a block, the fee of the transaction is paid, and nothing else.
    """

    reasons: ClassVar[tuple[str, ...]] = ()
    """The chain's names of what this class stands for."""
    advice: ClassVar[str] = ""

    def __init__(self, reason: str, explanation: str = "") -> None:
        text = explanation or self.advice
        super().__init__(f"{reason}: {text}" if text else reason)
        self.reason = reason
        """The protocol's name of the reason."""
        self.explanation = text


class Congested(RequestRefused):
    """Those who serve the model have too much to do. Try again in some blocks."""

    reasons = ("Congested", "Draining")
    advice = "those who serve the model have too much to do: try again in some blocks"


class NotEnoughFunds(RequestRefused):
    """The account has too little free OPG for escrow, deposit and fees."""

    reasons = ("NotEnoughFunds", "FundsUnavailable", "NotExpendable", "Payment", "BelowMinimum")
    advice = "the account has too little free OPG for escrow, deposit and fees"


class FeeTooLow(RequestRefused):
    """The request costs more than `max_fee`, or its royalty more than `max_royalty`."""

    reasons = ("MaxFeeTooLow", "RoyaltyAboveMax")
    advice = "offer more with max_fee or max_royalty, or wait until the price falls"


class ModelNotServed(RequestRefused):
    """The model takes no requests: too few serve it, or too few validators hold its file."""

    reasons = ("NotEnoughExecutors", "NotCourtReady", "EngineNotValid", "UnknownModel")
    advice = "the model takes no requests now: its owner and those who serve it can change that"


class InputMismatch(RequestRefused):
    """The input is not one that the model version takes."""

    reasons = ("InputTooLong", "InputTooShort")
    advice = "the model version takes no input of this length"


class InvalidFuelLimit(RequestRefused):
    """The fuel limit is more than the version's, or less than a sixteenth of it."""

    reasons = ("FuelLimitTooLow", "FuelLimitTooHigh")
    advice = "the fuel limit is at most the version's, and at least a sixteenth of it"


class InvalidDeadline(RequestRefused):
    """The deadline is over already, or after the request's removal."""

    reasons = ("InvalidDeadline",)
    advice = "the deadline is over already, or later than the request is kept"


class ReferenceUsed(RequestRefused):
    """The account used this reference for another request."""

    reasons = ("ReferenceUsed",)
    advice = "the account used this reference for another request: take a new one"


class NotIncluded(RequestRefused):
    """No block took the transaction while it was valid, and none can any more."""

    reasons = ("NotIncluded",)
    advice = "no block took the transaction while it was valid: it costs nothing, send it again"


class RequestFailed(OpgError):
    """The request has no answer. The escrow came back, but for what `docs/protocol.md` names."""

    def __init__(self, request: int, reason: str, explanation: str = "") -> None:
        text = f": {explanation}" if explanation else ""
        super().__init__(f"request {request} failed: {reason}{text}")
        self.request = request
        self.reason = reason
        """The protocol's name of the reason, such as `NotEnoughCommitments`."""
        self.explanation = explanation


class Expired(RequestFailed):
    """The deadline passed before there was an answer."""


class ModelError(OpgError):
    """The attested answer is that the model fails on this input. It is paid like any other."""

    def __init__(self, answer: Answer) -> None:
        advice = {
            "BadInput": ": the input does not fit the model's inputs (names, types, shapes)",
            "OutOfFuel": ": the fuel limit of the request is too low for this input",
            "OutOfMemory": ": the version's memory limit is too low for this input",
            "OutputTooLarge": ": the output is longer than the version's limit",
        }.get(answer.error or "", "")
        super().__init__(f"request {answer.request}: the model gives {answer.error}{advice}")
        self.reason = answer.error
        self.answer = answer


class WaitTimeout(OpgError, TimeoutError):
    """The time to wait is over. The request goes on: wait again."""


def refusal(reason: str, explanation: str = "") -> RequestRefused:
    """Make the error of a refused request from the chain's name of the reason.

    The name may have the pallet's in front, as in `Inference.Congested`.
    """
    name = reason.rpartition(".")[2]
    for kind in RequestRefused.__subclasses__():
        if name in kind.reasons:
            return kind(name, explanation)
    return RequestRefused(name, explanation)


def failure(request: int, reason: str, explanation: str = "") -> RequestFailed:
    """Make the error of a failed request from the chain's name of the reason."""
    kind = Expired if reason == "Expired" else RequestFailed
    return kind(request, reason, explanation)

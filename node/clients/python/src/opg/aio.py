"""The client of a chain, for `asyncio`."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

import numpy as np

from opg import amount, blobs, programs, text
from opg.account import Account, decode_address, encode_address, network_of
from opg.amount import Amount, show
from opg.changes import MAX_WATCHED, Changes
from opg.errors import (
    Congested,
    FeeTooLow,
    InputMismatch,
    ModelError,
    ModelNotServed,
    NoAccount,
    NodeMisbehaved,
    NotEnoughFunds,
    NotIncluded,
    NotYet,
    ReferenceUsed,
    RequestRefused,
    RequestUnknown,
    RpcError,
    TextError,
    UnsafeMethod,
    WaitTimeout,
    WrongChain,
    failure,
)
from opg.results import (
    MAX_CONTENT_BYTES,
    TIERS,
    Answer,
    Chain,
    Content,
    DryRun,
    Estimate,
    Generated,
    GenerationEstimate,
    Json,
    Model,
    Receipt,
    Status,
    Tier,
    Trust,
    Usage,
    from_hex,
    nested,
    outputs_of,
    read,
    to_hex,
)
from opg.rpc import Rpc
from opg.sending import Call, Repeated, Sender
from opg.tensors import Array, encode
from opg.text import Sampling, TextModel

DEFAULT_URL: Final = "ws://127.0.0.1:9944"

T = TypeVar("T")
Inputs = Mapping[str, "Array | np.generic"]
Messages = Sequence[Mapping[str, str]]
"""Messages of a conversation: dicts of `role` and `content`."""

_SPEC_NAME: Final = "opg"
_REFERENCE_BYTES: Final = 32
_GENERIC_PREFIX: Final = 42
_POLL_SECONDS: Final = 1.0
_BLOCK_SECONDS: Final = 3.0
DEFAULT_WAIT: Final = 1200.0
"""Longer than every deadline of a request that no court has to wait for."""
_MAX_WITH_CALL: Final = 6 * 2**20
"""Longest input that goes with the call. A node takes messages of 15 MiB, and it is in hex."""
SOON_BLOCKS: Final = 10
_NONCE_ATTEMPTS: Final = 5
"""Attempts where another transaction of the account took the nonce."""
_NONCE_USED: Final = frozenset({"Stale", "TooLowPriority"})
"""Names of what is said then."""
_PAGE: Final = 64
MAX_NEW_TOKENS: Final = 64
"""New tokens of a text where nothing is said."""
_MAX_TEXT_MODELS: Final = 4
"""Tokenizers that are kept."""


@dataclass(frozen=True)
class ResultData:
    """An attested output."""

    request: int
    outputs: dict[str, Array]
    """Arrays by the names of the model's outputs, in their types."""
    digest: str
    """Digest of the answer, as the chain has it."""
    fuel: int
    """Work that the run took, by which it is paid."""
    fee: int | None
    """What was paid, in planck; `None` before the request is settled."""
    state: str
    """`attested` or `settled`."""
    may_rely: bool
    """Whether nothing can change the answer any more."""
    reference: str


@dataclass(frozen=True)
class _Question:
    """A text that is ready to be sent."""

    version: Model
    text: TextModel
    prompt: tuple[int, ...]
    max_tokens: int
    inputs: dict[str, Array]
    fuel_limit: int

    def answered(self, result: AsyncResult) -> Generated[AsyncResult]:
        """Make a text of the answer."""
        generation = text.generation_of(self.version)
        tokens = text.new_tokens(result.outputs, generation.context)
        return Generated(
            text=self.text.decode(tokens),
            tokens=tokens,
            finish_reason=self.text.finish(tokens, self.max_tokens),
            usage=Usage(len(self.prompt), len(tokens)),
            prompt=self.prompt,
            result=result,
        )


@dataclass(frozen=True)
class AsyncResult(ResultData):
    """An attested output, and the client that it came by."""

    _client: AsyncClient = field(repr=False, compare=False)

    async def receipt(self, timeout: float | None = DEFAULT_WAIT) -> Receipt:
        """Get the receipt. It is there when the request is settled in a final block."""
        return await self._client.receipt(self.request, timeout=timeout)


class AsyncRequest:
    """A request that the chain has taken."""

    def __init__(self, client: AsyncClient, number: int, reference: bytes) -> None:
        self._client = client
        self._reference = reference
        self._number = number

    @property
    def number(self) -> int:
        """Its number. A re-organisation of the chain can change it until its block is final."""
        return self._number

    @property
    def reference(self) -> str:
        """What names it whatever its number is."""
        return to_hex(self._reference)

    async def status(self) -> Status:
        """Where it stands."""
        status = await self._client.status(self._number)
        if status.state == "unknown" and await self._has_moved():
            status = await self._client.status(self._number)
        return status

    async def wait(
        self, trust: Trust = "settled", timeout: float | None = DEFAULT_WAIT
    ) -> AsyncResult:
        """Wait for the answer.

        `attested`: executors gave it, and it can still be disputed. `settled`: nothing can change
        it any more. Raises `RequestFailed`, `ModelError` or `WaitTimeout`.
        """
        if trust not in {"attested", "settled"}:
            raise ValueError(f"trust is 'attested' or 'settled', not {trust!r}")
        deadline = None if timeout is None else time.monotonic() + timeout
        async with contextlib.aclosing(self._client.changes()) as changes:
            while True:
                status = await self.status()
                is_enough = trust == "attested" and status.state in {"attested", "settled"}
                if (status.state == "failed" and status.is_final) or status.may_rely or is_enough:
                    details = await self._details()
                    if details is not None:
                        return await self._client.result_of(status, details)
                left = math.inf if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    raise WaitTimeout(
                        f"request {self._number} is {status.state} after {timeout:g} s: wait "
                        "again, with request.wait() or client.find(reference)"
                    )
                await changes.next(self._number, left)

    async def _details(self) -> Json | None:
        """All about it; `None` where its number has become that of another."""
        try:
            details = await self._client.request(self._number)
            if from_hex(details["reference"]) == self._reference:
                return details
        except RequestUnknown:
            pass
        await self._has_moved()
        return None

    async def _has_moved(self) -> bool:
        """Look for it by its reference, and tell whether it has another number now."""
        number = await self._client.find(self._reference)
        if number is None or number == self._number:
            return False
        self._number = number
        return True

    def __repr__(self) -> str:
        return f"AsyncRequest({self._number}, reference={self.reference!r})"


class AsyncClient:
    """A chain, by one of its nodes, and an account that pays.

    Without `url` it is that of the environment variable OPG_URL, or of a node on this machine. With
    `genesis` the client refuses the nodes of another chain. Use it as a context manager, or
    call `close`.
    """

    def __init__(
        self,
        url: str | None = None,
        account: Account | None = None,
        *,
        genesis: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.account = account
        self._rpc = Rpc(url or os.environ.get("OPG_URL") or DEFAULT_URL, timeout)
        self._genesis = genesis
        self._prefix: int | None = None
        self._own_sender: Sender | None = None
        self._watched = asyncio.Semaphore(MAX_WATCHED)
        self._texts: OrderedDict[bytes, TextModel] = OrderedDict()
        self._reading = asyncio.Lock()

    @property
    def url(self) -> str:
        """Address of the node."""
        return self._rpc.url

    async def __aenter__(self) -> AsyncClient:
        try:
            await self.chain()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connection."""
        await self._rpc.close()

    # The chain.

    async def chain(self) -> Chain:
        """Tell what chain it is, and how far it is. Raises `WrongChain`."""
        try:
            chain = await self._read("opg_v1_chain", Chain.of)
        except UnsafeMethod as error:
            raise WrongChain(f"{self.url} is no node of an OPG chain: {error}") from error
        if chain.spec_name != _SPEC_NAME:
            raise WrongChain(f"{self.url} follows a chain of the kind {chain.spec_name!r}")
        if self._genesis is None:
            # Of this connection and those that take its place.
            self._genesis = chain.genesis
        elif self._genesis.lower() != chain.genesis.lower():
            raise WrongChain(
                f"{self.url} follows the chain {chain.name} with genesis {chain.genesis}, not "
                f"{self._genesis}"
            )
        self._prefix = chain.ss58_prefix
        return chain

    async def balance(self) -> int:
        """Free planck of the account, of which a part may be frozen."""
        chain = await self.chain()
        address = self.signer().address(chain.ss58_prefix)
        return await self._read("opg_v1_account", lambda raw: int(raw["free"]), address)

    # Models.

    async def model(self, model: int | str) -> Model:
        """Find a version: `owner/name`, `owner/name@1.4.0`, `owner/name@channel` or a number.

        An owner is an address, or a path such as `//Dave` on development chains.
        """
        return await self._read("opg_v1_model", Model.of, await self._reference_of(model))

    async def models(
        self, *, owner: str | None = None, tag: str | None = None, model_hash: str | None = None
    ) -> list[Json]:
        """List models by owner, tag or hash of their file, as `opg_v1_models` describes them."""
        return [item async for item in self.iterate_models(owner, tag, model_hash)]

    async def iterate_models(
        self, owner: str | None = None, tag: str | None = None, model_hash: str | None = None
    ) -> AsyncIterator[Json]:
        """Give the same one by one, page by page."""
        address = None if owner is None else await self._owner(owner)
        query = {"owner": address, "tag": tag, "modelHash": model_hash}
        cursor = None
        while True:
            page = await self._rpc.call("opg_v1_models", query, cursor, _PAGE)
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    async def estimate(
        self,
        model: int | str,
        inputs: Inputs | None = None,
        *,
        tier: Tier = "quorum",
        fuel: int | None = None,
        blocks: int = SOON_BLOCKS,
        fuel_limit: int | None = None,
    ) -> Estimate:
        """Tell what a request would cost now, and at most within so many blocks."""
        size = 0 if inputs is None else len(encode(inputs))
        return await self._estimate(model, size, tier, fuel, blocks, fuel_limit)

    async def wait_for_model(
        self, model: int | str, *, tier: Tier = "quorum", timeout: float | None = DEFAULT_WAIT
    ) -> Model:
        """Wait until a version takes requests of this tier.

        A new version does when validators hold its file and executors serve it, which counts from
        the session after the next one on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            estimate = await self.estimate(model, tier=tier)
            if estimate.takes_requests and not estimate.congested:
                return await self.model(model)
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeout(f"model {model} takes no requests after {timeout:g} s")
            await asyncio.sleep(_BLOCK_SECONDS)

    async def dry_run(self, model: int | str, inputs: Inputs) -> DryRun:
        """Run a model on the node's own engine. It costs nothing, and nobody attests to it.

        Only one's own node does this, with `--rpc-methods unsafe` or by its local address.
        """
        reference = await self._reference_of(model)
        return await self._read("opg_v1_dryRun", DryRun.of, reference, to_hex(encode(inputs)))

    async def publish(
        self,
        path: str | os.PathLike[str],
        name: str,
        *,
        version: str | None = None,
        royalty: Amount = 0,
        dims: Mapping[str, int] | None = None,
        options: Sequence[str] = (),
    ) -> programs.Published:
        """Inspect a model on this machine, hand its file to the node, and register it.

        Needs the program `opg` of the node's release. What broke off goes on where it was.
        `options` are further ones of `opg model publish`. Instead of a file that names an operator
        set twice, one that names it once is published: see `Published.file`.
        """
        return await asyncio.to_thread(
            programs.publish,
            self.url,
            self.signer(),
            path,
            name,
            version=version,
            royalty=royalty,
            dims=dims,
            options=options,
        )

    # Requests.

    async def infer(
        self,
        model: int | str,
        inputs: Inputs,
        *,
        tier: Tier = "quorum",
        max_fee: Amount | None = None,
        max_royalty: Amount | None = None,
        trust: Trust = "settled",
        reference: bytes | str | None = None,
        deadline: int | None = None,
        fuel_limit: int | None = None,
        timeout: float | None = DEFAULT_WAIT,
    ) -> AsyncResult:
        """Pay for an inference and wait for its result. As `submit`, then `wait`."""
        request = await self.submit(
            model,
            inputs,
            tier=tier,
            max_fee=max_fee,
            max_royalty=max_royalty,
            reference=reference,
            deadline=deadline,
            fuel_limit=fuel_limit,
        )
        return await request.wait(trust, timeout)

    async def submit(
        self,
        model: int | str,
        inputs: Inputs,
        *,
        tier: Tier = "quorum",
        max_fee: Amount | None = None,
        max_royalty: Amount | None = None,
        reference: bytes | str | None = None,
        deadline: int | None = None,
        fuel_limit: int | None = None,
    ) -> AsyncRequest:
        """Pay for an inference, and give the request when a block has it.

        `max_fee` is by default what the request costs at most if it is included within ten blocks,
        `max_royalty` what the owner asks for now. `reference`, 32 bytes, names the request: while
        the chain keeps it, which is an hour, submitting it again gives the same request and pays
        nothing. `deadline` is the number of blocks after which no committee is drawn any more.
        `fuel_limit` is the most fuel that a run may take, at most the version's limit, which it is
        by default, and at least a sixteenth of it: less costs less.

        Raises a `RequestRefused` where nothing was asked for.
        """
        signer = self.signer()
        data = encode(inputs)
        if len(data) > MAX_CONTENT_BYTES:
            raise InputMismatch(
                "InputTooLong",
                f"the encoded input has {len(data)} bytes, and {MAX_CONTENT_BYTES} are the most",
            )
        named = secrets.token_bytes(_REFERENCE_BYTES) if reference is None else _bytes32(reference)
        version = await self.model(model)
        number = None if reference is None else await self._repeated(named, signer)
        if number is not None:
            await self._require_same(number, version, data)
            await self._hand_over(number, data)
            return AsyncRequest(self, number, named)
        chain = await self.chain()
        arguments = await self._arguments(version, data, tier, max_fee, max_royalty, fuel_limit)
        arguments["reference"] = to_hex(named)
        arguments["deadline"] = None if deadline is None else chain.clock + deadline
        arguments["fuel_limit"] = fuel_limit
        is_stored = len(data) > chain.inline_input_bytes
        call = Call(
            name="request_stored" if is_stored else "request",
            arguments=_with_input(arguments, data, is_stored=is_stored),
            reference=named,
            content=data if is_stored and len(data) <= _MAX_WITH_CALL else None,
            is_unique=reference is None,
        )
        number = await self._send(call, signer)
        if not call.is_unique:
            await self._require_same(number, version, data)
        await self._hand_over(number, data)
        return AsyncRequest(self, number, named)

    # Text.

    async def generate(
        self,
        model: int | str,
        prompt: str | None = None,
        *,
        messages: Messages | None = None,
        max_tokens: int = MAX_NEW_TOKENS,
        temperature: float = 0.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        tokenizer: str | os.PathLike[str] | None = None,
        tier: Tier = "quorum",
        max_fee: Amount | None = None,
        max_royalty: Amount | None = None,
        trust: Trust = "settled",
        reference: bytes | str | None = None,
        deadline: int | None = None,
        timeout: float | None = DEFAULT_WAIT,
    ) -> Generated[AsyncResult]:
        """Pay for a text, and wait for it.

        The model goes on from `prompt`, or answers `messages`: dicts of `role` and `content`.
        Temperature 0 takes the most probable token always; otherwise the same `seed` gives the same
        text. `tokenizer` is the file of the version's tokenizer, if the node does not have it. The
        rest is as of `submit` and `wait`; the fuel limit follows from the numbers of tokens.

        Raises `TextError` for what makes no request, and `PackageMissing` without the packages of
        `opg[language]`.
        """
        sampling = Sampling(temperature, top_k, top_p, seed)
        asked = await self._question(model, prompt, messages, max_tokens, sampling, tokenizer)
        result = await self.infer(
            asked.version.model,
            asked.inputs,
            tier=tier,
            max_fee=max_fee,
            max_royalty=max_royalty,
            trust=trust,
            reference=reference,
            deadline=deadline,
            fuel_limit=asked.fuel_limit,
            timeout=timeout,
        )
        return asked.answered(result)

    async def estimate_generation(
        self,
        model: int | str,
        prompt: str | None = None,
        *,
        messages: Messages | None = None,
        max_tokens: int = MAX_NEW_TOKENS,
        tokenizer: str | os.PathLike[str] | None = None,
        tier: Tier = "quorum",
        blocks: int = SOON_BLOCKS,
    ) -> GenerationEstimate:
        """Tell how many tokens a text has, and what it costs at most. Nothing is sent."""
        asked = await self._question(model, prompt, messages, max_tokens, Sampling(), tokenizer)
        size = len(encode(asked.inputs))
        limit = asked.fuel_limit
        estimate = await self._estimate(asked.version.model, size, tier, None, blocks, limit)
        return GenerationEstimate(len(asked.prompt), asked.max_tokens, limit, estimate)

    async def _question(
        self,
        model: int | str,
        prompt: str | None,
        messages: Messages | None,
        max_tokens: int,
        sampling: Sampling,
        tokenizer: str | os.PathLike[str] | None,
    ) -> _Question:
        if (prompt is None) == (messages is None):
            raise ValueError("give a text to go on from, or messages=[...]: one of them")
        if prompt is not None and not isinstance(prompt, str):
            raise TypeError("the prompt is a str; give a conversation as messages=[...]")
        version = await self.model(model)
        generation = text.generation_of(version)
        own = await self._text_model(version, tokenizer)

        def tokens() -> list[int]:
            return own.complete(prompt) if prompt is not None else own.chat(messages or [])

        asked = tuple(await asyncio.to_thread(tokens))
        inputs = text.inputs_of(generation, asked, max_tokens, sampling)
        limit = text.fuel_limit(version, len(asked), max_tokens)
        return _Question(version, own, asked, max_tokens, inputs, limit)

    async def _text_model(self, version: Model, given: str | os.PathLike[str] | None) -> TextModel:
        """How a version makes tokens of text: by a file that is kept, given, or from the node."""
        content = version.tokenizer
        if content is None:
            raise TextError(
                "NoTokenizer",
                f"model {version.model} has no tokenizer on the chain, so nobody can tell how its "
                "text becomes tokens: ask its owner for a version with one",
            )
        text.check_file_size(content.size)
        # Who asks many things at once waits for one file.
        async with self._reading:
            own = self._texts.get(content.hash)
            if own is None:
                file = await self._tokenizer(content, given)
                own = await asyncio.to_thread(TextModel, file)
                self._texts[content.hash] = own
                if len(self._texts) > _MAX_TEXT_MODELS:
                    self._texts.popitem(last=False)
            self._texts.move_to_end(content.hash)
        return own

    async def _tokenizer(self, content: Content, given: str | os.PathLike[str] | None) -> bytes:
        if given is not None:
            file = await asyncio.to_thread(Path(given).read_bytes)
            if Content.naming(file) != content:
                raise TextError(
                    "OtherTokenizer",
                    f"{os.fspath(given)} is not the tokenizer of the version, whose hash is "
                    f"{to_hex(content.hash)}: give the file that was registered, or leave it out",
                )
            return file
        try:
            return await blobs.download(self._rpc, None, content)
        except blobs.ContentUnavailable as error:
            raise blobs.ContentUnavailable(
                "the node does not get the tokenizer of the version: get the file from the "
                f"model's owner, and give it as tokenizer=FILE ({error})"
            ) from error

    async def request(self, number: int) -> Json:
        """Tell everything about a request, as `opg_v1_request` describes it."""
        request = await self._rpc.call("opg_v1_request", number)
        if request is None:
            raise RequestUnknown(
                "opg_v1_request",
                8002,
                f"there is no request {number}: it was never sent, or it ended long ago",
            )
        found: Json = request
        return found

    async def status(self, number: int) -> Status:
        """Tell where a request stands, with its answer if it has one."""
        return await self._read("opg_v1_result", Status.of, number)

    def changes(self) -> Changes:
        """Tell when it is worth while to look at a request again."""
        return Changes(self._rpc, self._watched, _POLL_SECONDS)

    async def find(self, reference: bytes | str) -> int | None:
        """Give the number of the account's request with this reference."""
        prefix = self._prefix if self._prefix is not None else (await self.chain()).ss58_prefix
        number = await self._rpc.call(
            "opg_v1_requestByReference",
            self.signer().address(prefix),
            to_hex(_bytes32(reference)),
        )
        return None if number is None else int(number)

    async def get(self, number: int) -> AsyncRequest:
        """Give a request by its number, to wait for it."""
        return AsyncRequest(self, number, from_hex((await self.request(number))["reference"]))

    async def receipt(self, number: int, *, timeout: float | None = DEFAULT_WAIT) -> Receipt:
        """Get the receipt of a request when it is settled in a final block."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return Receipt(number, await self._rpc.call("opg_v1_receipt", number))
            except NotYet as error:
                # A request that failed has no receipt, and never will.
                is_late = deadline is not None and time.monotonic() >= deadline
                if is_late or error.reason != "NotYet":
                    raise
            await asyncio.sleep(_POLL_SECONDS)

    async def result_of(self, status: Status, details: Json) -> AsyncResult:
        """Make a result of how a request ended, or raise why there is none.

        `details` are those of `request`. Gets an output that lies outside of the chain.
        """
        if status.answer is None:
            outcome = details["status"]
            raise failure(
                status.request,
                str(outcome.get("reason") or "Unknown"),
                str(outcome.get("explanation") or ""),
            )
        encoded = await self._output(status.answer)
        fee = nested(details, "status", "fee")
        return AsyncResult(
            request=status.request,
            outputs=outputs_of(status.request, encoded),
            digest=status.answer.digest,
            fuel=status.answer.fuel,
            fee=None if fee is None else int(fee),
            state=status.state,
            may_rely=status.may_rely,
            reference=details["reference"],
            _client=self,
        )

    async def _output(self, answer: Answer) -> bytes:
        if answer.error is not None:
            raise ModelError(answer)
        if answer.output is not None:
            return answer.output
        if answer.stored is None:
            raise NodeMisbehaved(f"the answer of request {answer.request} is nothing")
        return await blobs.download(self._rpc, answer.request, answer.stored)

    # What comes before a transaction.

    async def _arguments(
        self,
        version: Model,
        data: bytes,
        tier: Tier,
        max_fee: Amount | None,
        max_royalty: Amount | None,
        fuel_limit: int | None,
    ) -> dict[str, Any]:
        """Check what can be checked for nothing, and fill in what the caller left open."""
        if tier not in TIERS:
            raise ValueError(f"tier is one of {', '.join(TIERS)}, not {tier!r}")
        if len(data) > version.input_bytes:
            raise InputMismatch(
                "InputTooLong",
                f"the encoded input has {len(data)} bytes, and model {version.model} takes "
                f"{version.input_bytes} at most",
            )
        estimate = await self._estimate(
            version.model, len(data), tier, None, SOON_BLOCKS, fuel_limit
        )
        if not estimate.takes_requests:
            raise ModelNotServed(
                "ModelNotServed",
                f"model {version.model} takes no requests now: its engine is not valid, or too few "
                "validators hold its file",
            )
        if estimate.congested:
            raise _too_few_free(estimate)
        fee = estimate.max_fee if max_fee is None else amount.to_planck(max_fee)
        if fee < estimate.fee:
            raise FeeTooLow(
                "MaxFeeTooLow", f"max_fee is {show(fee)}, and it costs up to {show(estimate.fee)}"
            )
        royalty = version.royalty if max_royalty is None else amount.to_planck(max_royalty)
        if royalty < version.royalty:
            raise FeeTooLow(
                "RoyaltyAboveMax",
                f"max_royalty is {show(royalty)}, and the owner asks for {show(version.royalty)}",
            )
        free, need = await self.balance(), fee + estimate.deposit
        if free < need:
            raise NotEnoughFunds(
                "NotEnoughFunds",
                f"{self.signer().address(self._prefix or _GENERIC_PREFIX)} has {show(free)} free, "
                f"and escrow and deposit take up to {show(need)}",
            )
        return {
            "model": version.model,
            "input": None,
            "tier": tier.capitalize(),
            "max_fee": fee,
            "max_royalty": royalty,
        }

    async def _send(self, call: Call, signer: Account) -> int:
        """Send a call, and give the number of the request with its reference.

        That is another one where another process sent it at the same time.
        """
        refused: RequestRefused | None = None
        for _ in range(_NONCE_ATTEMPTS):
            try:
                return await self._sender(signer).send(call)
            except Repeated:
                refused = None
            except RequestRefused as error:
                if call.is_unique:
                    raise
                refused = error
            number = await self._repeated(call.reference, signer)
            if number is not None:
                return number
            # Perhaps another transaction of the account took the nonce.
            if refused is not None and refused.reason not in _NONCE_USED:
                raise refused
        raise refused or NotIncluded("NotIncluded")

    def _sender(self, signer: Account) -> Sender:
        if self._own_sender is None:

            async def is_sent(reference: bytes) -> bool:
                # The pool first: what leaves it afterwards is on the chain.
                return (
                    await self._is_pending(reference, signer)
                    or await self.find(reference) is not None
                )

            self._own_sender = Sender(self._rpc, signer, self.chain, self.find, is_sent)
        return self._own_sender

    async def _hand_over(self, number: int, data: bytes) -> None:
        """Make sure that the node has an input that lies outside of the chain."""
        if len(data) <= (await self.chain()).inline_input_bytes:
            return
        try:
            await blobs.upload(self._rpc, number, data)
        except RpcError as error:
            awaited = nested(await self.request(number), "status", "name") == "uploading"
            if error.code != blobs.NOT_AWAITED or awaited:
                raise

    async def _repeated(self, reference: bytes, signer: Account) -> int | None:
        """Number of the request that this account sent with the reference, if it did.

        A transaction with it may still wait in the node's pool.
        """
        number = await self.find(reference)
        if number is not None:
            return number
        deadline = time.monotonic() + self._rpc.timeout
        while await self._is_pending(reference, signer):
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"a transaction with the reference {to_hex(reference)} waits for a block: try "
                    "again later"
                )
            await asyncio.sleep(_POLL_SECONDS)
            number = await self.find(reference)
            if number is not None:
                return number
        return await self.find(reference)

    async def _is_pending(self, reference: bytes, signer: Account) -> bool:
        waiting = await self._rpc.call("author_pendingExtrinsics")
        own = (from_hex(text) for text in waiting)
        return any(reference in one and signer.public_key in one for one in own)

    async def _require_same(self, number: int, version: Model, data: bytes) -> None:
        request = await self.request(number)
        stored = Content.of(request["storedInput"])
        same_input = (
            stored == Content.naming(data)
            if stored is not None
            else request["input"] is not None and from_hex(request["input"]) == data
        )
        if request["model"] != version.model or not same_input:
            raise ReferenceUsed(
                "ReferenceUsed",
                f"request {number} has this reference, and another model or input: take a new one",
            )

    async def _estimate(
        self,
        model: int | str,
        size: int,
        tier: str,
        fuel: int | None,
        blocks: int,
        fuel_limit: int | None,
    ) -> Estimate:
        options = {
            "tier": tier,
            "inputBytes": size,
            "fuel": fuel,
            "blocks": blocks,
            "fuelLimit": fuel_limit,
        }
        reference = await self._reference_of(model)
        return await self._read("opg_v1_estimate", Estimate.of, reference, options)

    async def _read(self, method: str, of: Callable[[Json], T], *params: Any) -> T:
        return read(method, of, await self._rpc.call(method, *params))

    async def _reference_of(self, model: int | str) -> int | str:
        if isinstance(model, int):
            return model
        owner, slash, name = model.rpartition("/")
        if not slash:
            return int(model) if model.isdecimal() else model
        return f"{await self._owner(owner)}/{name}"

    async def _owner(self, owner: str) -> str:
        """Address of an owner with the prefix of this chain."""
        prefix = self._prefix if self._prefix is not None else (await self.chain()).ss58_prefix
        if owner.startswith("//"):
            return Account.from_suri(owner).address(prefix)
        if network_of(owner) == _GENERIC_PREFIX:
            return encode_address(decode_address(owner), prefix)
        return owner

    def signer(self) -> Account:
        """Give the account that pays. Raises `NoAccount`."""
        if self.account is None:
            raise NoAccount("the client has no account that pays: Client(url, account=...)")
        return self.account


def _with_input(arguments: dict[str, Any], data: bytes, *, is_stored: bool) -> dict[str, Any]:
    if not is_stored:
        return {**arguments, "input": to_hex(data)}
    content = Content.naming(data)
    return {**arguments, "input": {"hash": to_hex(content.hash), "size": content.size}}


def _too_few_free(estimate: Estimate) -> RequestRefused:
    if nested(estimate.raw, "free", "offered") == 0:
        return ModelNotServed(
            "NotEnoughExecutors", f"nobody serves model {estimate.model} in this session"
        )
    return Congested("Congested")


def _bytes32(reference: bytes | str) -> bytes:
    if isinstance(reference, str):
        try:
            reference = bytes.fromhex(reference.removeprefix("0x"))
        except ValueError:
            raise ValueError("a reference is 32 bytes, or their hex") from None
    if len(reference) != _REFERENCE_BYTES:
        raise ValueError(f"a reference has 32 bytes, not {len(reference)}")
    return reference

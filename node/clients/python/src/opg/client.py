"""The client of a chain, for programs that wait. `opg.aio` has the same for `asyncio`."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from opg import aio, programs
from opg.account import Account
from opg.aio import (
    DEFAULT_WAIT,
    MAX_NEW_TOKENS,
    AsyncClient,
    AsyncRequest,
    Inputs,
    Messages,
    ResultData,
)
from opg.amount import Amount
from opg.errors import OpgError
from opg.results import (
    Chain,
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
)

T = TypeVar("T")


@dataclass(frozen=True)
class Result(ResultData):
    """An attested output, and the client that it came by."""

    _client: Client = field(repr=False, compare=False)

    def receipt(self, timeout: float | None = DEFAULT_WAIT) -> Receipt:
        """Get the receipt. It is there when the request is settled in a final block."""
        return self._client.receipt(self.request, timeout=timeout)


class Request:
    """A request that the chain has taken."""

    def __init__(self, client: Client, request: AsyncRequest) -> None:
        self._client = client
        self._request = request

    @property
    def number(self) -> int:
        """Its number. A re-organisation of the chain can change it until its block is final."""
        return self._request.number

    @property
    def reference(self) -> str:
        """What names it whatever its number is."""
        return self._request.reference

    def status(self) -> Status:
        """Where it stands."""
        return self._client.run(self._request.status())

    def wait(self, trust: Trust = "settled", timeout: float | None = DEFAULT_WAIT) -> Result:
        """Wait for the answer, as `AsyncRequest.wait` does."""
        return self._client.result(self._client.run(self._request.wait(trust, timeout)))

    def __repr__(self) -> str:
        return f"Request({self.number}, reference={self.reference!r})"


class Client:
    """A chain, by one of its nodes, and an account that pays.

    Without `url` it is that of the environment variable OPG_URL, or of a node on this machine. With
    `genesis` the client refuses the nodes of another chain. Use it as a context manager, or
    call `close`. It may be used by many threads.
    """

    def __init__(
        self,
        url: str | None = None,
        account: Account | None = None,
        *,
        genesis: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._async = AsyncClient(url, account, genesis=genesis, timeout=timeout)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="opg", daemon=True)
        self._thread.start()
        try:
            self.chain()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Address of the node."""
        return self._async.url

    @property
    def account(self) -> Account | None:
        """The account that pays."""
        return self._async.account

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. Twice does not matter."""
        if self._loop.is_closed():
            return
        self.run(self._async.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work of the asynchronous client. An interrupt ends the work as well."""
        if self._loop.is_closed():
            work.close()
            raise OpgError("the client is closed")
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            raise

    def result(self, result: ResultData) -> Result:
        """Make a result of this client of one of the asynchronous client."""
        shared = {name: getattr(result, name) for name in ResultData.__dataclass_fields__}
        return Result(**shared, _client=self)

    # The chain.

    def chain(self) -> Chain:
        """Tell what chain it is, and how far it is. Raises `WrongChain`."""
        return self.run(self._async.chain())

    def balance(self) -> int:
        """Free planck of the account, of which a part may be frozen."""
        return self.run(self._async.balance())

    # Models.

    def model(self, model: int | str) -> Model:
        """Find a version: `owner/name`, `owner/name@1.4.0`, `owner/name@channel` or a number.

        An owner is an address, or a path such as `//Dave` on development chains.
        """
        return self.run(self._async.model(model))

    def models(
        self, *, owner: str | None = None, tag: str | None = None, model_hash: str | None = None
    ) -> list[Json]:
        """List models by owner, tag or hash of their file, as `opg_v1_models` describes them."""
        return self.run(self._async.models(owner=owner, tag=tag, model_hash=model_hash))

    def estimate(
        self,
        model: int | str,
        inputs: Inputs | None = None,
        *,
        tier: Tier = "quorum",
        fuel: int | None = None,
        blocks: int = aio.SOON_BLOCKS,
        fuel_limit: int | None = None,
    ) -> Estimate:
        """Tell what a request would cost now, and at most within so many blocks."""
        return self.run(
            self._async.estimate(
                model, inputs, tier=tier, fuel=fuel, blocks=blocks, fuel_limit=fuel_limit
            )
        )

    def wait_for_model(
        self, model: int | str, *, tier: Tier = "quorum", timeout: float | None = DEFAULT_WAIT
    ) -> Model:
        """Wait until a version takes requests of this tier.

        A new version does when validators hold its file and executors serve it, which counts from
        the session after the next one on.
        """
        return self.run(self._async.wait_for_model(model, tier=tier, timeout=timeout))

    def dry_run(self, model: int | str, inputs: Inputs) -> DryRun:
        """Run a model on the node's own engine. It costs nothing, and nobody attests to it.

        Only one's own node does this, with `--rpc-methods unsafe` or by its local address.
        """
        return self.run(self._async.dry_run(model, inputs))

    def publish(
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
        return self.run(
            self._async.publish(
                path, name, version=version, royalty=royalty, dims=dims, options=options
            )
        )

    # Requests.

    def infer(
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
    ) -> Result:
        """Pay for an inference and wait for its result. As `submit`, then `wait`."""
        request = self.submit(
            model,
            inputs,
            tier=tier,
            max_fee=max_fee,
            max_royalty=max_royalty,
            reference=reference,
            deadline=deadline,
            fuel_limit=fuel_limit,
        )
        return request.wait(trust, timeout)

    def submit(
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
    ) -> Request:
        """Pay for an inference, and give the request when a block has it.

        `max_fee` is by default what the request costs at most if it is included within ten blocks,
        `max_royalty` what the owner asks for now. `reference`, 32 bytes, names the request: while
        the chain keeps it, which is an hour, submitting it again gives the same request and pays
        nothing. `deadline` is the number of blocks after which no committee is drawn any more.
        `fuel_limit` is the most fuel that a run may take, at most the version's limit, which it is
        by default, and at least a sixteenth of it: less costs less.

        Raises a `RequestRefused` where nothing was asked for.
        """
        request = self._async.submit(
            model,
            inputs,
            tier=tier,
            max_fee=max_fee,
            max_royalty=max_royalty,
            reference=reference,
            deadline=deadline,
            fuel_limit=fuel_limit,
        )
        return Request(self, self.run(request))

    # Text.

    def generate(
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
    ) -> Generated[Result]:
        """Pay for a text, and wait for it.

        The model goes on from `prompt`, or answers `messages`: dicts of `role` and `content`.
        Temperature 0 takes the most probable token always; otherwise the same `seed` gives the same
        text. `tokenizer` is the file of the version's tokenizer, if the node does not have it. The
        rest is as of `submit` and `wait`; the fuel limit follows from the numbers of tokens.

        Raises `TextError` for what makes no request, and `PackageMissing` without the packages of
        `opg[language]`.
        """
        given = self.run(
            self._async.generate(
                model,
                prompt,
                messages=messages,
                max_tokens=max_tokens,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                seed=seed,
                tokenizer=tokenizer,
                tier=tier,
                max_fee=max_fee,
                max_royalty=max_royalty,
                trust=trust,
                reference=reference,
                deadline=deadline,
                timeout=timeout,
            )
        )
        shared = {name: getattr(given, name) for name in Generated.__dataclass_fields__}
        return Generated(**{**shared, "result": self.result(given.result)})

    def estimate_generation(
        self,
        model: int | str,
        prompt: str | None = None,
        *,
        messages: Messages | None = None,
        max_tokens: int = MAX_NEW_TOKENS,
        tokenizer: str | os.PathLike[str] | None = None,
        tier: Tier = "quorum",
        blocks: int = aio.SOON_BLOCKS,
    ) -> GenerationEstimate:
        """Tell how many tokens a text has, and what it costs at most. Nothing is sent."""
        return self.run(
            self._async.estimate_generation(
                model,
                prompt,
                messages=messages,
                max_tokens=max_tokens,
                tokenizer=tokenizer,
                tier=tier,
                blocks=blocks,
            )
        )

    def request(self, number: int) -> Json:
        """Tell everything about a request, as `opg_v1_request` describes it."""
        return self.run(self._async.request(number))

    def status(self, number: int) -> Status:
        """Tell where a request stands, with its answer if it has one."""
        return self.run(self._async.status(number))

    def find(self, reference: bytes | str) -> int | None:
        """Give the number of the account's request with this reference."""
        return self.run(self._async.find(reference))

    def get(self, number: int) -> Request:
        """Give a request by its number, to wait for it."""
        return Request(self, self.run(self._async.get(number)))

    def receipt(self, number: int, *, timeout: float | None = DEFAULT_WAIT) -> Receipt:
        """Get the receipt of a request when it is settled in a final block."""
        return self.run(self._async.receipt(number, timeout=timeout))

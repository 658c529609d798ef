"""One transaction from its signature to its block, so that it is never paid twice.

What was signed once is handed in again and again, byte for byte, until it is in a block or no block
can take it any more: the chain takes the same bytes once. Only then could another be signed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from opg.account import Account
from opg.errors import (
    NodeMisbehaved,
    NodeUnreachable,
    NotIncluded,
    OpgError,
    RequestRefused,
    RpcError,
    refusal,
)
from opg.extrinsic import MORTALITY, Context, Runtime
from opg.results import Block, Chain, from_hex, to_hex
from opg.rpc import Rpc

SUBMIT: Final = "opg_v1_submitAndWatch"
UNSUBSCRIBE: Final = "opg_v1_unsubscribe"

_MAX_WAITING: Final = 32
"""Most transactions that wait for a block at once: a node lets a connection watch 64 things."""
_PAUSE_SECONDS: Final = 2.0
_NEWS_SECONDS: Final = 60.0
"""Longest time without news of a transaction that waits: then it is handed in again."""
_MAX_UNREACHABLE: Final = 30
"""Tries in a row with no node, before giving up."""
_MAX_BEHIND: Final = 256
"""Blocks after the last that can have a transaction, until which it waits for a final one."""


class Outstanding(OpgError):
    """A request is on its way, and whether it was included cannot be known now.

    The connection broke for good, or the chain makes no block final. Submit it again later with
    this `reference`: where it was included it is recognised, and not paid twice.
    """

    def __init__(self, message: str, reference: bytes) -> None:
        super().__init__(f"{message}; submit again with reference={to_hex(reference)!r}")
        self.reference = to_hex(reference)


class Repeated(Exception):
    """Somebody else has sent a request with this reference meanwhile. Nothing was sent."""


class _InBlock(Exception):
    """The transaction failed in a block."""

    def __init__(self, cause: RequestRefused) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True)
class Call:
    """A call that asks for an inference."""

    name: str
    arguments: dict[str, Any]
    reference: bytes
    content: bytes | None
    """The input, where the call only names it."""
    is_unique: bool
    """Whether nobody else can have this reference."""


class Sender:
    """Signs for one account, one transaction at a time, and sees each into a block."""

    def __init__(
        self,
        rpc: Rpc,
        signer: Account,
        chain: Callable[[], Awaitable[Chain]],
        known: Callable[[bytes], Awaitable[int | None]],
        is_sent: Callable[[bytes], Awaitable[bool]],
    ) -> None:
        self._rpc = rpc
        self._signer = signer
        self._chain = chain
        self._known = known
        self._is_sent = is_sent
        self._signing = asyncio.Lock()
        self._waiting = asyncio.Semaphore(_MAX_WAITING)
        self._runtime: tuple[int, Runtime] | None = None

    async def send(self, call: Call) -> int:
        """Send a call once, and give the number of its request. Raises `Repeated`."""
        async with self._waiting:
            return await self._send(call)

    async def _send(self, call: Call) -> int:
        transaction = b""
        last_block = 0
        try:
            async with contextlib.AsyncExitStack() as stack:
                # The next nonce counts this transaction when the node has it.
                async with self._signing:
                    transaction, last_block = await self._sign(call)
                    news = await stack.enter_async_context(self._watch(transaction, call))
                    first = await _next(news)
                number = await self._follow(news, first)
        except NodeUnreachable:
            if not transaction:
                raise
            number = None
        except _InBlock as failed:
            raise failed.cause from None
        if number is None:
            number = await self._insist(transaction, last_block, call)
        return number

    async def _sign(self, call: Call) -> tuple[bytes, int]:
        chain = await self._chain()
        runtime = await self._runtime_of(chain)
        block = await self._anchor(chain)
        nonce = await self._rpc.call(
            "system_accountNextIndex", self._signer.address(chain.ss58_prefix)
        )
        # In this order: a transaction that came before has the reference or a nonce of its own, and
        # of those that come from now on and take this nonce, the chain takes one.
        if not call.is_unique and await self._is_sent(call.reference):
            raise Repeated
        context = Context(
            genesis=from_hex(chain.genesis),
            spec_version=chain.spec_version,
            transaction_version=chain.transaction_version,
            block=block.number,
            block_hash=from_hex(block.hash),
            nonce=int(nonce),
        )
        encoded = runtime.call("Inference", call.name, call.arguments)
        return runtime.signed(encoded, self._signer, context), context.last_block

    async def _anchor(self, chain: Chain) -> Block:
        """Block that the signature is bound to: without it the transaction is not valid.

        A final one. Where finality is far behind, one of which half of the validity is left.
        """
        oldest = chain.best.number - MORTALITY // 2
        if chain.finalized.number >= oldest:
            return chain.finalized
        return Block(oldest, await self._rpc.call("chain_getBlockHash", oldest))

    async def _runtime_of(self, chain: Chain) -> Runtime:
        if self._runtime is None or self._runtime[0] != chain.spec_version:
            metadata = from_hex(await self._rpc.call("state_getMetadata"))
            runtime = await asyncio.get_running_loop().run_in_executor(None, Runtime, metadata)
            self._runtime = (chain.spec_version, runtime)
        return self._runtime[1]

    @contextlib.asynccontextmanager
    async def _watch(self, transaction: bytes, call: Call) -> AsyncIterator[AsyncIterator[Any]]:
        content = None if call.content is None else to_hex(call.content)
        async with self._rpc.subscribe(SUBMIT, UNSUBSCRIBE, to_hex(transaction), content) as news:
            yield news

    async def _follow(self, news: AsyncIterator[Any], first: Any = None) -> int | None:
        """Wait until a block has the transaction. `None` where the node lost it."""
        item = first
        while True:
            if item is None:
                item = await _next(news)
            if not isinstance(item, dict):
                return None
            state = item["state"]
            if state in {"inBlock", "finalized"}:
                if item["error"] is not None:
                    error = item["error"]
                    raise _InBlock(refusal(error["reason"], error.get("explanation") or ""))
                if item["request"] is None:
                    raise NodeMisbehaved("the transaction is in a block, and made no request")
                return int(item["request"])
            if state in {"dropped", "invalid", "usurped"}:
                return None
            item = None

    async def _insist(self, transaction: bytes, last_block: int, call: Call) -> int:
        """Hand the same bytes in until the chain has them, or cannot take them any more."""
        unreachable = 0
        while True:
            try:
                # In this order: what a final block has is known after it.
                chain = await self._chain()
                number = await self._known(call.reference)
                if number is None and chain.finalized.number > last_block:
                    raise NotIncluded("NotIncluded")
                if number is None and chain.best.number > last_block + _MAX_BEHIND:
                    raise Outstanding("the chain makes no block final", call.reference)
                if number is None:
                    async with self._watch(transaction, call) as news:
                        number = await self._follow(news)
                if number is not None:
                    return number
                unreachable = 0
            except _InBlock as failed:
                raise failed.cause from None
            except NotIncluded:
                raise
            except (RequestRefused, RpcError):
                # The node has it already, or knows that its nonce is used: look again.
                unreachable = 0
            except NodeUnreachable as error:
                unreachable += 1
                if unreachable >= _MAX_UNREACHABLE:
                    raise Outstanding(str(error), call.reference) from error
            await asyncio.sleep(_PAUSE_SECONDS)


async def _next(news: AsyncIterator[Any]) -> Any:
    """Give what comes next; `False` where nothing comes."""
    try:
        return await asyncio.wait_for(anext(news), _NEWS_SECONDS)
    except (asyncio.TimeoutError, StopAsyncIteration):
        return False

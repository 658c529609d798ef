"""When to look at a request again: when the node tells of it, and otherwise from time to time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from opg.errors import NodeUnreachable, RpcError, UnsafeMethod
from opg.rpc import Rpc

SUBSCRIBE: Final = "opg_v1_subscribeRequest"
UNSUBSCRIBE: Final = "opg_v1_unsubscribeRequest"

MAX_WATCHED: Final = 24
"""Most requests that are watched at once. A node lets a connection watch 64 things, and half of
them are for transactions that wait for a block."""
_NEWS_SECONDS: Final = 60.0
"""Longest time without news: then the node is asked again, and to go on telling."""


class Changes:
    """What a node tells of one request, until `aclose`."""

    def __init__(self, rpc: Rpc, places: asyncio.Semaphore, pause: float) -> None:
        self._rpc = rpc
        self._places = places
        self._pause = pause
        self._number: int | None = None
        self._news: AsyncIterator[Any] | None = None
        self._open = contextlib.AsyncExitStack()
        self._is_offered = True

    async def next(self, number: int, longest: float) -> None:
        """Wait until a request may have changed, `longest` seconds at most.

        The first time that is now, because it may have changed since it was looked at. Where the
        node tells nothing, it is after a pause.
        """
        if number != self._number or self._news is None:
            await self.aclose()
            await self._begin(number)
        if self._news is None:
            await asyncio.sleep(min(self._pause, longest))
            return
        try:
            item = await asyncio.wait_for(anext(self._news), min(_NEWS_SECONDS, longest))
        except asyncio.TimeoutError:
            await self.aclose()
            return
        except (StopAsyncIteration, NodeUnreachable):
            item = None
        if not isinstance(item, dict):
            await self.aclose()
            await asyncio.sleep(min(self._pause, longest))

    async def _begin(self, number: int) -> None:
        if not self._is_offered or self._places.locked():
            return
        await self._open.enter_async_context(self._places)
        try:
            news = self._rpc.subscribe(SUBSCRIBE, UNSUBSCRIBE, number)
            self._news = await self._open.enter_async_context(news)
            self._number = number
        except (RpcError, NodeUnreachable) as error:
            # Whether the node can be reached is for the next look to tell.
            self._is_offered = not isinstance(error, UnsafeMethod)
            await self.aclose()

    async def aclose(self) -> None:
        """Let the node tell nothing more, until `next`."""
        self._news = None
        await self._open.aclose()

"""JSON-RPC over one WebSocket: calls and subscriptions, and a new connection where one broke."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidURI, WebSocketException

from opg.errors import RPC_ERRORS, NodeMisbehaved, NodeUnreachable, RpcError, refusal

MAX_MESSAGE_BYTES: Final = 256 * 2**20
"""The longest message that is taken: a content of 64 MiB in hex, and room."""

REFUSED: Final = 8006
"""Code with which a node says that it refuses a transaction."""


class _Broken(NodeUnreachable):
    """The connection broke."""


@dataclass
class _Connection:
    """What belongs to one connection, and ends with it."""

    socket: ClientConnection
    reader: asyncio.Task[None] | None = None
    calls: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    subscribing: set[int] = field(default_factory=set)
    """Calls whose answers name subscriptions."""
    news: dict[str, asyncio.Queue[Any]] = field(default_factory=dict)


class Rpc:
    """A node, by its address. Connects when it is needed, also again after a connection broke."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = _websocket(url)
        self.timeout = timeout
        """Seconds that the node is given for an answer."""
        self._numbers = itertools.count(1)
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()

    async def call(self, method: str, *params: Any) -> Any:
        """Call a method. A call that met a broken connection is tried once on a new one.

        So this is for what does not matter twice, as all methods do but subscriptions.
        """
        try:
            return await self._call(await self._connected(), method, params)
        except _Broken:
            return await self._call(await self._connected(), method, params)

    @contextlib.asynccontextmanager
    async def subscribe(
        self, method: str, unsubscribe: str, *params: Any
    ) -> AsyncIterator[AsyncIterator[Any]]:
        """Subscribe, and give what comes; `False` where the node ends it.

        Raises `NodeUnreachable` where the connection breaks.
        """
        connection = await self._connected()
        identifier = str(await self._call(connection, method, params, subscribes=True))
        queue = connection.news[identifier]
        try:
            yield _news(queue)
        finally:
            connection.news.pop(identifier, None)
            if connection is self._connection:
                with contextlib.suppress(RpcError, NodeUnreachable):
                    await self._call(connection, unsubscribe, (identifier,))

    async def close(self) -> None:
        """End the connection. What waits for an answer fails."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.socket.close()
            if connection.reader:
                await connection.reader

    async def _connected(self) -> _Connection:
        async with self._connecting:
            if self._connection is None:
                try:
                    socket = await connect(
                        self.url, max_size=MAX_MESSAGE_BYTES, open_timeout=self.timeout
                    )
                except (OSError, asyncio.TimeoutError, WebSocketException) as error:
                    raise NodeUnreachable(
                        f"no node answers at {self.url}: {error or type(error).__name__}"
                    ) from error
                self._connection = _Connection(socket)
                self._connection.reader = asyncio.create_task(self._read(self._connection))
            return self._connection

    async def _call(
        self,
        connection: _Connection,
        method: str,
        params: tuple[Any, ...],
        *,
        subscribes: bool = False,
    ) -> Any:
        number = next(self._numbers)
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        answer = asyncio.get_running_loop().create_future()
        connection.calls[number] = answer
        if subscribes:
            connection.subscribing.add(number)
        try:
            await connection.socket.send(json.dumps(message, separators=(",", ":")))
            reply = await asyncio.wait_for(answer, self.timeout)
        except asyncio.TimeoutError:
            raise NodeUnreachable(
                f"{self.url} did not answer {method} within {self.timeout:g} s"
            ) from None
        except WebSocketException as error:
            raise _Broken(f"the connection to {self.url} broke: {error}") from error
        finally:
            connection.calls.pop(number, None)
            connection.subscribing.discard(number)
        if "error" in reply:
            raise _error(method, reply["error"])
        return reply.get("result")

    async def _read(self, connection: _Connection) -> None:
        reason = "the node ended it"
        try:
            async for message in connection.socket:
                _dispatch(connection, json.loads(message))
        except (WebSocketException, ValueError) as error:
            reason = str(error)
        finally:
            if self._connection is connection:
                self._connection = None
            broken = _Broken(f"the connection to {self.url} broke: {reason}")
            for answer in connection.calls.values():
                if not answer.done():
                    answer.set_exception(broken)
            for queue in connection.news.values():
                queue.put_nowait(broken)
            await connection.socket.close()


def _dispatch(connection: _Connection, message: Any) -> None:
    if not isinstance(message, dict):
        return
    if "method" in message:
        params = message.get("params")
        if isinstance(params, dict) and "subscription" in params:
            queue = connection.news.get(str(params["subscription"]))
            if queue:
                # Instead of a result, a node says why it ends a subscription.
                queue.put_nowait(params.get("result", False))
        return
    number = message.get("id", 0)
    answer = connection.calls.get(number)
    if answer and not answer.done():
        if number in connection.subscribing and "result" in message:
            # Now: the next message may be its first news.
            connection.news[str(message["result"])] = asyncio.Queue()
        answer.set_result(message)


async def _news(queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
    while True:
        item = await queue.get()
        if isinstance(item, NodeUnreachable):
            raise item
        yield item


def _error(method: str, error: Any) -> Exception:
    if not isinstance(error, dict):
        return NodeMisbehaved(f"{method}: the node's error is none")
    code, message, data = error.get("code", 0), str(error.get("message")), error.get("data")
    if code == REFUSED and isinstance(data, dict) and isinstance(data.get("reason"), str):
        return refusal(data["reason"], str(data.get("explanation") or message))
    return RPC_ERRORS.get(code, RpcError)(method, code, message, data)


def _websocket(url: str) -> str:
    """Address for a WebSocket. A node serves both protocols at one port."""
    scheme, _, rest = url.partition("://")
    scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    try:
        if scheme in {"ws", "wss"} and urlsplit(f"{scheme}://{rest}").hostname:
            return f"{scheme}://{rest}"
    except (ValueError, InvalidURI):
        pass
    raise NodeUnreachable(f"{url!r} is no address of a node: it is like ws://127.0.0.1:9944")

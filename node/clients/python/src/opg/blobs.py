"""Contents: inputs and outputs that are too long for the chain, exchanged with a node in ranges."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from opg.bao import Tree, decode, ranges
from opg.errors import NodeMisbehaved, OpgError, RpcError
from opg.results import Content, from_hex, to_hex
from opg.rpc import Rpc

NOT_AWAITED: Final = 7011
"""Code with which a node says that the request does not wait for this content (any more)."""

_NOT_HERE: Final = 7007
"""Code with which a node says that it does not hold what it is asked for."""
_FETCH_SECONDS: Final = 60.0
"""Time that a node is given to fetch from others what it does not hold."""
_POLL_SECONDS: Final = 0.5
_MAX_ROUNDS: Final = 100
"""Most times that a node may say that it misses something."""


class ContentUnavailable(OpgError):
    """The node does not have the content, and cannot or may not get it from others."""


async def upload(rpc: Rpc, request: int, data: bytes) -> None:
    """Hand the input of a request to the node, or what it lacks of it."""
    tree = Tree(data)
    name = to_hex(tree.hash)
    for _ in range(_MAX_ROUNDS):
        progress = await rpc.call("blobs_v1_begin", name, len(data), request)
        if progress["complete"]:
            return
        if not progress["missing"]:
            await rpc.call("blobs_v1_finish", name)
            return
        for start, end in progress["missing"]:
            encoded = to_hex(tree.encode(int(start), int(end)))
            await rpc.call("blobs_v1_chunk", name, start, end, encoded)
    raise NodeMisbehaved("the node misses something of the upload again and again")


async def download(rpc: Rpc, request: int | None, content: Content) -> bytes:
    """Get a content of a request, or of a version, from the node, and check it by its hash."""
    name, parts = to_hex(content.hash), []
    for start, end in ranges(content.size):
        try:
            encoded = await rpc.call("blobs_v1_range", name, start, end)
        except RpcError as error:
            if error.code != _NOT_HERE:
                raise
            await _have_fetched(rpc, request, content)
            encoded = await rpc.call("blobs_v1_range", name, start, end)
        try:
            parts.append(decode(from_hex(encoded), content.size, start, end))
        except ValueError as error:
            raise NodeMisbehaved(f"the node does not send what the chain names: {error}") from None
    data = b"".join(parts)
    if Content.naming(data) != content:
        raise NodeMisbehaved("the node does not send what the chain names: its hash is another")
    return data


async def _have_fetched(rpc: Rpc, request: int | None, content: Content) -> None:
    """Have the node fetch the content from others, as it may while the request is open."""
    name = to_hex(content.hash)
    try:
        status: Any = await rpc.call("blobs_v1_fetch", name, content.size, request)
    except RpcError as error:
        try:
            # The caller's own node fetches anything.
            status = await rpc.call("blobs_v1_fetch", name, content.size)
        except RpcError:
            raise _unavailable(content, str(error)) from error
    deadline = time.monotonic() + _FETCH_SECONDS
    while status["state"] != "complete":
        if status["state"] in {"failed", "missing"}:
            raise _unavailable(content, str(status.get("reason") or "nobody that it asked has it"))
        if time.monotonic() > deadline:
            raise _unavailable(content, f"it did not get it within {_FETCH_SECONDS:g} s")
        await asyncio.sleep(_POLL_SECONDS)
        status = await rpc.call("blobs_v1_status", name)


def _unavailable(content: Content, reason: str) -> ContentUnavailable:
    return ContentUnavailable(
        f"the node does not have the content {to_hex(content.hash)} ({reason}). Validators keep it "
        "until the request is final: ask another node, or your own"
    )

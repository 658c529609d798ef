"""A node with the methods that the client calls, and as much of a chain as they need."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve

from opg import bao
from opg.results import Answer, Content, answer_digest, from_hex, to_hex
from opg.tensors import encode

GENESIS = "0x" + "11" * 32
METADATA = Path(__file__).with_name("metadata.scale.gz")
OPG = 10**18

OUTPUT = encode({"label": np.array([7], np.int64)})

Handler = Callable[..., Awaitable[Any]]


class Refusal(Exception):
    """The node answers with an error."""

    def __init__(self, code: int, message: str, reason: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, "data": {"reason": reason}}


class Hangup(Exception):
    """The node ends the connection instead of an answer."""


class FakeNode:
    """A node. What it does otherwise than well is set by its attributes."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.exchanged: list[tuple[str, list[Any], Any]] = []
        """Calls of methods, with parameters and result."""
        self.told: list[dict[str, Any]] = []
        """News of transactions."""
        self.told_of_requests: list[dict[str, Any]] = []
        self.transactions: list[bytes] = []
        """All that came, in order."""
        self.requests: list[dict[str, Any]] = []
        self.contents: dict[bytes, bytes] = {}
        self.pool: list[bytes] = []
        self.finalized = 100
        self.free = 10_000 * OPG
        self.genesis = GENESIS
        self.best_ahead = 2
        """Blocks between the final one and the best."""
        self.hangups = 0
        """So many submissions break the connection."""
        self.takes_before_hangup = False
        self.refuses: Refusal | None = None
        self.fails_with: str | None = None
        """Name of the error of what is in a block."""
        self.news = ["ready", "inBlock"]
        self.estimate = {
            "fee": str(2 * OPG),
            "maxFee": str(3 * OPG),
            "takesRequests": True,
            "congested": False,
            "free": {"executors": 3, "slots": 30, "offered": 30},
        }
        self.version: dict[str, Any] = {}
        """What versions say otherwise."""
        self.has_fuel_limits = False
        """Whether requests have one of their own."""
        self.outcome = Answer(0, "", 12, OUTPUT, None, None)
        self.failure: str | None = None
        self.forges = False
        self.settles_after = 2
        """Looks until a request is settled."""
        self.chunks: dict[int, bytes] = {}
        self.missing: list[list[int]] = []
        self.sockets: list[ServerConnection] = []
        self._server: Server | None = None
        self._subscriptions = 0
        self._open: set[str] = set()
        self._watchers: dict[str, tuple[ServerConnection, int]] = {}

    async def __aenter__(self) -> FakeNode:
        self._server = await serve(self._serve, "127.0.0.1", 0, max_size=2**28)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    async def _serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        async for message in socket:
            call = json.loads(message)
            method = call["method"]
            self.calls.append(method)
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
            try:
                handler = getattr(self, method, None)
                if handler is None:
                    raise Refusal(-32601, "Method not found", "")
                reply["result"] = await handler(*call["params"])
            except Refusal as refusal:
                reply["error"] = refusal.error
            except Hangup:
                await socket.close()
                return
            self.exchanged.append((method, call["params"], reply.get("result")))
            await socket.send(json.dumps(reply))
            if method == "opg_v1_submitAndWatch" and "result" in reply:
                await self._tell(socket, reply["result"])
            if method == "opg_v1_subscribeRequest" and "result" in reply:
                self._watchers[reply["result"]] = (socket, call["params"][0])
                await self.change(call["params"][0])
            if method == "opg_v1_result" and self._settles_now(call["params"][0]):
                await self.change(call["params"][0])

    def _settles_now(self, number: int) -> bool:
        known = self.requests[number : number + 1]
        return any(request["looks"] == self.settles_after for request in known)

    async def change(self, number: int, ends_with: str | None = None) -> None:
        """Tell those who watch a request that it has changed, or why they are told no more."""
        for subscription, (socket, watched) in list(self._watchers.items()):
            if watched != number:
                continue
            news: dict[str, Any] = {"subscription": subscription}
            if ends_with is None:
                news["result"] = await self.opg_v1_request(number)
                self.told_of_requests.append(news["result"])
            else:
                del self._watchers[subscription]
                self._open.discard(subscription)
                news["error"] = ends_with
            await socket.send(
                json.dumps({"jsonrpc": "2.0", "method": "opg_v1_requestChange", "params": news})
            )

    async def _tell(self, socket: ServerConnection, subscription: str) -> None:
        for state in self.news:
            item: dict[str, Any] = {"state": state, "block": None, "request": None, "error": None}
            if state == "inBlock":
                item["block"] = {"number": 101, "hash": "0x" + "22" * 32}
                if self.fails_with:
                    item["error"] = {"reason": self.fails_with, "explanation": "as it is"}
                else:
                    item["request"] = len(self.requests) - 1
            params = {"subscription": subscription, "result": item}
            self.told.append(item)
            if state == "ended":
                params = {"subscription": subscription, "error": "the node had enough"}
            await socket.send(
                json.dumps({"jsonrpc": "2.0", "method": "opg_v1_submitAndWatch", "params": params})
            )

    def _terms(self) -> int:
        """Bytes behind the reference: no deadline, and perhaps a fuel limit."""
        return 10 if self.has_fuel_limits else 2

    def include(self, transaction: bytes, content: bytes | None) -> None:
        """Take a request into a block."""
        self.requests.append(
            {
                "reference": transaction[-self._terms() - 32 : -self._terms()],
                "transaction": transaction,
                "content": content,
                "looks": 0,
            }
        )

    # Methods of every node.

    async def state_getMetadata(self) -> str:  # noqa: N802
        return to_hex(gzip.decompress(METADATA.read_bytes()))

    async def chain_getBlockHash(self, number: int) -> str:  # noqa: N802
        return "0x" + number.to_bytes(32, "big").hex()

    async def system_accountNextIndex(self, _address: str) -> int:  # noqa: N802
        return len(self.requests)

    async def author_pendingExtrinsics(self) -> list[str]:  # noqa: N802
        waiting, self.pool = self.pool, []
        for transaction in waiting:
            self.include(transaction, None)
        return [to_hex(transaction) for transaction in waiting]

    # Methods of a node of this chain.

    async def opg_v1_chain(self) -> dict[str, Any]:
        return {
            "name": "Fake",
            "genesis": self.genesis,
            "specName": "opg",
            "specVersion": 100,
            "transactionVersion": 1,
            "ss58Prefix": 3241,
            "clock": 90,
            "best": {"number": self.finalized + self.best_ahead, "hash": "0x" + "33" * 32},
            "finalized": {"number": self.finalized, "hash": "0x" + "44" * 32},
            "limits": {"inlineInputBytes": 16384, "inlineOutputBytes": 4096},
        }

    async def opg_v1_account(self, _address: str) -> dict[str, Any]:
        return {"free": str(self.free)}

    async def opg_v1_model(self, model: int | str) -> dict[str, Any]:
        if model != 0 and "digits" not in str(model):
            raise Refusal(8001, "there is no such model", "ModelUnknown")
        return {
            "model": 0,
            "owner": "opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLe",
            "name": "digits",
            "number": "1.0.0",
            "modelHash": "0x" + "55" * 32,
            "size": 10_000,
            "engineId": "0x" + "66" * 32,
            "limits": {"inputBytes": 2**26, "fuel": 10**9},
            "royalty": str(OPG // 10),
            **self.version,
        }

    async def opg_v1_models(
        self, _query: dict[str, Any], cursor: str | None, _limit: int
    ) -> dict[str, Any]:
        if cursor is None:
            return {"items": [{"name": "a"}], "next": "0x01"}
        return {"items": [{"name": "b"}], "next": None}

    async def opg_v1_estimate(self, model: int, options: dict[str, Any]) -> dict[str, Any]:
        stored = options["inputBytes"] > 16384
        common = {"model": model, "royalty": "1", "inputFee": str(int(stored)), "deposit": str(OPG)}
        return {**common, **self.estimate}

    async def opg_v1_submitAndWatch(self, extrinsic: str, content: str | None) -> str:  # noqa: N802
        transaction = from_hex(extrinsic)
        self.transactions.append(transaction)
        is_known = any(request["transaction"] == transaction for request in self.requests)
        if is_known:
            raise Refusal(8006, "the transaction is outdated", "Stale")
        if self.refuses:
            raise self.refuses
        if self.hangups:
            self.hangups -= 1
            if self.takes_before_hangup:
                self.include(transaction, None)
            raise Hangup
        if "inBlock" in self.news and not self.fails_with:
            self.include(transaction, None if content is None else from_hex(content))
        return self._subscribed()

    def _subscribed(self) -> str:
        if len(self._open) >= 64:
            raise Refusal(8007, "64 subscriptions are open", "TooManySubscriptions")
        self._subscriptions += 1
        subscription = f"s{self._subscriptions}"
        self._open.add(subscription)
        return subscription

    async def opg_v1_subscribeRequest(self, number: int) -> str:  # noqa: N802
        if number >= len(self.requests):
            raise Refusal(8002, "there is no such request", "RequestUnknown")
        return self._subscribed()

    async def opg_v1_unsubscribeRequest(self, subscription: str) -> bool:  # noqa: N802
        self._watchers.pop(subscription, None)
        return await self.opg_v1_unsubscribe(subscription)

    async def opg_v1_unsubscribe(self, subscription: str) -> bool:
        self._open.discard(subscription)
        return True

    async def opg_v1_requestByReference(self, _who: str, reference: str) -> int | None:  # noqa: N802
        for number, request in enumerate(self.requests):
            if request["reference"] == from_hex(reference):
                return number
        return None

    async def opg_v1_request(self, number: int) -> dict[str, Any] | None:
        if number >= len(self.requests):
            return None
        request = self.requests[number]
        body = request["transaction"]
        content = request["content"]
        stored = content and Content.naming(content)
        # The input is before tier, two amounts, the reference, deadline and fuel limit.
        before = len(body) - (1 + 16 + 16 + 32 + self._terms())
        start = body.find(b"OPGT")
        return {
            "request": number,
            "model": 0,
            "input": None if start < 0 else to_hex(body[start:before]),
            "storedInput": stored and {"hash": to_hex(stored.hash), "size": stored.size},
            "reference": to_hex(request["reference"]),
            "status": {
                "name": "failed" if self.failure else "settled",
                "reason": self.failure,
                "explanation": "as it is",
                "fee": str(OPG),
            },
        }

    async def opg_v1_result(self, number: int) -> dict[str, Any]:
        base: dict[str, Any] = {"request": number, "since": 1, "answer": None}
        if number >= len(self.requests):
            return {**base, "state": "unknown", "isFinal": False, "mayRely": False}
        request = self.requests[number]
        request["looks"] += 1
        if self.failure:
            return {**base, "state": "failed", "isFinal": True, "mayRely": False}
        is_settled = request["looks"] > self.settles_after
        given = self.outcome
        base["answer"] = {
            "digest": to_hex(answer_digest(given)),
            "fuel": given.fuel + self.forges,
            "output": None if given.output is None else to_hex(given.output),
            "storedOutput": given.stored
            and {"hash": to_hex(given.stored.hash), "size": given.stored.size},
            "error": given.error,
        }
        state = "settled" if is_settled else "attested"
        return {**base, "state": state, "isFinal": is_settled, "mayRely": is_settled}

    async def opg_v1_receipt(self, number: int) -> dict[str, Any]:
        request = self.requests[number]
        request["looks"] += 1
        if request["looks"] <= self.settles_after:
            raise Refusal(8008, "not settled in a final block yet", "NotYet")
        return {"request": number, "version": 2}

    async def opg_v1_dryRun(self, _model: int, _input: str) -> dict[str, Any]:  # noqa: N802
        return {"fuel": 12, "output": to_hex(OUTPUT), "error": None, "digest": "0x" + "77" * 32}

    # Contents.

    async def blobs_v1_begin(self, name: str, size: int, _request: int) -> dict[str, Any]:
        if from_hex(name) in self.contents:
            return {"complete": True, "received": size, "missing": []}
        if not self.missing and not self.chunks:
            self.missing = [list(part) for part in bao.ranges(size)]
        # One range at a time, as a node that tells only some.
        return {"complete": False, "received": 0, "missing": self.missing[:1]}

    async def blobs_v1_chunk(
        self, _name: str, start: int, end: int, encoded: str
    ) -> dict[str, Any]:
        self.missing.remove([start, end])
        self.chunks[start] = from_hex(encoded)
        return {"received": end}

    async def blobs_v1_finish(self, name: str) -> None:
        self.contents[from_hex(name)] = b""

    async def blobs_v1_range(self, name: str, start: int, end: int) -> str:
        content = self.contents.get(from_hex(name))
        if content is None:
            raise Refusal(7007, "the blob is not here", "")
        encoded = bytearray(bao.Tree(content).encode(start, end))
        encoded[-1] ^= self.forges
        return to_hex(bytes(encoded))

    async def blobs_v1_fetch(self, _name: str, _size: int, *_request: int) -> dict[str, Any]:
        return {"state": "missing"}

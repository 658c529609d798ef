"""Fixtures: the vectors of the repository, and a node that is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from document import Document
from fake_node import FakeNode

import opg

ROOT = Path(__file__).resolve().parents[4]
DOCUMENT = ROOT / "docs" / "openrpc.json"
IN_PASSING = {"opg_v1_unsubscribe", "opg_v1_unsubscribeRequest", "opg_v1_nothing"}
"""Methods that the document has not as such."""


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository, from which tests take the vectors that the Rust code is tested with."""
    if not (ROOT / "node" / "engine").is_dir():
        pytest.skip("not in the repository")
    return ROOT


@pytest.fixture
async def node() -> AsyncIterator[FakeNode]:
    """A node of a chain on which nothing has happened."""
    async with FakeNode() as node:
        yield node
    if DOCUMENT.is_file():
        check(node)


def check(node: FakeNode) -> None:
    """The node gives what real ones give, and the client sends what they take."""
    document = Document(DOCUMENT)
    for method, params, result in node.exchanged:
        if method.startswith("opg_v1_") and method not in IN_PASSING:
            document.check_params(method, params)
            if result is not None:
                document.check_result(method, result)
    for item in node.told:
        if item["state"] != "ended":
            document.check_news("opg_v1_submitAndWatch", item)
    for item in node.told_of_requests:
        document.check_news("opg_v1_subscribeRequest", item)


@pytest.fixture
async def client(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[opg.AsyncClient]:
    """Eve at that node, in a hurry."""
    monkeypatch.setattr("opg.aio._POLL_SECONDS", 0.01)
    monkeypatch.setattr("opg.sending._PAUSE_SECONDS", 0.01)
    async with opg.AsyncClient(node.url, opg.Account.from_suri("//Eve"), timeout=5.0) as client:
        yield client

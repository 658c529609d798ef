"""Fixtures: the vectors of the repository, and a node that is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_node import FakeNode

import opg

ROOT = Path(__file__).resolve().parents[4]


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


@pytest.fixture
async def client(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[opg.AsyncClient]:
    """Eve at that node, in a hurry."""
    monkeypatch.setattr("opg.aio._POLL_SECONDS", 0.01)
    monkeypatch.setattr("opg.sending._PAUSE_SECONDS", 0.01)
    async with opg.AsyncClient(node.url, opg.Account.from_suri("//Eve"), timeout=5.0) as client:
        yield client

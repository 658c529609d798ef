"""Ranges of contents: what the proof proves is the content's BLAKE3 hash."""

from __future__ import annotations

import random

import numpy as np
import pytest
from blake3 import blake3

from opg import bao

SIZES = [0, 1, 16_384, 16_385, 17_408, 40_000, 2**20, 2**20 + 1, 3 * 2**20 + 777]


def root_hash(left: bytes, right: bytes) -> bytes:
    words = np.frombuffer(left + right, "<u4").astype(np.uint32)
    value = bao._compress(
        [np.full(1, word, np.uint32) for word in bao._IV],
        [words[at : at + 1] for at in range(16)],
        np.zeros(1, np.uint64),
        64,
        4 | 8,
    )
    return bao._to_bytes(value)[0]


@pytest.mark.parametrize("size", SIZES)
def test_ranges_should_be_proven_by_the_hash_of_the_content(size: int) -> None:
    content = random.Random(size).randbytes(size)
    tree = bao.Tree(content)
    assert tree.hash == blake3(content).digest()
    parts = []
    for start, end in bao.ranges(size):
        encoded = tree.encode(start, end)
        parts.append(bao.decode(encoded, size, start, end))
        verify(encoded, 0, size, start, end, tree.hash)
    assert b"".join(parts) == content


def verify(encoded: bytes, low: int, high: int, start: int, end: int, expected: bytes) -> bytes:
    """Check a range as a node does, and give what is left of the encoding."""
    if high - low <= bao.GROUP_BYTES:
        group, rest = encoded[: high - low], encoded[high - low :]
        if low == 0 and blake3(group).digest() == expected:
            return rest
        assert group_hash(group, low) == expected
        return rest
    left, right, rest = encoded[:32], encoded[32:64], encoded[64:]
    pair = bao._parents([left + right])[0]
    assert expected in (pair, root_hash(left, right))
    middle = bao._middle(low, high)
    if start < middle:
        rest = verify(rest, low, middle, start, end, left)
    if end > middle:
        rest = verify(rest, middle, high, start, end, right)
    return rest


def group_hash(group: bytes, offset: int) -> bytes:
    """Hash of a group, without the code's way of joining chunks."""
    first, whole = offset // 1024, len(group) // 1024
    values = bao._chunks(group[: whole * 1024], first)
    if len(group) % 1024:
        values.append(bao._last_chunk(group[whole * 1024 :], first + whole))

    def join(values: list[bytes]) -> bytes:
        if len(values) == 1:
            return values[0]
        half = 1 << (len(values) - 1).bit_length() - 1
        return bao._parents([join(values[:half]) + join(values[half:])])[0]

    return join(values)


def test_encoding_of_another_length_should_be_refused() -> None:
    tree = bao.Tree(bytes(40_000))
    encoded = tree.encode(0, 40_000)
    for wrong in (encoded[:-1], encoded + b"\0", b""):
        with pytest.raises(ValueError):
            bao.decode(wrong, 40_000, 0, 40_000)

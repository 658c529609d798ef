"""Ranges of a content with what proves them, as nodes exchange them.

BLAKE3's tree over groups of 16 KiB, in bao's order: the pair of hashes of a node, then what is left
of it, then what is right. The package `blake3` gives no hashes of parts of a content, so the
compression function is here, over many chunks at once. What comes is checked as a whole, by its
name.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from blake3 import blake3

GROUP_BYTES: Final = 16 * 1024
"""Ranges begin and end at multiples of it, or end where the content does."""

MAX_RANGE_BYTES: Final = 2**20
"""Longest range that is exchanged at once."""

_CHUNK: Final = 1024
_BLOCK: Final = 64
_BLOCKS: Final = _CHUNK // _BLOCK
_START, _END, _PARENT = 1, 2, 4
_IV: Final = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
_PERMUTATION: Final = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_ROUNDS: Final = 7
_MIXES: Final = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip

_Words = npt.NDArray[np.uint32]


def ranges(size: int) -> Iterator[tuple[int, int]]:
    """Ranges in which a content of this size is exchanged."""
    for start in range(0, max(size, 1), MAX_RANGE_BYTES):
        yield start, min(start + MAX_RANGE_BYTES, size)


def decode(encoded: bytes, size: int, start: int, end: int) -> bytes:
    """Take the bytes of a range out of its encoding. The proof is dropped, not checked.

    Raises `ValueError` where the encoding is not as long as that of such a range.
    """
    out, at = bytearray(), 0
    for is_leaf, length in _walk(0, size, start, end):
        if is_leaf:
            out += encoded[at : at + length]
        at += length
    if at != len(encoded):
        raise ValueError(f"the range has {len(encoded)} bytes with its proof, not {at}")
    return bytes(out)


class Tree:
    """A content, and the hashes that prove its ranges."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.hash: bytes = blake3(content).digest()
        self._hashes: dict[tuple[int, int], bytes] = {}
        if len(content) > GROUP_BYTES:
            self._hash_chunks()

    def encode(self, start: int, end: int) -> bytes:
        """Give a range with its proof."""
        out: list[bytes] = []
        self._encode(out, 0, len(self.content), start, end)
        return b"".join(out)

    def _encode(self, out: list[bytes], low: int, high: int, start: int, end: int) -> None:
        if high - low <= GROUP_BYTES:
            out.append(self.content[low:high])
            return
        middle = _middle(low, high)
        out += [self._hashes[low, middle], self._hashes[middle, high]]
        if start < middle:
            self._encode(out, low, middle, start, end)
        if end > middle:
            self._encode(out, middle, high, start, end)

    def _hash_chunks(self) -> None:
        """Fill in the hashes of all nodes, from the chunks to below the root."""
        size = len(self.content)
        whole = size // _CHUNK
        hashes = _chunks(self.content[: whole * _CHUNK], 0)
        if size % _CHUNK:
            hashes.append(_last_chunk(self.content[whole * _CHUNK :], whole))
        nodes = [
            (at * _CHUNK, min((at + 1) * _CHUNK, size), value) for at, value in enumerate(hashes)
        ]
        # Level by level: neighbours are joined, and one that has none goes up as it is.
        while len(nodes) > 2:  # noqa: PLR2004, the two below the root
            self._keep(nodes)
            pairs = list(zip(nodes[0::2], nodes[1::2], strict=False))
            parents = _parents([left[2] + right[2] for left, right in pairs])
            joined = [
                (left[0], right[1], value)
                for (left, right), value in zip(pairs, parents, strict=True)
            ]
            nodes = joined + nodes[2 * len(pairs) :]
        self._keep(nodes)

    def _keep(self, nodes: list[tuple[int, int, bytes]]) -> None:
        self._hashes.update({(low, high): value for low, high, value in nodes})


def _walk(low: int, high: int, start: int, end: int) -> Iterator[tuple[bool, int]]:
    """Parts of a range's encoding in their order: whether it is content, and its length."""
    if high - low <= GROUP_BYTES:
        yield True, high - low
        return
    middle = _middle(low, high)
    yield False, 64
    if start < middle:
        yield from _walk(low, middle, start, end)
    if end > middle:
        yield from _walk(middle, high, start, end)


def _middle(low: int, high: int) -> int:
    """Where a node is divided: the left part is the largest power of two that leaves a rest."""
    return low + (1 << (high - low - 1).bit_length() - 1)


def _chunks(content: bytes, first: int) -> list[bytes]:
    """Chaining values of whole chunks."""
    words = np.frombuffer(content, "<u4").reshape(-1, _BLOCKS, 16).astype(np.uint32)
    count = len(words)
    value: Sequence[_Words] = [np.full(count, word, np.uint32) for word in _IV]
    numbers = np.arange(first, first + count, dtype=np.uint64)
    for block in range(_BLOCKS):
        flags = (_START if block == 0 else 0) | (_END if block == _BLOCKS - 1 else 0)
        message = [words[:, block, word] for word in range(16)]
        value = _compress(value, message, numbers, _BLOCK, flags)
    return _to_bytes(value)


def _last_chunk(content: bytes, number: int) -> bytes:
    """Chaining value of a chunk that is not whole."""
    value: Sequence[_Words] = [np.full(1, word, np.uint32) for word in _IV]
    numbers = np.array([number], np.uint64)
    blocks = [content[at : at + _BLOCK] for at in range(0, len(content), _BLOCK)]
    for at, block in enumerate(blocks):
        flags = (_START if at == 0 else 0) | (_END if at == len(blocks) - 1 else 0)
        words = struct.unpack("<16I", block.ljust(_BLOCK, b"\0"))
        message = [np.array([word], np.uint32) for word in words]
        value = _compress(value, message, numbers, len(block), flags)
    return _to_bytes(value)[0]


def _parents(pairs: list[bytes]) -> list[bytes]:
    """Chaining values of nodes, from the hashes of their children."""
    words = np.frombuffer(b"".join(pairs), "<u4").reshape(-1, 16).astype(np.uint32)
    value: Sequence[_Words] = [np.full(len(words), word, np.uint32) for word in _IV]
    message: Sequence[_Words] = [words[:, word] for word in range(16)]
    numbers = np.zeros(len(words), np.uint64)
    return _to_bytes(_compress(value, message, numbers, _BLOCK, _PARENT))


def _compress(
    value: Sequence[_Words],
    message: Sequence[_Words],
    numbers: npt.NDArray[np.uint64],
    length: int,
    flags: int,
) -> list[_Words]:
    """BLAKE3's compression function, element by element."""
    low, high = numbers.astype(np.uint32), (numbers >> np.uint64(32)).astype(np.uint32)
    constants = [np.full(len(low), word, np.uint32) for word in (*_IV[:4], length, flags)]
    state = [*value, *constants[:4], low, high, *constants[4:]]
    for turn in range(_ROUNDS):
        if turn:
            message = [message[word] for word in _PERMUTATION]
        for at, (a, b, c, d) in enumerate(_MIXES):
            for word, first, second in ((2 * at, 16, 12), (2 * at + 1, 8, 7)):
                state[a] = state[a] + state[b] + message[word]
                state[d] = _rotate(state[d] ^ state[a], first)
                state[c] = state[c] + state[d]
                state[b] = _rotate(state[b] ^ state[c], second)
    return [state[word] ^ state[word + 8] for word in range(8)]


def _rotate(words: _Words, bits: int) -> _Words:
    rotated: npt.NDArray[Any] = (words >> np.uint32(bits)) | (words << np.uint32(32 - bits))
    return rotated


def _to_bytes(value: Sequence[_Words]) -> list[bytes]:
    joined = np.stack(value, axis=1).astype("<u4").tobytes()
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]

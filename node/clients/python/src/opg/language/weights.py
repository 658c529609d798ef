"""Matrices of a model, as files hold them and as step graphs take them.

A matrix has a row per output: `[outputs, inputs]`. Blocks are of 32 numbers along a row, and stand
for `scale * (code - zero) + offset`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

BLOCK: Final = 32
_ROWS_AT_ONCE: Final = 4096
"""Bounds the memory that quantisation takes beside the matrix."""
_SHRINKS: Final = (1.0, 0.95, 0.9, 0.85)
"""Parts of a block's range that are tried for 4 bits: numbers at its ends are rare."""


class Kind(str, Enum):
    """How the matrices of an imported model are stored."""

    F32 = "f32"
    F16 = "f16"
    INT8 = "int8"
    INT4 = "int4"

    @property
    def bits(self) -> int | None:
        """Width of a code, where numbers are stored as codes."""
        return {Kind.INT8: 8, Kind.INT4: 4}.get(self)


@dataclass(frozen=True)
class Blocks:
    """A matrix as codes with a scale per block: `scale * (code - zero) + offset`."""

    bits: int
    columns: int
    """Numbers of a row. Codes of a row fill its last block."""
    codes: Bytes
    """`[rows, blocks, 32]`, one code in a byte."""
    scales: Floats
    """`[rows, blocks]`."""
    zeros: Bytes | None = None
    """`[rows, blocks]`. None stands for the middle of the range of codes."""
    offsets: Floats | None = None
    """`[rows, blocks]`. None stands for zero."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.codes), self.columns

    @property
    def middle(self) -> int:
        """The code of zero in a block that does not say it."""
        middle: int = 1 << (self.bits - 1)
        return middle

    def rows(self, index: Any) -> Blocks:
        """Some of its rows."""
        zeros = None if self.zeros is None else self.zeros[index]
        offsets = None if self.offsets is None else self.offsets[index]
        codes, scales = self.codes[index], self.scales[index]
        return Blocks(self.bits, self.columns, codes, scales, zeros, offsets)

    def dense(self) -> Floats:
        """The numbers."""
        zeros = np.float32(self.middle) if self.zeros is None else self.zeros[..., None]
        numbers = (self.codes - zeros.astype(np.float32)) * self.scales[..., None]
        if self.offsets is not None:
            numbers += self.offsets[..., None]
        return np.ascontiguousarray(numbers.reshape(len(self.codes), -1)[:, : self.columns])

    def packed(self) -> Bytes:
        """Codes as `MatMulNBits` takes them: the first of two in the low half of a byte."""
        return _packed(self.codes, self.bits)

    def with_float_zeros(self, offsets: Floats) -> tuple[Blocks, Floats]:
        """Blocks without offsets, and zeros that are no whole numbers.

        Together they stand for the same numbers, but for the rounding of these zeros.
        """
        zeros = np.float32(self.middle) if self.zeros is None else self.zeros.astype(np.float32)
        # A block without a scale has one number.
        is_flat = self.scales == 0
        zeros = np.where(is_flat, np.float32(-1), zeros - offsets / _not_zero(self.scales))
        codes = np.where(is_flat[..., None], np.uint8(0), self.codes)
        scales = np.where(is_flat, offsets, self.scales)
        return Blocks(self.bits, self.columns, codes, scales), zeros.astype(np.float32)

    def packed_zeros(self) -> Bytes | None:
        """Zeros as `MatMulNBits` takes them."""
        if self.zeros is None or bool((self.zeros == self.middle).all()):
            return None
        zeros = self.zeros
        if self.bits == 4 and zeros.shape[1] % 2:  # noqa: PLR2004
            zeros = np.pad(zeros, ((0, 0), (0, 1)))
        return _packed(zeros, self.bits)


Matrix = Floats | Blocks


def _packed(codes: Bytes, bits: int) -> Bytes:
    if bits == 8:  # noqa: PLR2004
        return np.ascontiguousarray(codes)
    return codes[..., 0::2] | (codes[..., 1::2] << np.uint8(4))


def dense(matrix: Matrix) -> Floats:
    """The numbers of a matrix."""
    return matrix.dense() if isinstance(matrix, Blocks) else matrix


def rows(matrix: Matrix, index: Any) -> Matrix:
    """Some rows of a matrix."""
    return matrix.rows(index) if isinstance(matrix, Blocks) else matrix[index]


def stacked(matrices: Sequence[Matrix]) -> Matrix:
    """One matrix of the rows of several of one kind."""
    if len(matrices) == 1:
        return matrices[0]
    blocks = [matrix for matrix in matrices if isinstance(matrix, Blocks)]
    if len(blocks) != len(matrices):
        return np.concatenate([dense(matrix) for matrix in matrices])
    bits, columns, middle = blocks[0].bits, blocks[0].columns, blocks[0].middle
    codes = np.concatenate([block.codes for block in blocks])
    scales = np.concatenate([block.scales for block in blocks])
    zeros = offsets = None
    if any(block.zeros is not None for block in blocks):
        given = [_or_full(block.zeros, block, middle, np.uint8) for block in blocks]
        zeros = np.concatenate(given)
    if any(block.offsets is not None for block in blocks):
        offsets = np.concatenate([_or_full(b.offsets, b, 0, np.float32) for b in blocks])
    return Blocks(bits, columns, codes, scales, zeros, offsets)


def _or_full(array: Any, block: Blocks, value: int, dtype: Any) -> Any:
    return np.full(block.scales.shape, value, dtype) if array is None else array


def as_kind(matrix: Matrix, kind: Kind) -> Matrix:
    """A matrix as it is stored in a model of this kind.

    Blocks of the same width or of a smaller one stand for the same numbers afterwards.
    """
    if kind.bits is None:
        return dense(matrix)
    if isinstance(matrix, Blocks):
        if matrix.bits == kind.bits:
            return matrix
        if matrix.bits < kind.bits:
            return _widened(matrix)
    return quantised(dense(matrix), kind.bits)


def _widened(matrix: Blocks) -> Blocks:
    """Blocks of 8 bits from blocks of 4, of the same numbers."""
    zeros = np.uint8(matrix.middle) if matrix.zeros is None else matrix.zeros[..., None]
    codes = matrix.codes + np.uint8(128) - zeros
    return Blocks(8, matrix.columns, codes, matrix.scales, None, matrix.offsets)


def quantised(numbers: Floats, bits: int) -> Blocks:
    """Blocks that stand for these numbers as near as their codes allow."""
    parts = [
        _quantised(numbers[at : at + _ROWS_AT_ONCE], bits)
        for at in range(0, len(numbers), _ROWS_AT_ONCE)
    ]
    whole = stacked(parts)
    assert isinstance(whole, Blocks)  # noqa: S101
    return whole


def _quantised(numbers: Floats, bits: int) -> Blocks:
    count, columns = numbers.shape
    padded = np.pad(numbers, ((0, 0), (0, -columns % BLOCK))).astype(np.float32, copy=False)
    blocks = padded.reshape(count, -1, BLOCK)
    if bits == 8:  # noqa: PLR2004
        scales = np.abs(blocks).max(axis=2) / np.float32(127)
        codes = np.round(blocks / _not_zero(scales)[..., None]) + np.float32(128)
        return Blocks(8, columns, codes.astype(np.uint8), scales)
    return _of_four_bits(blocks, columns)


def _of_four_bits(blocks: Floats, columns: int) -> Blocks:
    low = np.minimum(blocks.min(axis=2), np.float32(0))
    high = np.maximum(blocks.max(axis=2), np.float32(0))
    best: tuple[Floats, Bytes, Floats, Bytes] | None = None
    for shrink in _SHRINKS:
        scales = (high - low) * np.float32(shrink) / np.float32(15)
        steps = _not_zero(scales)
        zeros = np.clip(np.round(-low * np.float32(shrink) / steps), 0, 15)
        codes = np.clip(np.round(blocks / steps[..., None]) + zeros[..., None], 0, 15)
        error = (((codes - zeros[..., None]) * scales[..., None] - blocks) ** 2).sum(axis=2)
        found = error, codes.astype(np.uint8), scales, zeros.astype(np.uint8)
        if best is None:
            best = found
            continue
        better = error < best[0]
        best = (
            np.where(better, error, best[0]),
            np.where(better[..., None], found[1], best[1]),
            np.where(better, scales, best[2]),
            np.where(better, found[3], best[3]),
        )
    assert best is not None  # noqa: S101
    return Blocks(4, columns, best[1], best[2], best[3])


def _not_zero(scales: Floats) -> Floats:
    return np.where(scales == 0, np.float32(1), scales)

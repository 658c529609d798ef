"""Amounts: whole planck as the chain has them, and OPG as people write them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation, localcontext
from typing import Final, TypeAlias

DECIMALS: Final = 18

OPG: Final = 10**DECIMALS
"""Planck of one OPG."""

Amount: TypeAlias = int | str | Decimal
"""An `int` is planck. A `str` or `Decimal` is OPG: `"0.25"`."""

_DIGITS: Final = 60
"""Enough for every amount of 128 bits."""


def to_planck(amount: Amount) -> int:
    """Give an amount in planck. Floats are refused: they do not hold amounts exactly."""
    if isinstance(amount, bool) or not isinstance(amount, int | str | Decimal):
        raise TypeError(f"an amount is an int (planck), a str or a Decimal (OPG), not {amount!r}")
    if isinstance(amount, int):
        planck = amount
    else:
        with localcontext() as context:
            context.prec = _DIGITS
            try:
                scaled = Decimal(amount).scaleb(DECIMALS)
                planck = int(scaled)
            except (InvalidOperation, ValueError, OverflowError):
                raise ValueError(f"{amount!r} is no amount of OPG") from None
            if scaled != planck:
                raise ValueError(f"{amount} OPG has more than {DECIMALS} decimals")
    if not 0 <= planck < 2**128:
        raise ValueError(f"{amount!r} is no amount that the chain can hold")
    return planck


def to_opg(planck: int) -> Decimal:
    """Give an amount of planck in OPG."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Decimal(planck).scaleb(-DECIMALS).normalize()


def show(planck: int) -> str:
    """Write an amount of planck for people."""
    return f"{to_opg(planck):f} OPG"

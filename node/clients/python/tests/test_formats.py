"""Formats that the chain has as well: answers, amounts, transactions, reasons."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
import sr25519
from fake_node import METADATA
from hypothesis import given
from hypothesis import strategies as st

import opg
from opg import amount, errors, results
from opg.extrinsic import Context, Runtime, _era


def test_answers_should_have_the_digests_of_the_vectors(root: Path) -> None:
    vectors = json.loads((root / "runtime/primitives/vectors/answers.json").read_text())
    for vector in vectors:
        outcome = vector["outcome"]
        raw = {
            "digest": vector["digest"],
            "fuel": vector["fuel"],
            "output": outcome.get("output"),
            "storedOutput": outcome.get("stored"),
            "error": outcome.get("error"),
        }
        answer = results.Answer.of(7, raw)
        assert results.answer_digest(answer).hex() == vector["digest"][2:], vector["name"]
        with pytest.raises(opg.NodeMisbehaved):
            results.Answer.of(7, {**raw, "fuel": vector["fuel"] ^ 1})


def test_errors_of_models_should_be_those_of_the_chain(root: Path) -> None:
    enums = json.loads((root / "runtime/primitives/vectors/enums.json").read_text())
    assert {n: i for i, n in enumerate(results.MODEL_ERRORS)} == enums["ModelError"]


def test_reasons_should_be_errors_of_the_pallet(root: Path) -> None:
    text = (root / "pallets/inference/src/errors.rs").read_text()
    elsewhere = {
        *errors.NotEnoughFunds.reasons, *errors.ReferenceUsed.reasons, *errors.NotIncluded.reasons,
    }  # fmt: skip
    for kind in errors.RequestRefused.__subclasses__():
        for reason in set(kind.reasons) - elsewhere:
            assert f"\t\t{reason}," in text, reason


@given(st.integers(0, 2**128 - 1))
def test_amounts_should_come_back(planck: int) -> None:
    assert amount.to_planck(amount.to_opg(planck)) == planck
    assert amount.to_planck(str(amount.to_opg(planck))) == planck
    assert amount.to_planck(planck) == planck


def test_amounts_should_be_written_as_people_do() -> None:
    assert amount.to_planck("0.25") == amount.OPG // 4
    assert amount.show(15 * 10**17) == "1.5 OPG"
    assert amount.show(0) == "0 OPG"
    assert amount.show(10**21) == "1000 OPG"
    assert amount.to_planck(Decimal("1e-18")) == 1
    for wrong in (1.5, True, None):
        with pytest.raises(TypeError):
            amount.to_planck(wrong)  # type: ignore[arg-type]
    for bad in ("x", "1e-19", "-1", -1, 2**128, "NaN", "1e40", "Infinity"):
        with pytest.raises(ValueError):
            amount.to_planck(bad)


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(gzip.decompress(METADATA.read_bytes()))


ARGUMENTS: dict[str, Any] = {
    "model": 5,
    "input": "0x0102",
    "tier": "Quorum",
    "max_fee": 2**100,
    "max_royalty": 1,
    "reference": "0x" + "ab" * 32,
    "deadline": None,
    "fuel_limit": None,
}
CONTEXT = Context(bytes([1]) * 32, 100, 1, 77, bytes([2]) * 32, 300)


def test_call_should_encode_as_the_pallet_declares_it(runtime: Runtime) -> None:
    call = runtime.call("Inference", "request", ARGUMENTS)
    expected = (
        bytes([5, 0, 0, 0]) + b"\x08\x01\x02" + b"\x01"
        + (2**100).to_bytes(16, "little") + (1).to_bytes(16, "little") + b"\xab" * 32 + b"\x00\x00"
    )  # fmt: skip
    assert call[2:] == expected
    content = {"hash": "0x" + "cd" * 32, "size": 70_000}
    stored = runtime.call(
        "Inference",
        "request_stored",
        {**ARGUMENTS, "input": content, "deadline": 9, "fuel_limit": 10},
    )
    assert stored[0] == call[0]
    assert stored[6:42] == b"\xcd" * 32 + (70_000).to_bytes(4, "little")
    assert stored[-14:] == b"\x01\x09\0\0\0" + b"\x01\x0a" + b"\0" * 7


def test_other_parameters_should_be_refused(runtime: Runtime) -> None:
    for arguments in ({**ARGUMENTS, "more": 1}, {"model": 1}):
        with pytest.raises(opg.UnknownRuntime, match="takes model, input"):
            runtime.call("Inference", "request", arguments)
    for wrong in ({"model": -1}, {"model": "x"}, {"tier": "Best"}, {"max_fee": 2**128}):
        with pytest.raises(opg.UnknownRuntime):
            runtime.call("Inference", "request", {**ARGUMENTS, **wrong})
    with pytest.raises(opg.UnknownRuntime, match="no call"):
        runtime.call("Inference", "nothing", {})
    with pytest.raises(opg.UnknownRuntime, match="metadata"):
        Runtime(b"no metadata")


def test_signature_should_cover_call_and_extensions(runtime: Runtime) -> None:
    eve = opg.Account.from_suri("//Eve")
    for size in (2, 300):
        call = runtime.call("Inference", "request", {**ARGUMENTS, "input": "0x" + "00" * size})
        signed = runtime.signed(call, eve, CONTEXT)
        body = signed[2:]
        assert len(body) << 2 | 1 == int.from_bytes(signed[:2], "little")
        assert body[:2] == b"\x84\x00"
        assert body[2:34] == eve.public_key
        assert body[34] == 1
        signature, rest = body[35:99], body[99:]
        # Era, nonce, tip, no metadata hash; all other extensions are empty.
        explicit = b"\xd5\x00" + (300 << 2 | 1).to_bytes(2, "little") + b"\0" + b"\0"
        assert rest == explicit + call
        implicit = (100).to_bytes(4, "little") + (1).to_bytes(4, "little")
        implicit += CONTEXT.genesis + CONTEXT.block_hash + b"\0"
        payload = call + explicit + implicit
        if len(payload) > 256:
            payload = blake2b(payload, digest_size=32).digest()
        assert sr25519.verify(signature, payload, eve.public_key)


def test_value_that_is_not_known_should_be_refused(runtime: Runtime) -> None:
    known = runtime._extensions
    try:
        nonce = next(item for item in known if item.name == "CheckNonce")
        renamed = type(nonce)("CheckSomethingNew", nonce.explicit, nonce.implicit)
        runtime._extensions = [*known, renamed]
        with pytest.raises(opg.UnknownRuntime, match="CheckSomethingNew"):
            runtime.signed(b"", opg.Account.from_suri("//Eve"), CONTEXT)
    finally:
        runtime._extensions = known


def test_eras_should_be_those_of_substrate() -> None:
    # From `sp_runtime::generic::era`: Era::mortal(64, 42) is [165, 2].
    assert _era(42) == bytes([165, 2])
    assert _era(64 * 5 + 42) == _era(42)


def test_receipt_should_come_back_from_its_file(tmp_path: Path) -> None:
    receipt = opg.Receipt(3, {"request": 3, "version": 2})
    receipt.save(tmp_path / "receipt.json")
    assert opg.Receipt.load(tmp_path / "receipt.json") == receipt
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(ValueError, match="no receipt"):
        opg.Receipt.load(tmp_path / "none.json")

"""The client at real nodes: three executors that serve what is published.

`scripts/test-python.sh` starts them, and runs this.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import opg
from opg.tensors import Array, encode

DIGITS = "//Dave/digits"

WIDTH = 6_000
"""Numbers of 4 bytes: more than the chain carries, for the input and for the output."""


@pytest.fixture(scope="session")
def url() -> str:
    """Address of a node."""
    return os.environ.get("OPG_URL") or pytest.skip("needs scripts/test-python.sh")


@pytest.fixture(scope="session")
def eve(url: str) -> Iterator[opg.Client]:
    """A requester with OPG."""
    with opg.Client(url, opg.Account.from_suri("//Eve")) as client:
        yield client


@pytest.fixture(scope="session")
def digits() -> Path:
    """The model of the examples, which the script published for `//Dave`."""
    return Path(os.environ["OPG_DIGITS"])


@pytest.fixture(scope="session")
def wide(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose input and output lie outside of the chain."""
    path = tmp_path_factory.mktemp("wide") / "wide.onnx"
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "x"], ["y"])],
        "wide",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, WIDTH])],
    )
    opset = helper.make_opsetid("", 13)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    with opg.Client(url, opg.Account.from_suri("//Ferdie")) as author:
        author.publish(path, "wide")
    return path


@pytest.fixture(scope="session")
def seven() -> Array:
    """A picture of a 7."""
    rows = [
        "00056A00", "00FF9999", "0000008F", "000000F5", "00FFFF80", "00008F00", "0000F000",
        "000F4000",
    ]  # fmt: skip
    numbers = [int(digit, 16) for row in rows for digit in row]
    return np.asarray([numbers], np.float32) / 16


def test_result_should_be_that_of_the_local_engine(
    eve: opg.Client, digits: Path, seven: Array, wide: Path
) -> None:
    assert wide.is_file()
    eve.wait_for_model(DIGITS)
    inputs = {"pixels": seven}
    opg.inspect(digits).check(inputs)
    estimate = eve.estimate(DIGITS, inputs)
    # Of an account without other requests, whose escrow could come back meanwhile.
    with opg.Client(eve.url, opg.Account.from_suri("//Two")) as client:
        before = client.balance()
        result = client.infer(DIGITS, inputs)
        paid = before - client.balance()
    assert encode(result.outputs) == encode(opg.run(digits, inputs))
    assert result.outputs["label"].dtype == np.int64
    assert (result.state, result.may_rely) == ("settled", True)
    assert result.fee is not None
    assert 0 < result.fee <= estimate.max_fee
    # The fee, the seat fees and that of the transaction; escrow and deposit came back.
    assert result.fee <= paid < estimate.max_fee + opg.OPG


def test_dry_run_should_have_the_digest_of_the_answer(eve: opg.Client, seven: Array) -> None:
    inputs = {"pixels": seven}
    dry = eve.dry_run(DIGITS, inputs)
    result = eve.infer(DIGITS, inputs, tier="optimistic", trust="attested")
    assert dry.outputs is not None
    assert (dry.digest, dry.fuel) == (result.digest, result.fuel)
    assert encode(dry.outputs) == encode(result.outputs)


def test_requests_at_once_should_all_be_answered(url: str, seven: Array) -> None:
    async def ask() -> list[opg.AsyncResult]:
        account = opg.Account.from_suri("//One")
        async with opg.AsyncClient(url, account) as client:
            inputs = [{"pixels": seven * np.float32(part / 8)} for part in range(8)]
            asked = (client.infer(DIGITS, x, tier="optimistic", trust="attested") for x in inputs)
            return await asyncio.gather(*asked)

    results = asyncio.run(ask())
    assert len({result.request for result in results}) == 8
    assert len({result.digest for result in results}) == 8


def test_same_reference_should_be_paid_once(eve: opg.Client, seven: Array) -> None:
    reference = secrets.token_bytes(32)
    inputs = {"pixels": seven}
    first = eve.submit(DIGITS, inputs, tier="optimistic", reference=reference)
    between = eve.balance()
    with opg.Client(eve.url, eve.account) as other:
        second = other.submit(DIGITS, inputs, tier="optimistic", reference=reference)
        assert second.number == first.number
        # Nothing went out: less could only come back.
        assert other.balance() >= between
        with pytest.raises(opg.ReferenceUsed):
            other.submit(DIGITS, {"pixels": seven * 0}, reference=reference)
    assert first.wait("attested").reference == "0x" + reference.hex()


def test_reference_should_be_recognised_before_a_block_has_it(
    eve: opg.Client, seven: Array
) -> None:
    async def twice() -> list[opg.AsyncRequest]:
        reference = secrets.token_bytes(32)
        inputs = {"pixels": seven}
        async with (
            opg.AsyncClient(eve.url, eve.account) as one,
            opg.AsyncClient(eve.url, eve.account) as other,
        ):
            first = asyncio.create_task(
                one.submit(DIGITS, inputs, tier="optimistic", reference=reference)
            )
            while not await one._is_pending(reference, one.signer()) and not first.done():
                await asyncio.sleep(0.02)
            second = await other.submit(DIGITS, inputs, tier="optimistic", reference=reference)
            return [await first, second]

    first, second = asyncio.run(twice())
    assert first.number == second.number


def test_reference_should_be_paid_once_when_programs_send_it_at_the_same_time(
    url: str, seven: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def together() -> tuple[list[opg.AsyncResult], int]:
        reference = secrets.token_bytes(32)
        # An account without other requests.
        clients = [opg.AsyncClient(url, opg.Account.from_suri("//Ferdie")) for _ in range(4)]

        async def ask(client: opg.AsyncClient) -> opg.AsyncRequest:
            return await client.submit(
                DIGITS, {"pixels": seven}, tier="optimistic", reference=reference
            )

        async def sent() -> int:
            address = clients[0].signer().address((await clients[0].chain()).ss58_prefix)
            number: int = await clients[0]._rpc.call("system_accountNextIndex", address)
            return number

        try:
            before = await sent()
            requests = await asyncio.gather(*(ask(client) for client in clients))
            transactions = await sent() - before
            # So that the wait ends in time by what the node tells, and by nothing else.
            monkeypatch.setattr("opg.aio._POLL_SECONDS", 1_000.0)
            waits = (request.wait("attested", timeout=300) for request in requests)
            return await asyncio.gather(*waits), transactions
        finally:
            for client in clients:
                await client.close()

    results, transactions = asyncio.run(together())
    assert len({result.request for result in results}) == 1
    assert transactions == 1


def test_refusals_should_cost_nothing(eve: opg.Client, seven: Array) -> None:
    inputs = {"pixels": seven}
    before = eve.balance()
    with pytest.raises(opg.FeeTooLow):
        eve.infer(DIGITS, inputs, max_fee=1)
    with pytest.raises(opg.ModelUnknown):
        eve.infer("//Dave/nothing", inputs)
    with pytest.raises(opg.InputMismatch):
        eve.infer(DIGITS, {"pixels": np.zeros((1, 6_000), np.float32)})
    with pytest.raises(opg.TensorError):
        eve.infer(DIGITS, {"pixels": [0.0]})  # type: ignore[dict-item]
    with pytest.raises(opg.InvalidDeadline):
        eve.infer(DIGITS, inputs, deadline=100_000)
    assert eve.balance() == before
    poor = opg.Account.from_suri("//Poor")
    with opg.Client(eve.url, poor) as client, pytest.raises(opg.NotEnoughFunds):
        client.infer(DIGITS, inputs)
    with pytest.raises(opg.WrongChain):
        opg.Client(eve.url, genesis="0x" + "00" * 32)


def test_error_of_the_model_should_be_an_answer(eve: opg.Client, seven: Array) -> None:
    with pytest.raises(opg.ModelError) as caught:
        eve.infer(DIGITS, {"pixels": seven.astype(np.float64)}, tier="optimistic", trust="attested")
    assert caught.value.reason == "BadInput"


def test_long_input_and_output_should_come_over_the_network(eve: opg.Client, wide: Path) -> None:
    name = "//Ferdie/wide"
    eve.wait_for_model(name)
    inputs = {"x": np.linspace(-1, 1, 6_000, dtype=np.float32)[None]}
    estimate = eve.estimate(name, inputs)
    assert estimate.input_fee > 0
    result = eve.infer(name, inputs, trust="attested")
    assert eve.request(result.request)["storedInput"] is not None
    assert encode(result.outputs) == encode(opg.run(wide, inputs))
    np.testing.assert_array_equal(result.outputs["y"], inputs["x"] * inputs["x"])


def test_receipt_should_prove_the_result(
    eve: opg.Client, digits: Path, seven: Array, tmp_path: Path
) -> None:
    result = eve.infer(DIGITS, {"pixels": seven}, tier="optimistic")
    try:
        receipt = result.receipt()
    except opg.UnsafeMethod:
        pytest.skip("the node makes no receipts")
    receipt.save(tmp_path / "receipt.json")
    anchor = opg.Anchor(genesis=eve.chain().genesis)
    verified = opg.verify(tmp_path / "receipt.json", anchor=anchor, model=digits)
    assert (verified.request, verified.digest) == (result.request, result.digest)
    assert verified.is_recomputed
    other = opg.Anchor(genesis="0x" + "00" * 32)
    with pytest.raises(opg.ProgramError):
        opg.verify(receipt, anchor=other)

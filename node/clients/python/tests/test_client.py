"""The client at a node that does not always do well."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from fake_node import OPG, OUTPUT, FakeNode, Refusal

import opg
from opg.results import Answer, Content
from opg.tensors import encode

INPUTS: dict[str, Any] = {"pixels": np.zeros((1, 64), np.float32)}
LARGE: dict[str, Any] = {"pixels": np.zeros((1, 5_000), np.float32)}
REFERENCE = "0x" + "ab" * 32


async def test_inference_should_give_arrays_in_their_types(client: opg.AsyncClient) -> None:
    result = await client.infer("//Dave/digits", INPUTS)
    assert result.outputs["label"].dtype == np.int64
    assert result.outputs["label"].tolist() == [7]
    assert (result.state, result.may_rely, result.fee, result.fuel) == ("settled", True, OPG, 12)
    receipt = await result.receipt()
    assert receipt.request == result.request


async def test_attested_answer_should_do_when_it_is_asked_for(client: opg.AsyncClient) -> None:
    result = await client.infer(0, INPUTS, trust="attested")
    assert (result.state, result.may_rely) == ("attested", False)


async def test_request_should_carry_what_was_asked_for(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    request = await client.submit(0, INPUTS, reference=REFERENCE)
    (transaction,) = node.transactions
    assert encode(INPUTS) in transaction
    assert request.reference == REFERENCE
    assert await client.find(REFERENCE) == request.number == 0
    again = await client.get(0)
    assert again.reference == REFERENCE


async def test_many_requests_should_all_arrive(client: opg.AsyncClient, node: FakeNode) -> None:
    results = await asyncio.gather(*(client.infer(0, INPUTS) for _ in range(150)))
    assert sorted(result.request for result in results) == list(range(150))
    assert len(set(node.transactions)) == 150
    assert not node._open


@pytest.mark.parametrize("takes", [True, False])
async def test_broken_connection_should_not_pay_twice(
    client: opg.AsyncClient, node: FakeNode, takes: bool
) -> None:
    node.hangups, node.takes_before_hangup = 1, takes
    result = await client.infer(0, INPUTS)
    assert len(node.requests) == 1
    assert len(set(node.transactions)) == 1
    assert len(node.transactions) == (1 if takes else 2)
    assert result.request == 0


async def test_same_reference_should_give_the_same_request(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    first = await client.submit(0, INPUTS, reference=REFERENCE)
    second = await client.submit(0, INPUTS, reference=bytes.fromhex(REFERENCE[2:]))
    assert first.number == second.number
    assert len(node.transactions) == 1
    with pytest.raises(opg.ReferenceUsed):
        await client.submit(0, {"pixels": np.ones((1, 64), np.float32)}, reference=REFERENCE)
    with pytest.raises(ValueError):
        await client.submit(0, INPUTS, reference="0xab")


async def test_reference_should_be_found_in_the_pool(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    await client.submit(0, INPUTS, reference=REFERENCE)
    # As if another process had sent it, and no block had it yet.
    node.pool = [node.requests.pop()["transaction"]]
    request = await client.submit(0, INPUTS, reference=REFERENCE)
    assert request.number == 0
    assert len(node.transactions) == 1


async def test_reference_should_be_sent_once_when_it_is_submitted_twice_at_a_time(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    requests = await asyncio.gather(
        *(client.submit(0, INPUTS, reference=REFERENCE) for _ in range(5))
    )
    assert {request.number for request in requests} == {0}
    assert len(node.transactions) == 1


async def test_reference_of_another_process_should_be_seen_when_its_nonce_is_taken(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    first = await client.submit(0, INPUTS, reference=REFERENCE)
    body = node.requests.pop()["transaction"]
    own = node.system_accountNextIndex

    async def sent_meanwhile(address: str) -> int:
        # The node has it now: the next nonce comes after it.
        node.pool = [body]
        return await own(address) + 1

    node.__dict__["system_accountNextIndex"] = sent_meanwhile
    second = await client.submit(0, INPUTS, reference=REFERENCE)
    assert second.number == first.number == 0
    assert len(node.transactions) == 1


@pytest.mark.parametrize("same", [True, False])
async def test_request_of_another_process_should_do_when_the_pool_takes_only_that(
    client: opg.AsyncClient, node: FakeNode, same: bool
) -> None:
    await client.submit(0, INPUTS, reference=REFERENCE)
    body = node.requests.pop()["transaction"]

    async def taken_by_another(extrinsic: str, _content: str | None) -> str:
        node.transactions.append(bytes.fromhex(extrinsic[2:]))
        node.pool = [body]
        raise Refusal(8006, "another transaction has its nonce", "TooLowPriority")

    node.__dict__["opg_v1_submitAndWatch"] = taken_by_another
    inputs = INPUTS if same else {"pixels": np.ones((1, 64), np.float32)}
    submitting = client.submit(0, inputs, reference=REFERENCE)
    if same:
        assert (await submitting).number == 0
    else:
        with pytest.raises(opg.ReferenceUsed, match="another model or input"):
            await submitting
    assert len(node.requests) == 1
    # Without a reference it is no request of ours.
    with pytest.raises(opg.RequestRefused, match="TooLowPriority"):
        await client.submit(0, INPUTS)


@pytest.mark.parametrize("reason", ["TooLowPriority", "Stale"])
async def test_request_should_be_sent_when_another_transaction_takes_its_nonce(
    client: opg.AsyncClient, node: FakeNode, reason: str
) -> None:
    own = node.opg_v1_submitAndWatch
    left = 2

    async def taken_twice(extrinsic: str, content: str | None) -> str:
        nonlocal left
        node.refuses = Refusal(8006, "the nonce is used", reason) if left > 0 else None
        left -= 1
        return await own(extrinsic, content)

    node.__dict__["opg_v1_submitAndWatch"] = taken_twice
    request = await client.submit(0, INPUTS, reference=REFERENCE)
    assert request.number == 0
    assert (len(node.transactions), len(node.requests)) == (3, 1)


@pytest.mark.parametrize(("reason", "attempts"), [("TooLowPriority", 5), ("Payment", 1)])
async def test_refusal_should_be_told_when_nobody_used_the_reference(
    client: opg.AsyncClient, node: FakeNode, reason: str, attempts: int
) -> None:
    node.refuses = Refusal(8006, "the pool does not take it", reason)
    with pytest.raises(opg.RequestRefused, match=reason):
        await client.submit(0, INPUTS, reference=REFERENCE)
    assert len(node.transactions) == attempts


async def waiting(node: FakeNode, count: int = 1) -> None:
    """Wait until so many watch, and have looked since."""
    while len(node._watchers) < count or node.calls[-1] != "opg_v1_result":
        await asyncio.sleep(0.01)


async def test_waiting_should_end_when_the_node_tells(
    client: opg.AsyncClient, node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opg.aio._POLL_SECONDS", 600.0)
    node.settles_after = 1_000
    request = await client.submit(0, INPUTS)
    wait = asyncio.create_task(request.wait(timeout=10))
    await waiting(node)
    looks = node.calls.count("opg_v1_result")
    assert looks == 2
    await asyncio.sleep(0.05)
    assert node.calls.count("opg_v1_result") == looks
    node.settles_after = 0
    await node.change(0)
    assert (await wait).state == "settled"
    assert node.calls.count("opg_v1_result") == looks + 1
    assert not node._open


@pytest.mark.parametrize("reason", [-32601, 8007])
async def test_waiting_should_look_again_and_again_when_the_node_tells_nothing(
    client: opg.AsyncClient, node: FakeNode, reason: int
) -> None:
    async def refused(_number: int) -> str:
        raise Refusal(reason, "not here", "")

    node.__dict__["opg_v1_subscribeRequest"] = refused
    node.settles_after = 20
    result = await client.infer(0, INPUTS)
    assert (result.state, node.requests[0]["looks"]) == ("settled", 21)
    assert node.calls.count("opg_v1_subscribeRequest") == (1 if reason == -32601 else 20)


async def test_waiting_should_go_on_when_the_node_ends_the_subscription(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.settles_after = 1_000
    request = await client.submit(0, INPUTS)
    wait = asyncio.create_task(request.wait(timeout=10))
    await waiting(node)
    await node.change(0, ends_with="the subscriber was too slow")
    await waiting(node)
    assert node.calls.count("opg_v1_subscribeRequest") == 2
    node._watchers.clear()
    node._open.clear()
    # A broken connection, too.
    await node.sockets[-1].close()
    await waiting(node)
    node.settles_after = 0
    await node.change(0)
    assert (await wait).state == "settled"


async def test_places_should_be_left_for_transactions_when_many_wait(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.settles_after = 1_000
    requests = await asyncio.gather(*(client.submit(0, INPUTS) for _ in range(40)))
    waits = [asyncio.create_task(request.wait(timeout=10)) for request in requests]
    await waiting(node, 24)
    more = await asyncio.gather(*(client.submit(0, INPUTS) for _ in range(40)))
    assert len(node._watchers) == 24
    node.settles_after = 0
    for number in range(40):
        await node.change(number)
    assert [result.request for result in await asyncio.gather(*waits)] == list(range(40))
    assert len({request.number for request in more}) == 40
    assert not node._open


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("Congested", opg.Congested),
        ("MaxFeeTooLow", opg.FeeTooLow),
        ("RoyaltyAboveMax", opg.FeeTooLow),
        ("Inference.NotEnoughExecutors", opg.ModelNotServed),
        ("NotCourtReady", opg.ModelNotServed),
        ("InputTooLong", opg.InputMismatch),
        ("FundsUnavailable", opg.NotEnoughFunds),
        ("FuelLimitTooLow", opg.InvalidFuelLimit),
        ("InvalidDeadline", opg.InvalidDeadline),
        ("SomethingNew", opg.RequestRefused),
    ],
)
async def test_refusals_of_the_chain_should_have_their_types(
    client: opg.AsyncClient, node: FakeNode, error: str, kind: type[opg.RequestRefused]
) -> None:
    node.fails_with = error
    with pytest.raises(kind, match="as it is") as caught:
        await client.submit(0, INPUTS)
    assert type(caught.value) is kind
    assert caught.value.reason == error.rpartition(".")[2]


async def test_refusals_of_the_pool_should_have_their_types(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.refuses = Refusal(8006, "the account cannot pay", "Payment")
    with pytest.raises(opg.NotEnoughFunds):
        await client.submit(0, INPUTS)
    assert len(node.transactions) == 1


@pytest.mark.parametrize("state", ["dropped", "invalid", "usurped"])
async def test_lost_transaction_should_be_given_up_when_no_block_can_take_it(
    client: opg.AsyncClient, node: FakeNode, state: str
) -> None:
    node.news = ["ready", state]
    sending = asyncio.create_task(client.submit(0, INPUTS))
    while len(node.transactions) < 3:
        await asyncio.sleep(0.01)
    assert len(set(node.transactions)) == 1
    node.finalized += 64
    with pytest.raises(opg.NotIncluded):
        await sending


async def test_lost_transaction_should_be_sent_again_when_it_was_dropped(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.news = ["ready", "dropped"]
    sending = asyncio.create_task(client.submit(0, INPUTS))
    while not node.transactions:
        await asyncio.sleep(0.01)
    node.news = ["ready", "inBlock"]
    assert (await sending).number == 0
    assert len(set(node.transactions)) == 1


async def test_nothing_should_be_sent_when_it_is_known_to_fail(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    good, node.estimate = node.estimate, {**node.estimate, "congested": True}
    with pytest.raises(opg.Congested):
        await client.submit(0, INPUTS)
    node.estimate = {**good, "congested": True, "free": {"executors": 0, "slots": 0, "offered": 0}}
    with pytest.raises(opg.ModelNotServed, match="nobody"):
        await client.submit(0, INPUTS)
    node.estimate = {**good, "takesRequests": False, "fee": None, "maxFee": None}
    with pytest.raises(opg.ModelNotServed):
        await client.submit(0, INPUTS)
    node.estimate = good
    with pytest.raises(opg.FeeTooLow, match=r"1\.5 OPG"):
        await client.submit(0, INPUTS, max_fee="1.5")
    with pytest.raises(opg.FeeTooLow, match="royalty"):
        await client.submit(0, INPUTS, max_royalty=1)
    with pytest.raises(ValueError):
        await client.submit(0, INPUTS, tier="best")  # type: ignore[arg-type]
    with pytest.raises(opg.TensorError):
        await client.submit(0, {"pixels": [0.0]})  # type: ignore[dict-item]
    with pytest.raises(opg.ModelUnknown):
        await client.submit("//Dave/none", INPUTS)
    node.free = 4 * OPG - 1
    with pytest.raises(opg.NotEnoughFunds, match="up to 4 OPG"):
        await client.submit(0, INPUTS)
    assert node.transactions == []
    assert await client.balance() == 4 * OPG - 1


async def test_failed_request_should_give_its_reason(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.failure = "NotEnoughReveals"
    with pytest.raises(opg.RequestFailed) as caught:
        await client.infer(0, INPUTS)
    assert caught.value.reason == "NotEnoughReveals"
    node.failure = "Expired"
    with pytest.raises(opg.Expired):
        await client.infer(0, INPUTS)


async def test_error_of_the_model_should_be_told_as_one(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.outcome = Answer(0, "", 12, None, None, "BadInput")
    with pytest.raises(opg.ModelError, match="names, types, shapes") as caught:
        await client.infer(0, INPUTS)
    assert caught.value.reason == "BadInput"
    assert caught.value.answer.fuel == 12


async def test_answer_should_be_refused_when_its_digest_is_another(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.forges = True
    with pytest.raises(opg.NodeMisbehaved, match="digest"):
        await client.infer(0, INPUTS)


async def test_waiting_should_end_in_time(client: opg.AsyncClient, node: FakeNode) -> None:
    node.settles_after = 1_000
    request = await client.submit(0, INPUTS)
    with pytest.raises(opg.WaitTimeout, match="wait again"):
        await request.wait(timeout=0.05)
    with pytest.raises(TimeoutError):
        await client.infer(0, INPUTS, timeout=0.05)
    with pytest.raises(opg.NotYet):
        await client.receipt(0, timeout=0.02)


async def test_number_should_follow_a_reorganisation(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.settles_after = 0
    request = await client.submit(0, INPUTS)
    await client.submit(0, INPUTS)
    # The other fork has the one behind the other, and the first not yet.
    own, other = node.requests
    node.requests = []
    assert (await request.status()).state == "unknown"
    node.requests = [other, own]
    result = await request.wait()
    assert (result.request, request.number) == (1, 1)


async def test_long_input_should_be_uploaded(client: opg.AsyncClient, node: FakeNode) -> None:
    data = encode(LARGE)
    request = await client.submit(0, LARGE, reference=REFERENCE)
    (transaction,) = node.transactions
    content = Content.naming(data)
    assert content.hash in transaction
    assert data not in transaction
    assert node.requests[0]["content"] == data
    assert content.hash in node.contents
    assert (await client.submit(0, LARGE, reference=REFERENCE)).number == request.number


async def test_longest_input_should_not_go_with_the_call(
    client: opg.AsyncClient, node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opg.aio._MAX_WITH_CALL", 20_000)
    large = {"x": np.arange(1_000_000, dtype=np.float32)}
    await client.submit(0, large)
    assert node.requests[0]["content"] is None
    assert sorted(node.chunks) == [0, 2**20, 2 * 2**20, 3 * 2**20]
    assert Content.naming(encode(large)).hash in node.contents


async def test_long_output_should_be_downloaded_and_checked(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    data = encode({"y": np.arange(500_000, dtype=np.float32)})
    content = Content.naming(data)
    node.outcome = Answer(0, "", 12, None, content, None)
    with pytest.raises(opg.ContentUnavailable, match="nobody"):
        await client.infer(0, INPUTS)
    node.contents[content.hash] = data
    result = await client.infer(0, INPUTS)
    assert result.outputs["y"][-1] == 499_999
    node.contents[content.hash] = data[:-1] + b"\x01"
    with pytest.raises(opg.NodeMisbehaved, match="hash is another"):
        await client.infer(0, INPUTS)
    node.contents[content.hash] = data[:-1]
    with pytest.raises(opg.NodeMisbehaved):
        await client.infer(0, INPUTS)


async def test_other_chain_should_be_refused(node: FakeNode) -> None:
    eve = opg.Account.from_suri("//Eve")
    with pytest.raises(opg.WrongChain, match="genesis"):
        async with opg.AsyncClient(node.url, eve, genesis="0x" + "99" * 32):
            pass
    async with opg.AsyncClient(node.url, eve) as client:
        node.genesis = "0x" + "99" * 32
        with pytest.raises(opg.WrongChain):
            await client.submit(0, INPUTS)
    assert node.transactions == []


async def test_absent_node_should_be_told(node: FakeNode) -> None:
    with pytest.raises(opg.NodeUnreachable, match="no node answers"):
        async with opg.AsyncClient("ws://127.0.0.1:1"):
            pass
    for url in ("127.0.0.1:9944", "ftp://x", "ws://"):
        with pytest.raises(opg.NodeUnreachable, match="address"):
            opg.AsyncClient(url)
    async with opg.AsyncClient(node.url.replace("ws", "http")) as client:
        with pytest.raises(opg.NoAccount):
            await client.submit(0, INPUTS)
        with pytest.raises(opg.UnsafeMethod):
            await client._rpc.call("opg_v1_nothing")


async def test_request_should_be_outstanding_when_nothing_becomes_final(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.finalized, node.best_ahead = 0, 1_000
    node.news = ["ready", "dropped"]
    sending = asyncio.create_task(client.submit(0, INPUTS, reference=REFERENCE))
    while len(node.transactions) < 2:
        await asyncio.sleep(0.01)
    # The signature is bound to a block of which half of the validity is left.
    assert len(set(node.transactions)) == 1
    node.best_ahead = 1_000 + 32 + 257
    with pytest.raises(opg.Outstanding, match="no block final") as caught:
        await sending
    assert caught.value.reference == REFERENCE


async def test_answers_of_another_form_should_be_told(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    async def nothing(*_: object) -> dict[str, Any]:
        return {}

    node.__dict__["opg_v1_model"] = nothing
    with pytest.raises(opg.NodeMisbehaved, match="opg_v1_model"):
        await client.model(0)


async def test_slow_node_should_be_told(node: FakeNode) -> None:
    is_over = asyncio.Event()

    async def at_last(_model: int) -> dict[str, Any]:
        await is_over.wait()
        return {}

    async with opg.AsyncClient(node.url, timeout=0.2) as client:
        node.__dict__["opg_v1_model"] = at_last
        with pytest.raises(opg.NodeUnreachable, match=r"did not answer opg_v1_model within 0\.2 s"):
            await client.model(0)
        assert node.calls.count("opg_v1_model") == 1
        is_over.set()


async def test_subscription_that_the_node_ends_should_not_pay_twice(
    client: opg.AsyncClient, node: FakeNode
) -> None:
    node.news = ["ended"]
    sending = asyncio.create_task(client.submit(0, INPUTS))
    while not node.transactions:
        await asyncio.sleep(0.01)
    node.news = ["ready", "inBlock"]
    assert (await sending).number == 0
    assert len(set(node.transactions)) == 1


async def test_lists_and_models_and_costs_should_be_read(client: opg.AsyncClient) -> None:
    assert [item["name"] for item in await client.models(owner="//Dave")] == ["a", "b"]
    model = await client.model("//Dave/digits")
    assert (model.model, model.version, model.royalty) == (0, "1.0.0", OPG // 10)
    estimate = await client.estimate(0, LARGE)
    assert (estimate.fee, estimate.max_fee, estimate.input_fee) == (2 * OPG, 3 * OPG, 1)
    assert str(estimate) == "2 OPG now, at most 3 OPG soon"
    dry = await client.dry_run(0, INPUTS)
    assert dry.outputs is not None
    assert encode(dry.outputs) == OUTPUT


async def test_owner_should_be_named_in_any_form(client: opg.AsyncClient) -> None:
    generic = "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy/digits"
    assert await client._reference_of(generic) == await client._reference_of("//Dave/digits")
    assert str(await client._reference_of("//Dave/digits@1.0.0")).startswith("op")
    assert await client._reference_of("7") == 7


async def test_client_that_waits_should_do_the_same(node: FakeNode) -> None:
    def work() -> None:
        with opg.Client(node.url, opg.Account.from_suri("//Eve")) as client:
            request = client.submit("//Dave/digits", INPUTS)
            result = request.wait("attested")
            assert result.outputs["label"].tolist() == [7]
            assert result.receipt(timeout=10).request == request.number
            assert client.find(request.reference) == 0
            assert client.get(0).number == 0
            assert client.status(0).state in {"attested", "settled"}
            assert client.model(0).name == "digits"
            assert len(client.models()) == 2
            assert client.estimate(0).fee == 2 * OPG
            assert client.balance() > 0
            assert client.dry_run(0, INPUTS).fuel == 12
            with pytest.raises(opg.ModelUnknown):
                client.model(9)
        with pytest.raises(opg.OpgError, match="closed"):
            client.balance()
        with pytest.raises(opg.NodeUnreachable):
            opg.Client("ws://127.0.0.1:1")

    await asyncio.to_thread(work)

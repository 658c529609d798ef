"""async-substrate-interface: every block, storage, constants, and a request."""

import json
import sys
import time
from collections import Counter
from importlib.metadata import version

from async_substrate_interface import SubstrateInterface
from bittensor_wallet import Keypair


def plain(name: str) -> str:
    """Libraries write names in their own ways: `revealClaim`, `reveal_claim`, `Inference`."""
    return name.replace("_", "").lower()


def pools(chain: SubstrateInterface) -> None:
    """Executor pools."""
    found = list(chain.query_map("Staking", "Pools", ["Executor"]))
    for operator, pool in found:
        print(f"pool of {operator}: {pool['active']['balance']} planck")
    assert len(found) == 3


def request(chain: SubstrateInterface, keys: Keypair, encoded: str) -> None:
    """Sends a request, whose price is known before, and waits for its answer."""
    price = chain.runtime_call("OpgApi", "estimate", [0, "Quorum", None, None])
    call = chain.compose_call(
        "Inference",
        "request",
        {
            "model": 0,
            "input": encoded,
            "tier": "Quorum",
            "max_fee": price * 3 // 2,
            "max_royalty": price,
            "reference": "0x" + "00" * 32,
            "deadline": None,
            "fuel_limit": None,
        },
    )
    signed = chain.create_signed_extrinsic(call, keys)
    receipt = chain.submit_extrinsic(signed, wait_for_inclusion=True)
    assert receipt.is_success, receipt.error_message
    number = next(
        event["event"]["attributes"]["request"]
        for event in receipt.triggered_events
        if event["event"]["event_id"] == "Requested"
    )
    print(f"request {number}, at most {price * 3 // 2} planck")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        status = chain.runtime_call("OpgApi", "request", [number])["status"]
        if "Attested" in status:
            print("answer", *status["Attested"]["answer"]["outcome"])
            return
        time.sleep(1)
    raise SystemExit("no answer after two minutes")


def blocks(chain: SubstrateInterface, expected: list[dict]) -> None:
    """Decodes every block. General transactions are what it cannot decode."""
    wanted_calls, calls = Counter(), Counter()
    wanted_events, events = Counter(), Counter()
    for block in expected:
        kinds = [call["kind"] for call in block["calls"]]
        found = chain.get_block(block["hash"], ignore_decoding_errors=True)["extrinsics"]
        assert [extrinsic is None for extrinsic in found] == [
            kind == "general" for kind in kinds
        ], f"block {block['number']}: {kinds}, decoded {found}"
        for extrinsic in filter(None, found):
            call = extrinsic.value["call"]
            calls[plain(f"{call['call_module']}.{call['call_function']}")] += 1
        for record in chain.get_events(block["hash"]):
            event = record["event"]
            events[plain(f"{event['module_id']}.{event['event_id']}")] += 1
        wanted_calls.update(
            plain(call["name"]) for call in block["calls"] if call["kind"] != "general"
        )
        wanted_events.update(map(plain, block["events"]))
    assert calls == wanted_calls, f"{calls} and not {wanted_calls}"
    assert events == wanted_events, f"{events} and not {wanted_events}"
    count = sum(len(block["calls"]) for block in expected)
    print(f"decoded {len(expected)} blocks, {calls.total()} of {count} calls, {events.total()} events")


def main() -> None:
    url, file = sys.argv[1:]
    with open(file) as text:
        expected = json.load(text)
    print("async-substrate-interface", version("async-substrate-interface"))
    with SubstrateInterface(url, ss58_format=None) as chain:
        print(f"{chain.token_symbol} {chain.token_decimals}, prefix {chain.ss58_format}")
        assert chain.ss58_format == 3241
        pools(chain)
        request(chain, Keypair.create_from_uri("//Two"), expected["input"])
        blocks(chain, expected["blocks"])


main()

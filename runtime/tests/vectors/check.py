#!/usr/bin/env python3
"""Builds the calls of requesters from the fields in requests.json and compares the bytes.

The chain's own test of the same file is runtime/tests/interface.rs. With --write, fills in the bytes.
"""

import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("requests.json")
PALLET = 23
CALLS = {"request": 0, "cancel": 1, "challenge": 2, "reveal_claim": 3, "audit": 4, "request_stored": 7}
# 32-byte parameters of the calls that name a request, in order.
HASHES = {"challenge": ["seed", "digest", "claim"], "reveal_claim": ["digest", "salt"]}
TIERS = {"Optimistic": 0, "Quorum": 1, "High": 2}


def unsigned(bits, value):
    return int(value).to_bytes(bits // 8, "little")


def compact(value):
    if value < 1 << 6:
        return unsigned(8, value << 2)
    assert value < 1 << 14, "inputs are at most 16 KiB"
    return unsigned(16, value << 2 | 1)


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


def optional(bits, value):
    return b"\0" if value is None else b"\1" + unsigned(bits, value)


def encode(vector):
    call = vector["call"]
    head = bytes([PALLET, CALLS[call]])
    if call not in ("request", "request_stored"):
        hashes = b"".join(raw(vector[name]) for name in HASHES.get(call, []))
        return head + unsigned(64, vector["request"]) + hashes
    if call == "request_stored":
        content = vector["input"]
        data = raw(content["hash"]) + unsigned(32, content["size"])
    else:
        data = raw(vector["input"])
        data = compact(len(data)) + data
    return (
        head
        + unsigned(32, vector["model"])
        + data
        + bytes([TIERS[vector["tier"]]])
        + unsigned(128, vector["max_fee"])
        + unsigned(128, vector["max_royalty"])
        + raw(vector["reference"])
        + optional(32, vector["deadline"])
        + optional(64, vector["fuel_limit"])
    )


vectors = json.loads(FILE.read_text())
wrong = 0
for vector in vectors:
    encoded = "0x" + encode(vector).hex()
    if "--write" in sys.argv:
        vector["call_bytes"] = encoded
    elif vector["call_bytes"] != encoded:
        wrong += 1
        print(f"{vector['call']}: {encoded}, and the file has {vector['call_bytes']}")
if "--write" in sys.argv:
    FILE.write_text(json.dumps(vectors, indent=4) + "\n")
print(f"{len(vectors)} calls, {wrong} wrong")
sys.exit(wrong > 0)

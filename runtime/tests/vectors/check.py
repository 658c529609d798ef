#!/usr/bin/env python3
"""Builds the calls of requesters from the fields in requests.json and compares the bytes.

The chain's own test of the same file is runtime/tests/interface.rs. With --write, fills in the bytes.
"""

import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("requests.json")
PALLET = 23
CALLS = {"request": 0, "cancel": 1, "challenge": 2}
TIERS = {"Optimistic": 0, "Quorum": 1, "High": 2}


def unsigned(bits, value):
    return int(value).to_bytes(bits // 8, "little")


def compact(value):
    if value < 1 << 6:
        return unsigned(8, value << 2)
    assert value < 1 << 14, "inputs are at most 16 KiB"
    return unsigned(16, value << 2 | 1)


def encode(vector):
    head = bytes([PALLET, CALLS[vector["call"]]])
    if vector["call"] != "request":
        return head + unsigned(64, vector["request"])
    data = bytes.fromhex(vector["input"].removeprefix("0x"))
    return (
        head
        + unsigned(32, vector["model"])
        + compact(len(data))
        + data
        + bytes([TIERS[vector["tier"]]])
        + unsigned(128, vector["max_fee"])
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

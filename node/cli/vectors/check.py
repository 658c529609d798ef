#!/usr/bin/env python3
"""Reads receipt.json as somebody without this repository would: the block's hash, its state root,
and whether the proof has a trie node with that hash. The client's own test of the same file is in
node/cli/src/receipt.rs; OPG_BLESS=1 writes it."""

import hashlib
import json
import pathlib
import sys


def blake2(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def bytes_of(text):
    return bytes.fromhex(text.removeprefix("0x"))


receipt = json.loads(pathlib.Path(__file__).with_name("receipt.json").read_text())
assert receipt["version"] == 3, "another format"
header = bytes_of(receipt["header"])
# Parent's hash, compact number, state root, extrinsics root, digest.
width = {0: 1, 1: 2, 2: 4}[header[32] & 3]
number = int.from_bytes(header[32 : 32 + width], "little") >> 2
root = header[32 + width : 64 + width]
proof = [bytes_of(node) for node in receipt["proof"]]
# Every node but the root is named by its hash in another one.
hashes = {blake2(node) for node in proof}
assert root in hashes, "no node of the proof is the state root"
named = b"".join(proof)
loose = [node for node in proof if blake2(node) != root and blake2(node) not in named]
assert not loose, f"{len(loose)} nodes are not linked to the root"
print(f"receipt of request {receipt['request']} in block {number} 0x{blake2(header).hex()}: ok")
sys.exit(0)

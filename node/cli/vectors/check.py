#!/usr/bin/env python3
"""Reads receipt-v4.json as somebody without this repository would, as far as the standard library
goes: hashes, the links between them, and the counts of votes. Signatures are left to opg-receipt,
whose test of the same file is in node/receipt/tests/vectors.rs."""

import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent


def blake2(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def bytes_of(text):
    assert text == text.lower() and text.startswith("0x"), "another way to write bytes"
    return bytes.fromhex(text[2:])


class Reader:
    """SCALE-encoded values, from the beginning of bytes."""

    def __init__(self, data):
        self.data = data

    def take(self, count):
        taken, self.data = self.data[:count], self.data[count:]
        assert len(taken) == count, "too short"
        return taken

    def number(self, width):
        return int.from_bytes(self.take(width), "little")

    def compact(self):
        width = {0: 1, 1: 2, 2: 4}[self.data[0] & 3]
        return self.number(width) >> 2


def header(data):
    """Parent, number, state root and digest items of a header."""
    reader = Reader(data)
    parent, number, root = reader.take(32), reader.compact(), reader.take(32)
    reader.take(32)  # The extrinsics.
    items = []
    for _ in range(reader.compact()):
        kind = reader.number(1)
        assert kind in (4, 5, 6), "a digest item of another kind"
        engine = reader.take(4)
        items.append((kind, engine, reader.take(reader.compact())))
    assert not reader.data, "more than a header"
    return parent, number, root, items


def authorities(reader):
    return [(reader.take(32), reader.number(8)) for _ in range(reader.compact())]


def next_authorities(items):
    """Authorities that a header announces, if it does."""
    for kind, engine, log in items:
        if (kind, engine, log[:1]) == (4, b"FRNK", b"\1"):
            return authorities(Reader(log[1:]))
    return None


def voters(data, target):
    """Keys of those who voted for the block, which is the target of the justification."""
    reader = Reader(data)
    reader.take(8)  # The round.
    assert (reader.take(32), reader.number(4)) == target, "the justification of another block"
    keys = set()
    for _ in range(reader.compact()):
        voted = reader.take(32), reader.number(4)
        reader.take(64)  # The signature.
        key = reader.take(32)
        if voted == target:
            keys.add(key)
    return keys


def check_proof(nodes, root):
    """Every node but the root is named by its hash in another one."""
    hashes = {blake2(node) for node in nodes}
    assert len(hashes) == len(nodes), "a node is there twice"
    assert root in hashes, "no node of the proof is the state root"
    named = b"".join(nodes)
    loose = [node for node in nodes if blake2(node) != root and blake2(node) not in named]
    assert not loose, f"{len(loose)} nodes are not linked to the root"


receipt = json.loads((HERE / "receipt-v4.json").read_text())
assert receipt["version"] == 4, "another format"
genesis = bytes_of(receipt["genesis"])
first = receipt["genesisState"]
assert blake2(bytes_of(first["header"])) == genesis, "the header of another genesis"
_, number, root, _ = header(bytes_of(first["header"]))
assert number == 0 and receipt["firstSet"] == 0
nodes = [bytes_of(node) for node in first["proof"]]
check_proof(nodes, root)

current = None  # The authorities of set 0 are in a node of the proof, whichever it is.
for index, part in enumerate(receipt["finality"]):
    encoded = bytes_of(part["header"])
    block = blake2(encoded)
    _, number, root, items = header(encoded)
    keys = voters(bytes_of(part["justification"]), (block, number))
    if current is None:
        stored = b"".join(nodes)
        assert keys and all(key in stored for key in keys), "a vote of nobody"
    else:
        weights = dict(current)
        total, voted = sum(weights.values()), sum(weights[key] for key in keys)
        assert voted >= total - (total - 1) // 3, "less than two thirds"
    following = next_authorities(items)
    if index + 1 < len(receipt["finality"]):
        assert following, "a header that announces nobody"
    current = following or current

proof = [bytes_of(node) for node in receipt["proof"]]
check_proof(proof, root)
assert genesis in b"".join(proof), "the state is that of another chain"

trusted = json.loads((HERE / "authorities-v4.json").read_text())
assert bytes_of(trusted["genesis"]) == genesis
print(
    f"receipt of request {receipt['request']} in block {number} 0x{block.hex()}, "
    f"by {len(receipt['finality'])} justified headers: ok"
)

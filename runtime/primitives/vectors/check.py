#!/usr/bin/env python3
"""Recomputes the golden vectors of the chain's wire formats from the fields that they list.

The encoder below knows nothing of the Rust code: what both agree on is the format. The chain's own
test of the same files is runtime/primitives/tests/vectors.rs.

With --write, fills in the derived values. A vector that changes is a wire format that changes.
"""

import hashlib
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent


# SCALE


def unsigned(bits, value):
    return value.to_bytes(bits // 8, "little")


def compact(value):
    if value < 1 << 6:
        return unsigned(8, value << 2)
    if value < 1 << 14:
        return unsigned(16, value << 2 | 1)
    if value < 1 << 30:
        return unsigned(32, value << 2 | 2)
    size = max(4, (value.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")


def sequence(items):
    return compact(len(items)) + b"".join(items)


def slice_(data):
    return compact(len(data)) + data


def bytes_of(text):
    return bytes.fromhex(text.removeprefix("0x"))


def text_of(data):
    return "0x" + data.hex()


# Formats


ENUMS = json.loads((FOLDER / "enums.json").read_text())
DOMAINS = json.loads((FOLDER / "domains.json").read_text())


def domain(name):
    """Domain separators are SCALE byte slices."""
    return slice_(DOMAINS[name].encode())


def variant(enum, name):
    return unsigned(8, ENUMS[enum][name])


def blake2_256(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def content(fields):
    return bytes_of(fields["hash"]) + unsigned(32, fields["size"])


def outcome(fields):
    if "output" in fields:
        return variant("Outcome", "Output") + slice_(bytes_of(fields["output"]))
    if "stored" in fields:
        return variant("Outcome", "Stored") + content(fields["stored"])
    return variant("Outcome", "Error") + variant("ModelError", fields["error"])


def answer(fields):
    return outcome(fields["outcome"]) + unsigned(64, fields["fuel"])


def answer_digest(fields):
    return blake2_256(domain("ANSWER") + answer(fields))


def context(fields):
    return (
        bytes_of(fields["genesis"])
        + unsigned(64, fields["request"])
        + unsigned(8, fields["round"])
        + bytes_of(fields["seed"])
        + bytes_of(fields["executor"])
        + bytes_of(fields["model_hash"])
        + bytes_of(fields["engine_id"])
        + bytes_of(fields["input_hash"])
    )


def option(text):
    """Optional hash."""
    return b"\x00" if text is None else b"\x01" + bytes_of(text)


def commitment(vector):
    return blake2_256(
        domain("COMMIT")
        + context(vector["context"])
        + answer_digest(vector["answer"])
        + unsigned(64, vector["answer"]["fuel"])
        + option(vector["witness"])
        + bytes_of(vector["salt"])
    )


def dims(bindings):
    return sequence(
        [slice_(dim["name"].encode()) + unsigned(64, dim["size"]) for dim in bindings]
    )


def task(fields):
    return (
        bytes_of(fields["model_hash"])
        + bytes_of(fields["engine_id"])
        + dims(fields["dims"])
        + task_input(fields["input"])
        + limits(fields["limits"])
    )


def task_input(fields):
    if isinstance(fields, str):
        return variant("TaskInput", "Inline") + slice_(bytes_of(fields))
    return variant("TaskInput", "Stored") + content(fields)


def limits(fields):
    longest = unsigned(32, fields["input_bytes"]) + unsigned(32, fields["output_bytes"])
    return unsigned(64, fields["fuel"]) + load_limits(fields) + longest


def load_limits(fields):
    """Limits of a version that loading depends on."""
    return unsigned(64, fields["load_fuel"]) + unsigned(32, fields["memory"])


def job_kind(fields):
    if isinstance(fields, str):
        return variant("JobKind", fields)
    return variant("JobKind", "Witness") + bytes_of(fields["Witness"])


def job_key(vector):
    """Everything of a job but who asked, and the time that is left."""
    return (
        unsigned(64, vector["request"])
        + unsigned(8, vector["round"])
        + job_kind(vector["kind"])
        + task(vector["task"])
    )


def job(vector):
    return job_key(vector) + bytes_of(vector["requester"]) + unsigned(32, vector["millis_left"])


def model_key(vector):
    fields = vector["task"]
    return blake2_256(
        domain("PREPARED_MODEL")
        + bytes_of(fields["model_hash"])
        + bytes_of(fields["engine_id"])
        + dims(fields["dims"])
        + load_limits(fields["limits"])
    )


def result(vector):
    if "error" in vector:
        return b"\x01" + variant("JobError", vector["error"])
    if "answer" in vector:
        done = variant("JobStatus", "Done")
        return b"\x00" + done + answer(vector["answer"]) + option(vector["witness"])
    return b"\x00" + variant("JobStatus", "Pending")


def possession(vector):
    return domain("POSSESSION") + bytes_of(vector["genesis"]) + bytes_of(vector["operator"])


def payload(kind, fields):
    if kind == "Commit":
        return bytes_of(fields)
    if kind == "Reveal":
        witness = option(fields["witness"])
        return answer(fields["answer"]) + witness + bytes_of(fields["salt"])
    return variant("JobError", fields)


def batch(vector):
    items = [
        unsigned(64, item["request"])
        + unsigned(8, item["round"])
        + bytes_of(item["seed"])
        + payload(vector["kind"], item["payload"])
        for item in vector["items"]
    ]
    return bytes_of(vector["executor"]) + unsigned(32, vector["at"]) + sequence(items)


def batch_payload(vector):
    return (
        domain("BATCH")
        + variant("BatchKind", vector["kind"])
        + bytes_of(vector["genesis"])
        + bytes_of(vector["block"])
        + batch(vector)
    )


# File -> derived field -> how it is computed from the other fields of a vector.
DERIVED = {
    "answers.json": {"encoded": answer, "digest": answer_digest},
    "batches.json": {"encoded": batch, "payload": batch_payload},
    "commitments.json": {
        "encoded_context": lambda vector: context(vector["context"]),
        "salt_payload": lambda vector: domain("SALT") + context(vector["context"]),
        "commitment": commitment,
    },
    "inputs.json": {
        "input_hash": lambda vector: blake2_256(
            domain("INPUT") + slice_(bytes_of(vector["bytes"]))
        ),
    },
    "jobs.json": {
        "encoded": job,
        "key": lambda vector: blake2_256(domain("JOB") + job_key(vector)),
        "model_key": model_key,
    },
    "possessions.json": {"payload": possession},
    "results.json": {"encoded": result},
}


def main():
    write = sys.argv[1:] == ["--write"]
    wrong = checked = 0
    for name, derived in DERIVED.items():
        path = FOLDER / name
        vectors = json.loads(path.read_text())
        for vector in vectors:
            for field, compute in derived.items():
                expected = text_of(compute(vector))
                if write:
                    vector[field] = expected
                elif vector.get(field) != expected:
                    print(f"{name}, {vector['name']}: {field} is not {expected}")
                    wrong += 1
                checked += 1
        if write:
            path.write_text(json.dumps(vectors, indent="\t", ensure_ascii=False) + "\n")
    print(f"{checked} values, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

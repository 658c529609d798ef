#!/usr/bin/env python3
"""Runs models that others made in `opg-engine` and in onnxruntime; see scripts/reality.sh.

usage: suite.py ENGINE [--small | --update | PART OF A NAME...]
"""

import datetime
import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import onnx

import cases
from engine import FUEL, MAX_CONTENT, MAX_INPUT, MAX_OUTPUT, Ours, Refused, Theirs, difference, fix

TABLE = cases.ROOT / "docs/reality.md"
MARK = "<!-- measured -->"
MEMORY = 512 << 20


class Unlike(Exception):
    """The case does not do what is written of it."""


def size(count):
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} GiB"


def large(number):
    for unit, factor in ((" G", 1e9), (" M", 1e6)):
        if number >= factor:
            return f"{number / factor:.3g}{unit}"
    return f"{number:.3g}"


def model(case, engine, scratch):
    """The file as its makers left it, and the bytes for the engine."""
    file = cases.located(case.package, case.file)
    if case.make:
        made, file = case.make(file), scratch / "made.onnx"
        onnx.save(made, file, save_as_external_data=True, location="made.weights")
    return file, (fix(engine, file, case.fix, scratch) if case.fix else file).read_bytes()


def measure(case, engine, scratch):
    """A row of the table, by column."""
    file, changed = model(case, engine, scratch)
    ours = Ours(engine, changed, case.dims.split())
    row = {"file": len(changed)}
    try:
        row |= {key: ours.inspect()[key] for key in ("load_fuel", "memory_bytes")}
    except Refused as refused:
        if case.refused and re.search(case.refused[0], str(refused)):
            return row
        raise Unlike(f"refused: {refused}") from refused
    if case.refused:
        raise Unlike("it loads, and is listed as refused: add its inputs")
    feeds = case.feeds()
    got, wanted = case.play(ours, feeds), case.play(Theirs(changed), feeds)
    row["difference"] = difference(got, wanted)
    if row["difference"] > case.tolerance:
        raise Unlike(f"differs by {row['difference']:.2g} of the largest number")
    if case.original:
        change = difference(wanted, case.original(Theirs(file), feeds))
        if change > case.changed:
            raise Unlike(f"the change makes a difference of {change:.2g} of the largest number")
    return row | {
        "fuel": ours.fuel,
        "milliseconds": ours.milliseconds,
        "input": ours.input_bytes,
        "output": ours.output_bytes,
    }


def fits(row):
    """What the chain's limits say, and what lies outside of the chain."""
    contents = [("input", row["input"], MAX_INPUT), ("output", row["output"], MAX_OUTPUT)]
    over = [f"{what} {size(have)}" for what, have, _ in contents if have > MAX_CONTENT]
    for what, key in (("fuel for loading", "load_fuel"), ("fuel", "fuel")):
        if row[key] > FUEL:
            over.append(f"{what} {large(row[key])}")
    if row["memory_bytes"] > MEMORY:
        over.append(f"memory {size(row['memory_bytes'])}")
    if over:
        return "no: " + ", ".join(over)
    outside = [f"{what} {size(have)}" for what, have, inline in contents if have > inline]
    return "yes; outside: " + ", ".join(outside) if outside else "yes"


COLUMNS = (
    "model",
    "network",
    "from",
    "file",
    "differs by",
    "fuel: load, run",
    "ms",
    "memory",
    "fits the chain",
)


def line(case, row):
    version = importlib.metadata.version(case.package)
    source = f"{case.package} {version}, {cases.LICENCES[case.package]}"
    about = [case.name, case.family, source, size(row["file"])]
    if case.refused:
        return [*about, "—", "—", "—", "—", f"refused: {case.refused[1]}"]
    gap = f"{row['difference']:.0e} of {case.tolerance:.0e}" if row["difference"] else "nothing"
    return [
        *about,
        gap,
        f"{large(row['load_fuel'])}, {large(row['fuel'])}",
        f"{row['milliseconds']:.0f}",
        size(row["memory_bytes"]),
        fits(row),
    ]


def document(engine, lines, ok, fit):
    """Writes the table anew; what is before it stays."""
    said = subprocess.run([engine, "id"], capture_output=True, text=True, check=True).stdout
    names = ("onnxruntime", "onnx", "numpy")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    row = lambda cells: f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    head = TABLE.read_text().split(MARK)[0]
    measured = [
        f"{head}{MARK}",
        f"Measured on {datetime.date.today()}, engine `{said[:16]}…`, with",
        f"{versions}: {ok} models agree, {fit} of them fit the chain's limits.",
        "",
        row(COLUMNS),
        "|---" * len(COLUMNS) + "|",
        *map(row, lines),
    ]
    TABLE.write_text("\n".join(measured) + "\n")


def main():
    engine, options = sys.argv[1], [word for word in sys.argv[2:] if word.startswith("--")]
    chosen = [word for word in sys.argv[2:] if not word.startswith("--")]
    lines, failed, ok, fit, start = [], [], 0, 0, time.monotonic()
    for case in cases.CASES:
        about = f"{case.name} ({case.package}, {pathlib.Path(case.file).name})"
        if "--small" in options and not case.small:
            continue
        if chosen and not any(part.lower() in about.lower() for part in chosen):
            continue
        try:
            with tempfile.TemporaryDirectory() as scratch:
                row = measure(case, engine, pathlib.Path(scratch))
        except Exception as error:  # Whatever it is: the others are still run.
            print(f"FAILED: {about}: {type(error).__name__}: {error}", flush=True)
            failed.append(about)
            continue
        lines.append(line(case, row))
        print(" | ".join(lines[-1]), flush=True)
        ok += not case.refused
        fit += not case.refused and fits(row).startswith("yes")
    if "--update" in options and not failed:
        document(engine, lines, ok, fit)
    print(f"RESULT reality_models_ok {ok}")
    print(f"RESULT reality_models_that_fit_the_chain {fit}")
    print(f"RESULT reality_seconds {time.monotonic() - start:.0f}")
    if failed or not ok:
        sys.exit(f"{len(failed)} models do not do what is written of them")


if __name__ == "__main__":
    main()

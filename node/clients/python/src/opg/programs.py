"""What needs the engine or the verifier: done by the programs of a node's release.

`opg` and `opg-engine` are looked for in the folder that OPG_BIN names, and then on the PATH.
Nothing here needs a compiler.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from opg.account import Account
from opg.amount import Amount, to_opg, to_planck
from opg.errors import InputMismatch, ProgramError
from opg.results import Json, Receipt
from opg.tensors import Array, decode, dtype_name, encode

_SHORT_NAMES: Final = {
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
    "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "f16": "float16", "f32": "float32", "f64": "float64", "bf16": "bfloat16",
}  # fmt: skip
_LAST_LINES: Final = 5
_NAMED_TWICE: Final = "an operator set is named twice"
"""What the engine says of files that skl2onnx writes for many models."""


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of a model."""

    name: str
    dtype: str
    """Element type, as numpy names it."""
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Inspection:
    """What the engine finds in an ONNX file."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    raw: Json = field(repr=False)

    def check(self, inputs: Mapping[str, Array | np.generic]) -> None:
        """Raise `InputMismatch` unless these are inputs of the model."""
        encode(inputs)
        expected = {info.name: info for info in self.inputs}
        for name in inputs:
            if name not in expected:
                raise _mismatch(f"the model has no input {name!r}: it has {', '.join(expected)}")
        for name, info in expected.items():
            if name not in inputs:
                raise _mismatch(f"the input {name!r} is missing: {info.dtype} {list(info.shape)}")
            array = np.asarray(inputs[name])
            if (array.dtype.name, array.shape) != (info.dtype, info.shape):
                raise _mismatch(
                    f"the input {name!r} is {array.dtype} {list(array.shape)}, and the model takes "
                    f"{info.dtype} {list(info.shape)}"
                )


@dataclass(frozen=True)
class Published:
    """A version that was registered, whose file the node has."""

    model: int
    """Number of the version."""
    file: Path
    """The file that was published: what executors run, and what `verify` takes."""
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class Verified:
    """What a receipt proves."""

    request: int
    digest: str
    is_recomputed: bool
    """Whether the answer was computed again on this machine, and is the same."""
    raw: Json = field(repr=False)


def inspect(model: str | os.PathLike[str], *, dims: Mapping[str, int] | None = None) -> Inspection:
    """Tell what a model takes and gives, or why no executor would run it."""
    report = _json_of(_run("opg-engine", ["inspect", str(model), *_dims(dims)]))
    return Inspection(_infos(report["inputs"]), _infos(report["outputs"]), report)


def run(
    model: str | os.PathLike[str],
    inputs: Mapping[str, Array | np.generic],
    *,
    dims: Mapping[str, int] | None = None,
) -> dict[str, Array]:
    """Run a model on this machine, exactly as executors do."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "input.opgt", Path(folder) / "output.opgt"
        given.write_bytes(encode(inputs))
        arguments = [str(model), str(given), *_dims(dims), "--output", str(taken)]
        _run("opg-engine", ["run", *arguments])
        return decode(taken.read_bytes())


def fix(
    model: str | os.PathLike[str], output: str | os.PathLike[str], options: Sequence[str] = ()
) -> str:
    """Change a model so that it fits the chain, into another file, and tell what was changed.

    Without options: weights are taken in from other files, and operator sets named once. `options`
    are those of `opg-engine fix`.
    """
    return _run("opg-engine", ["fix", str(model), "-o", str(output), *options])


def publish(
    url: str,
    account: Account,
    model: str | os.PathLike[str],
    name: str,
    *,
    version: str | None = None,
    royalty: Amount = 0,
    dims: Mapping[str, int] | None = None,
    options: Sequence[str] = (),
) -> Published:
    """Inspect a model on this machine, hand its file to the node, and register it.

    What broke off goes on where it was. `options` are further ones of `opg model publish`.

    Where the file names an operator set twice, as skl2onnx writes it, a file beside it that names
    each once is published instead, with a warning: `Published.file`.
    """
    planck = to_planck(royalty)
    arguments = ["--name", name, *_dims(dims), "--royalty", f"{to_opg(planck):f}"]
    arguments += ["--url", url, "--json", *options]
    if version is not None:
        arguments += ["--version", version]
    file = Path(model)
    with ExitStack() as stack:
        environment = _signing(account, stack)
        try:
            said = _run("opg", ["model", "publish", str(file), *arguments], environment)
        except ProgramError as error:
            # Nothing is handed in or paid yet.
            if _NAMED_TWICE not in str(error):
                raise
            file = _named_once(file)
            said = _run("opg", ["model", "publish", str(file), *arguments], environment)
    result = _json_of(said)
    return Published(int(result["model"]), file, result)


def _named_once(model: Path) -> Path:
    """Write a file that names each operator set once, and computes the same."""
    fixed = model.with_name(f"{model.stem}.once{model.suffix}")
    fix(model, fixed)
    warnings.warn(
        f"{model} names an operator set twice, which the engine refuses. {fixed} names it once, "
        "computes the same, and is published instead: keep it",
        stacklevel=2,
    )
    return fixed


def verify(
    receipt: Receipt | Json | str | os.PathLike[str],
    *,
    anchor: Anchor,
    model: str | os.PathLike[str] | None = None,
    input: bytes | None = None,  # noqa: A002
    output: bytes | None = None,
) -> Verified:
    """Check a receipt without a node, and compute its answer again where the model's file is given.

    `anchor` is what you trust: see `Anchor`. `input` and `output` are encoded tensors, needed where
    the receipt has only their hashes. Raises `ProgramError` with what does not hold.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["receipt", "verify", str(_receipt_file(receipt, Path(folder)))]
        arguments += anchor.options()
        if model is not None:
            arguments += ["--model", str(model)]
        for option, content in (("input", input), ("output", output)):
            if content is not None:
                file = Path(folder) / f"{option}.opgt"
                file.write_bytes(content)
                arguments += [f"--{option}", str(file)]
        result = _json_of(_run("opg", [*arguments, "--json"]))
    return Verified(
        int(result["request"]), result["answer"]["digest"], bool(result.get("recomputed")), result
    )


@dataclass(frozen=True)
class Anchor:
    """What a verifier of receipts trusts: exactly one of these."""

    genesis: str | None = None
    """Hash of the chain's first block."""
    chain: str | os.PathLike[str] | None = None
    """File with the chain's specification."""
    authorities: str | os.PathLike[str] | None = None
    """File with a set of GRANDPA authorities that was verified before."""

    def options(self) -> list[str]:
        """Options of `opg receipt verify`."""
        given = [
            [f"--{name}", str(value)] for name, value in vars(self).items() if value is not None
        ]
        if len(given) != 1:
            raise ValueError("an anchor is a genesis hash, or one file")
        return given[0]


def find(program: str) -> str:
    """Find a program of a node's release."""
    folder = os.environ.get("OPG_BIN")
    found = shutil.which(program, path=folder) if folder else None
    found = found or shutil.which(program)
    if found is None:
        raise ProgramError(
            f"the program {program} is not there: it comes with each release of the node. Put it "
            "on the PATH, or name its folder in the environment variable OPG_BIN"
        )
    return found


def _run(program: str, arguments: list[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603
        [find(program), *arguments],
        # What it says of its failure is for people.
        env={**os.environ, "RUST_BACKTRACE": "0", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message, reason = _failure(program, done.stderr)
        raise ProgramError(message, done.returncode, reason)
    return done.stdout


def _failure(program: str, stderr: str) -> tuple[str, str | None]:
    """What a program says about its failure: a JSON object where it was asked for JSON."""
    lines = stderr.strip().splitlines() or ["failed without a word"]
    reason = None
    try:
        said = json.loads(lines[-1])
        message, reason = f"{program}: {said['message']}", said.get("chain_error") or said["reason"]
    except (ValueError, TypeError, KeyError):
        message = f"{program}: " + "\n".join(lines[-_LAST_LINES:])
    if _NAMED_TWICE in message:
        message += ". opg.fix(model, output) writes a file that names it once"
    return message, reason


def _json_of(stdout: str) -> Json:
    try:
        value: Any = json.loads(stdout)
    except ValueError as error:
        raise ProgramError(f"the program's answer is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ProgramError("the program's answer is no JSON object")
    return value


def _signing(account: Account, stack: ExitStack) -> dict[str, str]:
    """Environment by which `opg` signs. Secrets are in no command line, which others could see."""
    origin = account.origin
    if "OPG_SURI" in origin:
        return {"OPG_SURI": origin["OPG_SURI"], "OPG_KEY_FILE": "", "OPG_ACCOUNT": ""}
    if "OPG_KEY_FILE" not in origin:
        raise ProgramError("the account was made neither from a secret nor from a key file")
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    file = Path(folder) / "password"
    # Only this user can enter the folder.
    file.write_text(origin["password"] + "\n")
    return {
        "OPG_KEY_FILE": origin["OPG_KEY_FILE"],
        "OPG_PASSWORD_FILE": str(file),
        "OPG_SURI": "",
        "OPG_ACCOUNT": "",
    }


def _dims(dims: Mapping[str, int] | None) -> list[str]:
    return [part for name, size in (dims or {}).items() for part in ("--dim", f"{name}={size}")]


def _infos(raw: list[Json]) -> tuple[TensorInfo, ...]:
    return tuple(
        TensorInfo(
            info["name"],
            _SHORT_NAMES.get(info["dtype"], str(info["dtype"])),
            tuple(int(size) for size in info["shape"]),
        )
        for info in raw
    )


def _mismatch(text: str) -> InputMismatch:
    return InputMismatch("InputMismatch", text)


def _receipt_file(receipt: Receipt | Json | str | os.PathLike[str], folder: Path) -> Path:
    if isinstance(receipt, str | os.PathLike):
        return Path(receipt)
    data = receipt.data if isinstance(receipt, Receipt) else receipt
    file = folder / "receipt.json"
    file.write_text(json.dumps(data))
    return file


__all__ = [
    "Anchor",
    "Inspection",
    "Published",
    "TensorInfo",
    "Verified",
    "dtype_name",
    "fix",
    "inspect",
    "publish",
    "run",
    "verify",
]

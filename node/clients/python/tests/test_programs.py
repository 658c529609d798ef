"""Programs of a release: how they are found, what they are told, and what they say."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pytest

import opg
from opg import programs

PROGRAM = """#!/usr/bin/env python3
import json, os, sys, pathlib
if sys.argv[1] == "fix":
    pathlib.Path(sys.argv[sys.argv.index("-o") + 1]).write_bytes(b"fixed")
    sys.exit()
if any(argument.endswith("twice.onnx") for argument in sys.argv):
    sys.exit("Error: bad model (UnsupportedFeature): an operator set is named twice, or")
seen = {"arguments": sys.argv[1:], "environment": dict(os.environ)}
if os.environ.get("OPG_PASSWORD_FILE"):
    seen["password"] = pathlib.Path(os.environ["OPG_PASSWORD_FILE"]).read_text()
pathlib.Path(__file__).with_name("seen.json").write_text(json.dumps(seen))
answer = json.loads(pathlib.Path(__file__).with_name("answer.json").read_text())
print(json.dumps(answer["out"]))
print(answer["error"], file=sys.stderr)
sys.exit(answer["status"])
"""


class Fake:
    """Programs that say what they are told to say, and remember what they were told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("opg", "opg-engine"):
            file = folder / name
            file.write_text(PROGRAM)
            file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def says(self, out: object, error: str = "", status: int = 0) -> None:
        answer = {"out": out, "error": error, "status": status}
        (self.folder / "answer.json").write_text(json.dumps(answer))

    def seen(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.folder / "seen.json").read_text())
        return found


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setenv("OPG_BIN", str(tmp_path))
    return Fake(tmp_path)


def publish(account: opg.Account) -> programs.Published:
    return programs.publish("ws://node", account, "m.onnx", "m", royalty="0.5", dims={"batch": 1})


def test_publishing_should_keep_the_secret_out_of_the_command_line(fake: Fake) -> None:
    fake.says({"model": 7})
    assert publish(opg.Account.from_suri("//Eve")).model == 7
    seen = json.dumps(fake.seen()["arguments"])
    assert "Eve" not in seen
    assert '"--royalty", "0.5"' in seen
    assert '"--dim", "batch=1"' in seen
    environment = fake.seen()["environment"]
    assert isinstance(environment, dict)
    assert environment["OPG_SURI"] == "//Eve"


def test_publishing_should_hand_on_a_key_file(fake: Fake) -> None:
    fake.says({"model": 7})
    file = Path(__file__).with_name("alice.json")
    publish(opg.Account.from_key_file(file, "a password"))
    environment = fake.seen()["environment"]
    assert isinstance(environment, dict)
    assert (environment["OPG_KEY_FILE"], environment["OPG_SURI"]) == (str(file), "")
    assert fake.seen()["password"] == "a password\n"
    assert not Path(environment["OPG_PASSWORD_FILE"]).exists()


def test_failure_of_a_program_should_be_told_in_its_words(fake: Fake) -> None:
    error = json.dumps({"code": 7, "reason": "NotEnoughFunds", "message": "too little OPG"})
    fake.says({}, "a line before\n" + error, 7)
    with pytest.raises(opg.ProgramError, match="opg: too little OPG") as caught:
        publish(opg.Account.from_suri("//Eve"))
    assert (caught.value.status, caught.value.reason) == (7, "NotEnoughFunds")
    fake.says({}, "Error: bad model (OpenDimension): input `x`", 1)
    with pytest.raises(opg.ProgramError, match="OpenDimension") as caught:
        opg.inspect("m.onnx")
    assert (caught.value.status, caught.value.reason) == (1, None)


def test_a_file_that_names_a_set_twice_should_be_published_as_one_that_does_not(fake: Fake) -> None:
    fake.says({"model": 7})
    twice = fake.folder / "twice.onnx"
    with pytest.raises(opg.ProgramError, match=r"named twice.*opg\.fix"):
        opg.inspect(twice)
    account = opg.Account.from_suri("//Eve")
    with pytest.warns(UserWarning, match=r"twice\.once\.onnx names it once"):
        published = programs.publish("ws://node", account, twice, "m", options=["--memory", "9"])
    assert (published.model, published.file) == (7, fake.folder / "twice.once.onnx")
    assert published.file.read_bytes() == b"fixed"
    arguments = fake.seen()["arguments"]
    assert isinstance(arguments, list)
    assert arguments[:3] == ["model", "publish", str(published.file)]
    assert arguments[-2:] == ["--memory", "9"]


def test_inspection_should_tell_which_input_does_not_fit(fake: Fake) -> None:
    info = {"name": "x", "dtype": "f32", "shape": [1, 2]}
    fake.says({"inputs": [info], "outputs": [{**info, "name": "y", "dtype": "i64"}]})
    found = opg.inspect("m.onnx", dims={"batch": 1})
    assert (found.inputs[0].dtype, found.outputs[0].dtype) == ("float32", "int64")
    good = np.zeros((1, 2), np.float32)
    found.check({"x": good})
    for wrong, cause in (
        ({}, "'x' is missing: float32"),
        ({"x": good, "z": good}, "no input 'z'"),
        ({"x": good.astype(np.float64)}, r"is float64 \[1, 2\], and the model takes float32"),
        ({"x": good[0]}, r"is float32 \[2\]"),
    ):
        with pytest.raises(opg.InputMismatch, match=cause):
            found.check(wrong)


def test_verification_should_hand_on_anchor_and_files(fake: Fake) -> None:
    fake.says({"request": 3, "answer": {"digest": "0x01"}, "recomputed": True})
    receipt = opg.Receipt(3, {"request": 3})
    anchor = opg.Anchor(genesis="0x02")
    verified = opg.verify(receipt, anchor=anchor, model="m.onnx", input=b"in", output=b"out")
    assert (verified.request, verified.digest, verified.is_recomputed) == (3, "0x01", True)
    arguments = fake.seen()["arguments"]
    assert isinstance(arguments, list)
    assert arguments[:2] == ["receipt", "verify"]
    assert arguments[3:7] == ["--genesis", "0x02", "--model", "m.onnx"]
    assert [arguments[7], arguments[9], arguments[11]] == ["--input", "--output", "--json"]
    for wrong in (opg.Anchor(), opg.Anchor(genesis="0x", chain="file")):
        with pytest.raises(ValueError, match="one file"):
            opg.verify(receipt, anchor=wrong)


def test_program_should_be_named_when_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPG_BIN", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(opg.ProgramError, match="OPG_BIN"):
        opg.inspect("m.onnx")

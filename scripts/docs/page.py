#!/usr/bin/env python3
"""Runs the commands of a page of the documentation in their order, as somebody who follows it.

usage: page.py PAGE FOLDER      in this folder, which should be empty
       page.py --list PAGE...   prints what would be run

A page needs nothing special. Its blocks are run as they stand:

    ```bash     in one shell for all of them, with -euo pipefail
    ```python   in one interpreter for all of them: FOLDER/venv/bin/python where the page makes one

    ```text     right after such a block: what it prints. "..." stands for anything in a line, and
                alone in a line for any lines. Compared without the ends of lines.

Blocks of other languages are not run. Comments of HTML, which no reader sees, add the rest:

    <!-- test:bash      and python: a block that is not shown, up to a line "-->"
    <!-- test: not run: REASON -->      the next block is not run; the reason is printed
    <!-- test: only with NAME -->       the next block is not run unless OPG_DOCS has this word
    <!-- test: fails CODE -->           the next block, a program of its own, ends with this code
    <!-- test: background -->           the next block goes on until the page has ended
    <!-- test: result NAME -->          prints RESULT NAME, the seconds since OPG_BEGAN (of the clock;
                                        without it, since the page began)

A block takes OPG_DOCS_TIMEOUT seconds at most, 600 by default.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

RUN = ("bash", "python")
DIRECTIVE = re.compile(
    r"(?P<background>background)"
    r"|fails (?P<fails>\d+)"
    r"|only with (?P<only>\w+)"
    r"|not run: (?P<skipped>.+)"
    r"|result (?P<result>\w+)"
)
# Reads what to execute, line by line, and says 0 or 1 for each.
INTERPRETER = """
import json, os, sys, traceback
said = os.fdopen(os.dup(1), "w")
space = {"__name__": "__main__"}
for order in sys.stdin:
    order = json.loads(order)
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1), os.dup2(out, 2), os.close(out)
    failed = 0
    try:
        exec(compile("\\n" * (order["line"] - 1) + order["code"], order["page"], "exec"), space)
    except BaseException:
        traceback.print_exc()
        failed = 1
    sys.stdout.flush(), sys.stderr.flush()
    print(failed, file=said, flush=True)
"""


class Failed(Exception):
    """A page that does not do what it says."""


@dataclass
class Block:
    """Commands of a page, or a result that is to be printed."""

    language: str
    line: int
    code: str = ""
    output: str | None = None
    directives: dict[str, str] = field(default_factory=dict)

    def reason(self) -> str | None:
        """Why it is not run."""
        only = self.directives.get("only")
        if only and only not in os.environ.get("OPG_DOCS", "").split():
            return f"only with OPG_DOCS={only}"
        return self.directives.get("skipped")


def blocks(text: str) -> list[Block]:
    """What is to be run of a page, in its order."""
    found: list[Block] = []
    directives: dict[str, str] = {}
    # The block that output could follow.
    last: Block | None = None
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if hidden := re.fullmatch(r"<!-- test:(bash|python)", line):
            code = _until(lines, "-->", number)
            found.append(Block(hidden[1], number + 1, code, None, directives))
            last, directives = None, {}
        elif line.startswith("<!-- test:"):
            said = re.fullmatch(r"<!-- test: (.+) -->", line)
            known = said and DIRECTIVE.fullmatch(said[1])
            if not known:
                raise Failed(f"line {number}: no such comment: {line}")
            given = {name: value for name, value in known.groupdict().items() if value}
            if "result" in given:
                found.append(Block("result", number, given["result"]))
            else:
                directives |= given
        elif opened := re.fullmatch(r"(```+)(\w*).*", line):
            code = _until(lines, opened[1], number)
            if opened[2] in RUN:
                last = Block(opened[2], number + 1, code, None, directives)
                found.append(last)
            elif opened[2] == "text" and last:
                last.output, last = code, None
            elif directives:
                raise Failed(f"line {number}: a comment says how to run what is never run")
            directives = {}
        elif line.strip():
            last = None
    if directives:
        raise Failed(f"a comment at the end belongs to no block: {directives}")
    return found


def _until(lines, end: str, opened: int) -> str:
    code = []
    for _, line in lines:
        if line == end:
            return "\n".join(code) + "\n"
        code.append(line)
    raise Failed(f"line {opened}: never ends")


def agrees(shown: str, output: str) -> bool:
    """Whether a page shows what was printed."""
    parts = []
    for line in shown.rstrip().splitlines():
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            pieces = (re.escape(piece) for piece in line.rstrip().split("..."))
            parts.append(".*?".join(pieces) + r"\n")
    printed = "".join(line.rstrip() + "\n" for line in output.rstrip().splitlines())
    return re.fullmatch("".join(parts), printed) is not None


class Shell:
    """A program that is told what to do next, and says how that ended."""

    def __init__(self, *command: str, name: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def do(self, order: str, seconds: float) -> int:
        """Status of what was ordered."""
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), self.end()))
        timer.start()
        try:
            self.process.stdin.write(order + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        timer.cancel()
        if late.is_set():
            timer.join()
            raise Failed(f"it takes longer than {seconds:.0f} s")
        # A shell with -e is gone.
        return int(answer) if answer else self.process.wait()

    def end(self) -> None:
        """End it, and what it left in the background."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + 10
            while self._is_there() and time.monotonic() < deadline:
                time.sleep(0.1)
        self.process.stdin.close(), self.process.stdout.close()

    def _is_there(self) -> bool:
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Follower:
    """Somebody who follows a page."""

    def __init__(self, page: pathlib.Path, folder: pathlib.Path) -> None:
        self.page, self.folder = page, folder
        self.logs = folder / ".page"
        self.logs.mkdir(exist_ok=True)
        self.began = float(os.environ.get("OPG_BEGAN", time.time()))
        self.seconds = float(os.environ.get("OPG_DOCS_TIMEOUT", "600"))
        self.shells: dict[str, Shell] = {}

    def shell(self, language: str) -> Shell:
        """The one for a language."""
        if language not in self.shells:
            if language == "bash":
                new = Shell("bash", name="bash")
                new.do("set -euo pipefail; echo 0", 10)
            else:
                own = self.folder / "venv/bin/python"
                new = Shell(
                    str(own) if own.exists() else sys.executable,
                    "-u",
                    "-c",
                    INTERPRETER,
                    name="python",
                )
            self.shells[language] = new
        return self.shells[language]

    def follow(self, block: Block) -> None:
        """Run a block, and compare."""
        where = f"{self.page}:{block.line}"
        if block.language == "result":
            print(f"RESULT {block.code} {time.time() - self.began:.0f}", flush=True)
            return
        if reason := block.reason():
            print(f"--- {where} is NOT run: {reason}", flush=True)
            return
        began = time.monotonic()
        out = self.logs / f"{block.line}.out"
        out.write_text("")
        try:
            status = self.run(block, out)
        except Failed as error:
            raise Failed(f"{where}: {error}\n{out.read_text()}") from None
        output = out.read_text()
        print(f"--- {where}, {time.monotonic() - began:.0f} s\n{output}", end="", flush=True)
        expected = int(block.directives.get("fails", "0"))
        if status != expected:
            raise Failed(f"{where}: ended with {status} instead of {expected}")
        if block.output is not None and not agrees(block.output, output):
            raise Failed(f"{where}: printed something else. The page shows\n{block.output}")

    def run(self, block: Block, out: pathlib.Path) -> int:
        """Status of a block."""
        if block.language == "python":
            order = {
                "code": block.code,
                "line": block.line,
                "page": str(self.page),
                "out": str(out),
            }
            return self.shell("python").do(json.dumps(order), self.seconds)
        file = self.logs / f"{block.line}.sh"
        file.write_text(block.code)
        run = f"source {file} </dev/null >{out} 2>&1; echo 0"
        if "fails" in block.directives:
            run = f"bash -euo pipefail {file} </dev/null >{out} 2>&1 && echo 0 || echo $?"
        elif "background" in block.directives:
            run = f"(source {file}) </dev/null >{out} 2>&1 & echo 0"
        return self.shell("bash").do(run, self.seconds)

    def end(self) -> None:
        """End all that was started."""
        for shell in self.shells.values():
            shell.end()


def main() -> int:
    """Run or list."""
    first, *rest = sys.argv[1:] or ["--help"]
    if first in ("-h", "--help"):
        print(__doc__)
        return 0
    if first == "--list":
        for page in rest:
            for block in blocks(pathlib.Path(page).read_text()):
                print(
                    f"{page}:{block.line} {block.language} {block.directives or ''}\n{block.code}",
                    end="",
                )
        return 0
    page, folder = pathlib.Path(first).resolve(), pathlib.Path(rest[0]).resolve()
    found = blocks(page.read_text())
    os.chdir(folder)
    follower = Follower(page, folder)
    # What goes on in the background ends with this program, however that ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        for block in found:
            follower.follow(block)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        follower.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())

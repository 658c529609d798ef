#!/usr/bin/env python3
"""What the package of Magika makes of the bytes of some files, for the tests of opg-tensors.

usage: python make.py            compares magika.json with what the package makes now
       python make.py --update   writes it

Needs `magika` as scripts/reality/requirements.txt names it: `scripts/reality.sh --install-small` puts it
into ~/.cache/opg-chain/reality-venv.
"""

import io
import json
import pathlib
import sys

from magika import Magika
from magika.types import Seekable

VECTORS = pathlib.Path(__file__).resolve().with_name("magika.json")
# Sizes of the package's model, and small ones that can be read.
SIZES = {"small": (8, 6, 16), "model": (1024, 1024, 4096)}
PAD = 256

SPACES = b" \t\n\r\x0b\x0c"
# Parts, each so many times.
FILES = {
    "empty": [],
    "one byte": [(b"a", 1)],
    "short": [(b"abc", 1)],
    "just the first window": [(b"01234567", 1)],
    "just the last window": [(b"012345", 1)],
    "one more than the first window": [(b"012345678", 1)],
    "just what is read": [(bytes(range(16)), 1)],
    "one more than what is read": [(bytes(range(16)), 1), (b"\xff", 1)],
    "long": [(bytes(range(256)), 1)],
    "spaces before": [(SPACES, 1), (b"begin and more of it", 1)],
    "spaces after": [(b"some and then the end", 1), (SPACES, 1)],
    "spaces around a short one": [(b"  ", 1), (b"abc", 1), (b"\n", 1)],
    "spaces within": [(b"a b\tc\nd  e", 3)],
    "more spaces than are read": [(b" ", 20), (b"text", 1), (b"\n", 20)],
    "spaces alone": [(SPACES, 2)],
    "spaces that are none": [(b"\x00\x1c\x1d\x85\xa0", 4)],
    "as long as both windows": [(b"0123456789abcdef", 128)],
    "a window and a byte": [(b"x", 1025)],
    "as long as what is read": [(b"0123456789abcde\n", 256)],
    "longer than what is read": [(b"\n\n", 1), (bytes(range(256)), 40), (b"  \r\n", 1)],
}

OF_MODEL = {
    "spaces around a short one",
    "a window and a byte",
    "as long as what is read",
    "longer than what is read",
}


def elements(content, sizes):
    """What the package would give a model with these sizes."""
    head, tail, block = sizes
    features = Magika._extract_features_from_seekable(
        Seekable(io.BytesIO(content)), head, 0, tail, PAD, block, False
    )
    return [*features.beg, *features.end]


def vectors():
    """All of them."""
    for name, parts in FILES.items():
        content = b"".join(part * count for part, count in parts)
        for of, sizes in SIZES.items():
            if of == "model" and name not in OF_MODEL:
                continue
            head, tail, block = sizes
            yield {
                "name": name,
                "file": [[part.hex(), count] for part, count in parts],
                "windows": f"head={head},tail={tail},pad={PAD},strip={block}",
                "elements": elements(content, sizes),
            }


def main():
    """Write or compare."""
    lines = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in vectors())
    text = f"[\n{lines}\n]\n"
    if sys.argv[1:] == ["--update"]:
        VECTORS.write_text(text)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    elif VECTORS.read_text() != text:
        sys.exit(f"{VECTORS} is not what this package makes")
    else:
        print(f"{VECTORS.name}: {text.count('windows')} vectors")


if __name__ == "__main__":
    main()

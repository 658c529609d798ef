"""The command: `python -m opg.language import PATH --out DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from opg.language import ImportRefused, Kind, Sizes, import_model


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m opg.language", description="Language models for the engine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "import",
        help="make a servable model of a GGUF file, a folder of Hugging Face, or a pair of T5",
        description="Writes model.onnx, tokenizer.json and tokenizer_config.json.",
    )
    command.add_argument(
        "path",
        type=Path,
        help="a GGUF file, or a folder with config.json and safetensors, or with encoder.onnx and "
        "decoder.onnx",
    )
    command.add_argument("--out", type=Path, required=True, help="folder to write into")
    command.add_argument(
        "--context",
        type=int,
        help="tokens of a prompt and its answer together, a multiple of 32 "
        "[default: 512, or the model's own if that is less; 128 of a pair, of any length]",
    )
    command.add_argument(
        "--weights",
        choices=[kind.value for kind in Kind],
        default=Kind.INT4.value,
        help="how numbers are stored [default: %(default)s]",
    )
    command.add_argument(
        "--tokenizer", type=Path, help="a tokenizer.json to take in the place of the source's"
    )
    command.add_argument("--quiet", action="store_true", help="say nothing while it works")
    options = parser.parse_args(arguments)
    say = _Progress(is_quiet=options.quiet)
    try:
        imported = import_model(
            options.path,
            options.out,
            context=options.context,
            weights=options.weights,
            tokenizer=options.tokenizer,
            progress=say,
        )
    except (ImportRefused, OSError) as error:
        say.end()
        sys.stderr.write(f"Error: {error}\n")
        return 1
    say.end()
    decoder = imported.decoder
    size = imported.model.stat().st_size
    print(f"model      {imported.model} ({size / 1e6:.1f} MB, {options.weights})")
    print(f"tokenizer  {imported.tokenizer}")
    sizes = f"{decoder.layers} layers, width {decoder.width}, {decoder.heads} heads"
    if isinstance(decoder, Sizes):
        print(f"encoder    {sizes}")
        print(f"decoder    {decoder.decoder_layers} layers, vocabulary {decoder.vocabulary}")
        print(f"context    {imported.context} tokens")
    else:
        more = f"{decoder.kv_heads} key-value heads, vocabulary {decoder.vocabulary}"
        print(f"decoder    {sizes}, {more}")
        print(f"context    {imported.context} tokens of {decoder.context} that it was made for")
    print(f"stops at   {', '.join(map(str, decoder.stop)) or 'no token'}")
    return 0


class _Progress:
    """One line on a terminal, and nothing elsewhere."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_shown = sys.stderr.isatty() and not is_quiet

    def __call__(self, message: str) -> None:
        if self._is_shown:
            sys.stderr.write(f"\r\033[K{message}")
            sys.stderr.flush()

    def end(self) -> None:
        """Wipe the line."""
        self("")


if __name__ == "__main__":
    sys.exit(main())

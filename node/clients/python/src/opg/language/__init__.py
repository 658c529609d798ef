"""Language models for the engine, from the files in which they are published.

from opg import language

imported = language.import_model("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2", weights="int4")
print(imported.model, imported.tokenizer)

Needs `pip install opg[language]`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

try:
    import gguf as _gguf
    import onnx as _onnx
except ImportError as error:
    raise ImportError(
        f"{error.name} is not installed: pip install 'opg[language]'", name=error.name
    ) from error

from opg.language.decoder import Decoder, Source, Tokenizer
from opg.language.encoder_graph import encoder_step_graph
from opg.language.errors import ImportRefused
from opg.language.folder import Folder
from opg.language.gguf_file import GgufFile
from opg.language.graph import PROMPT_BLOCK, step_graph
from opg.language.t5 import DECODER, ENCODER, Pair, Sizes
from opg.language.tokenizer import one_file
from opg.language.weights import Kind

__all__ = ["PROMPT_BLOCK", "Decoder", "ImportRefused", "Imported", "Kind", "Sizes", "import_model"]

del _gguf, _onnx

_CONTEXT = 512
_PAIR_CONTEXT = 128


@dataclass(frozen=True)
class Imported:
    """What an import wrote."""

    model: Path
    """The step graph, model.onnx: what the engine serves."""
    tokenizer: Path
    """tokenizer.json, with template, special tokens and stops in `model.opg`."""
    tokenizer_config: Path
    """tokenizer_config.json: chat template, names of special tokens."""
    decoder: Decoder | Sizes
    """`Sizes` of an encoder and its decoder."""
    context: int
    """Tokens of a prompt and its answer together."""


def import_model(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    context: int | None = None,
    weights: Kind | Literal["f32", "f16", "int8", "int4"] = Kind.INT4,
    tokenizer: str | os.PathLike[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Imported:
    """Write a servable model into a folder, and its tokenizer beside it.

    `source` is a GGUF file, a folder of Hugging Face, or one with encoder.onnx and decoder.onnx of
    T5. `context` is 512, or the model's own if that is less; 128 of a pair. `tokenizer` is a
    tokenizer.json to take in the place of the source's.

    The same source and options give the same bytes. Raises `ImportRefused` for what is not
    supported, before anything is written, and `OSError` where a file cannot be read or written.
    """
    kind = Kind(weights)
    opened = _open(Path(source))
    text = opened.tokenizer() if tokenizer is None else _given(Path(tokenizer))
    decoder: Decoder | Sizes
    if isinstance(opened, Pair):
        decoder, tokens = opened.sizes, _PAIR_CONTEXT if context is None else context
        model = encoder_step_graph(opened, kind, tokens, progress)
    else:
        decoder = opened.decoder
        own = decoder.context // PROMPT_BLOCK * PROMPT_BLOCK
        tokens = min(_CONTEXT, own) if context is None else context
        model = step_graph(opened, kind, tokens, progress)
    text_file = one_file(text, decoder.stop)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    imported = Imported(
        folder / "model.onnx",
        folder / "tokenizer.json",
        folder / "tokenizer_config.json",
        decoder,
        tokens,
    )
    imported.model.write_bytes(model)
    imported.tokenizer.write_bytes(text_file)
    imported.tokenizer_config.write_bytes(text.config)
    return imported


def _open(path: Path) -> Source | Pair:
    if (path / ENCODER).is_file() and (path / DECODER).is_file():
        return Pair(path)
    if path.is_dir():
        return Folder(path)
    if not path.exists():
        raise ImportRefused(f"{path} is not there")
    return GgufFile(path)


def _given(path: Path) -> Tokenizer:
    """A tokenizer.json, and what lies beside it."""
    config = path.with_name("tokenizer_config.json")
    return Tokenizer(path.read_bytes(), config.read_bytes() if config.is_file() else b"{}\n")

"""Makes a tokenizer.json of what GGUF files say of byte-level BPE; adds what clients need to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from opg.language.decoder import Tokenizer
from opg.language.errors import ImportRefused

_CONTROL, _USER_DEFINED = 3, 4
_ENDS: Final = frozenset({
    "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>",
    "<EOT>", "</s>",
})  # fmt: skip
"""Control tokens that end an answer, whether or not a file says so."""

_SPECIAL: Final = ("bos_token", "eos_token", "unk_token", "pad_token")
"""Names that templates have for tokens."""

_BYTE_LEVEL: Final = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
_WORDS: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _split(digits: str) -> list[Any]:
    """Words by this expression, with so many digits at once."""
    pattern = {"Regex": _WORDS % digits}
    words = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    return [words, {**_BYTE_LEVEL, "use_regex": False}]


_GPT2: Final = [{**_BYTE_LEVEL, "use_regex": True}]
_SINGLE_DIGITS: Final = [{"type": "Digits", "individual_digits": True}, *_GPT2]
_SPLITS: Final[dict[str, list[Any]]] = {
    "gpt-2": _GPT2,
    "smollm": _SINGLE_DIGITS,
    "starcoder": _SINGLE_DIGITS,
    "refact": _SINGLE_DIGITS,
    "llama-bpe": _split("{1,3}"),
    "llama3": _split("{1,3}"),
    "llama-v3": _split("{1,3}"),
    "qwen2": _split(""),
}
"""How text is cut before pairs are merged, by the names of llama.cpp."""
_LLAMA_3: Final = ("llama-bpe", "llama3", "llama-v3")


def stop_tokens(named: Iterable[int], control: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    """Tokens that end an answer: those that the file names first, each once."""
    known = [token for token, text in control if text in _ENDS]
    return tuple(dict.fromkeys([*named, *known]))


def one_file(tokenizer: Tokenizer, stop: Sequence[int]) -> bytes:
    """The tokenizer.json with what else makes tokens of text: template, special tokens, stops.

    A version names one file by its hash, so all of it is in one. The package `tokenizers` refuses
    keys that it does not know at the top, and ignores them in `model`: there it goes, as `opg`.
    """
    file, config = (_loaded(part) for part in (tokenizer.json, tokenizer.config))
    model = file.get("model")
    if not isinstance(model, dict):
        return tokenizer.json
    own: dict[str, Any] = {}
    template = _template(config.get("chat_template"))
    if template is not None:
        own["chat_template"] = template
    for name in _SPECIAL:
        token = config.get(name)
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            own[name] = text
    own["stop"] = list(stop)
    model["opg"] = own
    text = json.dumps(file, ensure_ascii=False, separators=(",", ":")) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ImportRefused(f"tokenizer.json has a text that is none: {error}") from error


def _loaded(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise ImportRefused(f"the tokenizer's files are no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ImportRefused("the tokenizer's files are no objects of JSON")
    return value


def _template(value: object) -> str | None:
    """The template of conversations: the only one, or that which is named so among several."""
    if isinstance(value, list):
        named = [own for own in value if isinstance(own, dict) and own.get("name") == "default"]
        value = named[0].get("template") if named else None
    return value if isinstance(value, str) else None


def byte_level_bpe(
    *,
    tokens: Sequence[str],
    kinds: Sequence[int],
    merges: Sequence[str],
    splits: str,
    special: Mapping[str, int],
    adds_bos: bool | None,
    template: str | None,
) -> Tokenizer:
    """The tokenizer of these tokens, in the order of their numbers, and of these merges."""
    if splits not in _SPLITS:
        raise ImportRefused(
            f"the tokenizer in the file cuts text by the rules {splits!r}: supported are "
            f"{', '.join(_SPLITS)}. Give the model's own tokenizer.json"
        )
    if len(kinds) != len(tokens):
        raise ImportRefused(f"the file has {len(tokens)} tokens, and types of {len(kinds)}")
    vocabulary = {text: token for token, text in enumerate(tokens)}
    if len(vocabulary) != len(tokens):
        raise ImportRefused("the file has a token twice")
    for name, token in special.items():
        if not 0 <= token < len(tokens):
            raise ImportRefused(f"the {name} {token} is not among {len(tokens)} tokens")
    is_llama_3 = splits in _LLAMA_3
    adds_bos = is_llama_3 if adds_bos is None else adds_bos
    texts = {name: tokens[token] for name, token in special.items()}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": token,
                "content": text,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": kind == _CONTROL,
            }
            for token, (text, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind in (_CONTROL, _USER_DEFINED)
        ],
        "normalizer": {"type": "NFC"} if splits == "qwen2" else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _SPLITS[splits]},
        "post_processor": _with_bos(texts, special) if adds_bos else {**_BYTE_LEVEL},
        "decoder": {**_BYTE_LEVEL, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": is_llama_3,
            "vocab": vocabulary,
            "merges": list(merges),
        },
    }
    config: dict[str, Any] = {"add_bos_token": adds_bos, **texts}
    if template is not None:
        config["chat_template"] = template
    return Tokenizer(_json(tokenizer), _json(config))


def _with_bos(texts: Mapping[str, str], special: Mapping[str, int]) -> Any:
    """The first token before each text."""
    if "bos_token" not in texts:
        raise ImportRefused("texts begin with a token that the file does not name")
    text, token = texts["bos_token"], special["bos_token"]
    first: Any = {"SpecialToken": {"id": text, "type_id": 0}}
    a: Any = {"Sequence": {"id": "A", "type_id": 0}}
    b: Any = {"Sequence": {"id": "B", "type_id": 1}}
    return {
        "type": "TemplateProcessing",
        "single": [first, a],
        "pair": [first, a, {"SpecialToken": {"id": text, "type_id": 1}}, b],
        "special_tokens": {text: {"id": text, "ids": [token], "tokens": [text]}},
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()

"""Renders a conversation by the template of a model's author: a program of its own.

`opg.text` runs it, since nothing bounds a template within a process: Jinja's sandbox keeps it from
the machine, but not from endless loops and texts without end. It imports nothing of this package.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any, NoReturn

_CPU_SECONDS = 5
_MEMORY_BYTES = 2**29


def _bound() -> None:
    """Limit what this process may take, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415, which Windows does not have

        # What goes on for too long ends without a file of its memory.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def render(source: str, context: dict[str, Any], most: int) -> dict[str, str]:
    """Give the text, of so many bytes at most, or why there is none.

    `malformed` is of the template, `refused` of the conversation.
    """
    import jinja2  # noqa: PLC0415, by the path that was given
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    def refuse(text: str) -> NoReturn:
        raise jinja2.TemplateError(text)

    def to_json(value: object, indent: int | None = None) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    # As the package `transformers` sets Jinja up, and `node/text` after it.
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
        extensions=["jinja2.ext.loopcontrols"],
    )
    environment.globals["raise_exception"] = refuse
    environment.filters["tojson"] = to_json
    try:
        text = environment.from_string(source).render(context)
    except jinja2.TemplateSyntaxError as error:
        return {"malformed": str(error)}
    except MemoryError:
        return {"refused": "it takes too much memory"}
    except Exception as error:
        return {"refused": str(error) or type(error).__name__}
    size = len(text.encode(errors="replace"))
    return {"text": text} if size <= most else {"refused": f"it makes {size} bytes of them"}


def main() -> None:
    """Take an order from the standard input, and give what comes of it on the standard output."""
    order = json.load(sys.stdin.buffer)
    sys.path[:] = order["path"]
    _bound()
    given = render(order["template"], order["context"], order["most"])
    sys.stdout.buffer.write(json.dumps(given).encode())


if __name__ == "__main__":
    main()

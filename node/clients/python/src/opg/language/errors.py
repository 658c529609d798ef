"""What an import can be refused for."""

from __future__ import annotations

from opg.errors import OpgError


class ImportRefused(OpgError, ValueError):
    """A file that is none of what is imported, or a model whose features are not supported."""

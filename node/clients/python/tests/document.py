"""The document of the node's methods, docs/openrpc.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


class Document:
    """The schemas of `opg_v1_` methods."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text())
        self._components = _partial(document["components"])
        self._methods = {method["name"]: method for method in document["methods"]}

    def check_params(self, method: str, params: list[Any]) -> None:
        """Fail unless a method takes these parameters."""
        known = self._methods[method]["params"]
        assert len(params) <= len(known), method
        for own, value in zip(known, params, strict=False):
            self._validate(own["schema"], value)

    def check_result(self, method: str, result: Any) -> None:
        """Fail unless a method gives all that is in this result."""
        self._validate(_partial(self._methods[method]["result"]["schema"]), result)

    def check_news(self, method: str, item: Any) -> None:
        """Fail unless a subscription tells all that is in this item."""
        self._validate(_partial(self._methods[method]["x-subscription"]["result"]), item)

    def _validate(self, schema: Any, value: Any) -> None:
        Draft202012Validator({**schema, "components": self._components}).validate(value)


def _partial(schema: Any) -> Any:
    """The schema of a part of a value: nothing need be there, and nothing else may be."""
    if isinstance(schema, list):
        return [_partial(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {
        key: _partial(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))
    }
    if schema.get("type") == "object" and "properties" in schema:
        changed["additionalProperties"] = False
    return changed

"""When two `meta` entries are equal (contract §5), in one form for every store and device. Pure."""

import json
from collections.abc import Mapping
from typing import Any


def meta_terms(meta: Mapping[str, Any]) -> list[str]:
    """Each entry of a `meta` map as one keyword, so that equality is one exact match on any store.

    Numbers compare by value (`1` equals `1.0`), maps whatever the order of their keys.
    """
    return [f"{key}={json.dumps(_canonical(value), sort_keys=True)}" for key, value in sorted(meta.items())]


def _canonical(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    return value

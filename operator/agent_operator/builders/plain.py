"""Objects of the Kubernetes client as plain JSON values; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def to_plain(value: Any) -> Any:
    """Return a model of the client as the API server takes it, without what is absent."""
    if isinstance(value, Mapping):
        return {key: to_plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(one) for one in value]
    names = getattr(value, "attribute_map", None)
    if names is None:
        return value
    found = {outside: getattr(value, inside) for inside, outside in names.items()}
    return {key: to_plain(one) for key, one in found.items() if one is not None}

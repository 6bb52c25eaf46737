"""What kopf keeps of an object between two events: nothing, as events are all that is asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import kopf
from typing_extensions import override


class NoDiffBase(kopf.DiffBaseStorage):
    """Spares the copy of each object that kopf would compare with the next: no handler here is told of differences."""

    @override
    def build(self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None) -> kopf.BodyEssence:
        """Return nothing of an object."""
        del body, extra_fields
        return kopf.BodyEssence()

    @override
    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """Return nothing that was stored."""
        del body
        return None

    @override
    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Store nothing."""

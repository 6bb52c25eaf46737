"""What an informer lists and watches, and how it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PAGE_SIZE = 500
"""Objects that are asked for at once."""
WATCH_SECONDS = 290.0
"""After which the API server is asked to end a watch; up to a tenth less, so that watches do not end together."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an informer lists and watches.

    Attributes:
        path: Of the collection, as in `/apis/batch/v1/namespaces/agents/jobs`.
        kind: Its name, as in `Job`, for words and the log.
        labels: A label selector; all objects where empty.
        fields: A field selector; all objects where empty.
        reader: The part of the product that asks, for words.
        page_size: Objects that are asked for at once.
        watch_seconds: After which a watch ends.
    """

    path: str
    kind: str
    labels: str = ""
    fields: str = ""
    reader: str = "gateway"
    page_size: int = PAGE_SIZE
    watch_seconds: float = WATCH_SECONDS

    def select(self, **params: str) -> Mapping[str, str]:
        """Return the parameters of a call, those that say nothing left out, with the selectors."""
        asked = {**params, "labelSelector": self.labels, "fieldSelector": self.fields}
        return {key: value for key, value in asked.items() if value}


@dataclass(slots=True)
class Listing:
    """A list that is being read: what it has found, and where it goes on."""

    token: str = ""
    version: str = ""
    complete: bool = False
    seen: set[str] = field(default_factory=set)

"""The base of every model that crosses a border: camelCase outside, frozen inside."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A frozen model, camelCase outside.

    Unknown fields are ignored, so that an older part reads what a newer one writes. Each is built when it is first used:
    a runner, whose start people wait for, uses few of them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", defer_build=True
    )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values by outside names, without what is absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

"""The base of every model that crosses a border: camelCase outside, frozen inside."""

from __future__ import annotations

from typing import Any

from agent_contract.modelling import BaseModel, ConfigDict, to_camel


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


class Resource(Wire):
    """A resource as it stands in the API server; its kind adds `spec` and `status`."""

    metadata: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Return `metadata.name`."""
        return str(self.metadata["name"])

    @property
    def uid(self) -> str:
        """Return `metadata.uid`."""
        return str(self.metadata["uid"])

"""What models are built with: pydantic, or `lean` in a process that imported that first, as runners do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or "agent_contract.lean" not in sys.modules:
    from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
    from pydantic.alias_generators import to_camel
else:
    from agent_contract.lean import (
        BaseModel,
        BeforeValidator,
        ConfigDict,
        Field,
        TypeAdapter,
        ValidationError,
        to_camel,
    )

__all__ = ["BaseModel", "BeforeValidator", "ConfigDict", "Field", "TypeAdapter", "ValidationError", "to_camel"]

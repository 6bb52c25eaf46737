"""What became of files, as whoever looked tells it: checked, since it came from a pod's files or from the pod itself."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_contract.diffs import MOST_FILES, MOST_PATCH_BYTES, MOST_PATH, is_secret
from agent_gateway.errors import GatewayError

MOST_HEAD_BYTES: Final = 4 << 20
MOST_BYTES: Final = MOST_HEAD_BYTES + MOST_PATCH_BYTES
MOST_BASES: Final = 10
_MOST_BASE: Final = 120
_MOST_COUNT: Final = 10**9
_Name = Annotated[str, Field(max_length=MOST_PATH)]
_Count = Annotated[int, Field(ge=0, le=_MOST_COUNT)]
_Size = Annotated[int, Field(ge=0, lt=2**53)]


class NoDiff(GatewayError):
    """Nothing is told of the files: they cannot be read, it takes too long, or whoever should tell does not."""


class FileTold(BaseModel):
    """One file; its fields are those of `agent_contract.diffs.FileDiff`."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    path: Annotated[str, Field(min_length=1, max_length=MOST_PATH)]
    what: Literal["added", "removed", "changed", "renamed"]
    old: _Name = ""
    added: _Count = 0
    removed: _Count = 0
    note: Literal["", "binary", "picture", "large", "secret", "rights", "unread"] = ""
    before: _Size = 0
    after: _Size = 0
    start: _Size = 0
    end: _Size = 0


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    files: Annotated[tuple[FileTold, ...], Field(max_length=MOST_FILES, strict=False)]
    more: _Count = 0
    bases: Annotated[
        tuple[Annotated[str, Field(max_length=_MOST_BASE)], ...], Field(max_length=MOST_BASES, strict=False)
    ] = ()


class Report(BaseModel):
    """What became of files.

    Attributes:
        files: Each of them.
        more: How many there are besides.
        patch: All their parts, one after the other.
        bases: Branches that they are compared with, of each repository; an empty one is none.
    """

    model_config = ConfigDict(frozen=True)

    files: tuple[FileTold, ...]
    more: int = 0
    patch: bytes = b""
    bases: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Return how many files there are."""
        return len(self.files) + self.more

    @property
    def added(self) -> int:
        """Return how many lines came."""
        return sum(one.added for one in self.files)

    @property
    def removed(self) -> int:
        """Return how many lines went."""
        return sum(one.removed for one in self.files)

    def part(self, one: FileTold) -> bytes:
        """Return a file's part of the patch."""
        return self.patch[one.start : one.end]


def read_report(data: bytes) -> Report:
    """Read what was told.

    Raises:
        NoDiff: it is none.
    """
    line, found, patch = data.partition(b"\n")
    try:
        head = _Head.model_validate_json(line)
    except ValidationError as error:
        raise NoDiff("What is told of the files cannot be read.") from error
    at = 0
    for one in head.files:
        if (
            one.start < at
            or one.end < one.start
            or one.end > len(patch)
            or (one.note == "secret") < is_secret(one.path)
        ):
            raise NoDiff("What is told of the files does not fit together.")
        at = one.end
    if not found or at != len(patch):
        raise NoDiff("What is told of the files does not fit together.")
    return Report(files=head.files, more=head.more, patch=patch, bases=head.bases)

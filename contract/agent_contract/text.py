"""Text that somebody else wrote, made fit to be stored and sent on where it enters.

Postgres holds no NUL and UTF-8 carries no half of a surrogate pair, but JSON brings both: from a pod's termination
message, from a kubelet, from what a person applies. One such character in a status must not make a resource that
cannot be read, or a row that can never be written, so it is replaced and never refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
CUT: Final = "…"
"""The last character of a text that was cut."""
MAX_TEXT: Final = 8 * 1024 * 1024
"""Characters of a text that has no narrower bound: as many as the largest frame could hold."""


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Return text that Postgres, JSON and Telegram can hold: no NUL, no half of a surrogate pair, not too long.

    Two halves that stand together become their character. Cleaning twice gives the same as cleaning once.

    Args:
        text: What somebody else wrote.
        limit: The most characters (code points) that are kept; a longer text ends with `CUT`.
    """
    if len(text) > limit:
        text = text[: limit - len(CUT)] + CUT
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    # most text takes one of these two ways, each far cheaper than the third
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Marks a string field that is cleaned when it is read and when it is written.

    Written as well, because `model_copy` takes what it is given without a look.
    """

    limit: int
    """The most characters, in the schema too."""
    least: int = 0
    """The fewest characters; fewer are refused."""
    cut: bool = True
    """Whether a longer text is cut; where a part means something else than the whole, it is refused instead."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build pydantic's schema: the text is cleaned before its bounds are looked at."""
        text = core_schema.str_schema(max_length=self.limit, min_length=self.least or None)
        return core_schema.no_info_before_validator_function(
            self._read,
            text,
            serialization=core_schema.plain_serializer_function_ser_schema(self._write, return_schema=text),
        )

    def _read(self, value: Any) -> Any:
        return self._write(value) if isinstance(value, str) else value

    def _write(self, value: str) -> str:
        # an enum's member becomes its text
        return clean(str(value), self.limit if self.cut else max(self.limit, len(value)))


CleanText = Annotated[str, Cleaned(MAX_TEXT)]
"""Text without a bound of its own."""
SessionLine = Annotated[str, Cleaned(MAX_TEXT, cut=False)]
r"""One JSON line of pi's session file. The escape `\u0000` is harmless in it and stays: the line is kept as it is."""
Word = Annotated[str, Cleaned(128)]
"""A tool's name, a call's id, a version, a reason: one word for programs."""
Sentence = Annotated[str, Cleaned(500)]
"""Something that a person is told in a sentence."""
ErrorText = Annotated[str, Cleaned(16384)]
"""What a provider, pi or the runner says of a failure."""
Message = Annotated[str, Cleaned(2048)]
"""The sentence of a status."""
Title = Annotated[str, Cleaned(256)]
"""What people call a conversation."""
ObjectName = Annotated[str, Cleaned(253)]
"""The name of an object in the API server, as a status tells it."""
ObjectUid = Annotated[str, Cleaned(64)]
"""The UID of an object in the API server, as a status tells it."""

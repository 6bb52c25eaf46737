"""Text that somebody else wrote, made fit to be stored and sent on where it enters.

Postgres holds no NUL and UTF-8 carries no half of a surrogate pair, but JSON brings both: from a pod's termination
message, from a kubelet, from what a person applies. One such character in a status must not make a resource that
cannot be read, or a row that can never be written, so it is replaced and never refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

REPLACEMENT: Final = "\ufffd"
CUT: Final = "…"
"""The last character of a text that was cut."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]?"  # a control sequence, such as a colour
    r"|\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"  # a control string, such as a window's title
    r"|\x1b[ -/]{0,8}[0-~]?"
)
MAX_TEXT: Final = 8 * 1024 * 1024
"""Characters of a text that has no narrower bound: as many as the largest frame could hold."""


_PAIRED: Final = 65_536
"""Characters of a text whose halves of surrogate pairs are looked at one by one, which takes half a microsecond each."""


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Return text that Postgres, JSON and Telegram can hold: no NUL, no half of a surrogate pair, not too long.

    Two halves that stand together become their character; in a text of more than 65,536 characters each half becomes a
    question mark. Cleaning twice gives the same as cleaning once.

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
        if len(text) > _PAIRED:
            return text.encode(errors="replace").decode()
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def strip_controls(text: str) -> str:
    """Return cleaned text as people read it: no escape sequences of terminals, no control characters but tab and newline.

    An escape sequence whose end is missing goes as far as it can be told from text (ECMA-48, sections 5.3, 5.4, 8.3.89).
    """
    text = clean(text)
    if _CONTROLS.search(text) is None:
        return text
    return _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")).replace("\r", "\n"))


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
    plain: bool = False
    """Whether it stands in a resource, which people look at in a terminal: without escape sequences and controls."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build pydantic's schema: the text is cleaned before its bounds are looked at."""
        from pydantic_core import core_schema  # noqa: PLC0415  # a runner has lean models

        text = core_schema.str_schema(max_length=self.limit, min_length=self.least or None)
        return core_schema.no_info_before_validator_function(
            self.read,
            text,
            serialization=core_schema.plain_serializer_function_ser_schema(self.write, return_schema=text),
        )

    def read(self, value: Any) -> Any:
        """Clean a value before it is read."""
        return self.write(value) if isinstance(value, str) else value

    def write(self, value: str) -> str:
        """Clean a text."""
        if self.plain:
            value = strip_controls(str(value))
        # an enum's member becomes its text
        return clean(str(value), self.limit if self.cut else max(self.limit, len(value)))


PieceText = Annotated[str, Cleaned(65_536)]
"""A piece of what is written just now."""
WholeText = Annotated[str, Cleaned(1_000_000)]
"""A whole answer, a prompt: as much as is kept of one turn."""
SessionLine = Annotated[str, Cleaned(MAX_TEXT, cut=False)]
r"""One JSON line of pi's session file. The escape `\u0000` is harmless in it and stays: the line is kept as it is."""
Word = Annotated[str, Cleaned(128)]
"""A tool's name, a call's id, a version, a reason: one word for programs."""
Sentence = Annotated[str, Cleaned(500)]
"""Something that a person is told in a sentence."""
Version = Annotated[str, Cleaned(64)]
"""A program's name or version."""
Message = Annotated[str, Cleaned(2048, plain=True)]
"""The sentence of a status."""
Title = Annotated[str, Cleaned(256, plain=True)]
"""What people call a conversation."""
ObjectName = Annotated[str, Cleaned(253)]
"""The name of an object in the API server, as a status tells it."""
ObjectUid = Annotated[str, Cleaned(64)]
"""The UID of an object in the API server, as a status tells it."""

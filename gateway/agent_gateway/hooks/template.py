"""A prompt with fields of an event's JSON. Pure; a template is an administrator's, the event is a stranger's.

What a field gives cannot pass for what stands around it: a value within a line is one line, without brackets, in «»
unless it is a plain token; a text of several lines stands as a quote.

    {{ repository.full_name }}         a value within a line
    {{ quote comment.body }}           a text as a quote; an object as JSON
    {{ quote commits.*.message }}      of each thing in a list, a line or more
    {{ quote . }}                      the whole event
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_contract.text import clean
from agent_gateway.telegram.inbound.foreign import clean_name, quote

MOST_TEMPLATE: Final = 8000
"""Characters of a template."""
MOST_FIELDS: Final = 50
"""Of one template."""
MOST_PROMPT: Final = 24_000
"""Characters that an event makes of a template."""
_MOST_DEPTH: Final = 10
_MOST_INLINE: Final = 300
_MOST_QUOTE: Final = 8000
_MOST_ITEMS: Final = 30
"""Of one list."""
_DEFAULT: Final = "{{ quote . }}"
_FIELD: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_PATH: Final = re.compile(r"(?:[A-Za-z0-9_$@-]{1,64}|\*)(?:\.(?:[A-Za-z0-9_$@-]{1,64}|\*)){0,15}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/@:#+-]{0,99})")
_MARKS: Final = str.maketrans("«»", "''")
_CUT: Final = "\n\n(The rest is left out.)"


class BadTemplate(ValueError):
    """A template cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a value stands in an event: names and numbers, or nothing for the whole of it."""

    path: tuple[str, ...]
    quoted: bool


Template = Sequence[str | Field]


def parse_template(text: str) -> Template:
    """Read a template; an empty one quotes the whole event.

    Raises:
        BadTemplate: what stands in braces is no field, or there are too many.
    """
    parts: list[str | Field] = []
    pieces = _FIELD.split(text.strip() or _DEFAULT)
    for words, field in itertools.zip_longest(pieces[::2], pieces[1::2]):
        if "{{" in words or "}}" in words:
            raise BadTemplate("braces of a field do not stand in pairs on one line")
        parts.append(words)
        if field is not None:
            parts.append(_parse_field(field.strip()))
    if sum(isinstance(part, Field) for part in parts) > MOST_FIELDS:
        raise BadTemplate(f"it has more than {MOST_FIELDS} fields")
    return parts


def render(template: Template, event: Any) -> str:
    """Return the prompt that an event makes."""
    shown = "".join(part if isinstance(part, str) else _show(part, event) for part in template).strip()
    kept = clean(shown, MOST_PROMPT)
    return kept if len(shown) <= MOST_PROMPT else kept + _CUT


def _parse_field(text: str) -> Field:
    name, _, rest = text.partition(" ")
    quoted = name == "quote" and bool(rest.strip())
    path = rest.strip() if quoted else text
    if path == ".":
        return Field((), quoted)
    if _PATH.fullmatch(path) is None or path.count("*") > 1 or path.count(".") >= _MOST_DEPTH:
        raise BadTemplate(f"{{{{ {path[:60]} }}}} is no field of an event")
    return Field(tuple(path.split(".")), quoted)


def _show(field: Field, event: Any) -> str:
    found = list(_find(event, field.path))
    if field.quoted:
        text = "\n".join(_tell(value) for value in found)
        return "\n".join(
            ["", quote(text[:_MOST_QUOTE] + ("…" if len(text) > _MOST_QUOTE else ""), _MOST_QUOTE + 1), ""]
        )
    return ", ".join(_tell_inline(value) for value in found) or "(nothing)"


def _find(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what stands at a path; nothing where there is none."""
    for index, name in enumerate(path):
        if name == "*":
            for one in value[:_MOST_ITEMS] if isinstance(value, list) else ():
                yield from _find(one, path[index + 1 :])
            return
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and len(name) < 6 and int(name) < len(value):
            value = value[int(name)]
        else:
            return
    if value is not None:
        yield value


def _tell(value: Any) -> str:
    if isinstance(value, str):
        return value[: _MOST_QUOTE + 1]
    told, room = [], _MOST_QUOTE + 1
    try:
        for chunk in json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(value):
            told.append(chunk[:room])
            room -= len(chunk)
            if room <= 0:
                break
    except RecursionError:
        told.append("…")
    return "".join(told)


def _tell_inline(value: Any) -> str:
    if isinstance(value, (dict, list)):
        value = _tell(value)[: 4 * _MOST_INLINE]
    text = value if isinstance(value, str) else json.dumps(value)
    if _PLAIN.fullmatch(text) is not None:
        return text
    return f"«{clean_name(text[: 4 * _MOST_INLINE], _MOST_INLINE).translate(_MARKS)}»"

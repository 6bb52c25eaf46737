"""Takes a provider's key out of what it answers, wherever the answer is cut into pieces. Pure."""

from __future__ import annotations

import json
from typing import Final

MASK: Final = b"*"


class Redactor:
    """Fed with the bytes of an answer; gives them back without the key.

    Args:
        key: The key; it is known as it is, and as JSON writes it.
    """

    def __init__(self, key: str) -> None:
        plain = json.dumps(key)[1:-1]
        forms = {key, plain, plain.replace("/", "\\/")}
        self._forms = sorted((form.encode() for form in forms if form), key=len, reverse=True)
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what may be passed on; what may be the beginning of the key is held until more is known."""
        data = self._held + chunk
        for form in self._forms:
            data = data.replace(form, MASK * len(form))
        held = self._count_held(data)
        cut = len(data) - held
        self._held = data[cut:]
        return data[:cut]

    def end(self) -> bytes:
        """Return what was held: no key began there."""
        held, self._held = self._held, b""
        return held

    def _count_held(self, data: bytes) -> int:
        longest = min(max((len(form) for form in self._forms), default=1) - 1, len(data))
        return next((n for n in range(longest, 0, -1) if any(form.startswith(data[-n:]) for form in self._forms)), 0)


def redact(text: str, key: str) -> str:
    """Return a short text, such as a header's value, without the key."""
    redactor = Redactor(key)
    return (redactor.feed(text.encode(errors="replace")) + redactor.end()).decode(errors="replace")

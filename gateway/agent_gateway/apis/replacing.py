"""Puts one text in another's place in bytes that come in pieces of any size. Pure; its memory is that of the longest text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from agent_gateway.apis.settings import Api

_BEHIND = rb"(?=[/\\\"'#?]|\Z)"


class Replacer:
    """Fed with the bytes of an answer; gives them back with texts replaced.

    Args:
        pairs: What stands for what.
        quoted: Replace only where a text begins a quoted one, and is not the front of a longer name: an address.
    """

    def __init__(self, pairs: Mapping[bytes, bytes], *, quoted: bool = False) -> None:
        self._pairs = {old: new for old, new in pairs.items() if old}
        texts = sorted(self._pairs, key=len, reverse=True)
        self._longest = len(texts[0]) + 2 * quoted if texts else 0
        body = b"|".join(map(re.escape, texts))
        self._pattern = re.compile(
            b"(?P<q>[\"'])(?P<t>" + body + b")" + _BEHIND if quoted else b"(?P<q>)(?P<t>" + body + b")"
        )
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what may be passed on; what may be the beginning of a text is held until more is known."""
        if not self._longest:
            return chunk
        data = self._held + chunk
        most = max(len(data) - self._longest + 1, 0)
        if not any(text in data for text in self._pairs):  # many times faster than a pattern, for what is large
            self._held = data[most:]
            return data[:most]
        out: list[bytes] = []
        at = 0
        for found in self._pattern.finditer(data):
            if found.start() >= most:
                break
            out += [data[at : found.start()], self._replace(found)]
            at = found.end()
        cut = max(at, most)
        self._held = data[cut:]
        return b"".join([*out, data[at:cut]])

    def end(self) -> bytes:
        """Return the rest."""
        held, self._held = self._held, b""
        return self._pattern.sub(self._replace, held) if self._longest else held

    def _replace(self, found: re.Match[bytes]) -> bytes:
        return found["q"] + self._pairs[found["t"]]


def build_links(apis: Iterable[Api]) -> dict[bytes, bytes]:
    """Return what stands for the addresses of services within a pod, as HTML and JSON write them."""
    pairs: dict[bytes, bytes] = {}
    for api in apis:
        pairs[api.url.encode()] = api.inside.encode()
        pairs[api.url.replace("/", "\\/").encode()] = api.inside.replace("/", "\\/").encode()
    return pairs


def build_masks(secrets: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return what stands for keys, as they are and as JSON writes them; each as long as what it stands for."""
    pairs: dict[bytes, bytes] = {}
    for secret in secrets:
        plain = json.dumps(secret.decode("utf-8", "replace"))[1:-1].encode()
        for form in (secret, plain, plain.replace(b"/", b"\\/")):
            pairs[form] = b"*" * len(form)
    return pairs

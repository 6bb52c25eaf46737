"""Ask and tell the two simulators."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Clouds:
    """Ports of this machine behind which the two simulators are."""

    telegram: int
    model: int


def call(port: int, path: str, body: Any = None, *, refusals: bool = False, method: str | None = None) -> Any:
    """Ask, or tell where there is a body, and return the answer; with `refusals` an answer of an error status too.

    Without a `method` it is GET, or POST where there is a body.

    Raises:
        urllib.error.HTTPError: the answer was an error, and those are not wanted.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            if not refusals:
                raise
            return json.load(error)

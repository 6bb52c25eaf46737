"""How many pages a forge's list has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit


def find_last_page(headers: Mapping[str, str], data: Any) -> int:
    """Return the number of a list's last page; 1 where the forge names none.

    Source: RFC 8288, and GitHub, "Using pagination in the REST API"; Gitea, which counts the whole list in `X-Total-Count`.
    Of an address its number alone is taken: nothing is asked where a forge points to.
    """
    for part in headers.get("Link", "").split(","):
        target, _, words = part.partition(">")
        if 'rel="last"' in words:
            return _read_number(_read_page(target.partition("<")[2]))
    here = len(data) if isinstance(data, list) else 0
    return -(-_read_number(headers.get("X-Total-Count", "")) // here) if here else 1


def _read_page(address: str) -> str:
    try:
        return parse_qs(urlsplit(address).query, max_num_fields=20).get("page", [""])[-1]
    except ValueError:
        return ""


def _read_number(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and text.isascii() and len(text) < 8 else 1

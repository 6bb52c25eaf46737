"""Ids that nobody else has."""

from __future__ import annotations

import os


def build_id() -> str:
    """Return 128 random bits in hexadecimal digits: what uuid would, which each start would wait for."""
    return os.urandom(16).hex()

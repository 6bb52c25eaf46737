"""Pairing codes, and what is said about them. Pure but for chance."""

from __future__ import annotations

import secrets

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is easily taken for another."""
CODE_LENGTH = 8


def make_code(length: int = CODE_LENGTH) -> str:
    """Return a new code of so many letters."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))


def read_code(text: str) -> str:
    """Return a code as it was made from what a person wrote of it."""
    return "".join(text.upper().replace("-", " ").split())

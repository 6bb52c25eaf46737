"""Seals what nobody but the gateway may read in the database.

AES-256 in Galois/Counter Mode (NIST SP 800-38D) with a random nonce. What it belongs to is authenticated along: a sealed
token that is put into another person's row cannot be opened there. Keys come from a file, one a line: the first seals, each
opens, so that a new one is put in front and the old one taken away once nothing is sealed by it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MOST_KEYS: Final = 8
LEAST_KEY: Final = 32
"""Characters of a key."""
_FORM: Final = b"\x01"
_ID: Final = 8
_NONCE: Final = 12


class NoKey(Exception):
    """Nothing can be sealed or opened; the text says why, and holds nothing of a key."""


class NotItsOwn(NoKey):
    """The key is there, and what was sealed belongs to something else, or was changed."""


class Sealer:
    """Seals by the keys of a file, which is read each time: it may be changed in place.

    Args:
        file: One key a line, each of at least 32 characters of any kind.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def seal(self, text: str, owner: str) -> bytes:
        """Return a text as only the keys' holder can read it.

        Args:
            text: What is sealed.
            owner: What it belongs to: without the same words it cannot be opened.

        Raises:
            NoKey: there is no usable key.
        """
        key_id, key = next(iter(self._read().items()))
        nonce = os.urandom(_NONCE)
        return _FORM + key_id + nonce + AESGCM(key).encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Return what was sealed.

        Raises:
            NotItsOwn: it was sealed for something else, or was changed.
            NoKey: it was sealed by a key that is not there.
        """
        key = self._read().get(sealed[1 : 1 + _ID])
        if sealed[:1] != _FORM or key is None:
            raise NoKey("It was sealed by a key that is not there any more.")
        nonce, body = sealed[1 + _ID : 1 + _ID + _NONCE], sealed[1 + _ID + _NONCE :]
        try:
            return AESGCM(key).decrypt(nonce, body, owner.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise NotItsOwn("What was sealed does not belong here, or was changed.") from error

    def is_newest(self, sealed: bytes) -> bool:
        """Say whether something was sealed by the first key.

        Raises:
            NoKey: there is no usable key.
        """
        return sealed[1 : 1 + _ID] == next(iter(self._read()))

    def _read(self) -> Mapping[bytes, bytes]:
        try:
            lines = [line.strip() for line in self._file.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise NoKey("The file of keys cannot be read.") from error
        if not lines or len(lines) > MOST_KEYS or any(len(line) < LEAST_KEY for line in lines):
            raise NoKey(f"The file of keys needs one to {MOST_KEYS} lines of at least {LEAST_KEY} characters.")
        return dict(map(_derive, lines))


def _derive(line: str) -> tuple[bytes, bytes]:
    """Return name and key that a line stands for (HKDF, RFC 5869)."""
    key = HKDF(SHA256(), 32, salt=None, info=b"openclaw accounts").derive(line.encode())
    return hashlib.sha256(key).digest()[:_ID], key

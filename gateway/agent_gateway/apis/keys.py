"""The key of a service, and the header that bears it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from agent_gateway.connections.credentials import FileToken, encode_basic


@dataclass(frozen=True, slots=True)
class Key:
    """A key that stands in a file of a Secret, read anew for each request.

    Attributes:
        file: Where it stands.
        user: Who it is the password of; None for a key that goes by itself.
        header: The header that it goes in as it is; None for `Authorization`.
    """

    file: FileToken
    user: str | None = None
    header: str | None = None

    def build_header(self) -> dict[str, str]:
        """Return the header that bears it.

        Raises:
            NoCredential: there is none.
        """
        key = self.file.read()
        if self.header is not None:
            return {self.header: key}
        return {"Authorization": self.build_basic() if self.user is not None else f"Bearer {key}"}

    def build_basic(self) -> str:
        """Return it as Basic shows it, as a service wants it that makes tokens.

        Raises:
            NoCredential: there is none.
        """
        return encode_basic(self.user or "token", self.file.read())

    def list_secrets(self) -> tuple[bytes, ...]:
        """Return what no answer may hold: the key, and the forms that a header gives it.

        Raises:
            NoCredential: there is none.
        """
        key = self.file.read().encode()
        return key, base64.b64encode(f"{self.user or 'token'}:".encode() + key)

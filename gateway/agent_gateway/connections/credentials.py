"""What the gateway shows to a forge: a token that stands in a file of a Secret, or one that a GitHub App is given."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

USERS: Final = {"github": "x-access-token", "gitlab": "oauth2", "gitea": "git", "git": "git"}
"""The user name that a forge wants beside a token: GitHub and GitLab their own, Gitea any."""


class NoCredential(Exception):
    """There is no credential; the text is for a person and holds none.

    Args:
        message: For the person.
        reason: One word for programs.
    """

    def __init__(self, message: str, reason: str = "KeyMissing") -> None:
        super().__init__(message)
        self.reason = reason


class Credential(Protocol):
    """Gives what a request to a forge must bear."""

    async def build_header(self, path: str, *, write: bool) -> str:
        """Return the value of git's Authorization header for one repository.

        Raises:
            NoCredential: there is none.
        """

    async def read_token(self, path: str, rights: Mapping[str, str]) -> str:
        """Return a token for the forge's API that may do this with one repository, and no more where it can be less.

        Raises:
            NoCredential: there is none.
        """

    def drop(self, path: str) -> None:
        """Forget what is known for a repository: the forge refused it."""


def encode_basic(user: str, password: str) -> str:
    """Return the value of a header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class FileToken:
    """A token that somebody made, read anew for each request, as the kubelet changes a Secret's file in place.

    Args:
        file: Where it stands.
        user: The user name that goes with it.
    """

    def __init__(self, file: Path, user: str) -> None:
        self._file = file
        self._user = user

    def read(self) -> str:
        """Return the token as it stands.

        Raises:
            NoCredential: there is none.
        """
        try:
            found = self._file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NoCredential("The gateway's token for this connection cannot be read.") from error
        if not found or not found.isprintable():
            raise NoCredential("The gateway has no token for this connection.")
        return found

    async def build_header(self, path: str, *, write: bool) -> str:  # noqa: ARG002  # it can do what it can
        """Return the value of git's Authorization header.

        Raises:
            NoCredential: there is none.
        """
        return encode_basic(self._user, self.read())

    async def read_token(self, path: str, rights: Mapping[str, str]) -> str:  # noqa: ARG002  # it can do what it can
        """Return the token as it stands.

        Raises:
            NoCredential: there is none.
        """
        return self.read()

    def drop(self, path: str) -> None:
        """Do nothing: it is read anew each time."""

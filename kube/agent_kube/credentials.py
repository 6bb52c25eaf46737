"""Where the API server is, and by what this process proves itself."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent_kube.errors import Away, Refused

ACCOUNT_DIR = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_SECONDS = 60.0
"""After which a token's file is read again: the kubelet replaces it in place."""


class Token:
    """A bearer token, from a file that is read again, or fixed.

    Args:
        fixed: The token.
        file: Where it stands.
        clock: Seconds that never jump.
    """

    def __init__(
        self, fixed: str | None = None, file: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._value = fixed
        self._file = file
        self._clock = clock
        self._due = clock()

    def read(self) -> str | None:
        """Return the token, None where there is none to send.

        Raises:
            Away: its file cannot be read, and never could.
        """
        if self._file is None or self._clock() < self._due:
            return self._value
        try:
            self._value = self._file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            if self._value is None:
                raise Away(f"The ServiceAccount's token cannot be read: {type(error).__name__}") from error
            return self._value  # the kubelet is just replacing it; the old one lives on for a while
        self._due = self._clock() + TOKEN_SECONDS
        return self._value

    def distrust(self) -> None:
        """Read the file again for the next call: the API server did not accept the token."""
        self._due = self._clock()

    def blot(self, text: str) -> str:
        """Return a text without the token."""
        return text.replace(self._value, "[secret]") if self._value else text


@dataclass(frozen=True, slots=True)
class Address:
    """Where the API server is and what proves it and us.

    Attributes:
        url: Without a slash at its end.
        trust: Certificates, the system's where None.
        token: What proves us.
    """

    url: str
    trust: ssl.SSLContext | None
    token: Token


def in_cluster(account_dir: Path = ACCOUNT_DIR) -> Address:
    """Return the address of the API server of the cluster whose pod this is, with the pod's ServiceAccount.

    Raises:
        Refused: this is no pod, or it has no ServiceAccount mounted.
    """
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    authority = account_dir / "ca.crt"
    if not host or not authority.exists():
        raise Refused("This is no pod of a cluster: no ServiceAccount is mounted.", None, "NotInCluster")
    bracketed = f"[{host}]" if ":" in host else host
    trust = ssl.create_default_context(cafile=str(authority))
    return Address(f"https://{bracketed}:{port}", trust, Token(file=account_dir / "token"))

"""Session ids of tool servers, bound to the pod that they were given to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

from agent_gateway.runners.identity import Identity

HEADER: Final = "Mcp-Session-Id"
MAX_ID: Final = 1024
"""Characters of a server's own id."""
_PROOF: Final = 24
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Sessions:
    """Signs ids, so that nothing is kept of a session: what a pod shows was given to it by this gateway, for this server.

    The key is this process's own. After a restart no id is known, and each client begins a session anew, as the protocol
    wants it after a 404.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def seal(self, who: Identity, connection: str, session: str) -> str | None:
        """Return what a pod is given for a server's id; None for an id that is none."""
        if len(session) > MAX_ID or _VISIBLE.fullmatch(session) is None:
            return None
        return f"{self._prove(who, connection, session)}{session}"

    def open(self, who: Identity, connection: str, shown: str) -> str | None:
        """Return the server's id; None for one that this pod was not given for this server."""
        if len(shown) > MAX_ID + _PROOF or not shown.isascii():
            return None
        proof, session = shown[:_PROOF], shown[_PROOF:]
        return session if session and hmac.compare_digest(proof, self._prove(who, connection, session)) else None

    def _prove(self, who: Identity, connection: str, session: str) -> str:
        of = "\n".join((str(who.thread_id), str(who.run), who.pod_uid, connection, session))
        return base64.urlsafe_b64encode(hmac.digest(self._key, of.encode(), hashlib.sha256)[:18]).decode()

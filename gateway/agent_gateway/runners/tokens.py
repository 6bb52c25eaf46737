"""What a token says of itself (RFC 7519), before the API server is asked whether it is true: most wrong ones end here."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from agent_contract import names

MAX_TOKEN: Final = 8192
LEEWAY_SECONDS: Final = 60.0
"""That the clocks of gateway and API server may differ."""


class Denied(Exception):
    """A caller is not who it must be. `status` is the HTTP status, the text a sentence without the token."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def compute_bearer(headers: Mapping[str, str]) -> str:
    """Return the token of a request.

    That is `Authorization: Bearer …`, the password of `Basic …` as git sends it, or a key as clients of Anthropic and
    Google send it.

    Raises Denied where there is none.
    """
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            shown = token.strip()
        case "basic":
            shown = _read_password(token.strip())
        case _:
            shown = ""
    found = shown or (headers.get("x-api-key") or headers.get("x-goog-api-key") or "").strip()
    if not found:
        raise Denied(401, "No token: send the pod's projected token as `Authorization: Bearer …`.")
    if len(found) > MAX_TOKEN or not found.isascii():
        raise Denied(401, "The token is none of Kubernetes: too long, or not ASCII.")
    return found


def _read_password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded[: 2 * MAX_TOKEN], validate=True).decode("ascii").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def check_claims(token: str, account: str, now: float) -> None:
    """Check what a projected token claims. Nothing of it is proved by that.

    Args:
        token: A JSON Web Token.
        account: Full user name of the agents' ServiceAccount.
        now: Seconds since the epoch.

    Raises:
        Denied: it is none that can be good.
    """
    claims = read_claims(token)
    meant = claims.get("aud")
    if names.TOKEN_AUDIENCE not in (meant if isinstance(meant, list) else [meant]):
        raise Denied(401, f"The token is not meant for the audience {names.TOKEN_AUDIENCE}.")
    ends = claims.get("exp")
    if not isinstance(ends, int | float) or ends < now - LEEWAY_SECONDS:
        raise Denied(401, "The token has expired.")
    if claims.get("sub") != account:
        raise Denied(403, f"Only {account} may call here.")
    bound = claims.get("kubernetes.io")
    pod = bound.get("pod") if isinstance(bound, dict) else None
    if not isinstance(pod, dict) or not isinstance(pod.get("name"), str) or not isinstance(pod.get("uid"), str):
        raise Denied(403, "The token is not bound to a pod: only a projected token of an agent's pod is accepted.")


def read_claims(token: str) -> dict[str, Any]:
    """Return what a token claims; Denied where it is no JSON Web Token."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""  # header, payload, signature
    try:
        claims = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Denied(401, "The token is none of Kubernetes: not a JSON Web Token.") from error
    if not isinstance(claims, dict):
        raise Denied(401, "The token is none of Kubernetes: it claims nothing.")
    return claims

"""Who brings an event: signatures, timestamps and secrets of each form. Pure; the clock is passed in.

Sources: the Standard Webhooks specification 1.0; GitHub's, GitLab's and Gitea's documentation of webhooks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

Form = Literal["standard-webhooks", "github", "gitlab", "gitea", "secret"]
Reason = Literal["unsigned", "timestamp", "signature", "no-secret"]

TOLERANCE_SECONDS: Final = 300.0
"""By how much the clocks may differ, and a signed event may be late (Standard Webhooks)."""
LEAST_SECRET: Final = 16
"""Characters of a secret: a shorter one is not used."""
MOST_SECRETS: Final = 4
"""Lines of a Secret's file that count: the new one and those that are on their way out."""
_MOST_SIGNATURES: Final = 8
"""Of one event, as a sender that changes its key gives several."""
_MOST_ID: Final = 256
_PREFIX: Final = "whsec_"
_ID, _TIME, _SIGNATURES = "webhook-id", "webhook-timestamp", "webhook-signature"
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_SIGNED_BY: Final[Mapping[str, Sequence[str]]] = {
    "github": ("X-Hub-Signature-256",),
    "gitea": ("X-Gitea-Signature", "X-Forgejo-Signature", "X-Hub-Signature-256"),
}
_DELIVERED_BY: Final[Mapping[str, Sequence[str]]] = {
    "github": ("X-GitHub-Delivery",),
    "gitea": ("X-Gitea-Delivery", "X-Forgejo-Delivery", "X-GitHub-Delivery"),
    "gitlab": ("Idempotency-Key",),
    "secret": ("Idempotency-Key",),
}


def read_secrets(text: str) -> tuple[str, ...]:
    """Return the secrets of a file, one a line; those that are too short to be any are left out."""
    lines = [line.strip() for line in text.splitlines()]
    return tuple(line for line in lines if len(line) >= LEAST_SECRET)[:MOST_SECRETS]


def check_head(form: Form, headers: Mapping[str, str], secrets: Sequence[str], now: float) -> Reason | None:
    """Say why an event cannot be taken, as far as it shows before its body is read; None where it may be.

    Args:
        form: How its sender shows who it is.
        headers: Of the request, found whatever their case.
        secrets: Each of them is good.
        now: Unix seconds.
    """
    if not secrets:
        return "no-secret"
    if _is_standard(form, headers):
        return _check_time(headers, now)
    if form in _SIGNED_BY:
        return None if _find(headers, _SIGNED_BY[form]) else "unsigned"
    shown = _read_token(form, headers)
    if not shown:
        return "unsigned"
    return None if _is_any(_read_bytes(shown), [one.encode() for one in secrets]) else "signature"


def check_body(form: Form, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Reason | None:
    """Say why what `check_head` let pass cannot be taken with this body; None where it is its sender's."""
    if _is_standard(form, headers):
        return _check_standard(headers, body, secrets)
    if form not in _SIGNED_BY:
        return None
    shown = _find(headers, _SIGNED_BY[form]).removeprefix("sha256=").lower()
    if _HEX.fullmatch(shown) is None:
        return "signature"
    signed = [hmac.new(one.encode(), body, hashlib.sha256).digest() for one in secrets]
    return None if _is_any(bytes.fromhex(shown), signed) else "signature"


def find_delivery(form: Form, headers: Mapping[str, str]) -> str | None:
    """Return a digest of the sender's own id of an event, the same each time it is brought; None where it gives none."""
    name = headers.get(_ID) if _is_standard(form, headers) else _find(headers, _DELIVERED_BY.get(form, ()))
    return hashlib.sha256(_read_bytes(name)).hexdigest() if name else None


def covers_id(form: Form, headers: Mapping[str, str]) -> bool:
    """Say whether nobody who overheard an event could bring it again under another id: the id is signed, or they know the secret."""
    return form in {"secret", "gitlab"} or _is_standard(form, headers)


def _is_standard(form: Form, headers: Mapping[str, str]) -> bool:
    """Say whether an event is signed as Standard Webhooks says; GitLab does so where it was given a signing token."""
    return form == "standard-webhooks" or (
        form == "gitlab" and _SIGNATURES in headers and "X-Gitlab-Token" not in headers
    )


def _check_time(headers: Mapping[str, str], now: float) -> Reason | None:
    name, time = headers.get(_ID, ""), headers.get(_TIME, "")
    if not name or len(name) > _MOST_ID or "." in name or not headers.get(_SIGNATURES):
        return "unsigned"
    if not (time.isascii() and time.isdecimal() and len(time) <= 12):  # seconds of thirty thousand years
        return "timestamp"
    return None if abs(now - int(time)) <= TOLERANCE_SECONDS else "timestamp"


def _check_standard(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Reason | None:
    content = _read_bytes(f"{headers[_ID]}.{headers[_TIME]}.") + body
    signed = [hmac.new(key, content, hashlib.sha256).digest() for one in secrets for key in _build_keys(one)]
    for one in headers[_SIGNATURES].split(" ")[:_MOST_SIGNATURES]:
        version, _, text = one.partition(",")
        shown = _decode(text)
        if version == "v1" and shown is not None and _is_any(shown, signed):
            return None
    return "signature"


def _build_keys(secret: str) -> list[bytes]:
    """Return the keys that a secret may mean: base64 behind its prefix; without one its own bytes, or base64 all the same."""
    decoded = _decode(secret.removeprefix(_PREFIX))
    if secret.startswith(_PREFIX):
        return [decoded] if decoded else []
    return [secret.encode(), *([decoded] if decoded else [])]


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _read_token(form: Form, headers: Mapping[str, str]) -> str:
    """Return the secret itself, as it is shown."""
    if form == "gitlab":
        return headers.get("X-Gitlab-Token", "")
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("X-Hook-Secret", "")


def _find(headers: Mapping[str, str], names: Sequence[str]) -> str:
    return next((found[:_MOST_ID] for name in names if (found := headers.get(name, ""))), "")


def _read_bytes(header: str) -> bytes:
    """Return what a header was on the wire, whatever bytes a stranger put there."""
    return header.encode(errors="surrogateescape")


def _is_any(shown: bytes, good: Sequence[bytes]) -> bool:
    """Compare in a time that tells nothing of what is good."""
    return sum(hmac.compare_digest(shown, one) for one in good) > 0

"""Pairing codes, and what is said about them. Pure but for chance."""

from __future__ import annotations

import secrets

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is easily taken for another."""
CODE_LENGTH = 8
APPROVE_USAGE = "Usage: /approve <code>"
REVOKE_USAGE = "Usage: /revoke <id>"
ONLY_ADMINS = "Only an administrator of this bot may do that."
PAIRING_OFF = "Pairing codes are switched off (TELEGRAM_PAIRING)."
WRONG_CODE = "No person has this code. Is it complete?"
EXPIRED_CODE = "This code is too old: codes are valid for an hour. The person gets a new one by writing to me again."
TOO_MANY_TRIES = "That were too many wrong codes. Wait a minute, then try again."
LET_IN = "You may use this bot now. Write what you want done, or /help."
SHUT_OUT = "You may no longer use this bot."


def make_code() -> str:
    """Return a new code."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str:
    """Return a code as it was made from what a person wrote of it."""
    return "".join(text.upper().replace("-", " ").split())


def offer_text(code: str) -> str:
    """Tell an unknown person how they are let in."""
    return f"Or send an administrator this code, valid for an hour: {code}"


def approved_text(person_id: int) -> str:
    """Tell an administrator whom they let in."""
    return f"{person_id} may use this bot now. /revoke {person_id} takes it back."


def revoked_text(person_id: int) -> str:
    """Tell an administrator whom they shut out."""
    return f"{person_id} may no longer use this bot."


def not_approved_text(person_id: int) -> str:
    """Say that nobody let this person in."""
    return f"{person_id} was not let in by /approve."


def configured_text(person_id: int) -> str:
    """Say that the settings let this person in, which no command changes."""
    return f"{person_id} is named by the settings (TELEGRAM_ALLOWED_IDS, TELEGRAM_ADMIN_IDS): take the id out there."

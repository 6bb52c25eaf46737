"""For whom the commits of an agent are made: whoever asked, with the bot beside them. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Final

from agent_contract import wire
from agent_contract.commitidentity import MAX_TRAILERS
from agent_gateway.accounts.settings import MOST_NAME, CommitSettings
from agent_gateway.store.commits import Asked, Asker
from agent_gateway.wording.threads import build_link

NOBODY: Final = "Somebody"
"""Whose name holds nothing that git takes."""
PRIVATE: Final = "a private chat"
GROUP: Final = "a group"
"""Where no link leads, as to a group that is no supergroup."""
_EDGES: Final = " .,:;<>\"\\'"
"""What git takes from both ends of a name (git's ident.c); of nothing else no name is made."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def build_commits(settings: CommitSettings, username: str, turn_id: int, asked: Asked) -> wire.CommitIdentity:
    """Build what a runner is told of the commits of a turn.

    Args:
        settings: How they are signed.
        username: The bot's.
        turn_id: Whose they are.
        asked: By whom and where it was asked; of nobody, the bot signs alone.
    """
    bot = wire.GitPerson(
        name=clean_name(settings.bot_name or username) or NOBODY,
        email=settings.bot_email or f"{username.lower()}@{settings.email_domain}",
    )
    first, *others = asked.people or (None,)
    asker = bot if first is None else _build_person(settings, asked, first)
    author = asker if settings.author == "asker" else bot
    committer = asker if settings.committer == "asker" else bot
    trailers: list[str] = []
    if settings.trailers and first is not None:
        trailers.append(f"Asked-in: {_build_link(asked)}")
        if asker in (author, committer):  # where the bot signs alone, nobody is to be named
            trailers += _build_others([_build_person(settings, asked, one) for one in others if one], author)
    return wire.CommitIdentity(turn=turn_id, author=author, committer=committer, trailers=trailers)


def clean_name(name: str) -> str:
    """Return a name as git writes it, on one line and without what turns or hides text; empty where nothing is left."""
    spaced = "".join(" " if c.isspace() else c for c in name[: 4 * MOST_NAME])
    seen = "".join(c for c in spaced if c not in "<>" and unicodedata.category(c) not in _UNSEEN)
    plain = " ".join(seen.split())
    return plain[:MOST_NAME].strip(_EDGES)


def _build_link(asked: Asked) -> str:
    """Return the link of the message (Telegram, "Deep links", private message links), or in words where it was written."""
    link = build_link(asked.address, asked.message_id)
    if link and asked.address.topic_id is not None and asked.message_id is not None:
        return f"{link}/{asked.message_id}"
    return link or (GROUP if asked.address.chat_id < 0 else PRIVATE)


def _build_others(people: Sequence[wire.GitPerson], author: wire.GitPerson) -> list[str]:
    found = dict.fromkeys(f"Co-authored-by: {one.name} <{one.email}>" for one in people if one != author)
    return list(found)[: MAX_TRAILERS - 1]


def _build_person(settings: CommitSettings, asked: Asked, asker: Asker) -> wire.GitPerson:
    # whoever reads a commit cannot tell the number from it, and two people of one name stay two
    mark = hashlib.sha256(f"{asked.address.bot_id}/{asker.person_id}".encode()).hexdigest()[:12]
    return wire.GitPerson(
        name=clean_name(asker.name) or NOBODY, email=asker.email or f"tg-{mark}@{settings.email_domain}"
    )

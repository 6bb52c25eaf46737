"""What a message can hold beside text and files: a contact, a place, a poll, a checklist, a gift and others."""

from __future__ import annotations

from typing import Any

from agent_simulators.telegram.files import add_media, read_media
from agent_simulators.telegram.richblocks import Limits, read_blocks
from agent_simulators.telegram.state import Cloud


def read_contents(cloud: Cloud, body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of what a person sends that is no text; `more` holds fields that are taken as they are."""
    found: dict[str, Any] = {}
    media = read_media(cloud, body)
    if media is not None:
        found = {media.kind: media.value, "media_group_id": body.get("media_group_id")}
    for kind, build in _BUILDERS.items():
        if kind in body:
            found[kind] = build(cloud, body[kind])
    return {**found, **body.get("more", {})}


def _contact(_cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    return {"phone_number": given["phone"], "first_name": given["name"]}


def _location(_cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    return {"latitude": float(given["latitude"]), "longitude": float(given["longitude"])}


def _venue(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    return {"location": _location(cloud, given), "title": given["title"], "address": given.get("address", "")}


def _poll(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    options = [
        {"persistent_id": str(number), "text": text, "voter_count": 0} for number, text in enumerate(given["options"])
    ]
    return {
        "id": str(cloud.count_call()), "question": given["question"], "options": options, "total_voter_count": 0,
        "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
        "allows_revoting": True, "members_only": False,
    }  # fmt: skip


def _checklist(_cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """Return a checklist of {title, tasks: [text], done: [number]}."""
    done = set(given.get("done", []))
    tasks = [
        {"id": number, "text": text, **({"completion_date": 1_764_000_000} if number in done else {})}
        for number, text in enumerate(given["tasks"], 1)
    ]
    return {"title": given["title"], "tasks": tasks}


def _dice(_cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    return {"emoji": given.get("emoji", "🎲"), "value": int(given.get("value", 1))}


def _paid_media(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    photo = add_media(cloud, "photo", "", "image/jpeg", b"\xff\xd8").value
    return {"star_count": int(given.get("stars", 1)), "paid_media": [{"type": "photo", "photo": photo}]}


def _gift(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    sticker = add_media(cloud, "sticker", "", "image/webp", b"RIFF", emoji="🎁").value
    gift = {"id": "1", "sticker": sticker, "star_count": int(given.get("stars", 15))}
    return {"gift": gift, **({"text": given["text"]} if "text" in given else {})}


def _story(_cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    return {"chat": {"id": int(given.get("chat", 9)), "type": "private", "first_name": "Story"}, "id": 1}


def _rich_message(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a person forwards from a bot, or writes themselves: {blocks}."""
    return {"blocks": read_blocks(given["blocks"], Limits(cloud.api))}


_BUILDERS = {
    "contact": _contact, "location": _location, "venue": _venue, "poll": _poll, "checklist": _checklist, "dice": _dice,
    "paid_media": _paid_media, "gift": _gift, "story": _story, "rich_message": _rich_message,
}  # fmt: skip

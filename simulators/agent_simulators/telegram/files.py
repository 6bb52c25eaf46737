"""Files: what people send, what bots fetch, and what they send themselves."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.checks import MAX_CAPTION, Refused, check_keyboard, check_text
from agent_simulators.telegram.describe import FILES
from agent_simulators.telegram.methods import find_reply, method, open_topic, spend
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud, File

MAX_FETCHED = 20 * 1000 * 1000
MAX_SENT = 50 * 1000 * 1000
MAX_PHOTO = 10 * 1000 * 1000
_PICTURES = (b"\x89PNG", b"\xff\xd8", b"RIFF")
"""How the pictures begin that Telegram takes as photos."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file as it stands in a message: its field, and that field's value."""

    kind: str
    value: Any


def read_media(cloud: Cloud, body: dict[str, Any]) -> Media | None:
    """Store the file that a person sends, given as {name, mime, content (base64) or size, …}."""
    kind = next((k for k in FILES if k in body), None)
    if kind is None:
        return None
    given = body[kind]
    data = base64.b64decode(given["content"]) if "content" in given else bytes(int(given.get("size", 0)))
    return add_media(cloud, kind, given.get("name", ""), given.get("mime", ""), data, **given.get("more", {}))


def add_media(cloud: Cloud, kind: str, name: str, mime: str, data: bytes, **more: Any) -> Media:
    """Store a file and return how a message tells of it; a photo comes in several sizes."""
    if kind == "photo":
        sizes = [
            {**_describe(cloud.add_file(File(kind, "", "image/jpeg", data))), "width": width, "height": width}
            for width in (90, 320, 1280)
        ]
        return Media(kind, sizes)
    described = _describe(cloud.add_file(File(kind, name, mime, data)))
    if name and kind not in ("voice", "video_note", "sticker"):
        described["file_name"] = name
    if mime and kind not in ("video_note", "sticker"):
        described["mime_type"] = mime
    return Media(kind, {**described, **_NEEDED.get(kind, {}), **more})


_NEEDED: dict[str, dict[str, Any]] = {
    "voice": {"duration": 1},
    "audio": {"duration": 1},
    "video": {"duration": 1, "width": 16, "height": 9},
    "video_note": {"duration": 1, "length": 16},
    "animation": {"duration": 1, "width": 16, "height": 9},
    "sticker": {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
}
"""Fields that the Bot API never leaves out."""


def _describe(file: File) -> dict[str, Any]:
    return {"file_id": file.id, "file_unique_id": f"u{file.id}", "file_size": len(file.data)}


@method("getFile")
async def get_file(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Tell where a file is fetched."""
    file = cloud.files.get(params.text("file_id") or "")
    if file is None:
        raise Refused("Bad Request: wrong file_id or the file is temporarily unavailable")
    if len(file.data) > MAX_FETCHED:
        raise Refused("Bad Request: file is too big")
    return {**_describe(file), "file_path": f"{file.kind}/{file.id}"}


@method("sendDocument")
async def send_document(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Send a file."""
    return _send(cloud, bot, params, "document", MAX_SENT)


@method("sendPhoto")
async def send_photo(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Send a picture."""
    found = params.files.get("photo")
    if found is not None and not found.data.startswith(_PICTURES):
        raise Refused("Bad Request: IMAGE_PROCESS_FAILED")
    return _send(cloud, bot, params, "photo", MAX_PHOTO)


def _send(cloud: Cloud, bot: Bot, params: Params, kind: str, most: int) -> Any:
    chat = cloud.chat(params.required("chat_id"))
    topic = open_topic(chat, params)
    upload = params.files.get(kind)
    if upload is None:
        raise Refused(f"Bad Request: there is no {kind} in the request")
    if not upload.data:
        raise Refused("Bad Request: file must be non-empty")
    if len(upload.data) > most:
        raise Refused("Request Entity Too Large", 413)
    caption: str | None = None
    entities: list[dict[str, Any]] = []
    if params.text("caption"):
        given = params.json("caption_entities", [])
        caption, entities = check_text(params.text("caption"), given, params.text("parse_mode"), limit=MAX_CAPTION)
    original = find_reply(chat, params)
    spend(cloud, chat)
    chat.typing.pop(topic, None)
    media = add_media(cloud, kind, upload.name, upload.mime, upload.data)
    return cloud.add_message(
        chat, bot.user(), None, topic, silent=params.flag("disable_notification"), caption=caption, caption_entities=entities, reply_to_message=original,
        reply_markup=check_keyboard(params.json("reply_markup", None)), **{media.kind: media.value},
    )  # fmt: skip


def add_routes(app: web.Application, cloud: Cloud) -> None:
    """Serve the files: to bots by their token, to those who play the people by their ids."""

    async def fetch(request: web.Request) -> web.StreamResponse:
        file = cloud.files.get(request.match_info["id"])
        if request.match_info["token"] not in cloud.bots:
            return web.Response(status=401)
        if file is None or len(file.data) > MAX_FETCHED:
            return web.Response(status=404)
        return web.Response(body=file.data)

    async def look(request: web.Request) -> web.StreamResponse:
        file = cloud.files.get(request.match_info["id"])
        return web.Response(status=404) if file is None else web.Response(body=file.data)

    app.router.add_get("/file/bot{token}/{kind}/{id}", fetch)
    app.router.add_get("/sim/files/{id}", look)


def list_files(cloud: Cloud, message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files of a message as a person sees them: kind, name, size and file_id."""
    found = []
    for kind in FILES:
        value = message.get(kind)
        if value:
            file = cloud.files[(value[-1] if kind == "photo" else value)["file_id"]]
            found.append({"kind": kind, "name": file.name, "size": len(file.data), "file_id": file.id})
    return found

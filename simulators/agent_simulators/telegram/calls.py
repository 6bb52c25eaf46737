"""A bot's call: carried out, spoilt by a fault, and written down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_simulators import wire
from agent_simulators.faults import Fault
from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import now_ms
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.faultspec import TelegramFault
from agent_simulators.telegram.methods import METHODS, Described
from agent_simulators.telegram.params import Params, read_params
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.versions import is_known

NO_ANSWER = 0
"""Stands in the place of a status where the bot got no answer, or only half of one."""
_TOKEN = re.compile(r"^\d+:[A-Za-z0-9_-]+$")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with."""

    status: int
    body: Mapping[str, Any]

    def encode(self) -> bytes:
        """Return the body as it goes over the wire."""
        return json.dumps(self.body).encode()


def refuse(refused: Refused) -> Answer:
    """Return the answer that tells a refusal."""
    body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return Answer(refused.code, body)


async def perform(cloud: Cloud, bot: Bot, name: str, params: Params) -> Answer:
    """Carry out a method."""
    method = METHODS.get(name.lower())
    if method is None or not is_known(name, cloud.api):
        return refuse(Refused("Not Found: method not found", 404))
    try:
        result = await method(cloud, bot, params)
    except Refused as refused:
        return refuse(refused)
    if isinstance(result, Described):
        return Answer(200, {"ok": True, "result": True, "description": result.words})
    return Answer(200, {"ok": True, "result": result})


async def perform_reply(cloud: Cloud, bot: Bot, reply: dict[str, Any]) -> None:
    """Carry out the call in a webhook's answer; the bot is not told how it ended."""
    record = _open_record(cloud, reply["method"])
    record["chat"] = reply.get("chat_id")
    answer = await perform(cloud, bot, reply["method"], Params(reply))
    record |= {"status": answer.status, "took": now_ms() - record["t"], "message_id": _message_id(answer)}
    cloud.calls.append(record)


def _open_record(cloud: Cloud, name: str) -> dict[str, Any]:
    return {
        "n": cloud.count_call(), "method": name, "t": now_ms(), "took": 0, "status": NO_ANSWER, "chat": None,
        "fault": None, "message_id": None,
    }  # fmt: skip


async def serve_call(cloud: Cloud, request: web.Request) -> web.StreamResponse:
    """Answer a request of a bot, if no fault keeps the answer from it."""
    record = _open_record(cloud, request.match_info["method"])
    try:
        return await _serve(cloud, request, record)
    except Refused as refused:
        return _respond(refuse(refused), record)
    finally:
        record["took"] = now_ms() - record["t"]
        cloud.calls.append(record)


async def _serve(cloud: Cloud, request: web.Request, record: dict[str, Any]) -> web.StreamResponse:
    bot, name = _find_bot(cloud, request.match_info["token"]), record["method"]
    if name.lower() not in METHODS or not is_known(name, cloud.api):
        raise Refused("Not Found: method not found", 404)
    params = await read_params(request)
    record["chat"] = params.values.get("chat_id")
    chat = _find_chat(cloud, params)
    struck = cloud.faults.strike(lambda spec: spec.strikes_call(name, chat))
    for slow in (fault for fault in struck if fault.spec.adds):
        await slow.hold(slow.spec.hold)
    fault = next((fault for fault in struck if not fault.spec.adds), None)
    if fault is not None:
        record["fault"] = f"{fault.spec.kind} {fault.spec.at}"
    if fault is not None and fault.spec.at == "before":
        return await _spoil(request, fault, record, None)
    answer = await perform(cloud, bot, name, params)
    record["message_id"] = _message_id(answer)
    if fault is not None:
        _lose(cloud, name, answer, fault.spec.kind)
        return await _spoil(request, fault, record, answer)
    if wire.is_gone(request):
        _lose(cloud, name, answer, "hung up")
        return wire.cut(request)
    return _respond(answer, record)


async def _spoil(
    request: web.Request, fault: Fault[TelegramFault], record: dict[str, Any], answer: Answer | None
) -> web.StreamResponse:
    """Do what a fault does in the place of the answer."""
    spec = fault.spec
    match spec.kind:
        case "throttle":
            words = f"Too Many Requests: retry after {spec.retry_after}"
            return _respond(refuse(Refused(words, 429, retry_after=spec.retry_after)), record)
        case "error":
            return _respond(refuse(Refused(spec.description, spec.code)), record)
        case "silence":
            await fault.hold(spec.hold, lambda: wire.is_gone(request))
        case "cut" if spec.at == "middle" and answer is not None:
            return await wire.send_half(request, answer.encode(), fault)
        case _:
            pass
    return wire.cut(request)


def _respond(answer: Answer, record: dict[str, Any]) -> web.Response:
    record["status"] = answer.status
    return web.Response(body=answer.encode(), status=answer.status, content_type="application/json")


def _find_bot(cloud: Cloud, token: str) -> Bot:
    if not _TOKEN.match(token):
        raise Refused("Not Found", 404)
    if token not in cloud.bots:
        raise Refused("Unauthorized", 401)
    return cloud.bots[token]


def _find_chat(cloud: Cloud, params: Params) -> int | None:
    """Return the chat that a call is about, for the faults of one chat."""
    pressed = cloud.callbacks.get(params.text("callback_query_id") or "")
    given = params.text("chat_id") or ""
    if pressed is not None:
        return pressed.chat
    return int(given) if re.fullmatch(r"-?\d+", given) else None


def _message_id(answer: Answer) -> int | None:
    result = answer.body.get("result")
    return result.get("message_id") if isinstance(result, dict) else None


def _lose(cloud: Cloud, name: str, answer: Answer, how: str) -> None:
    """Remember with a message that the bot did not learn of it, or of its edit."""
    result = answer.body.get("result")
    if not isinstance(result, dict) or "message_id" not in result:
        return
    shown = cloud.chats[result["chat"]["id"]].shown[result["message_id"]]
    if name.lower().startswith("edit"):
        shown.edit_lost = how
    else:
        shown.lost = how

"""A gateway is killed while a person links an account: the next one goes on. As processes, with Telegram's simulator."""

from __future__ import annotations

import json

import pytest

from agent_gateway.wording import keys
from tests.support.device_forge import CLIENT, running_forge
from tests.support.eventually import LONG, eventually
from tests.support.gateways import PERSON, surroundings

pytestmark = pytest.mark.postgres


def find_messages(around):
    return [m for m in around.cloud.ensure_chat(PERSON, None, "").messages.values() if m["from"]["is_bot"]]


def find_buttons(message):
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


async def test_a_code_that_one_gateway_showed_is_followed_by_the_next(dsn, tmp_path):
    (tmp_path / "keys").write_text("k" * 48)
    async with running_forge("github") as forge, surroundings(tmp_path, dsn) as around:
        forge.pause = 1
        connection = {
            "name": "hub",
            "forge": "github",
            "url": forge.url,
            "apiUrl": f"{forge.url}/api",
            "clientId": CLIENT,
        }
        (tmp_path / "connections.json").write_text(json.dumps([connection]))
        settings = {
            "CONNECTIONS_FILE": str(tmp_path / "connections.json"), "ACCOUNT_KEYS_FILE": str(tmp_path / "keys")
        }  # fmt: skip
        first = await around.start(**settings)
        await first.until_ready()
        chat = around.cloud.ensure_chat(PERSON, None, "")
        entity = {"type": "bot_command", "offset": 0, "length": 5}
        user = {"id": PERSON, "is_bot": False, "first_name": "Ada"}
        said = around.cloud.add_message(chat, user, "/link hub", None, entities=[entity])
        around.cloud.deliver("message", said)
        await eventually(lambda: find_messages(around), timeout=LONG)
        (shown,) = find_messages(around)
        _, code = forge.codes[0]
        assert {"type": "code", "offset": shown["text"].index(code), "length": len(code)} in shown["entities"]
        opening, copying = find_buttons(shown)
        assert opening["url"] == "https://forge.example/login/device"
        assert copying["copy_text"] == {"text": code}
        first.process.kill()
        await first.ended()
        forge.state = "granted"
        await around.start(**settings)
        done = keys.link_done("en", host=forge.linkable.host, login="ada")
        # the first one may have been killed before it knew that its message stands: it is said again then
        await eventually(lambda: done in [message["text"] for message in find_messages(around)], timeout=LONG)
        logs = "".join(gateway.log_file.read_text() for gateway in around.gateways)
        assert [secret for secret in forge.secrets if secret in logs] == []

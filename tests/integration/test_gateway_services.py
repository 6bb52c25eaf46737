"""`/services` on a real Postgres: what is reached here, and what an administrator leaves of it."""

from __future__ import annotations

import pytest

from agent_contract.apis import NarrowerApi
from agent_contract.team import NarrowerServer
from agent_gateway.resources.reading import read_class
from agent_gateway.store.rows import Address
from agent_kube.errors import Away
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
SPEC = {
    "apis": [{"connection": "npm", "methods": ["GET", "PUT"]}, {"connection": "wiki"}], "mcpServers": [{"connection": "tracker"}],
}  # fmt: skip


async def ask(desk, **who):
    await desk.say("/services", **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


def find_left(desk):
    found = desk.resources.cached("tg-42")
    return found and (found.spec.apis, found.spec.mcp_servers)


async def test_people_are_told_and_have_no_buttons(store):
    async with running_desk(store) as desk:
        assert await ask(desk) == ("I reach no services and no tool servers here.", {})
        desk.resources.found_class = read_class({"spec": SPEC})
        text, buttons = await ask(desk)
        assert text == "Here I reach:\n- `npm`: read and change\n- `wiki`: read\n- `tracker`: its tools"
        assert buttons == {}


async def test_an_administrator_takes_away_and_gives_back_and_it_is_written(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = read_class({"spec": SPEC})
        _, buttons = await ask(desk, user=ADMIN, chat=ADMIN)
        assert list(buttons) == ["npm: only read", "npm: off", "wiki: off", "tracker: off"]
        await ask(desk)
        thread, own = desk.ids["tg-42"], int(buttons["npm: off"].split(":")[1])
        read, off = (buttons[name].replace(f":{own}:", f":{thread}:") for name in ("npm: only read", "tracker: off"))
        assert await press(desk, read) == "Only an administrator can change that."
        assert await press(desk, read, chat=GROUP, user=ADMIN) != ""
        assert (await store.narrowed.unwritten(thread)).fields == frozenset()
        desk.resources.faults.append(Away("The API server does not answer.", None, "Unreachable"))
        assert await press(desk, read, user=ADMIN) == ""
        text, _, _ = await last_said(desk)
        assert "- `npm`: read\n" in text
        assert await press(desk, off, user=ADMIN) == ""
        assert "- `tracker`: off" in (await last_said(desk))[0]
        left = (NarrowerApi(connection="wiki"), NarrowerApi(connection="npm", methods=["GET"]))
        await eventually(lambda: find_left(desk) == (left, ()))

        async def settled():
            return not await store.narrowed.due(10)

        await eventually(settled)
        assert (await ask(desk))[0] == "Here I reach:\n- `npm`: read\n- `wiki`: read"
        for button in (read.replace(":read", ":all"), off.replace(":none", ":all")):
            await press(desk, button, user=ADMIN)
        await eventually(lambda: find_left(desk) == (None, None))


async def test_a_button_of_what_the_class_names_no_longer_is_gone(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = read_class({"spec": SPEC})
        _, buttons = await ask(desk, user=ADMIN, chat=ADMIN)
        desk.resources.found_class = read_class({"spec": {"apis": SPEC["apis"]}})
        assert await press(desk, buttons["tracker: off"], user=ADMIN, chat=ADMIN) != ""
        assert await store.narrowed.due(10) == []


async def test_two_taps_before_the_first_is_written_both_count(store):
    thread = (await _make_thread(store)).id
    await store.narrowed.narrow_apis(thread, ())
    await store.narrowed.narrow_servers(thread, (NarrowerServer(connection="tracker"),))
    [first, *_] = await store.narrowed.due(10)
    await store.narrowed.narrow_apis(thread, None)
    await store.narrowed.written(first)
    wanted = await store.narrowed.unwritten(thread)
    assert (wanted.apis, wanted.mcp_servers) == (None, (NarrowerServer(connection="tracker"),))
    assert wanted.fields == {"apis", "mcpServers"}, "whoever wrote the first settles nothing that came after"
    for one in await store.narrowed.due(10):
        await store.narrowed.written(one)
    assert (await store.narrowed.unwritten(thread)).fields == frozenset()


async def _make_thread(store):
    async with store.transaction() as tx:
        return await tx.threads.get_or_create(Address(BOT_ID, 42), "tg-42", "title")

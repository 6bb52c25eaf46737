"""Menus are filled once for what they hold, over restarts of the gateway; on a real Postgres."""

from __future__ import annotations

import logging

import pytest

from agent_gateway.telegram.errors import RefusalKind, Refused
from agent_gateway.telegram.outbound.menus import FILLED, fill_menus

pytestmark = pytest.mark.postgres


class PlayedMenus:
    def __init__(self):
        self.calls = 0

    async def set_my_commands(self, menu):
        self.calls += 1


async def test_a_restart_with_the_same_menus_calls_nothing(store):
    api = PlayedMenus()
    await fill_menus(api, store.menus, [9])
    assert api.calls == len(FILLED) * 4
    await fill_menus(api, store.menus, [9])
    assert api.calls == len(FILLED) * 4
    await store.pool.execute("UPDATE menus SET digest = 'of an earlier release' WHERE menu LIKE 'default%'")
    await fill_menus(api, store.menus, [9])
    assert api.calls == len(FILLED) * 5


@pytest.mark.parametrize(
    ("kind", "warned"), [(RefusalKind.CHAT_GONE, False), (RefusalKind.OTHER, True)], ids=["no-chat-yet", "refused"]
)
async def test_an_administrator_who_never_wrote_is_no_cause_for_a_warning(store, caplog, kind, warned):
    class Refusing(PlayedMenus):
        async def set_my_commands(self, menu):
            if menu.scope == "chat":
                raise Refused(kind, "Bad Request")
            await super().set_my_commands(menu)

    api = Refusing()
    with caplog.at_level(logging.INFO):
        await fill_menus(api, store.menus, [9, 10])
    assert api.calls == len(FILLED) * 3, "all other menus are filled"
    assert any(record.levelno >= logging.WARNING for record in caplog.records) is warned

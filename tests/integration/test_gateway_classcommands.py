"""Commands that a class brings: asked like any message, never in place of the bot's own, and shown in the chat's menu."""

from __future__ import annotations

import pytest

from agent_contract.agentclass import AgentClass
from agent_contract.names import build_thread_name
from agent_contract.team import OWN_COMMANDS
from agent_gateway.commands.table import BY_NAME
from agent_gateway.effects import ShowCommands
from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.classmenus import LOOK_SECONDS, ClassMenus
from agent_gateway.telegram.outbound.menus import LANGUAGES
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk

pytestmark = pytest.mark.postgres
REVIEW = {"name": "review_pr", "description": "Review a change"}


def bring(desk, *commands):
    desk.resources.found_class = AgentClass.model_validate({"spec": {"commands": list(commands)}})


async def asked(store):
    return [row["text"] for row in await store.pool.fetch("SELECT text FROM turns ORDER BY id")]


async def test_a_command_of_the_class_is_asked_as_it_stands(store):
    async with running_desk(store) as desk:
        bring(desk, REVIEW, {"name": "status", "description": "never this one"})
        await desk.say("/review_pr foo_bar *now*")
        await desk.say("/review_pr")
        await desk.say("/other foo")
        assert (await desk.said())[-1].startswith("Unknown command: /other")
        await desk.say("/status")
        assert [text.rpartition("\n\n")[2] for text in await asked(store)] == [
            "/review_pr foo_bar *now*",
            "/review_pr",
        ]


async def test_a_class_that_is_not_known_brings_none(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = None
        await desk.say("/review_pr foo")
        assert (await desk.said())[-1].startswith("Unknown command: /review")
        assert await asked(store) == []


def test_no_class_may_take_a_command_of_ours():
    assert set(BY_NAME) <= OWN_COMMANDS


class PlayedMenus:
    def __init__(self):
        self.filled = []

    async def set_my_commands(self, menu):
        self.filled.append(menu)


@pytest.mark.parametrize(("chat", "count"), [(PERSON, 1), (GROUP, len(LANGUAGES)), (ADMIN, len(LANGUAGES))])
async def test_the_menu_shows_them_behind_ours_and_no_longer_when_they_are_gone(store, chat, count):
    async with running_desk(store) as desk:
        bring(desk, REVIEW)
        now, api = [0.0], PlayedMenus()
        menus = ClassMenus(api, store.menus, store.threads, desk.resources, lambda who: who == ADMIN, lambda: now[0])
        async with store.transaction() as tx:
            await tx.threads.get_or_create(Address(BOT_ID, chat), build_thread_name("tg", chat, None), "a chat")
        await menus.show(ShowCommands(chat, "de"))
        assert len(api.filled) == count
        assert all(menu.commands[-1] == ("review_pr", "Review a change") for menu in api.filled)
        assert all({name for name, _ in menu.commands} & set(BY_NAME) for menu in api.filled)
        await menus.show(ShowCommands(chat, "de"))
        now[0] += LOOK_SECONDS
        await menus.show(ShowCommands(chat, "de"))
        assert len(api.filled) == count, "what a menu holds is not filled in again"
        bring(desk)
        now[0] += LOOK_SECONDS
        await menus.show(ShowCommands(chat, "de"))
        assert not any(("review_pr", "Review a change") in menu.commands for menu in api.filled[count:])
        assert len(api.filled) == 2 * count

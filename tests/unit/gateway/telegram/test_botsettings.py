"""What is set of the bot at start."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from agent_gateway.telegram.errors import NotSent
from agent_gateway.telegram.outbound.botsettings import apply_settings, decide_settings
from agent_gateway.telegram.ports import BotIdentity

BOT = BotIdentity(1, "b", reads_groups=True, has_topics=False, callback_query_mode="default")


class Played:
    def __init__(self, answer=True):
        self.answer, self.calls = answer, []

    async def set_my_settings(self, **settings):
        self.calls.append(settings)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("bot", "topics", "privacy", "wanted"),
    [
        (BOT, "keep", "keep", {}),
        (BOT, "disabled", "disabled", {}),
        (BOT, "enabled", "enabled", {"has_topics_enabled": True, "can_read_all_group_messages": False}),
        (replace(BOT, callback_query_mode="inline"), "keep", "keep", {"callback_query_mode": "default"}),
        (replace(BOT, callback_query_mode=""), "keep", "keep", {"callback_query_mode": "default"}),
    ],
)
def test_only_what_is_otherwise_is_set(bot, topics, privacy, wanted):
    assert decide_settings(bot, topics, privacy) == wanted


async def test_what_was_set_holds_from_then_on():
    api = Played()
    bot = await apply_settings(api, replace(BOT, callback_query_mode="auto"), "enabled", "enabled")
    assert (bot.has_topics, bot.reads_groups, bot.callback_query_mode) == (True, False, "default")
    assert await apply_settings(api, bot, "enabled", "enabled") == bot
    assert len(api.calls) == 1


@pytest.mark.parametrize("answer", [False, NotSent("away")])
async def test_a_server_that_does_not_take_it_is_told_once_in_the_log(answer, caplog):
    caplog.set_level(logging.WARNING)
    api = Played(answer)
    assert await apply_settings(api, BOT, "enabled", "keep") == BOT
    assert [record.message for record in caplog.records] == ["bot_settings_not_set"]

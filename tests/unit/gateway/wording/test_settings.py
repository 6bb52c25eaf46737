from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_gateway.store.history import Forgotten, HistoryItem
from agent_gateway.telegram.errors import NotSent, RefusalKind, Refused
from agent_gateway.telegram.outbound import menus
from agent_gateway.telegram.outbound.menus import FILLED, LANGUAGES, build_commands, fill_menus, fill_own_menu
from agent_gateway.wording import confirm, export, keys, settings

AT = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)


def test_a_question_has_a_button_that_does_it_and_one_that_does_not():
    do, cancel = confirm.build_buttons("en", "cleanup", 7, "End it")
    assert (do.text, confirm.parse_confirm(do.data)) == ("End it", ("cleanup", 7))
    assert (cancel.text, confirm.parse_confirm(cancel.data)) == ("Cancel", ("cancel", 7))


@pytest.mark.parametrize(
    "data", ["", "cf:", "cf:cleanup:", "cf:cleanup:7x", "cf:CLEANUP:7", "st:7", "cf:cleanup:" + "9" * 30]
)
def test_other_buttons_are_no_answers(data):
    assert confirm.parse_confirm(data) is None


def test_cleanup_says_what_it_would_end_and_what_it_ended():
    assert confirm.cleanup_question("en", ["tg-1, run 2"]) == (
        "This agent has nothing to do. End it? The conversation and its files stay.\ntg-1, run 2"
    )
    assert "These 2 agents" in confirm.cleanup_question("en", ["a", "b"])
    assert [keys.cleanup_question_do("en", count=n) for n in (1, 3)] == ["End it", "End 3 agents"]
    assert confirm.cleanup_done("en", ["a", "b"], 0) == "Ended: a, b"
    assert confirm.cleanup_done("en", ["a"], 2).endswith("\n2 left or got work meanwhile.")
    assert confirm.cleanup_done("en", [], 2) == keys.cleanup_busy("en")


def test_forget_counts_what_went():
    said = confirm.forget_done("en", Forgotten(1, 2, 0, 3000, 1))
    assert said.startswith("Deleted: this conversation, my memory of it and its files (1 message, 3,000 files).")


def test_the_current_model_is_marked_and_a_long_name_fits_its_button():
    name = "provider/" + "long" * 30
    one, two = settings.build_model_buttons(12, ["glm", name], name)
    assert (one.text, two.text) == ("glm", f"✓ {name}")
    assert all(len(button.data.encode()) <= 64 for button in (one, two))
    assert settings.parse_model(two.data) == (12, settings.digest_model(name))
    assert settings.parse_model("th:12") is None


def test_the_model_is_said():
    assert settings.model_text("en", "glm", ["glm", "kimi"], None) == "Model: glm"
    assert settings.model_text("en", "", [], None) == "Model: default\nOnly this model is available here."
    assert settings.model_text("en", "kimi", ["glm", "kimi"], "glm") == (
        "From the next answer on: kimi\nWriting right now: glm"
    )
    assert settings.model_unknown("en", "x" * 500, ["glm"]) == f"I can't use {'x' * 80} here. Available: glm"


def test_a_history_is_markdown():
    assert export.export_head("en", "tg-5", "two\nlines", AT).startswith(
        "# two lines\n\nConversation tg-5, exported 2026-07-01 12:05 UTC."
    )
    assert (
        export.export_part("en", HistoryItem(AT, "user", 42, " hi \n", None))
        == "\n## 2026-07-01 12:05 UTC · Person 42\n\nhi\n"
    )
    assert "· Agent\n\nyes\n" in export.export_part("en", HistoryItem(AT, "assistant", None, "yes", None))
    part = export.export_part("en", HistoryItem(AT, "tg-5-r1-k1", None, "eleven", "count\nthem"))
    assert part.endswith("· Sub-agent tg-5-r1-k1\n\nTask: count them\n\neleven\n")
    assert (export.export_name("tg-5", 1), export.export_name("a/b", 2)) == ("tg-5.md", "a-b-2.md")


class PlayedMenus:
    """Keeps menus; has chats with some people only."""

    def __init__(self, *, chats):
        self.chats, self.menus, self.asked = chats, {}, 0

    async def set_my_commands(self, menu):
        self.asked += 1
        if menu.chat_id is not None and menu.chat_id not in self.chats:
            raise Refused(RefusalKind.CHAT_GONE, "chat not found")
        self.menus[menu.scope, menu.chat_id, menu.language] = dict(menu.commands)


class PlayedMenuStore:
    """Keeps what menus hold."""

    def __init__(self):
        self.kept = {}

    async def digests(self):
        return dict(self.kept)

    async def keep(self, menu, digest):
        self.kept[menu] = digest


async def test_a_start_with_the_same_menus_calls_nothing(monkeypatch):
    api, store = PlayedMenus(chats={9}), PlayedMenuStore()
    await fill_menus(api, store, [9])
    assert api.asked == len(FILLED) * 4
    await fill_menus(api, store, [9])
    await fill_own_menu(api, store, 9)
    assert api.asked == len(FILLED) * 4
    words = menus.build_commands
    monkeypatch.setattr(menus, "build_commands", lambda lang, *, admin: [*words(lang, admin=admin), ("x", "new")][-5:])
    await fill_menus(api, store, [])
    assert api.asked == len(FILLED) * 7  # each of everybody's anew


async def test_every_scope_has_a_menu_in_each_language_and_administrators_more():
    api = PlayedMenus(chats={9})
    store = PlayedMenuStore()
    await fill_menus(api, store, [9, 8, -100])  # 8 never wrote to the bot
    scopes = [("default", None), ("all_private_chats", None), ("all_group_chats", None), ("chat", 9)]
    assert set(api.menus) == {(*scope, language) for scope in scopes for language in FILLED}
    assert api.asked == len(api.menus) + 1  # a chat that is not there is asked once
    assert list(api.menus["default", None, None]) == ["help", "new", "stop", "model"]
    assert list(api.menus["chat", 9, None]) == ["help", "new", "stop", "model", "status", "threads"]
    assert api.menus["all_group_chats", None, "de"]["help"] == "alles, was ich kann"
    api.chats.add(8)
    await fill_own_menu(api, store, 8)
    assert api.menus["chat", 8, "de"] == api.menus["chat", 9, "de"]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language])
def test_each_language_has_words_of_its_own_for_each_command(language):
    english = dict(build_commands(None, admin=True))
    for name, description in build_commands(language, admin=True):
        assert 1 <= len(description) <= 256
        assert description != english[name]


async def test_nothing_more_is_asked_of_a_telegram_that_is_away():
    class Away(PlayedMenus):
        async def set_my_commands(self, menu):
            self.asked += 1
            raise NotSent("away")

    api = Away(chats=())
    await fill_menus(api, PlayedMenuStore(), range(1, 50))
    assert api.asked == 1

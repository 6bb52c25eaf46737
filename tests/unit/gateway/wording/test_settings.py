from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_gateway.store.history import Forgotten, HistoryItem
from agent_gateway.telegram.errors import NotSent, RefusalKind, Refused
from agent_gateway.telegram.outbound import menus
from agent_gateway.telegram.outbound.menus import LANGUAGES, build_commands, fill_menus, fill_own_menu, read_words
from agent_gateway.wording import commands, confirm, export, settings
from agent_gateway.wording.commands import ADMIN_MENU, MENU, StatusFacts, ThreadLine

AT = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)


def test_a_question_has_a_button_that_does_it_and_one_that_does_not():
    do, cancel = confirm.build_buttons("cleanup", 7, "End it")
    assert (do.text, confirm.parse_confirm(do.data)) == ("End it", ("cleanup", 7))
    assert (cancel.text, confirm.parse_confirm(cancel.data)) == ("Cancel", ("cancel", 7))


@pytest.mark.parametrize(
    "data", ["", "cf:", "cf:cleanup:", "cf:cleanup:7x", "cf:CLEANUP:7", "st:7", "cf:cleanup:" + "9" * 30]
)
def test_other_buttons_are_no_answers(data):
    assert confirm.parse_confirm(data) is None


def test_cleanup_says_what_it_would_end_and_what_it_ended():
    assert confirm.cleanup_question(["tg-1, run 2"]) == (
        "This ends this idle agent; conversations and files stay:\ntg-1, run 2"
    )
    assert "these 2 idle agents" in confirm.cleanup_question(["a", "b"])
    assert [confirm.cleanup_button(n) for n in (1, 3)] == ["End it", "End 3 agents"]
    assert confirm.cleanup_done(["a", "b"], 0) == "Ended: a, b"
    assert confirm.cleanup_done(["a"], 2).endswith("work now: 2")
    assert "Nothing was ended" in confirm.cleanup_done([], 2)


def test_forget_counts_what_went():
    said = confirm.forget_done(Forgotten(1, 2, 0, 3, 1))
    assert said.startswith(
        "Forgotten: 1 message, 2 lines of the agent's memory, 0 packed workspaces, 3 files, 1 sub-agent's task and result."
    )


def test_the_current_model_is_marked_and_a_long_name_fits_its_button():
    name = "provider/" + "long" * 30
    one, two = settings.build_model_buttons(12, ["glm", name], name)
    assert (one.text, two.text) == ("glm", f"✓ {name}")
    assert all(len(button.data.encode()) <= 64 for button in (one, two))
    assert settings.parse_model(two.data) == (12, settings.digest_model(name))
    assert settings.parse_model("th:12") is None


def test_the_model_is_said():
    assert settings.model_text("glm", ["glm", "kimi"], None) == "Model: glm"
    assert "LLM_MODELS" in settings.model_text("glm", [], None)
    assert settings.model_text("kimi", ["glm", "kimi"], "glm") == (
        "From the next answer on, model: kimi\nThe answer that is being written: glm"
    )
    assert settings.model_unknown("x" * 500, ["glm"]) == f"{'x' * 80} is not allowed here. There are: glm"


def test_the_level_is_marked():
    assert settings.verbose_text(2).split("\n")[2].startswith("✓ 2:")
    assert settings.verbose_text(2).endswith("Usage: /verbose 0|1|2")
    assert settings.verbose_done(0) == "From the next answer on, 0: only the answer and the Stop button."


def test_a_thread_has_a_button_by_its_title():
    button = settings.build_thread_button(5, "tg-n1-42", "deploy pipeline")
    assert (button.text, settings.parse_thread(button.data)) == ("deploy pipeline · tg-n1-42", 5)
    assert len(settings.build_thread_button(5, "tg-n1-42", "t" * 200).text) == 60
    assert settings.parse_thread("th:x") is None


def test_a_status_fits_a_pressed_button():
    line = ThreadLine("tg-5", "private chat", "Running", 7)
    facts = StatusFacts(2, 50, line, None, "glm", answering=True, seconds=12.4, queued=3, subagents=1)
    assert commands.short_status_text(facts) == (
        "tg-5 (private chat): Running, run 7\nanswering for 12 s, waiting: 3, sub-agents: 1, glm"
    )


def test_a_history_is_markdown():
    assert export.export_head("tg-5", "two\nlines", AT).startswith(
        "# two lines\n\nConversation tg-5, exported 2026-07-01 12:05 UTC."
    )
    assert (
        export.export_part(HistoryItem(AT, "user", 42, " hi \n", None))
        == "\n## 2026-07-01 12:05 UTC · Person 42\n\nhi\n"
    )
    assert "· Agent\n\nyes\n" in export.export_part(HistoryItem(AT, "assistant", None, "yes", None))
    part = export.export_part(HistoryItem(AT, "tg-5-r1-k1", None, "eleven", "count\nthem"))
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


async def test_every_scope_has_a_menu_in_each_language_and_administrators_more():
    api = PlayedMenus(chats={9})
    await fill_menus(api, [9, 8, -100])  # 8 never wrote to the bot
    scopes = [("default", None), ("all_private_chats", None), ("all_group_chats", None), ("chat", 9)]
    assert set(api.menus) == {(*scope, language) for scope in scopes for language in LANGUAGES}
    assert api.asked == len(api.menus) + 1  # a chat that is not there is asked once
    assert api.menus["default", None, None] == dict(MENU)
    assert api.menus["chat", 9, None] == dict(MENU) | dict(ADMIN_MENU)
    assert "approve" not in api.menus["all_group_chats", None, "de"]
    assert api.menus["chat", 9, "de"]["approve"] == "jemanden zulassen: /approve <Code>"
    assert api.menus["chat", 9, "de"]["kill"] != api.menus["default", None, "de"]["kill"]
    api.chats.add(8)
    await fill_own_menu(api, 8)
    assert api.menus["chat", 8, "fr"] == api.menus["chat", 9, "fr"]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language])
def test_each_language_has_words_of_its_own_for_each_command(language):
    words = read_words(Path(menus.__file__).parent / "menus.toml")[language]
    assert list(words) == [*dict(MENU), "admin"]
    assert list(words["admin"]) == list(dict(ADMIN_MENU))
    english = dict(build_commands(None, admin=True))
    for name, description in build_commands(language, admin=True):
        assert 1 <= len(description) <= 256
        assert description != english[name]
        assert (f"/{name} " in description) == (f"/{name} " in english[name])


async def test_nothing_more_is_asked_of_a_telegram_that_is_away():
    class Away(PlayedMenus):
        async def set_my_commands(self, menu):
            self.asked += 1
            raise NotSent("away")

    api = Away(chats=())
    await fill_menus(api, range(1, 50))
    assert api.asked == 1

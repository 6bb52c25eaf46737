"""In which language people are answered, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.store.people import Languages
from agent_gateway.wording import keys
from tests.support.desk import GROUP, PERSON, STRANGER, address, message, running_desk
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
ADA, BEN = 42, 43


def speaking(language, text="hello", user=PERSON, chat=PERSON):
    raw = message(text, chat=chat, user=user)
    raw["message"]["from"]["language_code"] = language
    return raw


async def test_a_person_is_answered_in_the_language_of_their_program(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(speaking("de-AT", "/zzzzzz"))
        await desk.settled()
        assert await desk.said() == [keys.unknown_command("de", name="zzzzzz")]
        assert await store.people.languages(PERSON) == Languages("de", name="P")


async def test_turns_and_conversations_have_the_language_of_whoever_asked(store):
    async with running_desk(store, reconcile=False, unaddressed=True) as desk:
        await desk.take(
            speaking("de", "eins", ADA, GROUP), speaking("en", "two", BEN, GROUP),
        )  # fmt: skip
        await desk.settled()
        thread = await store.threads.by_address(address(GROUP))
        assert thread.language == "en"
        assert [turn.language for turn in await store.turns.queued(thread.id)] == ["de", "en"]


async def test_what_a_person_chose_or_wrote_in_before_counts_where_their_program_names_no_language(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(speaking("de"), message("more"))
        await desk.settled()
        assert (await store.threads.by_address(address())).language == "de"
        await store.people.choose_language(PERSON, "en")
        await desk.take(speaking("de"))
        await desk.settled()
        assert (await store.threads.by_address(address())).language == "en"
        assert await store.people.languages(PERSON) == Languages("de", "en", "P")
        await store.people.choose_language(PERSON, None)
        await desk.take(message("again"))
        await desk.settled()
        assert (await store.threads.by_address(address())).language == "de"


async def test_a_language_is_chosen_by_name_or_button_and_followed_again(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/language DE")
        assert await desk.said() == [keys.language_chosen("de")]
        await desk.say("/language")
        text, buttons, _ = await last_said(desk)
        assert text.startswith("Ich spreche Deutsch mit dir.")
        await press(desk, buttons["日本語"])
        assert await store.people.languages(PERSON) == Languages(None, "ja", "P")
        await press(desk, buttons["Telegram folgen"])
        assert await store.people.languages(PERSON) == Languages(name="P")


async def test_nothing_is_kept_of_strangers(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(speaking("de", "hello", STRANGER, STRANGER))
        await desk.settled()
        assert await store.people.languages(STRANGER) == Languages()


async def test_what_is_said_late_has_the_language_of_who_is_answered(store):
    async with running_desk(store, reconcile=False, unaddressed=True) as desk:
        await desk.take(speaking("de", "eins", ADA, GROUP))
        await desk.settled()
        await store.outbox.put(address(GROUP), "words", "k1")
        await store.outbox.put(address(STRANGER), "words", "k2")
        assert {row.address.chat_id: row.language for row in await store.outbox.claim(())} == {
            GROUP: "de",
            STRANGER: "en",
        }

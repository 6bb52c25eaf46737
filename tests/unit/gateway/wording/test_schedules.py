"""What people read of a schedule of which nothing comes: words, and never what programs read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_contract.agentschedule import AgentScheduleSpec
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.wording.say import LANGUAGES
from agent_gateway.wording.schedules import list_text

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
REASONS = ("NotAllowed", "LimitReached", "BadCron", "BadZone", "BadTimes", "Never", "VenueGone", "Refused")
SPEC = AgentScheduleSpec.model_validate({"threadRef": {"name": "tg-42"}, "cron": "0 9 * * *", "prompt": "Look."})


def show(language, reason):
    row = ScheduleRow(
        1, "s", "u", 1, None, language, "", SPEC, 3, "live", None, reason, "words of no person's language", None, None, None, 0,
        None, 1, NINE,
    )  # fmt: skip
    return list_text(language, [row], UTC)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_why_nothing_comes_of_it_is_told_in_words(language, reason):
    text = show(language, reason)
    assert reason not in text
    assert "words of no" not in text
    assert "{" not in text


def test_each_cause_has_words_of_its_own():
    assert "I don't understand its times" in show("en", "BadZone")
    assert "an administrator can see what" in show("en", "SomethingNew")
    assert len({show("en", reason) for reason in REASONS}) == 5

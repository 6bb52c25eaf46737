from __future__ import annotations

import pytest

from agent_contract.agentthread import Reason
from agent_gateway.conversations.decide import RESUMED
from agent_gateway.wording import keys, texts
from agent_gateway.wording.say import LANGUAGES

VOLUME = 'Usage of EmptyDir volume "work" exceeds the limit "2Gi". The AgentClass\'s workspace.size sets how much.'


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (VOLUME, "The agent filled its disk: “work” may hold 2.1 GB. An administrator can give it more room."),
        ('Container agent exceeded its local ephemeral storage limit "512Mi". ', "“ephemeral-storage” may hold 537 MB"),
        ("Pod ephemeral local storage usage exceeds the total limit of containers 3Gi. ", "may hold 3.2 GB"),
        ('Usage of EmptyDir volume "<b>" exceeds the limit "2Gi". ', "The agent filled its disk. An administrator"),
        ("something else", "The agent filled its disk. An administrator"),
        (None, "The agent filled its disk. An administrator"),
    ],
)
def test_a_full_disk_is_told_with_its_folder_and_its_limit(message, words):
    assert words in texts.run_lost_text("en", Reason.DISK_FULL, message)
    assert words in texts.start_failed_text("en", Reason.DISK_FULL, message)
    assert words in texts.lost_words("en", Reason.DISK_FULL, message)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_disk_is_told_in_every_language(language):
    said = texts.run_lost_text(language, Reason.DISK_FULL, VOLUME)
    assert "work" in said
    assert said != keys.lost_disk_full_plain(language)


def test_an_end_that_the_next_run_would_meet_again_is_not_resumed_by_itself():
    assert Reason.DISK_FULL not in RESUMED
    assert {Reason.EVICTED, Reason.PREEMPTED, Reason.NODE_LOST} <= RESUMED

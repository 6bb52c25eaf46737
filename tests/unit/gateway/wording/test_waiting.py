"""What is said while a message waits."""

from __future__ import annotations

import pytest

from agent_contract.agentthread import Reason
from agent_gateway.wording import keys
from agent_gateway.wording.waiting import capacity_text, inspect, waiting_text, with_details


def test_a_start_of_which_nothing_is_told():
    assert waiting_text("en") == waiting_text("en", "Something new") == "Waking up your agent…"


@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_shows_words_of_the_cluster(reason):
    said = waiting_text("en", reason)
    assert not {"pod", "node", "quota", "AgentClass", "AgentThread", "kubectl"} & set(said.replace(".", " ").split())


def test_every_reason_of_a_conversation_to_wait_has_words():
    waits = set(list(Reason)[: list(Reason).index(Reason.CLASS_NOT_FOUND)]) - {Reason.CONCURRENCY_LIMIT}
    assert {reason for reason in waits if waiting_text("en", reason) == waiting_text("en")} == set()


def test_the_place_in_the_line():
    assert capacity_text("en", 1) == keys.slots_next("en")
    assert capacity_text("en", 1200) == "All agents are busy. You're number 1,200 in line."


def test_details_stand_on_a_line_of_their_own_and_are_short():
    said = with_details("en", "Late.", "Unschedulable", None, "x" * 5000)
    assert said.startswith("Late.\nFor administrators: Unschedulable: xxx")
    assert len(said) < 400
    assert with_details("en", "Late.", None, "") == "Late."
    assert (
        with_details("de", "Spät.", inspect("tg-1")) == "Spät.\nFür Administratoren: kubectl describe agentthread tg-1"
    )

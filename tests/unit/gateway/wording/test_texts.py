from __future__ import annotations

import re

import pytest

from agent_contract.agentthread import Reason
from agent_gateway.render.render import render
from agent_gateway.wording import commands, keys, texts
from agent_gateway.wording.commands import parse_command


def test_the_timeout_is_said_as_promised():
    assert texts.failure_text("de", "timeout") == "Request timed out. Process killed. Try again."


def test_unknown_commands_are_said_as_promised():
    assert commands.unknown_text("en", "x", None) == "Unknown command: /x"


@pytest.mark.parametrize("reason", [*Reason, "Moved", "Restored"])
def test_every_end_of_a_run_has_words_without_those_of_the_cluster(reason):
    said = texts.run_lost_text("en", reason)
    assert (said == keys.lost_connection("en")) == (reason in {Reason.GATEWAY_LOST, Reason.GATEWAY_REFUSED})
    assert texts.run_lost_text("en", reason, resumes=True) == f"{said} {keys.carries_on('en')}"
    for words in (said, texts.start_failed_text("en", reason), texts.lost_words("en", reason)):
        assert not {"pod", "node", "namespace", "image", "AgentClass", "container"} & set(re.findall(r"\w+", words))
        assert "Write again" not in words  # a button below does that


def test_an_end_without_a_reason_has_words():
    assert texts.run_lost_text("en", None) == "I lost the connection to the agent."
    assert texts.start_failed_text("en", None) == "I couldn't start."
    assert (
        texts.start_failed_text("de", "Unschedulable")
        == "Ich konnte nicht starten. Für den Agenten ist gerade kein Platz."
    )


@pytest.mark.parametrize("reason", ["aborted", "agent", "agent_died", "something_new"])
def test_every_failure_has_words(reason):
    said = texts.failure_text("en", reason, "the words of it")
    assert said.endswith((".", "!"))
    assert "  " not in said


def test_what_was_written_is_kept():
    assert texts.interrupted_text("half an ans", "Cut.") == "half an ans\n\n▸ Cut."
    assert texts.interrupted_text("  ", "Cut.") == "Cut."
    assert texts.interrupted_text("So:\n```sh\nmake", "Cut.") == "So:\n```sh\nmake\n```\n\n▸ Cut."
    assert texts.interrupted_text("So:\n```sh\nmake\n```\n", "Cut.") == "So:\n```sh\nmake\n```\n\n▸ Cut."


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("/kill a b ", ("kill", None, "a b")),
        ("/KILL@My_Bot x", ("kill", "My_Bot", "x")),
        ("/x\nline", ("x", None, "line")),
        ("/usr/bin", None),
        ("/", None),
        ("say /kill", None),
        ("/" + "a" * 40, None),
        ("//comment", None),
    ],
)
def test_reading_a_command(text, parsed):
    found = parse_command(text)
    assert (None if found is None else (found.name, found.at, found.args)) == parsed


@pytest.mark.parametrize("said", ["x", "```\nx", "a ```` b", "*x* [y](https://z)", "  \n\nx\n"])
def test_what_a_pod_reports_is_shown_as_it_is_below_our_line(said):
    (chunk,) = render(texts.workspace_text("en", said), "markdown")
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    assert [line.rstrip() for line in chunk.text.split("\n") if line.strip()] == [
        f"▸ {keys.agent_notice('en')}",
        *lines,
    ]
    assert [entity.type for entity in chunk.entities] == ["pre"]

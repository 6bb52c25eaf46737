from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_contract.agentthread import Reason
from agent_gateway.wording import commands, texts
from agent_gateway.wording.commands import StatusFacts, ThreadLine, parse_command


def test_the_timeout_is_said_as_promised():
    assert texts.failure_text("timeout") == "Request timed out. Process killed. Try again."


def test_usage_and_unknown_commands_are_said_as_promised():
    assert commands.KILL_USAGE == "Usage: /kill <thread>"
    assert commands.unknown_text("x") == commands.unknown_text("/x") == "Unknown command: /x"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("401 Incorrect API key provided: sk-12345", "refused the key"),
        ("402 Payment Required", "no balance"),
        ('429 {"error":{"code":"1113","message":"Insufficient balance or no resource package."}}', "no balance"),
        ("429 insufficient_quota: you exceeded your current quota", "no balance"),
        ("403 Forbidden: insufficient permissions for this operation", "refused the key"),
        ("Invalid credentials", "refused the key"),
        ("400 prompt is too long: 210000 tokens > 200000 maximum", "Begin a new one with /new. (HTTP 400)"),
        ("400 max_tokens must be less than 500", "answered with an error. 400 max_tokens must be less than 500."),
        ("429 rate limit reached for requests", "limits how much"),
        ("503 Service Unavailable", "away or overloaded"),
        ("Connection error.", "away or overloaded"),
        ("404 model not found", "LLM_MODEL"),
        ("This model's maximum context length is 8192 tokens", "longer than the model can read"),
        ("401 there is no key: set LLM_API_KEY", "there is no key: set LLM_API_KEY"),
        ("something odd", "something odd."),
    ],
)
def test_errors_of_a_provider_tell_what_to_do(error, words):
    said = texts.failure_text("provider", error)
    assert words in said
    assert "sk-12345" not in said


@pytest.mark.parametrize("reason", list(Reason))
def test_every_end_of_a_run_has_words(reason):
    said = texts.run_lost_text(reason)
    assert "connection to the agent was lost" not in said
    assert said.endswith(texts.TRY_AGAIN)
    assert texts.run_lost_text(reason, resumes=True).endswith("It continues by itself in a new pod.")


def test_an_end_without_a_reason_has_words():
    assert texts.run_lost_text(None) == f"The connection to the agent was lost. {texts.TRY_AGAIN}"


def test_waiting_is_told_with_the_clusters_words():
    assert texts.waiting_text() == "Starting a pod…"
    assert texts.waiting_text("Unschedulable", "0/3 nodes fit") == "Waiting for capacity: 0/3 nodes fit"
    assert texts.waiting_text("Unschedulable") == "Waiting for capacity."
    assert len(texts.waiting_text("Unschedulable", "x" * 5000)) < 400


@pytest.mark.parametrize("reason", ["aborted", "agent", "agent_died", "run_lost", "start_failed", "something_new"])
def test_every_failure_has_words(reason):
    said = texts.failure_text(reason, "the words of it")
    assert said.endswith((".", "!"))
    assert "  " not in said


def test_what_was_written_is_kept():
    assert texts.interrupted_text("half an ans", "Cut.") == "half an ans\n\nCut."
    assert texts.interrupted_text("  ", "Cut.") == "Cut."
    assert texts.interrupted_text("So:\n```sh\nmake", "Cut.") == "So:\n```sh\nmake\n```\n\nCut."
    assert texts.interrupted_text("So:\n```sh\nmake\n```\n", "Cut.") == "So:\n```sh\nmake\n```\n\nCut."


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


def test_status_and_threads():
    line = ThreadLine("tg-5", "private chat", "Running", 7, "Unschedulable")
    assert commands.threads_text([line]) == "tg-5 (private chat): Running, run 7, Unschedulable"
    assert commands.threads_text([]) == "There are no threads yet."
    said = commands.status_text(StatusFacts(2, 50, line, "0/3 nodes fit", "zai/glm", True, 12.4, 3))
    assert said.splitlines() == [
        "tg-5 (private chat): Running, run 7, Unschedulable",
        "0/3 nodes fit",
        "Model: zai/glm",
        "Answering for 12 s.",
        "Waiting messages: 3",
        "Agents at work: 2 of 50",
    ]
    assert "write a message" in commands.status_text(StatusFacts(0, 50))


def test_an_unknown_person_learns_the_ids():
    assert "5" in commands.not_allowed_text(5, 5)
    assert "-100200" in commands.not_allowed_text(5, -100200)


def test_help_names_every_command_of_the_menu():
    assert all(f"/{name}" in commands.help_text() for name, _ in commands.MENU)
    assert commands.help_text() in commands.start_text()


def test_administrators_alone_are_told_of_their_commands():
    assert "/approve" not in commands.help_text()
    assert "/approve <code>" in commands.help_text(admin=True)
    assert commands.help_text(admin=True) in commands.start_text(admin=True)
    assert commands.unknown_text("aprove") == "Unknown command: /aprove"
    assert commands.unknown_text("aprove", admin=True).endswith("Did you mean /approve?")


def test_the_way_on_is_told_once():
    said = texts.failure_text("start_failed", texts.run_lost_text("Unschedulable"))
    assert said.count(texts.TRY_AGAIN) == 1
    assert "no room" in said


@pytest.mark.parametrize(
    ("reset", "told"),
    [
        ("2026-11-23T14:30:00Z", "at 14:30 UTC (in 12 min)."),
        ("2026-11-23T14:18:05Z", "at 14:18 UTC (in 1 min)."),
        ("2026-11-24T02:30:00Z", "at 24 November 02:30 UTC (in 12 h 12 min)."),
        ("2026-12-01T14:30:00Z", "at 01 December 14:30 UTC (in 8 days)."),
    ],
)
def test_a_limit_is_told_with_its_end(reset, told):
    now = datetime(2026, 11, 23, 14, 18, tzinfo=UTC)
    said = texts.provider_text(f"429: Rate limit reached [resets {reset}]", now)
    assert said.startswith("The model provider limits how much may be asked at a time. (HTTP 429) It will answer")
    assert said.endswith(f"It will answer again {told}")

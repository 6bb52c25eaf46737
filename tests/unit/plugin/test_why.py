"""Why a message waits: from what stands in the cluster's way, and from what the gateway knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kubectl_openclaw.why import build_lines, explain

NAME, NOW = "tg-n100200300-42", datetime(2026, 3, 29, 12, tzinfo=UTC)


def ago(seconds):
    return (NOW - timedelta(seconds=seconds)).isoformat()


def thread(status=None, managed=60, **spec):
    fields = [{"manager": "openclaw-gateway", "time": ago(managed)}]
    meta = {"name": NAME, "namespace": "oc-agents", "managedFields": fields}
    return {"metadata": meta, "spec": {"run": 3, **spec}, "status": status or {"run": {"number": 3}}}


def waits(reason, message="in words", **more):
    return thread({"run": {"number": 3, "reason": reason, "message": message, "podName": "p", "jobName": "j", **more}})


def refused(reason):
    condition = {"type": "Accepted", "status": "False", "reason": reason, "message": "There is no AgentClass large."}
    return thread({"conditions": [condition]}, classRef={"name": "large"}, run=None)


def facts(**more):
    known = {
        "venue": "open", "running": None, "waiting": None, "queued": 0, "run": None, "lastRun": None,
        "slots": {"open": 1, "most": 50}, "asked": [], "last": None,
    }  # fmt: skip
    return {**known, **more}


WAITING = {"id": 9, "askedAt": ago(130), "attempts": 0}
RUNNING = {"id": 8, "startedAt": ago(65), "askedAt": ago(70), "state": "started"}
CASES = {
    "Suspended": (thread(suspend=True), facts(waiting=WAITING, queued=1), "holds this conversation"),
    "ClassNotFound": (refused("ClassNotFound"), None, "There is no AgentClass large."),
    "Unschedulable": (waits("Unschedulable", "0/3 nodes fit"), None, "0/3 nodes fit"),
    "ImagePullBackOff": (waits("ImagePullBackOff"), None, "in words"),
    "QuotaExceeded": (waits("QuotaExceeded"), None, "in words"),
    "CreateRefused": (waits("CreateRefused"), None, "in words"),
    "OperatorAway": (thread(run=4), None, "Run 4 has been wanted for 60s"),
    "NoSlot": (None, facts(waiting=WAITING, queued=1, slots={"open": 2, "most": 2}), "All 2 slots are taken"),
    "Behind": (None, facts(waiting=WAITING, queued=2, running=RUNNING), "for 65s; 2 messages wait behind it"),
    "AsksPeople": (None, facts(running=RUNNING, asked=[{"kind": "approval", "until": (NOW + timedelta(minutes=9)).isoformat()}]), "whether a tool may be used, for 9m more"),
    "TopicClosed": (None, facts(venue="closed", waiting=WAITING), "until it is opened again"),
    "VenueGone": (None, facts(venue="orphaned"), "is gone"),
    "AgentAway": (None, facts(running=RUNNING, run={"state": "live", "seenAt": ago(50)}), "not been heard of for 50s"),
    "RunRefused": (None, facts(waiting=WAITING, run={"state": "wanted", "attempts": 4, "message": "too long"}), "4 times: too long"),
    "StartsFail": (None, facts(waiting={**WAITING, "attempts": 2}, lastRun={"reason": "OOMKilled", "message": "It was killed."}), "OOMKilled: It was killed."),
    "Stopping": (None, facts(running={**RUNNING, "stopAsked": True}), "is being stopped"),
    "Starting": (None, facts(waiting=WAITING, queued=1, run={"state": "wanted", "number": 4, "wantedAt": ago(3)}), "for 3s (run 4)"),
    "Answering": (thread(), facts(running=RUNNING), "answering for 65s"),
    "LastFailed": (thread(), facts(last={"state": "failed", "reason": "provider", "at": ago(7200)}), "failed 2h ago: provider"),
    "Nothing": (thread(), facts(), "Nothing waits."),
    "Unknown": (thread({"phase": "Running", "run": {"number": 3}}), None, "(it is Running)"),
    "NotFound": (None, None, "There is no AgentThread"),
}  # fmt: skip


@pytest.mark.parametrize("word", CASES)
def test_each_reason_is_told_by_one_word_and_a_sentence(word):
    resource, known, words = CASES[word]
    first, *_ = explain(resource, known, NAME, NOW)
    assert (first.word, words in first.words) == (word, True), first


def test_what_stands_in_the_clusters_way_comes_first_and_hides_nothing():
    found = explain(waits("Unschedulable"), facts(waiting=WAITING, queued=1, run={"state": "wanted"}), NAME, NOW)
    assert [one.word for one in found] == ["Unschedulable", "Starting"]
    assert build_lines(NAME, found)[0] == f"{NAME}   Unschedulable"
    assert "kubectl describe pod p -n oc-agents" in found[0].advice


@pytest.mark.parametrize("word", CASES)
def test_what_is_advised_can_be_done_at_a_terminal(word):
    """Commands that begin with a slash are the chat's: what is typed here goes to the agent as it is."""
    resource, known, _ = CASES[word]
    advice = " ".join(one.advice for one in explain(resource, known, NAME, NOW))
    assert not {part for part in advice.split() if part.startswith("/")}
    assert not advice.startswith("Tap")


def test_what_failed_is_asked_again_from_here():
    (found,) = explain(*CASES["LastFailed"][:2], NAME, NOW)
    assert f"kubectl openclaw chat {NAME} -n oc-agents -m TEXT" in found.advice
    (found,) = explain(None, CASES["LastFailed"][1], NAME, NOW)
    assert f"kubectl openclaw chat {NAME} -m TEXT" in found.advice, "nothing is known of its namespace"


@pytest.mark.parametrize("over", [{"finishedAt": ago(1)}, {"number": 2}])
def test_a_run_that_is_over_is_no_reason(over):
    found = explain(waits("OOMKilled", **over), facts(), NAME, NOW)
    assert "OOMKilled" not in {one.word for one in found}


def test_a_run_that_is_not_wanted_any_more_is_no_reason():
    stopped = waits("Unschedulable")
    stopped["spec"]["stop"] = 3
    assert explain(stopped, facts(), NAME, NOW)[0].word == "Nothing"


def test_what_others_wrote_steers_no_terminal():
    found = explain(waits("Unschedulable", "a\x1b[2Jb\nc\u202e"), None, NAME, NOW)
    assert found[0].words == "a[2Jb c"

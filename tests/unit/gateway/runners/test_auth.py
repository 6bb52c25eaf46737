"""Who is let in, decided from what the API server says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from agent_contract import names
from agent_gateway.runners.identity import AWAY_SECONDS, CACHE_SECONDS, Authenticator
from agent_gateway.runners.pods import PodRef, check_job, check_pod, check_review
from agent_gateway.runners.tokens import Denied, compute_bearer
from agent_gateway.store.rows import Address, Run, RunState, Thread, ThreadKind
from agent_kube.errors import Away
from tests.support.runners import (
    ACCOUNT,
    CLASS_UID,
    HERE,
    NAMESPACE,
    THREAD_UID,
    FakeKube,
    build_pod,
    build_review,
    make_token,
)

GOOD = make_token("good")
REF = PodRef("pod-1", "uid-1")
JOB = names.build_job_name("tg-42", THREAD_UID, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_run(number=1, state=RunState.WANTED, pod_uid=None, thread_uid=THREAD_UID):
    return Run(1, number, state, thread_uid, None, None, pod_uid, 0, NOW, None, None, None, None, None, None)


def make_pod(**meta):
    pod = build_pod("tg-42", 1, "pod-1", "uid-1", JOB)
    pod["metadata"] |= meta
    return pod


class Runs:
    def __init__(self, run=None):
        self.found = run or make_run()
        self.settled = False

    @property
    def claims(self):
        return self

    async def of_pod(self, uid):
        return None

    async def is_settled(self, thread_id):
        return self.settled

    @property
    def threads(self):
        return self

    @property
    def runs(self):
        return self

    async def by_name(self, name, kind):
        session = UUID(int=1)
        return Thread(1, Address(5, 42), "tg-42", "", session, 1) if name == "tg-42" else None

    async def get(self, thread_id, number):
        return self.found if number == self.found.number else None


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Authorization": "Bearer abc"}, "abc"),
        ({"Authorization": "bearer  abc "}, "abc"),
        ({"x-api-key": "abc"}, "abc"),
        ({"Authorization": "Basic xyz", "x-api-key": "abc"}, "abc"),
    ],
)
def test_the_token_is_found(headers, token):
    assert compute_bearer(headers) == token


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "abc"}, {"Authorization": "Bearer " + "x" * 9000}]
)
def test_no_token_is_401(headers):
    with pytest.raises(Denied) as denied:
        compute_bearer(headers)
    assert denied.value.status == 401


def test_a_good_review_names_the_pod():
    assert check_review(build_review("pod-1", "uid-1"), ACCOUNT) == REF


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ({"authenticated": False, "error": "bad"}, 401, "does not accept"),
        ({}, 401, "does not accept"),
        (build_review("p", "u", audience="https://kubernetes"), 401, "audience"),
        (build_review("p", "u", user="system:serviceaccount:other:openclaw-agent"), 403, "Only"),
        (build_review("p", "u", user="kubernetes-admin"), 403, "Only"),
        ({"authenticated": True, "audiences": [names.TOKEN_AUDIENCE], "user": {"username": ACCOUNT}}, 403, "bound"),
    ],
)
def test_a_bad_review_is_denied_with_words(status, code, words):
    with pytest.raises(Denied, match=words) as denied:
        check_review(status, ACCOUNT)
    assert denied.value.status == code


def test_a_pod_says_by_labels_which_run_it_is():
    assert check_pod(make_pod(), REF) == (ThreadKind.CONVERSATION, "tg-42", 1)


@pytest.mark.parametrize(
    "pod",
    [
        make_pod(uid="another"),
        make_pod(labels={}),
        make_pod(labels={names.LABEL_THREAD: "tg-42", names.LABEL_RUN: "one"}),
        make_pod(labels={names.LABEL_THREAD: "tg-42", names.LABEL_RUN: "-1"}),
        {**make_pod(), "status": {"phase": "Failed"}},
        {**make_pod(), "status": {"phase": "Succeeded"}},
    ],
)
def test_another_pod_or_none_of_ours_is_denied(pod):
    with pytest.raises(Denied) as denied:
        check_pod(pod, REF)
    assert denied.value.status == 403


def test_the_job_of_the_run_controls_the_pod():
    assert check_job(make_pod(), REF, "tg-42", make_run()) == JOB


def owner(**more):
    return [{"apiVersion": "batch/v1", "kind": "Job", "name": JOB, "controller": True, **more}]


@pytest.mark.parametrize(
    ("pod", "run"),
    [
        (make_pod(ownerReferences=[]), make_run()),
        (make_pod(ownerReferences=owner(controller=False)), make_run()),
        (make_pod(ownerReferences=owner(kind="ReplicaSet")), make_run()),
        (make_pod(ownerReferences=owner(apiVersion="evil/v1")), make_run()),
        (make_pod(ownerReferences=owner(name="tg-42-r2-12345678")), make_run()),
        (make_pod(), make_run(number=2)),
        (make_pod(), make_run(thread_uid="thread made anew")),
        (make_pod(), make_run(thread_uid=None)),
        (make_pod(deletionTimestamp="2026-01-01T00:00:00Z"), make_run()),
        (make_pod(deletionTimestamp="2026-01-01T00:00:00Z"), make_run(pod_uid="uid-2")),
    ],
)
def test_a_pod_of_another_job_is_denied(pod, run):
    with pytest.raises(Denied):
        check_job(pod, REF, "tg-42", run)


def test_a_pod_that_is_deleted_may_end_the_work_of_its_own_run():
    pod = make_pod(deletionTimestamp="2026-01-01T00:00:00Z")
    assert check_job(pod, REF, "tg-42", make_run(state=RunState.LIVE, pod_uid="uid-1")) == JOB


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def kube():
    kube = FakeKube()
    kube.add_pod("tg-42", 1, "pod-1", token="good", uid="uid-1")
    return kube


async def test_an_identity_is_known_for_a_minute(kube):
    clock = Clock()
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)
    first = await known.identify(GOOD, HERE)
    assert (first.thread_name, first.run, first.pod_uid, first.job_name) == ("tg-42", 1, "uid-1", JOB)
    clock.now = 59
    assert await known.identify(GOOD, HERE) == first
    assert kube.calls == 2
    clock.now = 61
    del kube.tokens[GOOD]
    with pytest.raises(Denied):
        await known.identify(GOOD, HERE)


async def test_an_identity_outlives_an_api_server_that_is_away_for_a_while(kube):
    clock = Clock()
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)
    first = await known.identify(GOOD, HERE)
    kube.away = True
    clock.now = CACHE_SECONDS
    assert await known.identify(GOOD, HERE) == first
    calls = kube.calls
    assert await known.identify(GOOD, HERE) == first
    assert kube.calls == calls  # a call that nobody answers takes time
    clock.now = AWAY_SECONDS + 1
    with pytest.raises(Denied) as denied:
        await known.identify(GOOD, HERE)
    assert denied.value.status == 503


async def test_an_api_server_that_is_back_is_asked_again(kube):
    clock = Clock()
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)
    await known.identify(GOOD, HERE)
    kube.away = True
    clock.now = CACHE_SECONDS
    await known.identify(GOOD, HERE)
    kube.away = False
    del kube.tokens[GOOD]
    clock.now += 11
    with pytest.raises(Denied) as denied:
        await known.identify(GOOD, HERE)
    assert denied.value.status == 401


async def test_a_run_that_is_over_is_forgotten(kube):
    known = Authenticator(kube, Runs(), namespace=NAMESPACE)
    await known.identify(GOOD, HERE)
    known.forget(1, 1)
    await known.identify(GOOD, HERE)
    assert kube.calls == 4


async def test_what_is_known_is_bounded(kube):
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, entries=3)
    for number in range(5):
        kube.add_pod("tg-42", 1, f"pod-{number}", token=f"token-{number}")
        await known.identify(make_token(f"token-{number}"), HERE)
    assert len(known._known) == 3


async def test_a_denial_is_kept_for_seconds_and_does_not_repeat_the_token(kube):
    clock = Clock()
    known = Authenticator(kube, Runs(), namespace=NAMESPACE, clock=clock)
    for _ in range(3):
        with pytest.raises(Denied) as denied:
            await known.identify(make_token("forged"), HERE)
        assert denied.value.status == 401
        assert "forged" not in str(denied.value)
    assert kube.calls == 1
    kube.add_pod("tg-42", 1, "pod-2", token="forged")
    clock.now = 11
    assert (await known.identify(make_token("forged"), HERE)).pod_name == "pod-2"


async def test_a_pod_that_is_no_runs_yet_is_one_at_once(kube):
    runs = Runs(make_run(number=2))
    known = Authenticator(kube, runs, namespace=NAMESPACE)
    with pytest.raises(Denied):
        await known.identify(GOOD, HERE)
    runs.found = make_run()
    assert (await known.identify(GOOD, HERE)).run == 1


@pytest.mark.parametrize("change", ["away", "gone", "stranger", "unwanted"])
async def test_what_cannot_be_proved_is_denied_with_words(kube, change):
    runs = Runs()
    match change:
        case "away":
            kube.away = True
        case "gone":
            del kube.pods["pod-1"]
        case "stranger":
            kube.add_pod("tg-43", 1, "pod-1", token="good", uid="uid-1")
        case "unwanted":
            runs = Runs(make_run(number=2))
    with pytest.raises(Denied) as denied:
        await Authenticator(kube, runs, namespace=NAMESPACE).identify(GOOD, HERE)
    assert denied.value.status == (503 if change == "away" else 403)
    assert str(denied.value).endswith((".", "refused"))


@pytest.mark.parametrize(
    ("run", "allowed"),
    [
        (make_run(state=RunState.LIVE, pod_uid="uid-1"), True),
        (make_run(state=RunState.LIVE, pod_uid="uid-2"), False),
        (make_run(state=RunState.WANTED), False),
        (make_run(state=RunState.OVER, pod_uid="uid-1"), False),
    ],
)
async def test_only_the_pod_that_holds_the_run_is_authorized(kube, run, allowed):
    runs = Runs()
    known = Authenticator(kube, runs, namespace=NAMESPACE)
    identity = await known.identify(GOOD, HERE)
    runs.found = run
    denied = await asyncio.gather(known.authorize(identity), return_exceptions=True)
    assert (denied == [None]) is allowed
    runs.settled = True
    with pytest.raises(Denied):
        await known.authorize(identity)


def test_a_sub_agents_pod_is_taken_for_one_whatever_conversation_it_names():
    pod = make_pod()
    pod["metadata"]["labels"] |= {"openclaw.dev/subagent": "tg-42-r1-k1", "openclaw.dev/thread": "tg-42"}
    assert check_pod(pod, REF) == (ThreadKind.SUBAGENT, "tg-42-r1-k1", 1)


async def test_a_pod_that_waits_is_told_to_come_again_while_its_class_is_not_known():
    """A gateway that has just begun said that it was none of the pool's, and the pod ended."""
    known = {}

    def find_uid(name):
        if not known:
            raise Away(f"The AgentClass {name} cannot be read now.", None, "Unknown")
        return known.get(name)

    kube = FakeKube()
    kube.add_warm_pod(1, token="warm")
    authenticator = Authenticator(kube, Runs(), namespace=NAMESPACE, class_uid=find_uid)
    for _ in range(20):  # it is no wrong token either, of which an address may have few
        with pytest.raises(Denied) as denied:
            await authenticator.meet(make_token("warm"), HERE)
        assert denied.value.status == 503
    known["default"] = CLASS_UID
    assert (await authenticator.meet(make_token("warm"), HERE)).class_name == "default"

from __future__ import annotations

import pytest

from agent_kube.answers import MAX_AFTER, build_error, read_object
from agent_kube.errors import (
    MAX_WORDS,
    Away,
    Conflict,
    Gone,
    KubeError,
    NotFound,
    NotServed,
    Refused,
    Throttled,
    explain,
    pause_of,
)

WEBHOOK = 'admission webhook "x.example.dev" denied the request: no'
UNCALLED = 'Internal error occurred: failed calling webhook "x.example.dev": connection refused'


def told(message="m", reason="R", **details):
    return {"kind": "Status", "message": message, "reason": reason, "details": details}


@pytest.mark.parametrize(
    ("status", "headers", "found", "kind"),
    [
        (400, {}, told(), Refused),
        (403, {}, told(), Refused),
        (405, {}, told(), Refused),
        (413, {}, told(), Refused),
        (415, {}, told(), Refused),
        (422, {}, told(), Refused),
        (500, {}, told(WEBHOOK), Refused),
        (404, {}, told(), NotFound),
        (404, {}, None, NotServed),
        (409, {}, told(), Conflict),
        (410, {}, told(), Gone),
        (504, {}, told(causes=[{"reason": "ResourceVersionTooLarge"}]), Gone),
        (429, {}, told(), Throttled),
        (503, {"Retry-After": "2"}, told(), Throttled),
        (500, {"Retry-After": "2"}, told(), Throttled),
        (500, {}, told(retryAfterSeconds=2), Throttled),
        (500, {}, told(), Away),
        (500, {}, told(UNCALLED), Away),
        (502, {}, None, Away),
        (503, {}, told(), Away),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, told(), Away),
        (504, {}, told(), Away),
        (401, {}, told(), Away),
        (408, {}, None, Away),
        (302, {}, None, Away),
    ],
)
def test_a_status_means_one_kind(status, headers, found, kind):
    error = build_error(status, headers, found)
    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize(
    ("headers", "found", "after"),
    [
        ({"Retry-After": "7"}, told(), 7.0),
        ({}, told(retryAfterSeconds=3), 3.0),
        ({}, None, 1.0),
        ({"Retry-After": "999999"}, None, MAX_AFTER),
        ({"Retry-After": "-4"}, None, 1.0),
        ({"Retry-After": "soon"}, None, 1.0),
    ],
)
def test_a_throttled_call_is_told_its_pause(headers, found, after):
    assert pause_of(build_error(429, headers, found)) == after


def test_what_is_malformed_is_no_reason_to_stumble():
    for found in ({}, {"details": 3}, {"details": {"causes": "x"}}, {"message": None, "reason": ["x"]}):
        assert isinstance(build_error(504, {}, found), Away)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"3", b"[" * 200_000])
def test_an_accepting_answer_without_an_object_decides_nothing(body):
    with pytest.raises(Away):
        read_object(200, body)


def test_a_text_holds_no_token_and_is_short():
    token = "eyJhbGciOi.eyJhdWQiOi_x.abc-DEF"
    error = build_error(400, {}, told(f"cannot use {token} of Bearer opaque-1234 " + "x" * 5000))
    assert token not in str(error)
    assert "opaque-1234" not in str(error)
    assert len(str(error)) == MAX_WORDS


def test_only_an_existing_object_is_told_to_exist():
    assert Conflict("m", 409, "AlreadyExists").exists
    assert not Conflict("m", 409, "Conflict").exists


def test_faults_are_explained_with_what_to_do():
    assert "apply the chart's crds/" in explain(NotServed("404 page not found", 404), "AgentThread")
    assert explain(Refused("forbidden", 403), "AgentThread", "operator") == (
        "The operator may not read or write AgentThreads: its Role or RoleBinding is missing."
    )
    assert "exceeded quota" in explain(Refused("exceeded quota: q", 403), "AgentThread")
    assert explain(Away("It is away."), "Job") == "Jobs cannot be read or written: It is away."


def test_every_kind_is_a_kube_error():
    for kind in (Refused, Conflict, NotFound, Gone, Away, NotServed):
        assert isinstance(kind("m"), KubeError)

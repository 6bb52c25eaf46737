"""What a token says of itself is looked at before anybody is asked."""

from __future__ import annotations

import base64
import time

import pytest

from agent_gateway.runners.tokens import LEEWAY_SECONDS, Denied, check_claims
from tests.support.runners import ACCOUNT, make_token

NOW = time.time()
POD = {"name": "p", "uid": "u"}


def build(payload):
    return f"e30.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.x"


def test_a_token_of_an_agents_pod_may_be_good():
    check_claims(make_token("x"), ACCOUNT, time.time())
    check_claims(make_token("x", exp=NOW - LEEWAY_SECONDS + 1, aud="openclaw-gateway"), ACCOUNT, NOW)


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("", 401),
        ("opaque", 401),
        ("a.b", 401),
        ("a.b.c.d", 401),
        ("e30.!!!.x", 401),
        (build(b"secret"), 401),
        (build(b"[]"), 401),
        (build(b"[" * 5000), 401),
        (make_token("x", aud=["kubernetes"]), 401),
        (make_token("x", aud=None), 401),
        (make_token("x", exp=NOW - LEEWAY_SECONDS - 1), 401),
        (make_token("x", exp="never"), 401),
        (make_token("x", sub="system:serviceaccount:other:openclaw-agent"), 403),
        (make_token("x", sub={"a": 1}), 403),
        (make_token("x", **{"kubernetes.io": {"namespace": "agents"}}), 403),
        (make_token("x", **{"kubernetes.io": {"pod": {"name": "p"}}}), 403),
        (make_token("x", **{"kubernetes.io": 7}), 403),
    ],
)
def test_any_other_is_wrong_whatever_its_signature(token, status):
    with pytest.raises(Denied) as denied:
        check_claims(token, ACCOUNT, NOW)
    assert denied.value.status == status
    assert "secret" not in str(denied.value)

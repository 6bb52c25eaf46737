"""What forges answer, and what is made of answers that no forge would give."""

from __future__ import annotations

import pytest

from agent_gateway.accounts.answers import (
    MOST_PAUSE,
    MOST_SECONDS,
    Ended,
    Granted,
    Pending,
    Started,
    Tokens,
    is_gone,
    load_tokens,
    read_start,
    read_token,
)

START = {
    "device_code": "3584d83530557fdd1f46af8289938c8ef79f9dc5", "user_code": "WDJB-MJHT",
    "verification_uri": "https://github.com/login/device", "expires_in": 900, "interval": 5,
}  # fmt: skip


def test_a_code_is_read_with_its_times():
    found = read_start(START)
    assert found == Started(START["device_code"], "WDJB-MJHT", START["verification_uri"], 900, 5)
    assert START["device_code"] not in repr(found)
    assert read_start({**START, "interval": 0}).pause == 1
    assert read_start({**START, "interval": 10**9, "expires_in": 10**9}) == Started(
        START["device_code"], "WDJB-MJHT", START["verification_uri"], MOST_SECONDS, MOST_PAUSE
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"verification_uri": "javascript:alert(1)"}, {"verification_uri": "https://x/\n[a](b)"}, {"user_code": "`a` [b](c)"},
        {"user_code": ""}, {"device_code": "x" * 5000}, {"expires_in": 0}, {"interval": "soon"},
    ],
)  # fmt: skip
def test_a_code_that_could_not_be_shown_is_none(wrong):
    assert read_start({**START, **wrong}) == Ended("refused")


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"error": "device_flow_disabled"}, "device_flow_disabled"), ({"error": "x y\nz"}, "other"), ({"error": 7}, "other"),
        ([], "no_object"), (None, "no_object"), ("text", "no_object"), ({}, ""),
    ],
)  # fmt: skip
def test_what_is_logged_of_a_refusal_is_one_word(raw, word):
    assert read_start(raw) == Ended("refused", word)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"error": "authorization_pending"}, Pending(7)), ({"error": "slow_down"}, Pending(12)),
        ({"error": "slow_down", "interval": 30}, Pending(30)), ({"error": "slow_down", "interval": 1}, Pending(12)),
        ({"error": "slow_down", "interval": "x"}, Pending(12)), ({"error": "slow_down", "interval": 10**9}, Pending(MOST_PAUSE)),
        ({"error": "expired_token"}, Ended("expired", "expired_token")), ({"error": "access_denied"}, Ended("denied", "access_denied")),
        ({"error": "incorrect_device_code"}, Ended("refused", "incorrect_device_code")),
        ({"access_token": "a", "token_type": "bearer", "scope": ""}, Granted(Tokens("a"), None)),
        ({"access_token": "a", "refresh_token": "r", "expires_in": 28800}, Granted(Tokens("a", "r"), 28800)),
        ({"access_token": ""}, Ended("refused")), ({"access_token": "a", "expires_in": -1}, Ended("refused")),
        ({"access_token": {"a": 1}}, Ended("refused")), ([], Ended("refused", "no_object")),
    ],
)  # fmt: skip
def test_answers_to_who_asks_for_a_token(raw, expected):
    assert read_token(raw, 7) == expected


def test_a_link_is_lost_by_a_dead_token_and_not_by_a_client_that_is_set_up_wrongly():
    assert is_gone(Ended("refused", "bad_refresh_token"))
    assert is_gone(Ended("refused", "invalid_grant"))
    assert not is_gone(Ended("refused", "invalid_client"))
    assert not is_gone(Ended("refused"))


def test_tokens_are_kept_whole_and_shown_nowhere():
    tokens = Tokens('a"\n', "r")
    assert load_tokens(tokens.dump()) == tokens
    assert '"' not in repr(tokens)
    assert "r'" not in repr(Granted(tokens, 1))

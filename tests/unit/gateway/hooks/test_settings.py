"""Hooks as the chart writes them: what cannot be used ends in a sentence, before anything comes."""

from __future__ import annotations

import json

import pytest

from agent_gateway.hooks.settings import BadHooks, Target, read_hooks

PLAIN = {"name": "ci", "form": "secret", "secretFile": "/x", "to": {"chatId": -100, "topicId": 4}}
HUB = {"name": "hub", "form": "github", "secretFile": "/x", "results": {"connection": "hub"}}


@pytest.fixture
def read(tmp_path):
    connections = tmp_path / "connections.json"
    connections.write_text(json.dumps([{"name": "hub", "forge": "github", "url": "https://github.com"}]))

    def reading(*hooks):
        file = tmp_path / "hooks.json"
        file.write_text(json.dumps(hooks))
        return read_hooks(file, "tg", connections)

    return reading


def test_hooks_are_read_by_name(read):
    found = read(PLAIN, {**HUB, "events": ["issues"]})
    assert found["ci"].target == Target(-100, 4)
    assert found["ci"].takes("anything")
    assert found["hub"].takes("issues.opened")
    assert not found["hub"].takes("issues_other.opened")
    assert not found["hub"].takes("push")
    assert found["hub"].results.rounds == 3
    assert read_hooks(None, "tg", None) == {}


@pytest.mark.parametrize(
    ("name", "target"), [("tg-42", Target(42, None)), ("tg-n100200-7", Target(-100200, 7)), ("tg-n5", Target(-5, None))]
)
def test_a_conversation_may_be_named(read, name, target):
    assert read({**PLAIN, "to": {"thread": name}})["ci"].target == target


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ({**PLAIN, "to": {"thread": "other-42"}}, "no name of an AgentThread"),
        ({**PLAIN, "to": {"thread": "tg-42-x"}}, "no name of an AgentThread"),
        ({**PLAIN, "to": {"thread": "tg-42", "chatId": 42}}, "either"),
        ({**PLAIN, "to": {}}, "either"),
        ({**PLAIN, "to": None}, "leads nowhere"),
        ({**PLAIN, "template": "{{"}, "template of hook ci"),
        ({**PLAIN, "form": "any"}, "form"),
        ({**PLAIN, "results": {"connection": "hub"}}, "takes results of checks"),
        ({**HUB, "results": {"connection": "none"}}, "is not there"),
        ({**HUB, "form": "gitea"}, "is of forge github"),
        ({**PLAIN, "name": "A b"}, "name"),
        ("ci", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(read, hook, words):
    with pytest.raises(BadHooks, match=words):
        read(hook)


def test_two_of_one_name_are_refused(read):
    with pytest.raises(BadHooks, match="one name"):
        read(PLAIN, PLAIN)


def test_a_secret_is_read_anew_each_time(read, tmp_path):
    file = tmp_path / "secret"
    hook = read({**PLAIN, "secretFile": str(file)})["ci"]
    assert hook.read_secrets() == ()
    file.write_text("the-first-secret-of-it\n")
    assert hook.read_secrets() == ("the-first-secret-of-it",)
    file.write_text("the-second-secret-of-it\nthe-first-secret-of-it\n")
    assert len(hook.read_secrets()) == 2

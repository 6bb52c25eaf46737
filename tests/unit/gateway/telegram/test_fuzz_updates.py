"""Five hundred odd updates: each is read or refused in words, and none spoils the next."""

from __future__ import annotations

import json

import pytest

from agent_gateway.inbox.ingest import build_rows
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import Command, Edited, Ignored, Pressed, Prompt
from agent_gateway.telegram.inbound.updates import build_queue_key, parse
from agent_gateway.telegram.ports import BotIdentity
from tests.support.oddupdates import WHOLE, build_odd

BOT = BotIdentity(1000, "demo_bot")
SECRET = "sh!bboleth"


def read(raw):
    """Return what an update asks for, or why it is refused."""
    try:
        return parse(raw, BOT), ""
    except MalformedUpdate as error:
        return None, str(error)


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_any_update_is_read_or_refused_in_words(first):
    for seed in range(first, first + 50):
        odd = {"update_id": seed, **build_odd(seed)}
        assert len(build_queue_key(odd)) < 100
        ((_, kept_queue, payload),), following = build_rows([odd], seed)
        assert (kept_queue, following) == (build_queue_key(odd), seed + 1)
        incoming, refusal = read(json.loads(payload))
        assert refusal or not isinstance(incoming, Ignored) or incoming.reason
        assert parse({"update_id": 1, **WHOLE[0]}, BOT).text == "**hello @demo_bot**"


@pytest.mark.parametrize("raw", [None, True, 5, "text", [], [{}], {}, {"update_id": None}])
def test_what_is_no_update_at_all(raw):
    assert build_queue_key(raw) == "-"
    if not isinstance(raw, dict):
        with pytest.raises(MalformedUpdate):
            parse(raw, BOT)


def test_whole_updates_are_read():
    kinds = {type(parse({"update_id": 1, **raw}, BOT)) for raw in WHOLE}
    assert kinds >= {Prompt, Command, Edited, Pressed, Ignored}


def test_a_refusal_holds_nothing_of_the_update():
    for seed in range(500):
        odd = json.loads(json.dumps({"update_id": seed, **build_odd(seed)}).replace("hello", SECRET))
        assert SECRET not in read(odd)[1]

"""A request's body: what is read of it, and what it is taken for."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_gateway.bulk import MAX_CONTAINERS, MAX_NODES
from agent_gateway.models.body import PICTURE, parse, write
from agent_gateway.models.errors import Refusal


async def read(data):
    return await parse(data if isinstance(data, bytes) else json.dumps(data).encode(), asyncio.Lock())


async def refused(data):
    with pytest.raises(Refusal) as error:
        await read(data)
    return error.value.status, error.value.type


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"1", b'"x"', b"{}{}", b"\xff", b"[" * 5000, b'{"a":' * 5000])
async def test_what_is_no_object_is_refused(data):
    assert await refused(data) == (400, "bad_request")


async def test_a_body_of_many_values_is_refused_before_they_are_made():
    assert await refused(b"[" * (MAX_CONTAINERS + 1)) == (413, "llm_body_values")
    assert await refused(b'{"a":[' + b"1," * 900_000 + b"1]}") == (413, "llm_body_values")
    assert await refused({"a": [0] * (MAX_NODES + 1)}) == (413, "llm_body_values")


async def test_a_large_conversation_passes():
    messages = [{"role": "user", "content": f"{n}: " + "words, {code} and [more] " * 40} for n in range(4000)]
    found = await read({"model": "m", "messages": messages})
    assert len(found.raw["messages"]) == 4000
    assert 4_000_000 < found.weight < 4_300_000


async def test_a_picture_weighs_the_same_whatever_its_size():
    small = (await read({"a": ""})).weight
    for data in ("data:image/png;base64," + "A" * 900_000, "A" * 900_000):
        assert (await read({"a": data})).weight - small == PICTURE
    text = "a long text with blanks " * 1000
    assert (await read({"a": text})).weight - small == len(text)


async def test_texts_beyond_ascii_weigh_more():
    assert (await read({"a": "日本語"})).weight == 1 + 9


async def test_half_a_character_costs_no_conversation():
    found = await read(b'{"text": "broken \\ud83d here", "whole": "\\ud83d\\ude00"}')
    assert found.raw == {"text": "broken ? here", "whole": "😀"}
    assert json.loads(write(found.raw)) == found.raw

from __future__ import annotations

import json
import random

import pytest

from agent_kube.pace import Pace
from agent_kube.pages import SHAPE, read_page, walk


def collect(text):
    found = {}
    for key, value in walk(text):
        if key == "items" and key in found:
            found[key].append(value)
        else:
            found[key] = [value] if key == "items" else value
    return found


def build(chance, depth=0):
    kind = chance.randrange(7 if depth < 4 else 5)
    if kind == 5:
        return [build(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 6:
        return {f'k"{i}\\é': build(chance, depth + 1) for i in range(chance.randrange(4))}
    return [None, True, -1.5e3, 'a "quoted" ü\\ \n{[', 7][kind]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("seed", range(40))
def test_it_reads_what_json_reads(seed, indent):
    chance = random.Random(seed)
    value = {"kind": "L", "metadata": build(chance), "items": [build(chance) for _ in range(chance.randrange(1, 6))]}
    keys = list(value)
    chance.shuffle(keys)
    value = {key: value[key] for key in keys}
    assert collect(json.dumps(value, indent=indent)) == value


@pytest.mark.parametrize("text", ["{}", " { } ", '{"items":[]}', '{"items": [ ] , "a":1}'])
def test_it_reads_what_is_empty(text):
    assert [value for key, value in walk(text) if key == "items"] == []


@pytest.mark.parametrize(
    "text",
    ["", "   ", "[]", "{", '{"items"', '{"items":', '{"items":[', '{"items":[{}', '{"items":[{},', '{"items":[{}}', "{1",
     '{"a":1 "b":2}', '{"items":[{} {}]}', '{"a":nul}', "<html>"],
)  # fmt: skip
def test_it_refuses_what_is_cut_or_none(text):
    with pytest.raises(ValueError, match=r".*"):
        list(walk(text))


async def test_metadata_may_stand_behind_the_objects():
    item = {"metadata": {"name": "a", "uid": "u", "resourceVersion": "3"}}
    page = await read_page(json.dumps({"items": [item], "metadata": {"resourceVersion": "7", "continue": "t"}}), Pace())
    assert (page.version, page.token, page.items) == ("7", "t", [item])


@pytest.mark.parametrize(
    "value",
    [{"items": []}, {"metadata": {}}, {"metadata": 3}, {"metadata": {"resourceVersion": "1"}, "items": [{}]},
     {"metadata": {"resourceVersion": "1"}, "items": ["x"]}],
)  # fmt: skip
async def test_what_is_no_list_is_told_as_such(value):
    with pytest.raises(SHAPE):
        await read_page(json.dumps(value), Pace())


async def test_a_null_list_is_empty():
    page = await read_page('{"items": null, "metadata": {"resourceVersion": "1"}}', Pace())
    assert page.items == []

"""Pictures apart from the lines that show them, and what a start looks for in a line."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import time

import pytest

from agent_gateway.store.lines import HEAD, LEAST_PICTURE, Head, Reference, References, read_head, read_line, set_parent

DATA = random.Random(1).randbytes(5000)
HASH = hashlib.sha256(DATA).hexdigest()


def image(data=DATA, media_type="image/png"):
    return {"type": "image", "data": base64.b64encode(data).decode(), "mimeType": media_type}


def dump(entry):
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


def message(*content, id="b", parent="a", **more):  # noqa: A002  # the entry's word
    stamp = "2026-11-22T07:00:00.000Z"
    body = {"role": "user", "content": list(content)}
    return dump({"type": "message", "id": id, "parentId": parent, "timestamp": stamp, "message": body, **more})


def put_back(line, pictures):
    parts = References().take(line.text, last=True)
    return "".join(
        part if isinstance(part, str) else dump(image(pictures[part.hash], part.media_type)) for part in parts
    )


def test_a_picture_stands_apart_and_comes_back_byte_for_byte():
    other = random.Random(2).randbytes(9001)
    before = message({"type": "text", "text": 'é😀 "\\" picture:'}, image(), image(other, "image/jpeg"), image())
    line = read_line(before)
    assert (line.id, line.head) == ("b", Head("message", "a"))
    assert len(line.text) < 700
    assert [picture.hash for picture in line.pictures] == [HASH, hashlib.sha256(other).hexdigest()]
    assert line.references == (HASH, hashlib.sha256(other).hexdigest(), HASH)
    assert put_back(line, {picture.hash: picture.data for picture in line.pictures}) == before


@pytest.mark.parametrize(
    "block",
    [
        image(b"x" * 100),
        {"type": "image", "data": "A" * 4001, "mimeType": "image/png"},
        {"type": "image", "data": "A" * 4002 + "B=", "mimeType": "image/png"},
        {"type": "image", "data": image()["data"], "mimeType": "text/html"},
        {"type": "text", "text": dump(image())},
        {"type": "text", "text": f'{{"type":"image","data":"picture:{HASH}","mimeType":"image/png"}}'},
    ],
    ids=["small", "length", "bits", "kind", "words", "reference"],
)
def test_what_could_not_come_back_the_same_stays_in_its_line(block):
    before = message(block)
    line = read_line(before)
    assert (line.text, line.pictures, line.references) == (before, (), ())


@pytest.mark.parametrize("size", [1, 7, 100, 191, 5000])
def test_references_are_found_wherever_a_piece_ends(size):
    text = read_line(message(image(), {"type": "text", "text": "x" * 300}, image(), image())).text
    references, parts = References(), []
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    for number, piece in enumerate(pieces):
        parts += references.take(piece, last=number == len(pieces) - 1)
    assert [part for part in parts if isinstance(part, Reference)] == [Reference(HASH, "image/png")] * 3
    whole = "".join(
        part if isinstance(part, str) else f'{{"type":"image","data":"picture:{part.hash}","mimeType":"image/png"}}'
        for part in parts
    )
    assert whole == text


@pytest.mark.parametrize(
    ("entry", "head"),
    [
        ({"type": "compaction", "firstKeptEntryId": "a7"}, Head("compaction", "p", "a7")),
        ({"type": "context_edit", "targetId": "a8"}, Head("context_edit", "p", "a8")),
        ({"type": "message", "targetId": "a8"}, Head("message", "p")),
        ({"type": 7}, Head("", "p")),
        ({"type": "x\x00"}, Head("", "p")),
        ({"type": "compaction", "firstKeptEntryId": "\x00"}, Head("compaction", "p")),
        ({"type": "compaction", "firstKeptEntryId": "x" * 129}, Head("compaction", "p")),
        ({"type": "message", "parentId": None}, Head("message", None)),
        ({"type": "message", "parentId": "\ud83d"}, Head("message", None)),
    ],
)
def test_what_a_start_looks_for_is_read_and_fit_for_the_database(entry, head):
    assert read_line(json.dumps({"id": "b", "parentId": "p"} | entry)).head == head


def test_a_head_is_read_of_a_lines_beginning_where_pi_writes_it():
    assert read_head(message("x" * 9000)[:HEAD]) == Head("message", "a")
    assert read_head(message(parent=None)[:HEAD]) == Head("message", None)
    assert read_head('{"type":"compaction","id":"b","parentId":"a","timestamp":"') is None  # it names another, behind
    assert read_head('{"type":"custom","customType":"x","id":"b","parentId":"a"}') is None


@pytest.mark.parametrize("parent", ["z", None])
def test_a_line_gets_another_parent_and_stays_as_it_was_otherwise(parent):
    before = message({"type": "text", "text": '"parentId":"a"'})
    after = json.loads(set_parent(before, parent))
    assert after == json.loads(before) | {"parentId": parent}
    odd = '{"id":"b","parentId":"a"}'
    assert set_parent(odd, "z") == odd


@pytest.mark.parametrize(
    "part",
    [
        '{"type":"image","data":"', '{"type":"image","data":"' + "A" * LEAST_PICTURE, "A", '{"type":"image","data":"AAAA"},',
        '{"type":"image","data":"picture:' + "a" * 64 + '","mimeType":"image/',
    ],
)  # fmt: skip
def test_no_line_takes_long(part):
    line = json.dumps({"id": "a", "x": ""})[:-2] + part * (6_000_000 // len(part))
    begun = time.thread_time()
    with pytest.raises(ValueError, match="not JSON"):
        read_line(line)
    assert time.thread_time() - begun < 1

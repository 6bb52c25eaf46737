"""What a message tells of files: one message, whatever they are, and nothing of them is formatting."""

from __future__ import annotations

import pytest

from agent_gateway.diffs.report import FileTold, Report
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, render
from agent_gateway.wording.diffs import MOST_LISTED, build_summary
from agent_gateway.wording.say import LANGUAGES
from agent_gateway.wording.texts import count_units

HUNK = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"


def report(*files, more=0):
    """Return a report of files with their parts of the patch."""
    told, patch = [], b""
    for fields, part in files:
        told.append(FileTold(start=len(patch), end=len(patch) + len(part), **fields))
        patch += part
    return Report(files=tuple(told), more=more, patch=patch)


def changed(path, part=HUNK, **fields):
    return {"path": path, "what": "changed", "added": 1, "removed": 1, **fields}, part


def show(summary):
    (chunk,) = render(summary.text)
    return chunk


def test_few_lines_are_folded_below_their_file():
    summary = build_summary("en", "What changed", report(changed("src/app.py"), changed("b.md")), ["A note."])
    chunk = show(summary)
    assert summary.whole
    assert chunk.text.split("\n") == [
        "What changed", "2 files, +2 \N{MINUS SIGN}2", "", "A note.", "", "▾ M src/app.py +1 \N{MINUS SIGN}1",
        "@@ -1 +1 @@", "-a", "+b", "", "▾ M b.md +1 \N{MINUS SIGN}1", "@@ -1 +1 @@", "-a", "+b",
    ]  # fmt: skip
    folds = [e for e in chunk.entities if e.type == "expandable_blockquote"]
    assert len(folds) == 2
    assert [e.language for e in chunk.entities if e.type == "pre"] == ["diff", "diff"]


def test_what_is_too_long_is_a_line_and_the_patch_is_wanted():
    long = HUNK + b"+" + b"x" * 1200 + b"\n"
    summary = build_summary("en", "What changed", report(changed("a", long)))
    assert not summary.whole
    assert show(summary).text.endswith("M a +1 \N{MINUS SIGN}1")


def test_many_files_with_long_names_stay_one_message():
    many = report(*(changed(f"{'folder/' * 40}{n}", HUNK * 20) for n in range(200)), more=1000)
    for language in LANGUAGES:
        chunk = show(build_summary(language, "x" * 200, many))
        assert count_units(chunk.text) <= MAX_UNITS
        assert len(chunk.entities) <= MAX_ENTITIES
    assert f"…and {1200 - MOST_LISTED:d} more files" in show(build_summary("en", "t", many)).text.replace(",", "")


def test_twenty_files_keep_their_folds_within_the_entities():
    chunk = show(build_summary("en", "t", report(*(changed(f"f{n}") for n in range(20)))))
    assert len([e for e in chunk.entities if e.type == "expandable_blockquote"]) == 20
    assert len(chunk.entities) <= MAX_ENTITIES


@pytest.mark.parametrize(
    "line",
    [
        "```",
        "`````` </details>",
        "</details>\n+<details><summary>x</summary>",
        "[a](tg://user?id=1) /stop @all",
        "\u202egnp.exe",
    ],
)
def test_lines_of_files_are_only_lines(line):
    part = HUNK + f"+{line}\n".encode()
    summary = build_summary("en", "t", report(changed("a`*b*`_c_/stop", part), changed("z")))
    chunk = show(summary)
    kinds = {e.type for e in chunk.entities}
    assert kinds <= {"bold", "code", "pre", "expandable_blockquote"}
    assert sum(e.type == "pre" for e in chunk.entities) == 2
    assert "\u202e" not in chunk.text
    assert chunk.text.count("▾") == 2


def test_files_without_lines_say_why():
    files = report(
        ({"path": "logo.png", "what": "changed", "note": "picture", "before": 1000, "after": 2500}, b""),
        ({"path": ".env", "what": "added", "note": "secret", "after": 5}, b""),
        (
            {"path": "run.sh", "what": "changed", "note": "rights"},
            b"diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n",
        ),
        ({"path": "new", "old": "old", "what": "renamed"}, b"diff --git a/old b/new\nsimilarity index 100%\n"),
        ({"path": "gone.bin", "what": "removed", "note": "binary", "before": 12}, b""),
    )
    summary = build_summary("en", "t", files)
    assert show(summary).text.split("\n")[3:] == [
        "M logo.png (picture, 1 kB → 2.5 kB)", "A .env (may hold keys, not shown)", "M run.sh (only its rights)", "R old → new",
        "D gone.bin (binary, 12 B)",
    ]  # fmt: skip
    assert summary.whole


def test_nothing_is_told_as_nothing():
    assert show(build_summary("en", "t", Report(files=()))).text == "t\n\nNo files changed."

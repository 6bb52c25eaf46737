"""What `make attack` knows, brings and judges; the attacks themselves run on the cluster."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

import pytest

from agent_contract.names import LABEL_POOL, LABEL_POOL_HASH
from dev.attack.__main__ import choose
from dev.attack.archive import build_archive, hide
from dev.attack.campaign import find_all
from dev.attack.chat import judge_commands, judge_disguise, judge_links, judge_marks, judge_size
from dev.attack.checks import CHECKS
from dev.attack.inside.base import ATTACKS, Attack, Facts, Pod, Result, decide, held, opened, read_run, untried
from dev.attack.inside.doing import perform
from dev.attack.order import PAIRS, POOL, REACH, SAID, SHARED, SHORT, SLEEPERS
from dev.attack.pools import build_poser
from dev.attack.report import THREAT_MODEL, find_failures, read_named, read_open
from dev.attack.strike import Heard, Struck, judge_end
from dev.progress import UserError

KEY = "demo-key-4711"


def message(text, *entities, files=()):
    return {"text": text, "entities": list(entities), "files": list(files), "buttons": []}


def test_there_are_sixty_attacks_and_each_has_its_place():
    inside = [name for name in ATTACKS if name in find_all()]
    assert len(inside) >= 60
    paired = {name for phases in PAIRS for names in phases for name in names}
    groups = {"ws", "closed", "child", POOL, *SHARED, *REACH}
    lost = [n for n in inside if ATTACKS[n].group not in groups and n not in paired and n not in SLEEPERS]
    assert [n for n in lost if not ATTACKS[n].alone] == []
    assert set(SHORT) <= set(find_all())
    assert set(CHECKS) <= set(ATTACKS)
    assert set(SAID) <= set(ATTACKS)


def test_the_threat_model_names_each_attack_and_no_other():
    named = read_named(THREAT_MODEL.read_text())
    missing = set(find_all()) - named
    assert missing == set()
    prefixes = {name.partition("-")[0] for name in find_all()}
    assert {name for name in named if name.partition("-")[0] in prefixes} - set(find_all()) == set()


def test_what_is_open_is_read_from_its_table_alone():
    page = "| `ws-a` | x |\n## What stays open\n\n| attack | why |\n|---|---|\n| `ws-b`, `ws-c` | `ws-d` |\n## More\n| `ws-e` | x |\n"
    assert read_open(page) == {"ws-b", "ws-c"}
    assert read_open("nothing") == frozenset()


def test_an_attack_that_succeeds_unnamed_or_was_not_tried_is_a_failure():
    done = [
        Struck("ws-a", held("x")),
        Struck("ws-b", opened("y")),
        Struck("ws-c", opened("z")),
        Struck("ws-d", untried("w")),
    ]
    assert find_failures(done, {"ws-b"}) == {"ws-c": "z", "ws-d": "not tried: w"}


def test_the_archive_runs_alone_and_does_not_hold_what_it_looks_for(tmp_path):
    path = tmp_path / "attack.pyz"
    path.write_bytes(build_archive(Facts(needles=hide([KEY]), turn=7)))
    with zipfile.ZipFile(path) as archive:
        assert all(KEY.encode() not in archive.read(name) for name in archive.namelist())
        assert json.loads(archive.read("facts.json"))["turn"] == 7
    command = [sys.executable, "-I", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert "attack.pyz RESULTS NAME" in done.stderr


def test_needles_are_found_where_they_stand():
    facts = Facts(needles=hide([KEY, "other-key-5"]))
    assert facts.find_needles(f"a {KEY} b".encode()) == 1
    assert facts.find_needles(b"nothing") == 0


async def test_what_goes_wrong_with_an_attack_is_no_defence():
    async def hangs(_pod):
        import asyncio  # noqa: PLC0415

        await asyncio.Event().wait()

    def breaks(_pod):
        raise OSError("no route")

    pod = Pod(Facts(patience=2), "http://gateway:8080", "zai", "scripted")
    assert await perform(Attack("net-x", "", hangs, seconds=0.5), pod) == untried("it was not over after 1 s")
    assert (await perform(Attack("net-y", "", breaks), pod)).words == "OSError: no route"
    assert (await perform(Attack("net-z", "", lambda _pod: held("ok")), pod)).result is Result.HELD


def test_an_attack_that_told_no_end_was_stopped_or_ended_its_run_or_is_not_known():
    run = {"reason": "DiskFull", "message": "too large"}
    assert judge_end(True, "Running", {}, stopped=True).result is Result.HELD
    assert judge_end(True, "Failed", run, stopped=False) == held("the run was ended: DiskFull too large")
    assert judge_end(True, "", {}, stopped=False) == held("the run was ended: its pod is gone")
    for alone, phase, stopped in ((True, "Running", False), (False, "Running", True), (False, "Failed", False)):
        assert judge_end(alone, phase, run, stopped=stopped).result is Result.UNTRIED


def test_lines_of_a_pod_are_heard_even_if_the_last_is_cut():
    heard = Heard()
    heard.take('{"here": true}')
    assert heard.here.is_set()
    for line in (
        '{"name":"ws-a","began":1.0}',
        '{"name":"ws-a","began":1.0,"ended":2.0,"result":"held","words":"x"}',
        '{"name":"ws-b","be',
    ):
        heard.take(line)
    assert heard.done["ws-a"].outcome == held("x")
    assert not heard.over.is_set()
    heard.take('{"end": true}')
    assert heard.over.is_set()


@pytest.mark.parametrize(
    ("name", "run"), [("tg-42-r7-k3fx-q9", 7), ("tg-42-r12-rfh9b", 12), ("tg-42-r1-k2-r3-abcde", 3), ("pod-1", 1)]
)
def test_a_run_is_read_from_a_pods_name(name, run):
    assert read_run(name) == run


def test_a_prefix_chooses_and_a_wrong_one_is_told():
    assert choose(["ws-a", "net-b"], ["ws"], short=False) == ["ws-a"]
    with pytest.raises(UserError):
        choose(["ws-a"], ["zz"], short=False)


@pytest.mark.parametrize(
    ("judge", "good", "bad"),
    [
        (judge_size, [message("a")] * 3, [message("a")] * 13),
        (judge_size, [message("text")], [message("\u200b \u2063")] * 2),
        (
            judge_links,
            [message("x", {"type": "text_link", "offset": 0, "length": 1, "url": "https://a.example"})],
            [message("x", {"type": "text_link", "offset": 0, "length": 1, "url": "tg://user?id=1"})],
        ),
        (
            judge_disguise,
            [
                message(
                    "good.example (evil.example)",
                    {"type": "text_link", "offset": 0, "length": 1, "url": "https://evil.example"},
                )
            ],
            [message("good.example", {"type": "text_link", "offset": 0, "length": 1, "url": "https://evil.example"})],
        ),
        (
            judge_commands,
            [message("tap /forget", {"type": "code", "offset": 4, "length": 7})],
            [message("tap /forget")],
        ),
        (judge_marks, [message("see /\u2060forget, @\u2060bot, tg:\u2060//x")], [message("a\u2060b")]),
        (judge_marks, [message("plain ü 漢")], [message("a\u202eb")]),
    ],
)
def test_the_chat_is_judged_both_ways(judge, good, bad):
    assert judge(good).result is Result.HELD
    assert judge(bad).result is Result.OPEN


def test_who_poses_as_of_a_pool_has_its_labels_and_no_job():
    labels = {LABEL_POOL: "default", LABEL_POOL_HASH: "abc", "batch.kubernetes.io/job-name": "j", "job-name": "j"}
    whole = {
        "metadata": {"labels": labels, "ownerReferences": [{"kind": "Job"}]},
        "spec": {"nodeName": "n", "containers": []},
    }
    made = build_poser(whole)
    assert made["metadata"] == {"name": "pool-pose", "labels": {LABEL_POOL: "default", LABEL_POOL_HASH: "abc"}}
    assert made["spec"] == {"containers": []}
    with pytest.raises(ValueError, match="labels of a pool"):
        build_poser({"metadata": {"labels": {}}, "spec": {}})


def test_a_decision_says_what_it_saw():
    assert decide(is_held=True, words="x") == held("x")
    assert decide(is_held=False, words="x") == opened("x")

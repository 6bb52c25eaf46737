"""The table of the latency benchmark: its rows, its goals, and the page that holds it."""

from __future__ import annotations

import argparse
import json
from types import SimpleNamespace

import pytest

from agent_contract.agentclass import AgentClass
from dev.bench import claimscene
from dev.bench.baselines import build_pod
from dev.bench.claimscene import AT_ONCE, ONE
from dev.bench.latencypage import BEGIN, END, PAGE, build_block, build_table, put
from dev.bench.latencyplan import build_phases, count_chats, measure
from dev.bench.latencyreport import build_json, report, tell_new_rows
from dev.bench.latencytable import Measured, build_goals, build_rows, build_splits
from dev.bench.memory import Waiting
from dev.progress import UserError


def at(**marks):
    return {"received": 0.0, **marks}


def measured(**more):
    scenes = {
        "cold": [at(job_created=60.0, runner_started=600.0, hello=800.0, ready=1400.0, model_request=1500.0, visible=1550.0)],
        "live": [at(model_request=50.0, visible=70.0)],
        "returning, 0 MB": [at(visible=1000.0)], "returning, 100 MB": [at(visible=1200.0)],
        "cold, at once": [at(visible=14000.0)] * 2,
        "warm pool": [at(turn_sent=19.0, visible=100.0), at(turn_sent=61.0, visible=100.0)],
        "warm pool, returning, 100 MB": [at(turn_sent=50.0, visible=90.0)],
        "warm pool, at once": [at(turn_sent=40.0, visible=90.0), at(turn_sent=160.0, visible=300.0)],
    }  # fmt: skip
    whole = {
        "scenes": scenes, "jobs": [{"created": 0.0, "answered": 1000.0}], "direct": [10.0],
        "memory": {"pi": (127.4, 125.0), "gateway": (131.0, 116.0)}, "sizes": {"runner": 401, "gateway": 327},
        "others": {ONE: [38.0], AT_ONCE: [320.0]}, "waiting": Waiting({"runner": (26.0, 24.0)}, [110.0, 120.0, 115.0]),
    }  # fmt: skip
    return Measured(**(whole | more))


def build(some):
    rows = build_rows(some)
    return build_json(some, rows, build_splits(some), [], 0.3)


def test_each_way_stands_beside_what_it_is_compared_with():
    rows = build_rows(measured())
    ratios = {row.name: (row.beside, round(row.ratio, 2)) for row in rows if row.beside}
    assert ratios["new conversation, cold: update → model's request"] == ("bare Job → pi answers", 1.5)
    assert ratios["live: update → first text"] == ("pi alone: prompt → first text", 7)
    assert ratios["2 new ones at once, cold: update → first text"][0] == "new conversation, cold: update → first text"
    assert ratios["returning with 100 MB: update → first text"] == ("returning without files: update → first text", 1.2)
    assert ratios["warm pool, new: update → first text"] == ("live: update → first text", 1.43)
    assert ratios["warm pool, new: update → turn with the runner"] == (ONE, 0.5)
    assert ratios["warm pool, 2 at once: update → turn with the runner"] == (AT_ONCE, 0.12)
    told = [goal.tell() for goal in build_goals(rows, measured().waiting)]
    assert [line.endswith("NOT met") for line in told] == [True, True, True, False, True, False, True, True]


def test_what_was_not_measured_is_not_told():
    rows = build_rows(Measured(scenes={"live": [at(visible=70.0)]}, jobs=[], direct=[], memory={}, sizes={}))
    assert [(row.name, row.beside, row.words) for row in rows] == [("live: update → first text", "", "")]
    assert build_goals(rows) == []


def test_a_run_that_was_cut_makes_no_goal_of_nothing():
    """Without the bare Jobs there is no ratio: zero would be a goal that is met."""
    rows = build_rows(measured(jobs=[], direct=[], scenes={"cold": [at(model_request=1.0, visible=2.0)]}))
    assert build_goals(rows) == []


def test_the_page_is_told_in_its_own_form():
    lines = build_table(build(measured())["rows"], {"agent-sandbox": "it took longer than 9 min; 6 pods | <no> node"})
    times = "\N{MULTIPLICATION SIGN}"
    assert lines[:3] == [
        "| | n | p50 | p90 | worst | beside | goal |", "|---|---|---|---|---|---|---|", "| bare Job → pi answers | 1 | 1000 | 1000 | 1000 | | |",
    ]  # fmt: skip
    for line in (
        f"| new conversation, cold: update → model's request | 1 | 1500 | 1500 | 1500 | 1.50 {times} the bare Job | 1.4 {times} |",
        "| live: update → first text | 1 | 70 | 70 | 70 | pi alone + 60 ms | + 50 ms |",
        f"| returning with 100 MB: update → first text | 1 | 1200 | 1200 | 1200 | 1.20 {times} without | 1.1 {times} |",
        f"| 2 new ones at once, cold: update → first text | 2 | 14,000 | 14,000 | 14,000 | 9.0 {times} one | |",
        f"| warm pool, new: update → first text | 2 | 100 | 100 | 100 | 1.43 {times} live | 1.5 {times} |",
        "| agent-sandbox | | | | | not measured to its end: it took longer than 9 min; 6 pods \\| &lt;no> node | |",
    ):
        assert line in lines


def test_the_block_tells_the_machine_memory_and_the_pieces_of_a_cold_start():
    block = build_block(build(measured()))
    assert "Load average 0.3 before" in block
    assert "Memory (MiB resident / proportional): gateway 131 / 116, pi 127 / 125." in block
    assert "Images (MB, packed): runner 401, gateway 327." in block
    joined = " ".join(block.split())
    assert (
        "A new conversation's 1500 ms: update → Job 60, Job → the runner's process 540, process → hello 200, hello → ready 600, "
        "ready → model's request 100." in joined
    )
    assert max(len(line) for line in block.splitlines() if not line.startswith("|")) <= 150


def test_a_run_of_one_scene_makes_a_block():
    build_block(build(Measured(scenes={}, jobs=[], direct=[], memory={}, sizes={}, missing={"live": "it failed"})))


def test_a_block_takes_the_place_of_the_one_before():
    page = f"# Page\n\n{BEGIN}\n\nold\n\n{END}\n\nbehind\n"
    once = put(page, "new")
    assert once == f"# Page\n\n{BEGIN}\n\nnew\n\n{END}\n\nbehind\n"
    assert put(once, "new") == once
    for broken in ("no marks", page + BEGIN, page + END, f"{END}{BEGIN}"):
        with pytest.raises(UserError, match="once each"):
            put(broken, "new")


def test_the_page_that_we_have_takes_a_block():
    assert "\n| row |\n" in put(PAGE.read_text(), "| row |")


def test_rows_are_told_once_as_they_come(capsys):
    told = {}
    tell_new_rows(Measured(scenes={}, jobs=[], direct=[10.0], memory={}, sizes={}), told)
    tell_new_rows(Measured(scenes={"live": [at(visible=70.0)]}, jobs=[], direct=[10.0], memory={}, sizes={}), told)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["pi alone: prompt → first text", "live: update → first text"]


def test_a_run_that_was_cut_tells_what_it_has(tmp_path, capsys):
    some = Measured(
        scenes={}, jobs=[], direct=[10.0], memory={}, sizes={}, missing={"live": "the run was ended by SIGTERM"}
    )
    report(some, tmp_path / "build" / "found.json", 0.1)
    said = capsys.readouterr().out
    assert "pi alone: prompt → first text" in said
    assert "| live | | | | | not measured to its end: the run was ended by SIGTERM | |" in said
    assert json.loads((tmp_path / "build" / "found.json").read_text())["missing"] == some.missing


def plan(**more):
    asked = {"n": 2, "only": ["cold", "live", "returning", "burst"], "mib": [100, 0], "burst": 3, "pool": True} | more
    asked = argparse.Namespace(**asked)
    chats = iter(range(count_chats(asked)))
    return [phase.name for phase in build_phases(SimpleNamespace(count=asked.n), asked, chats)], list(chats)


def test_what_depends_on_others_comes_last_and_each_chat_is_used_once():
    names, left = plan()
    assert names == [
        "new conversation, cold", "live", "pi alone", "returning without files", "returning with 100 MB",
        "3 new ones at once, cold", "memory of pods that wait", "warm pool, new", "warm pool, returning with 100 MB",
        "warm pool, 3 at once", "agent-sandbox: compiling it", "agent-sandbox",
    ]  # fmt: skip
    assert len(left) <= 1
    assert plan(only=["live"], pool=False)[0] == ["live", "pi alone"]


def test_claims_of_others_ask_for_as_much_of_a_core_as_our_agents():
    """With twice that their pool of twenty finds no room on two cores beside the release, and is waited for in vain."""
    ours = AgentClass.model_validate({"spec": {}}).spec.resources.requests["cpu"]
    pod = build_pod("image", "script", [], claimscene._CPU)
    assert pod["containers"][0]["resources"]["requests"]["cpu"] == ours


@pytest.mark.parametrize("fails", [False, True])
def test_steps_are_read_of_what_was_measured_now_whole_or_not(monkeypatch, fails):
    bench = SimpleNamespace(
        marks={"live": [at(visible=1.0)]}, threads={"live": ["tg-1"]},
        release=SimpleNamespace(cluster=SimpleNamespace(kubeconfig="none")),
    )  # fmt: skip
    collected = []

    async def load(_path):
        return None

    async def scene(_api):
        bench.marks["live"].append(at(visible=2.0))
        bench.threads["live"].append("tg-2")
        if fails:
            raise UserError("no more")

    monkeypatch.setattr("dev.bench.latencyplan.config.load_kube_config", load)
    monkeypatch.setattr("dev.bench.latencyplan.read_steps", lambda *_: ["step"])
    monkeypatch.setattr("dev.bench.latencyplan.collect", lambda *words: collected.append(words))
    if fails:
        with pytest.raises(UserError, match="no more"):
            measure(bench, scene)
    else:
        measure(bench, scene)
    assert collected == [(["step"], [at(visible=2.0)], ["tg-2"])]

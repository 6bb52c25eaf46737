"""How full the volume may become before the agent is told, and before what runs is stopped."""

from __future__ import annotations

import io
import os

import pytest

from agent_contract.runnerconfig import RunnerConfig
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.pifiles import Folders
from agent_runner.room import LEAST_FILE, Room, compute_file_limit, judge
from agent_runner.roomwatch import RoomWatch

GIB = 2**30


def play(room, *used):
    """Return what follows from one measurement after another: T(old) and S(topped), or a dash."""
    said = []
    for part in used:
        room, finding = judge(room, int(part * GIB))
        said.append("S" if finding.stop else "T" if finding.note else "-")
    return "".join(said)


@pytest.mark.parametrize(
    ("used", "said"),
    [
        ((1, 5, 6.3), "---"),
        ((6.5, 6.6, 7.9), "T--"),  # told once
        ((6.5, 5.7, 6.5), "T--"),  # a little less is no reason to tell it again
        ((6.5, 5.5, 6.5), "T-T"),
        ((8.1, 8.1, 7.9, 7.5), "S---"),  # stopped once: what clears up must run
        ((8.1, 8.15, 8.3), "S-S"),  # and again where it grows on
        ((8.1, 7.9, 8.0), "S-S"),
        ((8.1, 4, 6.5, 8), "S-TS"),
    ],
)
def test_the_agent_is_told_once_and_what_fills_it_is_stopped(used, said):
    assert play(Room(8 * GIB), *used) == said


def test_a_volume_that_refuses_writes_needs_nothing_stopped():
    assert play(Room(8 * GIB, refuses=True), 6.5, 7.9, 8) == "TT-"


def test_words_name_the_volume_and_its_limit():
    for used in (7, 9):
        note = judge(Room(8 * GIB), used * GIB)[1].note
        assert f"workspace, the home folder and /tmp holds {used}.0 GiB of its 8.0 GiB (workspace.size" in note
    assert "200 MiB of its 128 MiB" in judge(Room(128 * 2**20), 200 * 2**20)[1].note


def test_one_file_may_take_what_is_left_and_a_little_in_any_case():
    room = Room(8 * GIB)
    assert compute_file_limit(room, 3 * GIB) == 5 * GIB // 1024
    assert compute_file_limit(room, 9 * GIB) == LEAST_FILE // 1024
    assert compute_file_limit(Room(2**20), 0) == 1024


def make_watch(tmp_path, programs, size, **config):
    for name in ("state", "workspace", "home", "tmp"):
        (tmp_path / name).mkdir(exist_ok=True)
    folders = Folders(*(str(tmp_path / name) for name in ("state", "home", "tmp")))
    setup = Setup({}, folders, str(tmp_path / "workspace"), "", (), "")
    told = {"thread": "t", "run": 1, "gatewayUrl": "http://x", "provider": "p", "model": "m"}
    made = RunnerConfig.model_validate({**told, "workspaceSize": size, **config})
    return RoomWatch(setup, made, programs, lambda: True, str, Log("INFO", io.StringIO()))


async def test_all_three_folders_count_and_links_once(tmp_path, programs):
    watch = make_watch(tmp_path, programs, 10 * 2**20)
    for name in ("workspace", "home", "tmp"):
        (tmp_path / name / "x").write_bytes(os.urandom(3 * 2**20))
    os.link(tmp_path / "home" / "x", tmp_path / "tmp" / "y")
    note = await watch.after_tool()
    assert "holds 9 MiB of its 10 MiB" in note
    assert int((tmp_path / "state" / "room").read_text()) == 10 * 1024  # a file may always have a little
    assert await watch.after_tool() == ""

"""What a workspace holds before its agent is asked anything, brought by real git and a real shell."""

from __future__ import annotations

import asyncio
import os

import pytest

from agent_contract import wire
from agent_runner import checkouts, commands, preparing, setupsteps
from tests.support.eventually import PATIENCE, eventually
from tests.support.git_server import commit, run_git
from tests.support.preparing import Bench, read_frames
from tests.support.runner import is_alive


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


async def prepare(bench, programs, *wanted, setup=(), size=0):
    made, outbox = bench.make(programs, size)
    made.want(wanted, setup)
    await made.wait()
    return made, read_frames(outbox)


async def test_a_repository_is_cloned_once_and_then_stays_as_it_is(bench, programs):
    bench.server.create("acme/api")
    made, (frame,) = await prepare(bench, programs, bench.checkout())
    assert (frame.repository, frame.state, frame.text) == ("acme/api", "done", "main")
    assert made.take_note() == "The repository acme/api is in the folder api (main)."
    assert made.take_note() == ""
    assert bench.names() == ["api"], "nothing else stays behind"
    bench.git("api", "checkout", "-q", "-b", "agent/x")
    made, frames = await prepare(bench, programs, bench.checkout())
    assert frames == []
    assert made.take_note() == ""
    assert bench.git("api", "branch", "--show-current") == "agent/x"


async def test_a_named_branch_is_checked_out_and_only_so_much_history_comes(bench, programs):
    bare = bench.server.create("acme/api", commits=3)
    run_git(bare, "branch", "release/1", "main")
    _, (frame,) = await prepare(bench, programs, bench.checkout(ref="release/1", depth=1, folder="old"))
    assert (frame.state, frame.text) == ("done", "release/1")
    assert bench.git("old", "rev-list", "--count", "HEAD") == "1"


async def test_what_is_not_there_is_told_in_words_and_leaves_nothing(bench, programs):
    made, (frame,) = await prepare(bench, programs, bench.checkout("acme/none"))
    assert frame.state == "failed"
    assert "none.git" in frame.text
    assert made.take_note().startswith("The repository acme/none could not be brought into the workspace: ")
    assert bench.names() == []


async def test_a_folder_that_holds_something_else_stays(bench, programs):
    bench.server.create("acme/api")
    (bench.workspace / "api").mkdir()
    (bench.workspace / "api/mine").write_text("mine")
    _, (frame,) = await prepare(bench, programs, bench.checkout(fresh=True))
    assert (frame.state, frame.text) == ("failed", "The folder api holds something else.")
    _, frames = await prepare(bench, programs, bench.checkout())
    assert frames == [], "at each start it would be told anew"
    assert (bench.workspace / "api/mine").read_text() == "mine"


@pytest.mark.parametrize("folder", ["..", "a/b", ".git", "", "-x"])
async def test_a_folder_lies_in_the_workspace(bench, programs, folder):
    bench.server.create("acme/api")
    _, (frame,) = await prepare(bench, programs, bench.checkout(folder=folder))
    assert frame.state == "failed"
    assert bench.names() == []


async def test_a_link_is_no_folder_of_ours(bench, programs, tmp_path):
    bench.server.create("acme/api")
    (tmp_path / "elsewhere/.git").mkdir(parents=True)
    (bench.workspace / "api").symlink_to(tmp_path / "elsewhere")
    _, (frame,) = await prepare(bench, programs, bench.checkout(fresh=True))
    assert frame.text == "The folder api holds something else."


async def test_a_branch_chosen_later_is_checked_out_unless_something_would_be_lost(bench, programs):
    bare = bench.server.create("acme/api")
    await prepare(bench, programs, bench.checkout())
    run_git(bare, "branch", "release/1", "main~1")
    _, (frame,) = await prepare(bench, programs, bench.checkout(ref="release/1", fresh=True))
    assert (frame.state, frame.text) == ("done", "release/1")
    (bench.workspace / "api/file0.txt").write_text("changed")
    _, (frame,) = await prepare(bench, programs, bench.checkout(ref="main", fresh=True))
    assert (frame.state, frame.text) == ("failed", "There are changes in api: its branch stays as it is.")
    assert (bench.workspace / "api/file0.txt").read_text() == "changed"
    _, (frame,) = await prepare(bench, programs, bench.checkout("acme/other", folder="api", fresh=True))
    assert frame.text == "The folder api holds another repository."


async def test_history_that_was_not_kept_is_brought_back_and_own_commits_stay(bench, programs):
    bare = bench.server.create("acme/api")
    run_git(bare, "repack", "-adq")
    await prepare(bench, programs, bench.checkout())
    own = commit(bench.workspace / "api", 9)
    packs = bench.workspace / "api/.git/objects/pack"
    assert list(packs.glob("*.pack"))
    for path in packs.iterdir():
        path.unlink()
    _, (frame,) = await prepare(bench, programs, bench.checkout())
    assert (frame.state, frame.text) == ("done", "main")
    assert bench.git("api", "rev-parse", "HEAD") == own
    assert bench.git("api", "fsck", "--connectivity-only") == ""
    assert bench.git("api", "status", "--porcelain") == ""


async def test_a_repository_that_is_too_large_is_given_up(bench, programs, monkeypatch):
    monkeypatch.setattr(checkouts, "LOOK_SECONDS", 0.01)
    bench.server.create("acme/api", commits=0)
    made, _ = bench.make(programs, size=4 << 20)
    fills = 'mkdir -p "$0" && head -c 8000000 /dev/zero >"$0/pack" && sleep 60'
    found = made._checkouts
    temporary = bench.workspace / checkouts.COMING / "api"
    ended = await asyncio.wait_for(found._watch(["sh", "-c", fills, str(temporary)], temporary, print), PATIENCE)
    assert (ended.code, ended.lines) == (None, ("fatal: it is larger than 3 MiB, more than the workspace takes",))


async def test_a_clone_that_a_stop_ended_is_begun_again(bench, programs, monkeypatch):
    bench.server.create("acme/api")
    made, outbox = bench.make(programs)
    run, codes = made._checkouts._commands.run, [-9, -9]

    async def killed(words, *more):
        if "clone" in words and codes:
            return commands.Ended(codes.pop(), ())
        return await run(words, *more)

    monkeypatch.setattr(made._checkouts._commands, "run", killed)
    made.want([bench.checkout()])
    await made.wait()
    (frame,) = read_frames(outbox)
    assert frame.state == "done"


async def test_slow_progress_is_told_in_steps(bench, programs):
    _, outbox = bench.make(programs)
    frame = wire.Prepared(seq=0, kind="repository", state="working")
    loop = asyncio.get_running_loop()
    teller = preparing._Teller(outbox, frame, loop.time() - 60)
    for percent in (1, 2, 24, 25, 26, 49, 80, 81, 100):
        teller.tell(percent)
    assert [one.percent for one in read_frames(outbox)] == [1, 25, 80, 100]
    quick = preparing._Teller(outbox, frame, loop.time() + 60)
    quick.tell(50)
    assert read_frames(outbox) == []


async def test_what_is_asked_twice_is_done_once_and_what_is_chosen_anew_again(bench, programs):
    bench.server.create("acme/api")
    made, outbox = bench.make(programs)
    made.want([bench.checkout(), bench.checkout()])
    made.want([bench.checkout()])
    await made.wait()
    assert len(read_frames(outbox)) == 1
    made.want([bench.checkout()])
    assert not made.busy
    made.want([bench.checkout(fresh=True)])
    await made.wait()
    assert [frame.state for frame in read_frames(outbox)] == ["done"]


STEPS = (
    wire.SetupStep(command="pwd; echo once >>once; id -u"),
    wire.SetupStep(command="echo each >>each", each_run=True),
)


async def test_commands_run_once_a_workspace_or_at_each_start(bench, programs):
    made, frames = await prepare(bench, programs, setup=STEPS)
    assert [(frame.number, frame.state, frame.text) for frame in frames] == [(0, "done", ""), (1, "done", "")]
    made.want([], STEPS)
    assert not made.busy, "a connection that comes back begins nothing"
    _, frames = await prepare(bench, programs, setup=STEPS)
    assert [frame.number for frame in frames] == [1]
    assert (bench.workspace / "once").read_text() == "once\n"
    assert (bench.workspace / "each").read_text() == "each\neach\n"
    _, frames = await prepare(bench, programs, setup=[wire.SetupStep(command="true"), *STEPS])
    assert [frame.number for frame in frames] == [0, 2], "what is done is known by its words, not by its place"


async def test_a_command_that_fails_is_told_with_its_last_lines_and_tried_again(bench, programs):
    step = wire.SetupStep(command="for n in $(seq 40); do echo line $n; done; echo broken >&2; exit 3")
    made, (frame, _) = await prepare(bench, programs, setup=[step, wire.SetupStep(command="touch after")])
    assert frame.state == "failed"
    assert frame.text.splitlines()[-3:] == ["line 40", "broken", "(exit code 3)"]
    assert "line 20\n" not in frame.text
    log = (bench.workspace / setupsteps.FOLDER / "log").read_text()
    assert log.startswith("$ for n in")
    assert "line 1\n" in log
    assert "broken" in log
    assert (bench.workspace / "after").exists(), "the next one runs all the same"
    assert "What it said is in .agent-setup/log" in made.take_note()
    _, (again,) = await prepare(bench, programs, setup=[step])
    assert again.state == "failed"


async def test_what_a_command_says_is_kept_within_a_bound(bench, programs, monkeypatch):
    monkeypatch.setattr(setupsteps, "MOST_LOG", 1000)
    step = wire.SetupStep(command="head -c 100000 /dev/zero | tr '\\0' x; echo; echo end")
    _, frames = await prepare(bench, programs, setup=[step, step])
    assert [frame.state for frame in frames] == ["done", "done"]
    assert (bench.workspace / setupsteps.FOLDER / "log").stat().st_size == 1000


async def test_a_command_has_a_deadline_and_its_group_ends_with_it(bench, programs):
    step = wire.SetupStep(command="sleep 300 & echo $! >pid; wait", seconds=1)
    _, (frame,) = await prepare(bench, programs, setup=[step])
    assert frame.text == "(ended after 1 seconds)"
    pid = int((bench.workspace / "pid").read_text())
    await eventually(lambda: not is_alive(pid))


async def test_what_a_command_leaves_running_holds_nothing_up(bench, programs):
    step = wire.SetupStep(command="sleep 20 & echo $! >pid")
    _, (frame,) = await asyncio.wait_for(prepare(bench, programs, setup=[step]), PATIENCE)
    assert frame.state == "done"
    pid = int((bench.workspace / "pid").read_text())
    os.kill(pid, 9)  # it is there still

"""Commits that the real pi's tools make are signed for whoever asked, and who adds words meanwhile has a say from then on."""

from __future__ import annotations

import asyncio

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.git_server import run_git

BOT = wire.GitPerson(name="team_bot", email="team_bot@users.noreply.invalid")
LINK = "Asked-in: https://t.me/c/1/{}"


def signed(turn, name, *more):
    author = wire.GitPerson(name=name, email=f"{name.lower()}@users.noreply.invalid")
    return wire.CommitIdentity(turn=turn, author=author, committer=BOT, trailers=[LINK.format(turn), *more])


def read_log(runner):
    shown = run_git(runner.workspace / "r", "log", "--format=%an/%cn/%(trailers:separator=|)", "--reverse").stdout
    return shown.splitlines()


async def test_each_turn_signs_for_its_own_asker_and_words_make_co_authors(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.send(signed(1, "Ada"))
    await gateway.ask(1, "bash: git init -q r && cd r && git commit -q --allow-empty -m one")
    await gateway.send(signed(2, "Bob"))
    waits = "touch begun; until [ -e go ]; do sleep 0.02; done"
    asked = asyncio.create_task(
        gateway.ask(2, f"bash: {waits}; cd r && git commit -q --allow-empty -m two")
    )  # fmt: skip
    await eventually((runner.workspace / "begun").exists)
    await gateway.send(signed(2, "Bob", "Co-authored-by: Eve <eve@x>"))
    await eventually(lambda: "Eve" in (runner.state / "git-trailers").read_text())
    (runner.workspace / "go").touch()
    await asked
    assert read_log(runner) == [
        f"Ada/team_bot/{LINK.format(1)}", f"Bob/team_bot/{LINK.format(2)}|Co-authored-by: Eve <eve@x>"
    ]  # fmt: skip

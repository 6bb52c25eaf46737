"""A workspace that is prepared before the real pi is asked anything."""

from __future__ import annotations

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.git_server import GitServer
from tests.support.runner_talk import begin, texts


def make_checkout(server, name, **more):
    server.create(name)
    folder = name.rpartition("/")[2]
    return wire.Checkout(
        connection="lab", repository=name, address=f"file://{server.root / name}.git", **({"folder": folder} | more)
    )


async def test_the_agent_is_asked_when_its_workspace_is_prepared_and_told_what_came(
    gateway, runner, model_requests, tmp_path
):
    server = GitServer(tmp_path / "server")
    gateway.checkouts = [make_checkout(server, "acme/api"), make_checkout(server, "acme/web", ref="none")]
    gateway.setup = [
        wire.SetupStep(command="while ! test -e go; do sleep 0.05; done; test -d api/.git && id -u >as"),
        wire.SetupStep(command="echo no luck; exit 4"),
    ]
    await begin(gateway, runner, "bash: cat api/file0.txt | head -1; cat as")
    await eventually(lambda: len(gateway.prepared()) == 2)
    assert model_requests() == []
    (runner.workspace / "go").touch()
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.TurnSettled)
    assert "0" in texts(events)[-1]
    assert [(one.kind, one.state) for one in gateway.prepared()] == [
        ("repository", "done"), ("repository", "failed"), ("setup", "done"), ("setup", "failed")
    ]  # fmt: skip
    asked = str(model_requests()[0]["body"]["messages"][-1]["content"])
    assert "The repository acme/api is in the folder api (main)." in asked
    assert "The repository acme/web could not be brought into the workspace" in asked
    assert "A command that prepares this workspace failed" in asked
    assert (runner.workspace / ".agent-setup/log").read_text().endswith("no luck\n")
    gateway.checkouts = []
    await gateway.send(wire.Prepare(checkouts=[make_checkout(server, "acme/docs", fresh=True)]))
    await eventually((runner.workspace / "docs/.git").is_dir)


async def test_a_stop_while_the_workspace_is_prepared_ends_the_turn(gateway, runner, model_requests):
    gateway.setup = [wire.SetupStep(command="touch begun; sleep 600", seconds=600)]
    await begin(gateway, runner, "hello")
    await eventually((runner.workspace / "begun").exists)
    await gateway.send(wire.Abort(turn=1))
    events = await gateway.ended(1)
    assert (events[-1].kind, events[-1].reason) == ("failed", "aborted")
    assert model_requests() == []
    await gateway.ask(2, "hello again")
    assert len(model_requests()) == 1, "a stop ends what is under way, and the next turn begins"

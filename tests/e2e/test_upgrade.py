"""From the chart as it stood earlier to the chart of this tree, in a release of its own."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from dev.release import CHART, CommandFailedError, Release
from tests.e2e.conftest import NAMESPACE, PERSON
from tests.support.chat import Chat, Simulator

EARLIER = Path(__file__).parents[1] / "data" / "charts" / "before-subagents.tgz"
"""The chart before sub-agents: it knows neither their definition nor the rights for it."""
OWN = f"{NAMESPACE}-earlier"


@pytest.fixture
def earlier(system):
    """Install the earlier chart with the images of this tree."""
    release = Release(system.release.cluster, OWN, "oc")
    release.remove()  # of a run that was interrupted, or of one that has ended just now
    release.kubectl("create", "namespace", OWN)
    # the images are newer than that chart, and ask for a right that it does not give
    for account in ("oc-operator", "oc-gateway"):
        name = f"{account}-subagents"
        release.kubectl(
            "create", "role", name, "--verb=*", "--resource=subagents.openclaw.dev,subagents.openclaw.dev/status"
        )
        release.kubectl("create", "rolebinding", name, f"--role={name}", f"--serviceaccount={OWN}:{account}")
    values = {k: v for k, v in system.values.items() if k not in {"agents", "hooks", "console"}}
    values["telegram"] = {k: v for k, v in values["telegram"].items() if k != "pairing"}  # which it does not know
    # definitions are the cluster's: the newer ones stand already
    release.helm(
        "install", "oc", str(EARLIER), "--skip-crds", "--values", "-", "--wait", "--timeout", "10m",
        stdin=json.dumps(values),
    )  # fmt: skip
    yield release, values
    release.kubectl("delete", "agentthreads", "--all", "--timeout=240s", check=False)
    release.remove()


@pytest.mark.timeout(2400, func_only=True)
def test_the_earlier_chart_is_upgraded_during_a_turn_and_its_agents_move_later(earlier):
    release, values = earlier
    with contextlib.ExitStack() as stack:
        chat = Chat(Simulator(stack.enter_context(release.forward("service/oc-demo-telegram", 8081))), PERSON, PERSON)
        chat.ask("my bird is a wren", "Echo: my bird is a wren")
        password = release.kubectl("get", "secret", "oc-database", "-o", "jsonpath={.data.password}")
        disk = release.kubectl("get", "pvc", "-o", "jsonpath={.items[*].metadata.uid}")
        asked = chat.say("slow 80 200")
        chat.shown("w3", asked)
        # nobody's agents are left behind unseen: where they shall be is to be said
        with pytest.raises(CommandFailedError, match="1 AgentThreads of this release are in its own namespace"):
            release.helm("upgrade", "oc", str(CHART), "--values", "-", stdin=json.dumps(values))
        release.install({**values, "agents": {"namespace": OWN}})
        chat.wait_for("w79", asked)
        chat.ask("recall", "my bird is a wren")
        assert release.kubectl("get", "secret", "oc-database", "-o", "jsonpath={.data.password}") == password
        assert release.kubectl("get", "pvc", "-o", "jsonpath={.items[*].metadata.uid}") == disk
        # what the newer chart brings works: a sub-agent, with the rights of the chart alone
        release.kubectl("delete", "rolebinding", "oc-operator-subagents", "oc-gateway-subagents")
        chat.ask("spawn: hello", "Result 1: Echo: hello")
        assert "where this release's Secrets are" in release.helm("get", "notes", "oc")
        _move(release, values)
        chat.ask("recall", "my bird is a wren")
        assert release.agents.get("agentthreads")["items"][0]["spec"]["run"] > 1
        assert release.get("agentthreads")["items"] == []


def _move(release, values):
    """Move the agents to a namespace of their own, as the how-to says."""
    release.kubectl("delete", "agentthreads,subagents", "--all", "--timeout=240s")
    release.install(values)
    enforced = release.get("namespace", release.agents.namespace)["metadata"]["labels"]
    assert enforced["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "where this release's Secrets are" not in release.helm("get", "notes", "oc")

"""The how-to of backup and restore, carried out as it is written."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from agent_gateway.wording import keys
from dev.release import ROOT
from tests.support.chat import wait

PAGE = ROOT / "docs" / "how-to" / "backup.md"
SECONDS = 600


def read_blocks() -> dict[str, str]:
    """Return the shell blocks of the page, joined by section."""
    found: dict[str, str] = {}
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE):
        blocks = re.findall(r"^```sh\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
        found[section.splitlines()[0]] = "".join(blocks)
    return found


@pytest.fixture
def follow(system, tmp_path):
    """Carry out a section's commands against the release of the test."""
    cluster = system.release.cluster
    (tmp_path / "kubectl").symlink_to(cluster.kubectl)
    names = f"NAMESPACE={system.release.namespace} RELEASE={system.release.name} AGENTS={system.agents.namespace}\n"
    environment = {
        **os.environ, "KUBECONFIG": str(cluster.kubeconfig), "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }  # fmt: skip

    def run(section: str) -> str:
        done = subprocess.run(
            ["sh", "-euc", names + read_blocks()[section]],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.timeout(2400, func_only=True)
def test_a_conversation_goes_on_behind_a_restore(system, chat, follow, tmp_path):
    other = system.chat()
    chat.ask("before the backup", "Echo: before the backup")
    other.ask("only before", "Echo: only before")
    follow("Back up")
    assert (tmp_path / "openclaw.dump").stat().st_size > 0
    assert Path(tmp_path / "openclaw-resources.yaml").read_text().count(f"name: {chat.thread}\n") == 1
    lost = chat.ask("in the lost time", "Echo: in the lost time")
    pod = system.pod(chat.thread)
    follow("Restore")
    waits = chat.say("behind the restore")
    chat.wait_for("Echo: behind the restore", waits)
    chat.wait_for(keys.restored_note("en"), waits)
    stood = [m for m in chat.answers() if m["message_id"] == lost["message_id"]]
    assert [m["text"] for m in stood] == [lost["text"]]  # what stands is left alone
    assert len([m for m in chat.answers() if "in the lost time" in m["text"]]) == 1
    system.wait_run(chat.thread, number=2)
    wait(
        lambda: pod not in system.agents.kubectl("get", "pods", "--field-selector=status.phase=Running", "-o", "name"),
        "its end",
    )
    asked = str(system.requests()[-1])
    assert "before the backup" in asked
    assert "in the lost time" not in asked
    other.ask("and again", "Echo: and again")
    system.end(other)

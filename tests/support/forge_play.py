"""A forge and a tool server beside the node, a release that knows them, and what is done and looked for there."""

from __future__ import annotations

import contextlib
import json
import urllib.request

from agent_gateway.apis.settings import compute_port
from tests.support.device_forge import CLIENT
from tests.support.forge_server import PLAYED, REPOSITORIES, TOOLS_KEY, TOOLS_PORT
from tests.support.git_server import KEY, GitServer
from tests.support.netns import host_at

ADDRESS = "192.88.99.90"
"""Stands for a forge: a public range that nobody uses any more, put up on this machine alone."""
SERVICE = f"http://127.0.0.1:{compute_port('files')}/acme/api.git/info/refs?service=git-upload-pack"
"""The forge as a service of the pod."""
FILES = {
    "refunds.py": "def refund(cents):\n    return int(cents)\n",
    "test_refunds.py": (
        "import unittest\n\nfrom refunds import refund\n\n\nclass Refunds(unittest.TestCase):\n"
        "    def test_whole_cents(self):\n        self.assertEqual(refund(99.6), 100)\n"
    ),
}


@contextlib.contextmanager
def forge_beside(system, folder):
    """Serve a forge and a tool server at a host of their own while the release has connections to them; yield its repositories."""
    server = GitServer(folder)
    for name in REPOSITORIES:
        server.create(name)
    server.add("acme/api", FILES)
    data = {"token": KEY, "tools": TOOLS_KEY}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "lab"}, "stringData": data}
    system.release.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    with host_at(ADDRESS, "octest4", "-m", "tests.support.forge_server", ADDRESS, str(folder)) as url:
        connection = {"name": "lab", "url": url.rstrip("/"), "existingSecret": {"name": "lab"}}
        service = {**connection, "name": "files", "kind": "http", "user": "git"}
        hub = {**connection, "name": "hub", "forge": "github", "clientId": CLIENT}
        tools = {"name": "tracker", "kind": "http", "url": f"http://{ADDRESS}:{TOOLS_PORT}/mcp"}
        tools["existingSecret"] = {"name": "lab", "key": "tools"}
        system.release.install({
            **system.values, "connections": [connection, service, hub, tools],
            "gateway": {"mirrors": {"size": "64Mi", "storageClassName": "standard"}},
        })  # fmt: skip
        yield server
        system.release.install(system.values)


def tap(scene, button, since):
    """Wait for a question behind a message and let it through; return the question's id."""
    question = scene.chat.wait_for_button(button, since)["message_id"]
    scene.chat.pressed(scene.chat.press(question, button))
    return question


def play(said=None):
    """Let somebody do something at the forge, if anything; return its pull requests."""
    body = None if said is None else json.dumps(said).encode()
    with urllib.request.urlopen(f"http://{ADDRESS}{PLAYED}", body, timeout=120) as answer:
        return json.load(answer)


def find_keys(system, chat, *keys):
    """Count the processes of a conversation's pod that hold one of these keys, and name the files that do."""
    hidden = "\\|".join(f"{key[:-1]}[{key[-1]}]" for key in keys)
    script = (
        f"cat /proc/*/environ /proc/*/cmdline 2>/dev/null | grep -ac '{hidden}'; "
        f"grep -rals '{hidden}' /workspace /home /tmp /run /etc; true"
    )
    return system.exec(system.pod(chat.thread), "sh", "-c", script).split()

"""The console on a real Postgres, with people whose tokens are played."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.console.callers import Caller
from agent_gateway.console.refused import Refused
from agent_gateway.console.server import ConsoleServer
from agent_gateway.console.speaking import Speaking
from agent_kube.errors import Away
from dev.cluster.build import build
from dev.paths import ROOT

ALICE = Caller("alice@example.com", True, "JTI=1")
VERA = Caller("vera", False, "JTI=2")
PEOPLE = {"alice": ALICE, "vera": VERA}
VIEW, SPEAK = "system:serviceaccount:oc:oc-console-view", "system:serviceaccount:oc:oc-console-speak"


def make_token(sub=SPEAK, aud=("openclaw-console", "openclaw-console:alice"), exp=4_000_000_000.0, **more):
    """Return a token that claims so, and that nobody signed."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": sub, "aud": aud, "exp": exp, **more}).encode()).rstrip(b"=")
    return f"e30.{claims.decode()}.c2ln"


class PlayedReviews:
    """An API server that accepts tokens of an account."""

    def __init__(self, username=SPEAK, audiences=("openclaw-console",), extra=None, *, good=True):
        self.status = {
            "authenticated": good, "audiences": list(audiences),
            "user": {"username": username, "extra": extra or {"authentication.kubernetes.io/credential-id": ["JTI=5"]}},
        }  # fmt: skip
        self.asked, self.away = [], False

    async def request(self, method, path, *, body=None):
        if self.away:
            raise Away("away")
        self.asked.append(body["spec"])
        return {"status": self.status}


class PlayedCallers:
    """Knows people by their first names."""

    async def identify(self, token, _address=""):
        if token not in PEOPLE:
            raise Refused("token")
        return PEOPLE[token]


@dataclass
class Console:
    """The console's port."""

    client: TestClient
    server: ConsoleServer
    store: Any

    async def get(self, what, name="tg-42", who="alice", **query):
        """Read something; return status and answer."""
        headers = {"X-Openclaw-Token": who}
        async with self.client.get(f"/v1/threads/{name}/{what}", params=query, headers=headers) as answer:
            return answer.status, await answer.json()

    async def post(self, what, name="tg-42", who="alice", **body):
        """Do something; return status and answer."""
        body = {"request": str(uuid.uuid4()), **body}
        headers = {"X-Openclaw-Token": who}
        async with self.client.post(f"/v1/threads/{name}/{what}", json=body, headers=headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def opened_console(store, access, most_runs=50):
    """Open the port."""
    server = ConsoleServer(store, PlayedCallers(), Speaking(store, access), most_runs)
    async with TestClient(TestServer(server.build())) as client:
        yield Console(client, server, store)


def run_plugin(*words, kubeconfig, stdin=None, timeout=300):
    """Run `kubectl openclaw` as a program; return its exit code, and what it wrote in both ways."""
    told = subprocess.run(
        [sys.executable, "-m", "kubectl_openclaw", *words, "--kubeconfig", str(kubeconfig)],
        cwd=ROOT / "plugin", env={**os.environ, "KUBECTL": str(build() / "kubectl")}, input=stdin, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip
    return told.returncode, told.stdout, told.stderr

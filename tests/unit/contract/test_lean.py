"""Lean models, which a runner has, read, refuse and write what pydantic's do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from tests.support import lean_cases
from tests.unit.contract.test_wire import GATEWAY, RUNNER

CONFIG = {
    "thread": "tg-1", "run": 2, "gatewayUrl": "http://gateway:8080", "provider": "zai", "model": "glm", "thinking": "low",
    "maxTokens": 4096, "fallbacks": [{"provider": "p", "model": "m", "images": True}], "timeouts": {"turn": 20},
    "tools": ["read"], "approvals": [{"tool": "bash", "match": "git push*"}], "exclude": ["node_modules"],
    "mcpServers": [{"name": "s", "connection": "c", "exposure": "Deferred", "timeout": 4}], "workspaceSize": 2**31,
    "commands": [{"name": "review", "template": "x"}], "sources": [{"path": "p", "connection": "c", "repository": "r", "commit": "1"}],
}  # fmt: skip
CALLS = [
    {"tool": "spawn_subagent", "task": "list them", "timeout": 60, "workspace": "Empty"},
    {"tool": "ask_person", "question": "Which?", "options": ["red", "blue"]},
    {"tool": "may_run", "name": "bash", "input": {"command": "ls"}},
    {"tool": "send_file", "path": "a.txt", "caption": "ä"},
    {"tool": "open_pull_request", "repository": "a/b", "head": "agent/x", "title": "T", "body": "B", "draft": True},
    {"tool": "pull_request", "action": "update", "number": 3, "state": "closed"},
    {"tool": "search_history", "query": "which port", "place": "chat", "since": "2026-11-01", "page": 2},
    {"tool": "remember", "note": "The port is 8080", "scope": "chat"},
]
MORE = [
    wire.Welcome(
        thread="tg-1", session_id="s", git=[wire.GitConnection(name="g", host="git.example", prefixes=["acme/"])],
        apis=[wire.ApiConnection(name="n", format="npm", url="https://r.example", port=4000, paths=["**"])],
        checkouts=[wire.Checkout(connection="g", repository="acme/api", address="https://g/acme/api", folder="api")],
        setup=[wire.SetupStep(command="make")], model=wire.ClaimedModel(provider="p", model="m"),
    ),
    wire.Held(),
    wire.Turn(id=3, text="look", files=[wire.TurnFile(name="a.png", size=4)], plan=True),
    wire.SubAgentResult(call_id="c1", ok=True, text="done", usage=wire.SubAgentUsage(input=1)),
    wire.Decision(id="d1", outcome="answered", allowed=True, choice=1, text="blue"),
    wire.CommitIdentity(turn=1, author=wire.GitPerson(name="A", email="a@b"), committer=wire.GitPerson(name="B", email="b@b")),
    wire.Extend(turn=1, seconds=900),
]  # fmt: skip
ODD = [
    None, True, 0, -1, 7, 1.0, 1.5, 2**31, 2**70, 10**400, 1e300, "", " ", "x", "7", "7.0", "true", "no", "ä\ud800\x00",
    "😀" * 300, "y" * 70_000, [], ["a"], [1], {}, {"a": 1}, [{}], [[]],
]  # fmt: skip
BYTES = [
    json.dumps(CALLS[3]).encode("utf-16"), b"\xef\xbb\xbf" + json.dumps(CALLS[3]).encode(),
    b'{"tool":"may_run","name":"bash","input":"\xed\xa0\x80"}', b'{"tool":"may_run","name":"bash","input":"\xff"}',
]  # fmt: skip
"""What is no UTF-8, or begins with a mark."""


def mutate(value):
    """Yield a JSON object with one field, at any depth, away or another."""
    for name, inner in value.items():
        yield {key: kept for key, kept in value.items() if key != name}
        yield from ({**value, name: odd} for odd in ODD)
        if isinstance(inner, dict):
            yield from ({**value, name: changed} for changed in mutate(inner))
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield from ({**value, name: [changed, *inner[1:]]} for changed in mutate(inner[0]))
    yield {**value, "ofTomorrow": {"x": [1]}}


def build_cases():
    whole = [("runner", frame.to_dict()) for frame in RUNNER]
    whole += [("gateway", frame.to_dict()) for frame in [*GATEWAY, *MORE]]
    whole += [("config", CONFIG), *(("call", call) for call in CALLS)]
    cases = [(kind, json.dumps(value)) for kind, value in whole]
    cases += [(kind, json.dumps(changed)) for kind, value in whole for changed in mutate(value)]
    cases += [("bytes", said.decode("latin-1")) for said in BYTES]
    return cases + [
        (kind, text) for kind in ("runner", "gateway", "call") for text in ("", "{", "nul", "{}", '{"a":NaN}')
    ]


@pytest.fixture(scope="module")
def outcomes():
    cases = build_cases()
    program = [sys.executable, "-m", "tests.support.lean_cases"]
    ran = subprocess.run(program, input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=250)
    return cases, lean_cases.judge(cases), json.loads(ran.stdout)


def test_lean_models_read_refuse_and_write_what_pydantics_do(outcomes):
    cases, expected, found = outcomes
    assert len(cases) > 5000
    wrong = [
        (case, want, got) for case, want, got in zip(cases, expected, found["outcome"], strict=True) if want != got
    ]
    assert not wrong, (len(wrong), [[str(part)[:300] for part in one] for one in wrong[:20]])


def test_lean_models_need_no_pydantic(outcomes):
    assert outcomes[2]["heavy"] == []


def test_every_field_that_a_runner_is_configured_by_is_tried():
    tried = RunnerConfig.model_validate(CONFIG).model_fields_set
    assert tried >= {"fallbacks", "timeouts", "approvals", "mcp_servers", "sources", "commands"}

from __future__ import annotations

import json

import pytest

from agent_runner.launch import BadConfigError, read_setup
from agent_runner.pifiles import build_arguments, build_environment, build_models, build_settings
from agent_runner.words import LIMIT, describe_error

CONFIG = {"thread": "tg-1", "run": 1, "gatewayUrl": "http://gw.ns.svc:8080/", "provider": "zai", "model": "glm-5.3"}


def test_known_provider_keeps_pis_catalog():
    assert build_models(CONFIG, "/var/run/openclaw/token") == {
        "providers": {"zai": {"baseUrl": "http://gw.ns.svc:8080/v1/llm/zai", "apiKey": "!cat /var/run/openclaw/token"}}
    }


def test_other_provider_is_described():
    provider = build_models({**CONFIG, "provider": "local", "model": "qwen"}, "/t")["providers"]["local"]
    assert provider["api"] == "openai-completions"
    assert provider["models"][0]["id"] == "qwen"
    assert provider["models"][0]["contextWindow"] == 128_000


def test_retries_last_two_minutes():
    retry = build_settings()["retry"]
    pauses = [min(retry["baseDelayMs"] * 2**n, retry["maxAgentDelayMs"]) for n in range(retry["maxRetries"])]
    assert sum(pauses) >= 120_000


def test_arguments():
    arguments = build_arguments({**CONFIG, "thinking": "high", "tools": ["read", "bash"]}, "/s", "/s/x.jsonl")
    assert arguments[arguments.index("--model") + 1] == "zai/glm-5.3:high"
    assert arguments[arguments.index("--tools") + 1] == "read,bash"
    assert "--no-extensions" in arguments
    assert "--append-system-prompt" not in arguments


def test_extension_of_a_wanted_tool_is_loaded():
    assert "--no-extensions" not in build_arguments({**CONFIG, "tools": ["+codemode"]}, "/s", "/x")


def test_environment_reaches_the_gateway_directly_and_hides_our_python():
    environ = {"PATH": "/opt/venv/bin:/usr/bin", "AGENT_CONFIG": "{}", "NO_PROXY": "a", "LANG": "C"}
    found = build_environment(environ, CONFIG, "/s", ("/opt/venv", "/usr"))
    assert found["PATH"] == "/usr/bin"
    assert found["NO_PROXY"] == "a,gw.ns.svc"
    assert found["LANG"] == "C"
    assert "AGENT_CONFIG" not in found


def test_setup(tmp_path):
    token = tmp_path / "token"
    token.write_text("t")
    setup = read_setup({"AGENT_CONFIG": json.dumps(CONFIG), "AGENT_TOKEN_FILE": str(token)})
    assert setup.command[0] == "node"
    assert setup.session == "/run/agent/session.jsonl"
    with pytest.raises(BadConfigError, match="not a JSON list"):
        read_setup({"AGENT_CONFIG": json.dumps(CONFIG), "AGENT_TOKEN_FILE": str(token), "PI_COMMAND": "node"})


RESETS = " [resets 2027-01-01T00:00:00Z]"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ('401: {"error":{"message":"bad key"}}', "401: bad key"),
        ('{"message":"quota"}', "quota"),
        ("plain\n words", "plain words"),
        ("Bearer abc.def refused", "[hidden] refused"),
        ("400 {broken", "400 {broken"),
        ("x " * 400, ("x " * 400)[: LIMIT - 1] + "…"),
        ("502 <!DOCTYPE html><html><head><title>Bad &amp; worse</title></head><p>x", "502: Bad & worse"),
        ("502 <html><body>oops", "502: a web page came instead of an answer"),
        ("429: slow down [resets 2027-01-01T00:00:00Z]", "429: slow down [resets 2027-01-01T00:00:00Z]"),
        ("x" * 30 + " y" * 400 + RESETS, ("x" * 30 + " y" * 400)[: LIMIT - 1 - len(RESETS)] + "…" + RESETS),
    ],
)
def test_errors_are_words(error, words):
    assert describe_error(error) == words


def test_no_key_is_repeated():
    key = "0123456789abcdef0123456789abcdef.AbCdEf12"
    assert "01234" not in describe_error(f"key {key} is unknown")

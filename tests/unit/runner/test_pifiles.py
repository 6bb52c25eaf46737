from __future__ import annotations

import json
import subprocess

import pytest

from agent_runner.launch import BadConfigError, read_setup
from agent_runner.pifiles import PRIME, Folders, build_arguments, build_environment, build_models, build_settings
from agent_runner.words import LIMIT, describe_error

CONFIG = {"thread": "tg-1", "run": 1, "gatewayUrl": "http://gw.ns.svc:8080/", "provider": "zai", "model": "glm-5.3"}
FOLDERS = Folders("/s", "/h", "/t")


def test_known_provider_keeps_pis_catalog():
    providers = build_models(CONFIG, "/var/run/openclaw/token")["providers"]
    assert providers["zai"] == {"baseUrl": "http://gw.ns.svc:8080/v1/llm/zai", "apiKey": "pod-token"}


def test_no_shell_is_run_for_a_model_call():
    assert "!" not in json.dumps(build_models(CONFIG, "/t"))


@pytest.mark.parametrize(
    ("api", "primed"), [(None, "openai-completions"), ("anthropic-messages", "anthropic-messages")]
)
def test_what_is_loaded_ahead_is_the_client_of_the_first_model(api, primed):
    prime = build_models({**CONFIG, "provider": "mine", "api": api}, "/t")["providers"][PRIME]
    assert prime["api"] == primed
    assert prime["baseUrl"].startswith("http://127.0.0.1:")


def test_other_provider_is_described():
    provider = build_models({**CONFIG, "provider": "local", "model": "qwen"}, "/t")["providers"]["local"]
    assert provider["api"] == "openai-completions"
    assert provider["models"][0]["id"] == "qwen"
    assert provider["models"][0]["contextWindow"] == 128_000


@pytest.mark.parametrize(
    ("provider", "api", "described"),
    [
        ("anthropic", None, None),
        ("anthropic", "anthropic-messages", None),
        ("openai", "openai-completions", "openai-completions"),
        ("mine", "anthropic-messages", "anthropic-messages"),
        ("mine", "google-generative-ai", "google-generative-ai"),
        ("mine", None, "openai-completions"),
    ],
)
def test_a_provider_is_described_where_pi_does_not_know_it_so(provider, api, described):
    found = build_models({**CONFIG, "provider": provider, "api": api}, "/t")["providers"][provider]
    assert found.get("api") == described
    assert ("models" in found) == (described is not None)


def test_fallbacks_stand_beside_the_first_model():
    fallbacks = [
        {
            "provider": "local",
            "model": "a",
            "contextWindow": 5000,
            "maxTokens": 100,
            "images": True,
            "reasoning": False,
        },
        {"provider": "local", "model": "b"},
        {"provider": "anthropic", "model": "c"},
    ]
    config = {**CONFIG, "thinking": "high", "fallbacks": fallbacks}
    providers = build_models(config, "/t")["providers"]
    assert list(providers) == ["zai", "local", "anthropic", PRIME]
    assert [model["id"] for model in providers["local"]["models"]] == ["a", "b"]
    first, second = providers["local"]["models"]
    assert (first["contextWindow"], first["maxTokens"], first["input"]) == (5000, 100, ["text", "image"])
    assert (first["reasoning"], second["reasoning"]) == (False, True)
    environment = build_environment({}, config, FOLDERS, ("/usr", "/usr"))
    assert [one["model"] for one in json.loads(environment["AGENT_MODELS"])] == ["glm-5.3", "a", "b", "c"]
    assert any(word.endswith("/fallback.mjs") for word in build_arguments(config, "/s", "/x"))
    assert not any(word.endswith("/fallback.mjs") for word in build_arguments(CONFIG, "/s", "/x"))


def test_retries_last_two_minutes():
    retry = build_settings()["retry"]
    pauses = [min(retry["baseDelayMs"] * 2**n, retry["maxAgentDelayMs"]) for n in range(retry["maxRetries"])]
    assert sum(pauses) >= 120_000


@pytest.mark.parametrize(
    ("room", "limit"), [("2048\n", "2048"), (None, "unlimited"), ("", "unlimited"), ("x\n", "unlimited")]
)
def test_a_command_may_write_into_one_file_what_is_left(tmp_path, room, limit):
    if room is not None:
        (tmp_path / "room").write_text(room)
    command = f"{build_settings()['shellCommandPrefix']}\nulimit -f; echo ${{room-unset}}"
    environ = {"PATH": "/usr/bin:/bin", "AGENT_ROOM": str(tmp_path / "room")}
    done = subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == ([limit, "unset"], "")


def test_arguments():
    arguments = build_arguments({**CONFIG, "thinking": "high", "tools": ["read", "bash"]}, "/s", "/s/x.jsonl")
    assert arguments[arguments.index("--model") + 1] == "zai/glm-5.3:high"
    assert arguments[arguments.index("--tools") + 1] == "read,bash"
    assert "--no-extensions" in arguments
    assert arguments[-2:] == ["--append-system-prompt", "/s/instructions.md"]


def test_environment_reaches_the_gateway_directly_and_hides_our_python():
    environ = {"PATH": "/opt/venv/bin:/usr/bin", "AGENT_CONFIG": "{}", "NO_PROXY": "a", "LANG": "C"}
    found = build_environment(environ, CONFIG, FOLDERS, ("/opt/venv", "/usr"))
    assert found["PATH"] == f"{FOLDERS.state}/bin:/usr/bin"
    assert found["NO_PROXY"] == "a,gw.ns.svc,127.0.0.1"
    assert found["LANG"] == "C"
    assert "AGENT_CONFIG" not in found
    assert (found["HOME"], found["TMPDIR"]) == ("/h", "/t")


def test_setup(tmp_path):
    token = tmp_path / "token"
    token.write_text("t")
    setup = read_setup({"AGENT_CONFIG": json.dumps(CONFIG), "AGENT_TOKEN_FILE": str(token)})
    assert setup.command[0] == "node"
    assert setup.session == "/run/agent/session.jsonl"
    assert setup.home == "/run/agent"  # there is no other here, as in a pod that an earlier operator made
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

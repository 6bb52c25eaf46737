from __future__ import annotations

import os
import subprocess
import sys

import pytest

from agent_operator.config import load_config
from agent_operator.errors import ConfigError

GOOD = {
    "OPERATOR_NAMESPACE": "agents",
    "OPERATOR_AGENT_IMAGE": "runner:1",
    "OPERATOR_GATEWAY_URL": "http://gateway:8080",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in [n for n in os.environ if n.startswith("OPERATOR_")]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_what_is_not_said_has_defaults(monkeypatch):
    monkeypatch.setenv("OPERATOR_DEFAULT_THINKING", "")
    config = load_config()
    assert (config.service_account, config.health_port, config.image_pull_secrets) == ("openclaw-agent", 8080, [])
    assert config.default_thinking is None


def test_pull_secrets_are_a_json_list(monkeypatch):
    monkeypatch.setenv("OPERATOR_IMAGE_PULL_SECRETS", '["a","b"]')
    assert load_config().image_pull_secrets == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OPERATOR_NAMESPACE", None, "OPERATOR_NAMESPACE: Field required"),
        ("OPERATOR_GATEWAY_URL", "gateway:8080", "OPERATOR_GATEWAY_URL: String should match"),
        ("OPERATOR_HEALTH_PORT", "http", "OPERATOR_HEALTH_PORT: Input should be a valid integer"),
        ("OPERATOR_METRICS_PORT", "99999", "OPERATOR_METRICS_PORT: Input should be less than"),
        ("OPERATOR_LOG_LEVEL", "loud", "OPERATOR_LOG_LEVEL: Input should be 'DEBUG'"),
        ("OPERATOR_DEFAULT_THINKING", "deep", "OPERATOR_DEFAULT_THINKING: Input should be 'off'"),
        ("OPERATOR_IMAGE_PULL_SECRETS", "a,b", "OPERATOR_IMAGE_PULL_SECRETS: must be a JSON list of names"),
        ("OPERATOR_ALLOWED_IMAGES", "a,b", "OPERATOR_ALLOWED_IMAGES: must be a JSON list of names"),
        ("OPERATOR_IMAGE_PULL_SECRETS", '{"a":1}', "OPERATOR_IMAGE_PULL_SECRETS: Input should be a valid list"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch, name, value, words):
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_config()
    assert words in str(caught.value)


def test_all_of_them_are_named_at_once(monkeypatch):
    monkeypatch.setenv("OPERATOR_HEALTH_PORT", "x")
    monkeypatch.setenv("OPERATOR_GATEWAY_URL", "x")
    with pytest.raises(ConfigError) as caught:
        load_config()
    assert str(caught.value).count("OPERATOR_") == 2


def test_the_program_says_so_and_ends_with_64(monkeypatch):
    monkeypatch.delenv("OPERATOR_NAMESPACE")
    done = subprocess.run(
        [sys.executable, "-m", "agent_operator"], capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 64
    assert "OPERATOR_NAMESPACE: Field required" in done.stderr
    assert "Traceback" not in done.stderr

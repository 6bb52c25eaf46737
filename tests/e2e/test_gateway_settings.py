"""A gateway with bad settings says in words which, in its log and on `/readyz`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from tests.support.chat import wait

NAME = "gateway-of-bad-settings"
_RIGHT = {
    "TELEGRAM_BOT_TOKEN": "1000000001:demo-token-of-the-simulator",
    "TELEGRAM_API_BASE": "http://oc-demo-telegram:8081",
    "DATABASE_URL": "postgresql://openclaw:never-shown@127.0.0.1:1/openclaw",
    "LLM_PROVIDER": "zai",
    "LLM_API_KEY": "never-shown",
}
_LABELS = {"app": NAME}
_LET_IN = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": NAME},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/component": "demo-telegram"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": _LABELS}}]}],
    },
}  # fmt: skip
"""The simulator is reached by the gateway alone, and this one is none of the chart's."""


@pytest.fixture
def start(system):
    """Start a gateway beside the one that serves; without a database it never comes to lead."""

    def start(**settings):
        image = system.values["images"]["gateway"]
        env = [{"name": k, "value": v} for k, v in {**_RIGHT, **settings}.items()]
        container = {"name": "gateway", "image": f"{image['repository']}:{image['tag']}", "env": env}
        spec = {
            "serviceAccountName": "oc-gateway", "automountServiceAccountToken": True, "restartPolicy": "Never",
            "containers": [container],
        }  # fmt: skip
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": _LABELS}, "spec": spec}
        _remove(system)
        system.kubectl("apply", "-f", "-", stdin=json.dumps(_LET_IN))
        system.kubectl("create", "-f", "-", stdin=json.dumps(body))

    yield start
    _remove(system)
    system.kubectl("delete", "networkpolicy", NAME, "--ignore-not-found")


def _remove(system):
    system.kubectl("delete", "pod", NAME, "--ignore-not-found", "--grace-period=0", "--force")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"TELEGRAM_BOT_TOKEN": "1000000001:wrong"}, "Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": ""}, "There is no bot token: set TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_API_BASE": "http://127.0.0.1:1"}, "Telegram is out of reach"),
        ({}, "Postgres is out of reach"),
        ({"DATABASE_URL": ""}, "There is no database: set DATABASE_URL"),
    ],
    ids=["wrong-token", "no-token", "telegram-away", "database-away", "no-database"],
)
def test_a_gateway_that_waits_says_for_what(system, start, settings, words):
    start(**settings)
    logged = wait(lambda: words in _log(system) and _log(system), f"{words!r} in the log")
    with system.release.forward(f"pod/{NAME}", 9090) as port:
        wait(lambda: words in _not_ready(port), f"{words!r} on /readyz")
    assert "never-shown" not in logged


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"LLM_PROVIDER": "nobody"}, "Unknown LLM_PROVIDER 'nobody': use"),
        ({"MAX_THREADS": "many"}, "MAX_THREADS: Input should be a valid integer"),
        ({"TELEGRAM_ALLOWED_IDS": "me"}, "TELEGRAM_ALLOWED_IDS"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL cannot be used: it is no address like postgresql://"),
        ({"LLM_BASE_URL": "model.example"}, "LLM_BASE_URL must look like https://host/path"),
    ],
    ids=["provider", "number", "ids", "database", "address"],
)
def test_a_gateway_with_settings_that_no_waiting_mends_ends_and_says_which(system, start, settings, words):
    start(**settings)
    code = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
    assert wait(lambda: system.kubectl("get", "pod", NAME, "-o", code), "the gateway to end") == "64"
    wait(lambda: words in _log(system), f"{words!r} in the log", show=lambda: _log(system))


def _log(system):
    return system.kubectl("logs", NAME, check=False)


def _not_ready(port):
    """Return what /readyz gives as the reason; empty while nothing answers."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode() if error.code == 503 else ""
    except OSError:
        return ""
    raise AssertionError("it calls itself ready")

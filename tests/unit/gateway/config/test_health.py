"""Readiness speaks in words."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.health import Health, create_health_app


async def read(client, path):
    answer = await client.get(path)
    return answer.status, await answer.text()


async def test_ready_only_without_problems_and_says_which():
    health = Health()
    async with TestClient(TestServer(create_health_app(health))) as client:
        assert await read(client, "/readyz") == (503, "The gateway is starting.")
        health.set("start", None)
        assert await read(client, "/readyz") == (200, "ready")
        health.set("database", "Postgres is out of reach.")
        health.sources["telegram"] = lambda: "Telegram refuses the token."
        assert await read(client, "/readyz") == (503, "Postgres is out of reach.\nTelegram refuses the token.")
        assert (await read(client, "/healthz"))[0] == 200


async def test_metrics_name_what_is_counted():
    async with TestClient(TestServer(create_health_app(Health()))) as client:
        _, text = await read(client, "/metrics")
    for name in (
        "openclaw_turns_total",
        "openclaw_runs_total",
        "openclaw_first_text_seconds",
        "openclaw_outbox_pending",
    ):
        assert name in text


async def test_metrics_say_which_part_is_unwell():
    health = Health()
    health.sources["telegram"] = lambda: "Telegram refuses the token."
    health.sources["sending"] = lambda: None
    async with TestClient(TestServer(create_health_app(health))) as client:
        _, text = await read(client, "/metrics")
        health.set("start", None)
        _, after = await read(client, "/metrics")
    assert 'openclaw_problem{part="start"} 1.0' in text
    assert 'openclaw_problem{part="telegram"} 1.0' in text
    assert 'openclaw_problem{part="sending"} 0.0' in text
    assert 'openclaw_problem{part="start"} 0.0' in after
    assert "refuses" not in text

"""A Prometheus that watches, and what it is asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from dev.watching.prometheus import find_programs
from tests.support.eventually import LONG, eventually
from tests.support.ports import free_port


@dataclass(frozen=True)
class Target:
    """What is read, and the labels that a Prometheus operator would give it."""

    port: int
    pod: str
    namespace: str = "oc"


@dataclass(frozen=True)
class Prometheus:
    """One process, and how to ask it."""

    url: str
    session: aiohttp.ClientSession

    async def get(self, path: str, **params: str) -> Any:
        """Ask its API; returns `data`.

        Raises:
            AssertionError: it refuses the question, in its words.
        """
        async with self.session.get(f"{self.url}/api/v1/{path}", params=params) as answer:
            told = await answer.json()
        assert told["status"] == "success", (params, told)
        return told["data"]

    async def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Return labels and values of an expression now."""
        data = await self.get("query", query=expr)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    async def rules(self) -> list[dict[str, Any]]:
        """Return every rule with its state."""
        return [rule for group in (await self.get("rules"))["groups"] for rule in group["rules"]]

    async def firing(self) -> set[str]:
        """Return the alerts that fire."""
        return {one["labels"]["alertname"] for one in (await self.get("alerts"))["alerts"] if one["state"] == "firing"}

    async def unhealthy(self) -> list[str]:
        """Return what is wrong with targets, in its words."""
        targets = (await self.get("targets"))["activeTargets"]
        return [one["lastError"] or one["health"] for one in targets if one["health"] != "up"]


@contextlib.asynccontextmanager
async def running_prometheus(
    folder: Path, targets: Sequence[Target], rules: str, *, interval: str = "2s"
) -> AsyncIterator[Prometheus]:
    """Run one that reads these targets and has these rules, until the block ends."""
    (folder / "rules.yaml").write_text(rules)
    config = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [str(folder / "rules.yaml")],
        "scrape_configs": [
            {
                "job_name": "openclaw",
                "static_configs": [
                    {"targets": [f"127.0.0.1:{one.port}"], "labels": {"namespace": one.namespace, "pod": one.pod}}
                    for one in targets
                ],
            }
        ],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            find_programs().prometheus, f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage", "--log.level=warn", cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            found = Prometheus(f"http://127.0.0.1:{port}", session)

            async def is_ready() -> bool:
                try:
                    async with session.get(f"{found.url}/-/ready") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    assert process.returncode is None, (folder / "prometheus.log").read_text()
                    return False

            await eventually(is_ready, timeout=LONG, interval=0.1)
            yield found
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

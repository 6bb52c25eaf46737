"""AgentThreads at rest, as the API server and the database hold them: each had one run, which is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from agent_contract import names
from agent_contract.agentthread import AgentThread, AgentThreadStatus, Phase, RunStatus
from agent_kube.client import KubeClient
from agent_operator.status import compute_conditions
from dev.bench.outside import BOT_ID, FIRST_CHAT, build_thread
from dev.bench.scale.cluster import NAMESPACE

THREADS: Final = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_THREADS}"
_PARALLEL: Final = 24
_AGO: Final = timedelta(days=3)
"""When people last wrote."""
_FILL: Final = """
WITH made AS (
    INSERT INTO threads (bot_id, chat_id, name, title, run_counter)
    SELECT $1, chat, 'tg-' || chat, 'title ' || chat, 1 FROM unnest($2::bigint[]) chat RETURNING id, chat_id
), told AS (
    INSERT INTO turns (thread_id, update_id, message_id, person_id, text, state, run, created_at, delivered_at, started_at,
        ended_at)
    SELECT id, chat_id, 1, chat_id, 'hello', 'done', 1, $4, $4, $4, $4 FROM made RETURNING id
), seen AS (
    INSERT INTO reactions (turn_id, settled) SELECT id, true FROM told
)
INSERT INTO runs (thread_id, number, state, thread_uid, pod_uid, hello_at, ready_at, ended_at, reason)
SELECT id, 1, 'over', uid, 'pod-of-' || chat_id, $4, $4, $4, 'IdleTimeout'
FROM made JOIN unnest($2::bigint[], $3::text[]) AS u (chat, uid) ON chat = chat_id
"""


async def fill(client: KubeClient, dsn: str, numbers: Sequence[int]) -> dict[int, str]:
    """Make AgentThreads and their conversations; return their UIDs by chat.

    Args:
        client: The API server, as an administrator.
        dsn: Of a migrated database.
        numbers: Which: 0 is the first chat.
    """
    slots = asyncio.Semaphore(_PARALLEL)

    async def make(chat: int) -> str:
        async with slots:
            return await _make(client, chat)

    chats = [FIRST_CHAT + number for number in numbers]
    uids = await asyncio.gather(*(make(chat) for chat in chats))
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_FILL, BOT_ID, chats, uids, datetime.now(UTC) - _AGO)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return dict(zip(chats, uids, strict=True))


async def _make(client: KubeClient, chat: int) -> str:
    wanted = build_thread(chat)
    kept = {key: wanted["metadata"][key] for key in ("name", "labels")}
    body = {**wanted, "metadata": kept}
    made = await client.request("POST", THREADS, body=body, params={"fieldManager": names.FIELD_MANAGER_GATEWAY})
    path = f"{THREADS}/{kept['name']}/status"
    status = _build_status(AgentThread.model_validate(made), RunStatus.model_validate(_build_run(wanted, made)))
    await client.request("PUT", path, body={**made, "status": status}, params={"fieldManager": "openclaw-operator"})
    return str(made["metadata"]["uid"])


def _build_status(thread: AgentThread, run: RunStatus) -> dict[str, Any]:
    """Return the status as the operator leaves it: with another one it would not be at rest."""
    now = datetime.now(UTC)
    conditions = compute_conditions(thread, Phase.IDLE, None, run, scheduled=False, now=now)
    return AgentThreadStatus(phase=Phase.IDLE, run=run, conditions=conditions).to_dict()


def _build_run(wanted: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    name, uid = made["metadata"]["name"], made["metadata"]["uid"]
    job = names.build_job_name(name, uid, 1)
    run = {**wanted["status"]["run"], "jobName": job, "podName": f"{job}-x1y2z", "podUID": uid, "exitCode": 0}
    del run["podUid"]
    return run

"""Read what Telegram showed, what Postgres holds and what the cluster has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent_contract import names
from dev.bench.clouds import call
from dev.chaos.snapshot import ClusterSeen, JobSeen, PodSeen, ResourceSeen, Rows, Shown
from dev.release import Release

_QUERY = """
SELECT json_build_object(
  'turns', (SELECT coalesce(json_agg(r ORDER BY r.id), '[]') FROM (
      SELECT t.id, h.kind, h.name AS thread, h.chat_id AS chat, h.topic_id AS topic, t.message_id, t.state, t.reason
        FROM turns t JOIN threads h ON h.id = t.thread_id) r),
  'open_runs', (SELECT coalesce(json_agg(r), '[]') FROM (
      SELECT h.kind, h.name AS thread, u.number, u.state
        FROM runs u JOIN threads h ON h.id = u.thread_id WHERE u.state <> 'over' ORDER BY h.name) r),
  'outbox', (SELECT coalesce(json_agg(r ORDER BY r.id), '[]') FROM (
      SELECT id, chat_id AS chat, topic_id AS topic, kind, state FROM outbox WHERE state <> 'sent') r),
  'told', (SELECT coalesce(json_agg(r), '[]') FROM (
      SELECT chat_id AS chat, topic_id AS topic, reply_to, turn_id AS turn, message_ids
        FROM outbox WHERE message_ids <> '{}') r),
  'children', (SELECT coalesce(json_agg(r ORDER BY r.name), '[]') FROM (
      SELECT h.name, p.chat_id AS chat, CASE WHEN s.turn_id IS NULL THEN s.reply_to END AS reply_to, s.state, s.phase,
             (SELECT message_ids FROM outbox WHERE dedupe_key = 'subagent:' || s.thread_id) AS report
        FROM subagents s JOIN threads h ON h.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id) r),
  'inbox_new', (SELECT coalesce(json_agg(update_id ORDER BY update_id), '[]') FROM inbox WHERE state = 'new'),
  'inbox_dead', (SELECT coalesce(json_agg(update_id ORDER BY update_id), '[]') FROM inbox WHERE state = 'dead'))
"""
_ACTIVE = frozenset({"Pending", "Starting", "Running", "Stopping"})


def read_shown(port: int) -> tuple[Shown, ...]:
    """Read every message of the bot that stands in any chat of the simulated Telegram behind a port."""
    chats = sorted(int(one["chat"]) for one in call(port, "/sim/chats"))
    return tuple(message for chat in chats for message in _read_chat(port, chat))


def _read_chat(port: int, chat: int) -> Sequence[Shown]:
    return [
        Shown(
            chat=chat, topic=m["topic"], message_id=m["message_id"], text=m["text"], reply_to=m["reply_to"],
            buttons=tuple(b["text"] for b in m["buttons"]), files=tuple(f["name"] for f in m["files"]),
            lost=m["lost"] or "",
        )
        for m in call(port, f"/sim/chats/{chat}")["messages"]
        if m["bot"]
    ]  # fmt: skip


def read_rows(release: Release) -> Rows:
    """Read Postgres, in one read-only query.

    Raises:
        CommandFailedError: it is away.
    """
    pod = f"{release.name}-postgres-0"
    program = ("env", "PGOPTIONS=-c default_transaction_read_only=on -c statement_timeout=30s", "psql")
    found = release.kubectl("exec", pod, "--", *program, "-U", "openclaw", "-d", "openclaw", "-XAtc", _QUERY)
    return Rows.model_validate_json(found)


def read_cluster(release: Release) -> ClusterSeen:
    """Read the agents' Jobs, pods and resources."""
    kinds = f"jobs,pods,{names.AGENT_THREADS}.{names.GROUP},{names.SUB_AGENTS}.{names.GROUP}"
    return build_cluster(release.agents.get(kinds)["items"])


def build_cluster(items: Sequence[dict[str, Any]]) -> ClusterSeen:
    """Build from the objects of the API what the checker reads of them; pure."""
    agents = [i for i in items if i["metadata"].get("labels", {}).get(names.LABEL_COMPONENT) == names.COMPONENT_AGENT]
    return ClusterSeen(
        jobs=tuple(_build_job(i) for i in agents if i["kind"] == "Job"),
        pods=tuple(_build_pod(i) for i in agents if i["kind"] == "Pod"),
        resources=tuple(_build_resource(i) for i in items if i["kind"] in {"AgentThread", "SubAgent"}),
    )


def _build_job(item: dict[str, Any]) -> JobSeen:
    over = any(c["type"] in {"Complete", "Failed"} and c["status"] == "True" for c in _conditions(item))
    return JobSeen(
        name=item["metadata"]["name"], uid=item["metadata"]["uid"], owner_uid=_owner(item), active=not over,
        **_read_labels(item),
    )  # fmt: skip


def _build_pod(item: dict[str, Any]) -> PodSeen:
    alive = item["status"].get("phase") in {"Pending", "Running"}
    return PodSeen(name=item["metadata"]["name"], job_uid=_owner(item), alive=alive, **_read_labels(item))


def _build_resource(item: dict[str, Any]) -> ResourceSeen:
    status = item.get("status", {})
    kind = "conversation" if item["kind"] == "AgentThread" else "subagent"
    run = status.get("run", {}).get("number", 0) if kind == "conversation" else names.SUBAGENT_RUN
    active = status.get("phase") in _ACTIVE
    metadata = item["metadata"]
    return ResourceSeen(name=metadata["name"], uid=metadata["uid"], kind=kind, run=run, active=active)


def _read_labels(item: dict[str, Any]) -> dict[str, Any]:
    labels = item["metadata"]["labels"]
    child = labels.get(names.LABEL_SUBAGENT)
    if child is not None:
        return {"kind": "subagent", "thread": child, "run": names.SUBAGENT_RUN}
    return {"kind": "conversation", "thread": labels[names.LABEL_THREAD], "run": int(labels[names.LABEL_RUN])}


def _conditions(item: dict[str, Any]) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = item.get("status", {}).get("conditions") or []
    return found


def _owner(item: dict[str, Any]) -> str:
    owners = item["metadata"].get("ownerReferences", [])
    return next((str(o["uid"]) for o in owners if o.get("controller")), "")

"""How Postgres carries out the named queries: which tables it scans, how many rows it visits, how long that takes."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from agent_gateway.store.sql import QUERIES
from dev.bench.history import BOT_ID
from dev.bench.memoryplans import MEMORY
from dev.bench.retentionplans import RETENTION
from dev.bench.wakeplans import WAKE

Mode = Literal["force_custom_plan", "force_generic_plan"]
"""Planned for the values at hand, or once for any: the driver's prepared statements come to be either."""

_BY_TYPE: Final = {
    "bigint": "1", "integer": "1", "smallint": "1", "text": "x", "boolean": "false", "jsonb": "[]", "bytea": "x",
    "uuid": "00000000-0000-0000-0000-000000000000", "double precision": "1", "timestamp with time zone": "now",
    "date": "1970-01-01", "uuid[]": "{}",
    "integer[]": "{1,2}", "bigint[]": "{1,2}", "smallint[]": "{0,1}", "int8[]": "{1,2}", "text[]": "{x,y}",
    "bytea[]": "{x,y}", "double precision[]": "{1,0.6}", "jsonb[]": '{"[]","[]"}',
}  # fmt: skip
_BY_COLUMN: Final = {
    "bot_id": str(BOT_ID), "chat_id": "-100", "topic_id": "7", "person_id": "1", "thread_id": "1", "parent_id": "1",
    "turn_id": "400001", "handed_turn": "400001", "message_id": "400", "update_id": "50001", "number": "6", "run": "5",
    "parent_run": "5", "call_id": "call-1600", "name": "tg-1", "dedupe_key": "new:4", "lane": "-100/7",
    "code": "c9",
}  # fmt: skip
_IDS: Final = {
    "turns": "400001",
    "outbox": "100001",
    "threads": "1",
    "confirms": "1",
    "files": "1",
    "jobs": "100",
    "decisions": "100",
    "schedules": "11500",
}
_OF_A_FAMILY: Final = (
    "below", "forget_message_ids", "forget_view_ids", "forget_subagent_messages", "forget_steer_messages", "usage_totals",
)  # fmt: skip
_SPECIAL: Final[dict[str, dict[int, str]]] = {
    "claim_run": {1: "15000", 2: "99"},
    "claim_outbox": {2: "{6000}", 3: "{8,8,8}", 4: "{4,2,1}", 5: "{-100}", 6: "{7}", 7: "{0}"},
    "put_of_turn": {2: "brand-new", 8: "3"},
    "put_to_stranger": {2: "brand-new", 6: "100", 9: "plain"},
    "may_tell_stranger": {2: "brand-new", 3: "100"},
    "watch_group": {2: "-777", 3: "60", 4: "200"},
    "due_groups": {2: "20"},
    "postpone_group": {3: "60"},
    "conversations_full": {2: "-100", 3: "9", 4: "100"},
    "open_work_in": {2: "-100"},
    "take_back_group_grants": {2: "-100"},
    "count_asked": {1: "400001"},
    "count_steers": {1: "400001"},
    "late_decisions": {2: "2", 3: "100", 4: "0"},
    "unclosed_decisions": {2: "100", 3: "0"},
    "unsent_notices": {4: "30"},
    "call_accounts": {3: "5", 4: "400001", 5: "UTC"},
    "reserve_call": {5: "5", 6: "400001", 7: "UTC"},
    "lost_reservations": {4: "100"},
    "budget_levels": {2: "UTC", 3: "50"},
    "spent_by": {2: "person", 3: "1", 4: "UTC", 5: "7"},
    "spent_most": {2: "person", 3: "UTC", 4: "10"},
    "spent_in_all": {2: "thread", 3: "1"},
    "spent_turns": {2: "1", 3: "10"},
    "untold_spending": {2: "20"},
    "mark_told": {2: "1"},
    "lock_account": {2: "thread", 3: "1"},
    "note_asked": {2: "thread", 3: "1"},
    "put_budget": {2: "day", 3: "chat"},
    "add_budget_decision": {2: "budget", 5: "Asker"},
    "due_reactions": {2: "{}", 3: "{}", 4: "16"},
    "next_inbox": {2: "{}"},
    "earlier_parts": {3: '%"album"%'},
    "children": {2: "5"},
    "subagent_by_name": {1: "tg-sub-8"},
    "thread_by_name": {2: "conversation"},
    "set_place": {4: "false", 5: "closed", 6: "topic", 7: "{open}"},
    "lock_place_runs": {4: "false"},
    "open_threads_page": {1: "0", 2: "100"},
    "threads_by_names": {1: "{" + ",".join(f"tg-{n}" for n in range(1, 501)) + "}"},
    "subagents_by_names": {1: "{" + ",".join(f"tg-sub-{n}" for n in range(1, 501)) + "}"},
    "list_threads": {2: "100"},
    "list_chat_threads": {2: "-100", 3: "100"},
    "named_threads": {2: "100"},
    "due_threads": {2: "100", 3: "5"},
    "idle_runs": {2: "-100"},
    "history_page": {1: "77", 2: "0", 3: "10000000", 4: "500", 5: "2097152"},
    "history_results": {1: "{12077}", 2: "2020-01-01", 3: "0", 4: "2040-01-01", 5: "500", 6: "2097152"},
    "forget_turns_page": {1: "77", 2: "10000000", 3: "500"},
    "forget_entries_slice": {1: "77", 2: "2020-01-01", 3: "500"},
    "forget_messages_slice": {1: "77", 2: "10000000", 3: "500"},
    "forget_past_slice": {1: "77", 2: "2020-01-01"},
    "forget_workspaces_slice": {1: "77", 2: "4"},
    "forget_files_slice": {1: "77", 2: "10000000", 3: "20"},
    "forget_outbox_slice": {2: "6000", 3: "1", 4: "10000000", 5: "500"},
    "below_page": {1: "77", 2: "0", 3: "20"},
    "due_job_threads": {2: "20"},
    "add_job": {2: "export", 3: "brand-new"},
    "end_job": {2: "done"},
    "recent_threads": {2: "20"},
    "recent_chat_threads": {2: "-100", 3: "20"},
    "count_threads": {2: "-100", 3: "2000"},
    "moves": {2: "{-100}"},
    "session_steps": {2: "2147483647", 3: "500"},
    "session_heads": {3: "512"},
    "session_setting": {2: "model_change", 3: "2147483647"},
    "session_piece": {3: "1", 4: "65536"},
    "picture_piece": {3: "1", 4: "65536"},
    "drop_old_pictures": {2: "1048576"},
    "forget_pictures_slice": {1: "77", 2: "2020-01-01", 3: "50"},
    "workspace_slice": {3: "1", 4: "262144"},
    "pack_slice": {3: "1", 4: "262144"},
    "forget_kept_states_slice": {1: "77", 2: "4"},
    "forget_kept_packs_slice": {1: "77", 2: "4"},
    "add_pull_news": {3: "review"},
    "narrow_services": {2: "apis"},
    "pull_changed": {3: "open"},
    "pull_seen": {3: "open", 8: "approved", 9: "{}"},
    "prune_states": {3: "21"},
    "states_of": {2: "21"},
    "undoable_turns": {2: "80"},
    "turn_saying": {1: "{300001,300002}"},
    "undo_results": {1: "77", 2: "{300001,300002}"},
    "untell_results": {1: "77", 2: "{300001,300002}"},
    "count_pushed": {1: "77"},
    "last_undo": {2: "86400"},
    "copy_budget": {1: "77", 2: "78"},
    "copy_settings": {1: "77", 2: "78"},
    "share_packs": {1: "1", 2: "15000"},
    "line_before": {2: "2147483647"},
    "file_slice": {3: "1", 4: "262144"},
    "set_fullness": {2: "near"},
    "drop_root_quotas": {1: "{77,12077}"},
    "end_turn": {2: "failed"},
    "end_child_turns": {2: "failed"},
    "finish_inbox": {3: "done"},
    "end_confirm": {2: "cancelled"},
    "ask_stop": {3: "killed"},
    "files_of_run": {3: "kept"},
    "retired_done": {1: "old-1000", 2: "left"},
    "forget_inbox": {2: "-100/7", 3: "-100"},
    "forget_outbox_of": {1: "{77,12077}"},
    **{
        f"forget_{n}": {1: "{77,12077}"}
        for n in (
            "pictures",
            "sessions",
            "past_sessions",
            "threads",
            "messages",
            "turns",
            "views",
            "tools",
            "steers",
            "workspaces",
            "kept_states",
            "kept_packs",
            "parts",
            "subagents",
        )
    },
    "forget_files": {1: "{12077}"},
    "drop_file": {1: "1000001"},
    **{name: {1: "77"} for name in _OF_A_FAMILY},
    "hand_messages_over": {1: "77", 2: "78"},
    "family_usage": {1: "12077"},
    "threads_to_move": {2: "6000", 3: "-101"},
    "move_outbox": {2: "6000"},
    "move_subagents": {2: "6000"},
    "add_subagent": {1: "77", 2: "77", 12: "Copy", 15: "wanted"},
    "add_child_thread": {4: "tg-sub-new"},
    "rename_thread": {1: "12001", 2: "tg-sub-new"},
    "move_thread": {2: "-101", 4: "tg-new"},
    "add_steer": {2: "edit", 3: "7000000"},
    "add_turn": {2: "7000000"},
    "add_update": {2: "7000000"},
    "add_pairing": {2: "new"},
    "put_outbox": {2: "brand-new", 7: "reply", 8: "plain"},
    "put_final": {2: "brand-new", 7: "plain"},
    "repeat_outbox": {2: '{"en": "x"}'},
    "edit_status": {2: "brand-new"},
    "add_confirm": {1: "cleanup"},
    "add_decision": {4: "call-new", 9: "question", 14: "Members"},
    "add_loose_decision": {2: "change", 6: "Members"},
    "end_decision": {2: "answered"},
    "expire_decisions": {2: "100"},
    "open_decisions": {2: "5001"},
    "forget_decisions": {1: "{77,12077}"},
    "add_message": {3: "user"},
    "results_stored": {3: "{tg-sub-8}"},
    "acked": {3: "5"},
    "edit_message": {1: "200000"},
    "last_answer": {1: "200000"},
    "private_place": {2: "6000"},
    **MEMORY,
    **RETENTION,
    **WAKE,
    "limit_lock_wait": {1: "100"},
    "limit_statement": {1: "60000"},
}


@dataclass(frozen=True, slots=True)
class Scan:
    """One node that reads a table.

    Attributes:
        kind: As Postgres names it: `Seq Scan`, `Index Scan`, …
        table: Which, or the index of a bitmap's scan.
        bounded: It has a condition by which the index leads to the rows.
        rows: How many rows it visited, those that it passed over included.
    """

    kind: str
    table: str
    bounded: bool
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How one query was carried out: its scans, whether it was compiled, the triggers' included in `milliseconds`."""

    scans: tuple[Scan, ...]
    compiled: bool
    milliseconds: float


async def explain(connection: asyncpg.Connection, name: str, mode: Mode) -> Plan:
    """Carry a named query out in a transaction that is rolled back, and return how."""
    query = QUERIES[name]
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE named AS {query}")
        types = await connection.fetchval(
            "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'named'"
        )
        values = ", ".join(_literal(name, query, n, t) for n, t in enumerate(types, 1))
        told = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE named{f'({values})' if values else ''}"
        )
    finally:
        await transaction.rollback()
        with contextlib.suppress(asyncpg.InvalidSQLStatementNameError):  # it could not be prepared
            await connection.execute("DEALLOCATE named")
    whole = json.loads(told)[0]
    return Plan(tuple(_scans(whole["Plan"])), "JIT" in whole, float(whole["Execution Time"]))


def _scans(node: dict[str, Any]) -> Iterator[Scan]:
    if "Scan" in node["Node Type"] and ("Relation Name" in node or "Index Name" in node):
        bounded = any(key in node for key in ("Index Cond", "TID Cond", "Recheck Cond"))
        passed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        rows = round((node["Actual Rows"] + passed) * node["Actual Loops"])
        yield Scan(node["Node Type"], str(node.get("Relation Name", node.get("Index Name"))), bounded, rows)
    for child in node.get("Plans", ()):
        yield from _scans(child)


def _literal(name: str, query: str, number: int, of: str) -> str:
    value = _SPECIAL.get(name, {}).get(number)
    if value is None:
        value = _by_column(query, number) if not of.endswith("[]") else None
    if value is None or (of in {"bigint", "integer"} and not re.fullmatch(r"-?\d+", value)):
        value = _BY_TYPE[of]
    return f"'{value}'::{of}"


def _by_column(query: str, number: int) -> str | None:
    """Return a value of the column that a parameter is compared with, or that it is inserted into."""
    compared = re.search(rf"(\w+) (?:=|<>|<|<=|>) \${number}\b", query)
    column = compared[1] if compared else None
    if column is None and (inserted := re.search(r"INSERT INTO \w+ \(([^)]*)\)\s*(?:VALUES \(|SELECT )\$1", query)):
        columns = [c.strip() for c in inserted[1].split(",")]
        column = columns[number - 1] if number <= len(columns) else None
    if column == "id":
        tables = re.findall(r"(?:FROM|UPDATE|JOIN) (\w+)", query)
        return next((_IDS[t] for t in tables if t in _IDS), None)
    return _BY_COLUMN.get(column or "")

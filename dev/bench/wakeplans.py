"""What the queries of schedules, hooks and the console are given when their plans are looked at: by name, by number of the parameter."""

from __future__ import annotations

from typing import Final

from dev.bench.history import BOT_ID

WAKE: Final[dict[str, dict[int, str]]] = {
    "adopt_schedule": {2: "s-new", 3: "uid-new"},
    "wish_schedule": {2: "suspend"},
    "schedule_written": {2: "suspend"},
    "schedules_named": {2: "{s-11500,s-11501}"},
    "live_schedule_names": {2: "s-11500", 3: "500"},
    "count_schedules": {2: "1", 3: "-100", 4: "0"},
    "due_schedules": {2: "now", 3: "100"},
    "coming_schedules": {2: "now", 3: "now", 4: "1000"},
    "schedule_due": {4: "Missed"},
    "end_schedule_turn": {3: "Succeeded"},
    "ended_schedule_turns": {2: "100"},
    "active_schedule_turns": {2: "20"},
    "recent_schedule_turns": {2: "40"},
    "unwritten_schedules": {2: "100"},
    "untold_schedules": {2: "100"},
    "receive_hook": {2: "h1", 3: "brand-new", 4: "brand-new", 7: "{}", 8: "30", 9: "20", 10: "2000"},
    "path_of_commit": {1: "git", 2: "acme/api", 3: "def", 4: str(BOT_ID), 5: "{agent/77}"},
    "pushers": {2: "git", 3: "acme/api", 4: "def"},
    "pulls_of_commit": {2: "git", 3: "acme/api", 4: "def", 5: "{agent/77}"},
    "end_hook_checks": {2: "h1", 3: "12000", 4: '{"sha": "abc"}'},
    "delay_hook_checks": {2: "h1", 3: '{"sha": "abc"}'},
    "add_check_result": {5: "failed"},
    "add_console_request": {4: "say"},
    "count_console_requests": {2: "p1", 3: "121"},
    "console_marks": {2: "20"},
    "console_turns": {2: "0", 3: "20"},
    "console_messages": {2: "4000000", 3: "200", 4: "1048576"},
}

"""What the queries of retention, of one person's data and of the audit are given when their plans are looked at: by name, by number of the parameter."""

from __future__ import annotations

from typing import Final

RETENTION: Final[dict[str, dict[int, str]]] = {
    "retention_page": {2: "0", 3: "200", 5: "3600"},
    "retention_turns": {3: "500"},
    "retention_messages": {3: "500"},
    "retention_states": {3: "true", 4: "20"},
    "retention_workspaces": {3: "true", 4: "20"},
    "retention_usage": {3: "500"},
    "put_retention": {2: "brand-new"},
    "audit_page": {2: "4611686018427387904", 3: "16"},
    "audit_page_of": {2: "4611686018427387904", 3: "16", 4: "1"},
    "person_private": {2: "5005", 3: "50"},
    "person_groups": {1: "1", 2: "0", 3: "400001", 4: "100"},
    "person_said": {1: "1", 2: "0", 3: "400001", 4: "100"},
    "person_notes": {3: "1000"},
    "person_schedules": {3: "1000"},
}

"""What an agent is told of files that are not kept."""

from __future__ import annotations

from agent_runner.keeping import Kept
from agent_runner.notkept import describe_missing, describe_not_kept

LIMIT = 256 << 20


def test_each_name_is_told_once():
    told = set()
    kept = Kept(True, 0, 0, ("a/node_modules", "b/node_modules", ".venv"), ("large",), 3)
    said = describe_not_kept(kept, told, LIMIT)
    assert "as tools make them anew: node_modules, .venv." in said
    assert "over 256 MiB packed (workspace.snapshotLimit of the AgentClass): large and 2 more." in said
    assert describe_not_kept(kept, told, LIMIT) == ""


def test_many_names_are_cut():
    kept = Kept(True, 0, 0, tuple(f"d{n}" for n in range(9)))
    assert "d0, d1, d2, d3, d4 and 4 more." in describe_not_kept(kept, set(), LIMIT)


def test_what_a_run_begins_without_is_told_and_not_told_again_when_it_is_not_kept():
    told = set()
    kept = Kept(True, 0, 0, (), ("large",), 1)
    assert describe_missing(kept, told, LIMIT).startswith("Missing from the earlier files, as all together are over")
    assert describe_not_kept(kept, told, LIMIT) == ""
    assert describe_missing(Kept(True, 0, 0), told, LIMIT) == ""

"""Which lines differ: always a true way from one text to the other, mostly a short one, within so many steps."""

from __future__ import annotations

import itertools
import random

import pytest

from agent_gateway.diffs.lines import MOST_STEPS, Edit, Steps, find_edits, find_shortest, write_hunks
from agent_gateway.diffs.patch import split_lines


def apply(a, b, edits):
    made, at = [], 0
    for edit in edits:
        assert edit.a0 >= at
        made += a[at : edit.a0] + b[edit.b0 : edit.b1]
        at = edit.a1
    return made + a[at:]


def count(edits):
    return sum(e.a1 - e.a0 + e.b1 - e.b0 for e in edits)


def measure_shortest(a, b):
    """Return how many lines the shortest way takes, by the usual table."""
    row = list(range(len(b) + 1))
    for i, line in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            last, row[j] = row[j], last if line == other else 1 + min(row[j], row[j - 1])
    return row[-1]


@pytest.mark.parametrize("seed", range(300))
def test_any_two_texts_have_a_true_way_and_the_shortest_is_found_where_it_is_looked_for(seed):
    rng = random.Random(seed)
    words = 4 if seed % 2 else 40
    a = [b"%d\n" % rng.randrange(words) for _ in range(rng.randrange(40))]
    b = list(a)
    for _ in range(rng.randrange(12)):
        at = rng.randrange(len(b) + 1)
        b[at : at + rng.randrange(3)] = [b"%d\n" % rng.randrange(words) for _ in range(rng.randrange(3))]
    edits = find_edits(a, b, Steps())
    assert apply(a, b, edits) == b
    assert all(x.a1 < y.a0 or x.b1 < y.b0 for x, y in itertools.pairwise(edits))
    assert count(find_shortest(a, b, 0, 0, Steps())) == measure_shortest(a, b)


def test_a_moved_block_between_unique_lines_is_told_where_it_is():
    a = split_lines(b"one\n}\n\ntwo\n}\n\nthree\n}\n")
    b = split_lines(b"one\n}\n\nnew\n}\n\ntwo\n}\n\nthree\n}\n")
    assert find_edits(a, b, Steps()) == [Edit(3, 3, 3, 6)]


def test_texts_made_to_take_long_are_told_as_replaced_within_the_steps():
    rng = random.Random(1)
    a, b = ([b"%d\n" % rng.randrange(9) for _ in range(20_000)] for _ in range(2))
    steps = Steps()
    edits = find_edits(a, b, steps)
    assert apply(a, b, edits) == b
    assert MOST_STEPS - steps.left < MOST_STEPS / 4
    used_up = Steps(0)
    assert find_edits(a, b, used_up) == [Edit(0, len(a), 0, len(b))] or apply(a, b, find_edits(a, b, used_up)) == b


def test_hunks_are_as_a_unified_diff_has_them():
    a, b = split_lines(b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n"), split_lines(b"a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk")
    assert write_hunks(a, b, find_edits(a, b, Steps())).decode() == (
        "@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n"
        "@@ -8,3 +8,4 @@\n h\n i\n j\n+k\n\\ No newline at end of file\n"
    )  # fmt: skip
    assert write_hunks([], [b"x\n"], [Edit(0, 0, 0, 1)]) == b"@@ -0,0 +1 @@\n+x\n"

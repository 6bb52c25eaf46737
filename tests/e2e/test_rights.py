"""What the API server lets each account do, against files: a right more is seen before it is shipped."""

from __future__ import annotations

from dev.audit.rights import compare, read_rights


def test_each_account_has_the_rights_that_are_written_down_and_no_other(system):
    found = read_rights(system.release, system.release.agents.namespace)
    assert compare(found) == {}

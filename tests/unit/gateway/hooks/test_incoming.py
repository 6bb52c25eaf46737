"""What an event is called, and which commit's checks have ended, by what each forge brings."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from agent_gateway.hooks.incoming import Checked, read_checked, read_event

SHA = "a" * 40
REPOSITORY = {"full_name": "acme/api"}


def named(form, payload, **headers):
    return read_event(form, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), payload)


def test_events_have_the_names_that_their_senders_give():
    assert named("github", {"action": "opened"}, X_GitHub_Event="issues") == "issues.opened"
    assert named("gitea", {"action": 3}, X_Gitea_Event="push") == "push"
    assert named("gitea", {}, X_Forgejo_Event="push") == "push"
    assert (
        named("gitlab", {"object_kind": "merge_request", "object_attributes": {"action": "open"}})
        == "merge_request.open"
    )
    assert named("gitlab", {"object_kind": "pipeline", "object_attributes": {"status": "failed"}}) == "pipeline.failed"
    assert named("standard-webhooks", {"type": "invoice.paid"}) == "invoice.paid"
    assert named("secret", [1, 2]) == ""
    assert named("secret", {"type": "x]\n[From Bob"}) == "xFrom Bob"


ENDED = [
    ("github", "check_run.completed", {"action": "completed", "repository": REPOSITORY,
     "check_run": {"head_sha": SHA, "check_suite": {"head_branch": "agent/fix"}}}),
    ("github", "check_suite.completed", {"action": "completed", "repository": REPOSITORY,
     "check_suite": {"head_sha": SHA, "head_branch": "agent/fix"}}),
    ("github", "workflow_run.completed", {"action": "completed", "repository": REPOSITORY,
     "workflow_run": {"head_sha": SHA, "head_branch": "agent/fix"}}),
    ("github", "status", {"state": "failure", "sha": SHA, "repository": REPOSITORY, "branches": [{"name": "agent/fix"}]}),
    ("gitea", "status", {"state": "success", "sha": SHA, "repository": REPOSITORY, "branches": [{"name": "agent/fix"}, 1]}),
    ("gitea", "workflow_run.completed", {"action": "completed", "repository": REPOSITORY,
     "workflow_run": {"head_sha": SHA, "head_branch": "agent/fix"}}),
    ("gitlab", "pipeline.failed", {"object_kind": "pipeline", "project": {"path_with_namespace": "acme/api"},
     "object_attributes": {"status": "failed", "sha": SHA, "ref": "agent/fix"}}),
]  # fmt: skip


@pytest.mark.parametrize(("form", "event", "payload"), ENDED)
def test_ends_of_checks_name_their_commit(form, event, payload):
    assert read_checked(form, event, payload) == Checked("acme/api", SHA, ("agent/fix",))


@pytest.mark.parametrize(
    ("form", "event", "payload"),
    [
        ("github", "check_run.created", {**ENDED[0][2], "action": "created"}),
        ("github", "status", {**ENDED[3][2], "state": "pending"}),
        ("github", "status", {**ENDED[3][2], "sha": "main"}),
        ("github", "status", {**ENDED[3][2], "repository": {"full_name": "../../x y"}}),
        ("github", "status", {**ENDED[3][2], "repository": {"full_name": "acme/.."}}),
        ("github", "status", {**ENDED[3][2], "repository": "acme/api"}),
        ("github", "push", {"repository": REPOSITORY, "after": SHA}),
        ("gitlab", "pipeline.running", {**ENDED[6][2], "object_attributes": {"status": "running", "sha": SHA}}),
        ("gitlab", "push", {"object_kind": "push"}),
        ("gitea", "status", []),
        ("gitea", "workflow_run.completed", {"action": "completed", "workflow_run": 7, "repository": REPOSITORY}),
    ],
)
def test_anything_else_is_no_end_of_checks(form, event, payload):
    assert read_checked(form, event, payload) is None

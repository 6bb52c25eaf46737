"""Pull requests, reviews, checks and protected branches before a real Gitea."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_gateway.forges.http import Exists, ForgeRefused
from agent_gateway.forges.values import Change, Checks, NewPull
from dev.forge import find_folder
from tests.forge.conftest import OUTSIDER, OWNER, REVIEWER
from tests.support.eventually import eventually

NEW = NewPull("agent/fix", "main", "Fix the rounding", "It rounds down now.")


async def test_one_is_opened_once_found_by_its_branches_and_changed(lab):
    assert await lab.forge.read_default(lab.place) == "main"
    assert await lab.forge.find(lab.place, NEW.head, NEW.base) == []
    made = await lab.forge.open(lab.place, NEW)
    assert (made.number, made.state, made.head, made.base, made.title) == (1, "open", "agent/fix", "main", NEW.title)
    assert made.url == f"{lab.server.url}/{lab.place.path}/pulls/1"
    with pytest.raises(Exists):
        await lab.forge.open(lab.place, NEW)
    [found] = await lab.forge.find(lab.place, NEW.head, NEW.base)
    assert (found.number, found.sha) == (1, made.sha)
    changed = await lab.forge.update(lab.place, 1, Change(title="Fix it", body="Other words", state="closed"))
    assert (changed.title, changed.state) == ("Fix it", "closed")
    assert (await lab.forge.update(lab.place, 1, Change(state="open"))).state == "open"
    shown = await lab.api("GET", f"/repos/{lab.place.path}/pulls/1")
    assert shown["body"] == "Other words"


async def test_a_draft_is_one(lab):
    made = await lab.forge.open(lab.place, NewPull("agent/fix", "main", "Later", "", draft=True))
    assert (await lab.api("GET", f"/repos/{lab.place.path}/pulls/{made.number}"))["draft"] is True


@pytest.mark.timeout(900)  # a hundred calls, each of which has the server run git
async def test_of_many_newer_ones_the_open_one_is_found_by_name(lab):
    made = await lab.forge.open(lab.place, NEW)
    for number in range(51):
        await lab.commit("main", f"f{number}.py", new=f"other/{number}")
        body = {"head": f"other/{number}", "base": "main", "title": f"other {number}"}
        await lab.api("POST", f"/repos/{lab.place.path}/pulls", body)
    found = await lab.forge.find(lab.place, NEW.head, NEW.base)
    assert [one.number for one in found] == [made.number]


async def test_reviews_their_lines_comments_and_checks_are_read(lab):
    made = await lab.forge.open(lab.place, NEW)
    own = f"/repos/{lab.place.path}/pulls/1"
    line = {"path": "src.py", "body": "name it better", "new_position": 1}
    review = {"event": "REQUEST_CHANGES", "body": "Not yet", "comments": [line]}
    await lab.api("POST", f"{own}/reviews", review, user=REVIEWER)
    await lab.api("POST", f"/repos/{lab.place.path}/issues/1/comments", {"body": "Thanks"}, user=REVIEWER)
    status = {"state": "pending", "context": "test"}
    await lab.api("POST", f"/repos/{lab.place.path}/statuses/{made.sha}", status)
    seen = await lab.forge.look(lab.place, 1, "", {})
    assert seen.checks == Checks(pending=1)
    said = {(one.kind, one.author, one.text, one.verdict, one.place) for one in seen.remarks}
    assert said == {
        ("review", REVIEWER, "Not yet", "changes", ""), ("comment", REVIEWER, "name it better", "", "src.py:1"),
        ("comment", REVIEWER, "Thanks", "", ""),
    }  # fmt: skip
    assert all(one.at is not None for one in seen.remarks)
    for context, state in (("test", "success"), ("lint", "failure")):
        await lab.api("POST", f"/repos/{lab.place.path}/statuses/{made.sha}", {"state": state, "context": context})
    await lab.api("POST", f"{own}/reviews", {"event": "APPROVED", "body": ""}, user=REVIEWER)
    seen = await lab.forge.look(lab.place, 1, made.sha, seen.etags)
    assert seen.checks == Checks(passed=1, failed=1, failing=("lint",))
    assert [one.verdict for one in seen.remarks if one.kind == "review"] == ["changes", "approved"]
    key = await lab.forge.comment(lab.place, 1, "Done.")
    assert (key, "Done.") in {(one.key, one.text) for one in (await lab.forge.look(lab.place, 1, "", {})).remarks}


async def test_a_new_commit_and_a_merge_are_seen(lab):
    made = await lab.forge.open(lab.place, NEW)
    sha = await lab.commit("agent/fix", "more.py")

    async def moved():
        return (await lab.forge.look(lab.place, 1, made.sha, {})).pull.sha == sha

    async def mergeable():
        return (await lab.api("GET", f"/repos/{lab.place.path}/pulls/1"))["mergeable"]

    await eventually(moved, timeout=30)
    await eventually(mergeable, timeout=30)
    await lab.api("POST", f"/repos/{lab.place.path}/pulls/1/merge", {"Do": "merge"})
    assert (await lab.forge.look(lab.place, 1, sha, {})).pull.state == "merged"


async def test_into_a_protected_branch_one_is_opened_and_the_token_merges_nothing(lab):
    rule = {"rule_name": "main", "enable_push": False, "required_approvals": 1, "block_admin_merge_override": True}
    await lab.api("POST", f"/repos/{lab.place.path}/branch_protections", rule)
    made = await lab.forge.open(lab.place, NEW)
    headers = {"Authorization": f"token {lab.token}"}
    url = f"{lab.server.url}/api/v1/repos/{lab.place.path}/pulls/{made.number}/merge"
    async with lab.session.post(url, json={"Do": "merge"}, headers=headers) as answer:
        assert answer.status in (403, 405)
    assert (await lab.forge.look(lab.place, made.number, made.sha, {})).pull.state == "open"


@pytest.mark.parametrize(
    ("user", "scopes", "words"),
    [
        (OWNER, "read:repository", "it needs the rights write:repository and write:issue"),
        (OWNER, "read:user", "it needs the rights write:repository and write:issue"),
        (OUTSIDER, "write:repository", "has no such thing in"),
    ],
)
async def test_a_right_that_is_missing_is_named(lab, user, scopes, words):
    token = await asyncio.to_thread(lab.server.make_token, user, scopes, f"{lab.name}-{scopes.replace(':', '-')}")
    with pytest.raises(ForgeRefused, match=words) as refused:
        await lab.forge.open(lab.make_place(token), NEW)
    assert token not in str(refused.value)


async def test_branches_that_are_not_there_or_alike_are_refused_in_words(lab):
    with pytest.raises(ForgeRefused):
        await lab.forge.open(lab.place, NewPull("agent/missing", "main", "x", ""))
    with pytest.raises(ForgeRefused):
        await lab.forge.open(lab.place, NewPull("agent/fix", "missing", "x", ""))


async def test_a_moved_repository_is_told_and_no_redirect_followed(lab):
    old = lab.place.path
    await lab.api("PATCH", f"/repos/{old}", {"name": f"{lab.name}-moved"})
    with pytest.raises(ForgeRefused, match="has moved"):
        await lab.forge.read_default(lab.place)


def test_what_is_read_stands_in_the_published_schema():
    text = (find_folder() / "source" / "templates" / "swagger" / "v1_json.tmpl").read_text()
    known = json.loads("".join(line for line in text.splitlines() if "{{" not in line or '"' in line))["definitions"]
    read = {
        "PullRequest": {"number", "html_url", "title", "state", "merged", "head", "base", "created_at"},
        "PRBranchInfo": {"ref", "sha"},
        "PullReview": {"id", "user", "body", "state", "submitted_at", "comments_count"},
        "PullReviewComment": {"id", "user", "body", "path", "position", "original_position", "created_at"},
        "Comment": {"id", "user", "body", "created_at"},
        "CombinedStatus": {"statuses"},
        "CommitStatus": {"context", "status"},
        "Repository": {"default_branch"},
        "CreatePullRequestOption": {"head", "base", "title", "body"},
        "EditPullRequestOption": {"title", "body", "state"},
    }
    for name, fields in read.items():
        assert fields <= set(known[name]["properties"]), name

"""GitHub's, GitLab's and Gitea's API as far as pull requests need them, in the shapes that their references give."""

from __future__ import annotations

from urllib.parse import unquote

from tests.support.forge_state import PlayedForge, now

_GITHUB_STATES = {"approved": "APPROVED", "changes": "CHANGES_REQUESTED", "": "COMMENTED"}
_GITEA_STATES = {"approved": "APPROVED", "changes": "REQUEST_CHANGES", "": "COMMENT"}
_PIPELINES = {"passed": "success", "failed": "failed", "pending": "running"}
MISSING = 404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}


def show_pull(page, one):
    """Return a pull request as GitHub and Gitea show it."""
    return {
        "number": one.number, "html_url": page, "title": one.title, "body": one.body, "state": one.state,
        "draft": one.draft, "merged": one.merged, "merged_at": now() if one.merged else None,
        "head": {"ref": one.head, "sha": one.sha}, "base": {"ref": one.base, "sha": "b" * 40},
        "user": {"login": one.author}, "created_at": one.created_at,
    }  # fmt: skip


class PlayedGitHub(PlayedForge):
    """GitHub; a token that an App was given may do what `rights` says of it."""

    kind = "github"
    sized = "per_page"
    no_checks = False

    def answer(self, request, sent):
        url = f"{request.scheme}://{request.host}"
        parts = request.path.strip("/").split("/")
        path = "/".join(parts[1:3])
        if parts[0] != "repos" or path not in self.branches:
            return MISSING
        match request.method, parts[3:]:
            case "GET", []:
                return 200, {"full_name": path, "default_branch": "main"}
            case "GET", ["pulls"]:
                head = request.query.get("head", "").partition(":")[2]
                found = [one for one in self.pulls if (one.head, one.base) == (head, request.query.get("base"))]
                return 200, [self.show(url, path, one) for one in reversed(found)]
            case "POST", ["pulls"]:
                return self.open(url, path, sent)
            case "PATCH", ["pulls", number]:
                self.apply(self.of(int(number)), sent)
                return 200, self.show(url, path, self.of(int(number)))
            case "GET", ["pulls", number]:
                pull = self.of(int(number))
                return (200, self.show(url, path, pull)) if pull else MISSING
            case "GET", ["pulls", number, "reviews"]:
                return 200, [
                    {"id": i, "user": {"login": who}, "body": body, "state": _GITHUB_STATES[state], "submitted_at": at}
                    for i, who, state, body, at in self.of(int(number)).reviews
                ]
            case "GET", ["pulls", number, "comments"]:
                return 200, [
                    {"id": i, "user": {"login": who}, "body": body, "path": path, "line": line, "created_at": at}
                    for i, who, body, path, line, at, _ in reversed(self.of(int(number)).lines)
                ]
            case "GET", ["issues", number, "comments"]:
                return 200, [
                    {"id": i, "user": {"login": who}, "body": body, "created_at": at}
                    for i, who, body, at in self.of(int(number)).comments
                ]
            case "POST", ["issues", number, "comments"]:
                said = self.say(int(number), "agent-bot", sent["body"])
                return 201, {"id": said[0], "body": said[2]}
            case "GET", ["commits", sha, "check-runs"]:
                if self.no_checks:
                    return 403, {"message": "Resource not accessible by integration"}
                return 200, {"total_count": 0, "check_runs": [show_run(*one) for one in self.checks.get(sha, [])]}
            case "GET", ["commits", sha, "status"]:
                return 200, {"state": "pending", "sha": sha, "statuses": [], "total_count": 0}
        return MISSING

    def open(self, url, path, sent):
        if sent["head"] not in self.branches[path]:
            error = {"resource": "PullRequest", "field": "head", "code": "invalid"}
            return 422, {"message": "Validation Failed", "errors": [error]}
        if self.is_open(sent["head"], sent["base"]):
            words = f"A pull request already exists for acme:{sent['head']}."
            error = {"resource": "PullRequest", "code": "custom", "message": words}
            return 422, {"message": "Validation Failed", "errors": [error]}
        pull = self.open_pull(sent["head"], sent["base"], sent["title"], sent["body"], draft=sent["draft"])
        return 201, self.show(url, path, pull)

    def show(self, url, path, one):
        return show_pull(f"{url}/{path}/pull/{one.number}", one)


def show_run(name, state):
    done = state != "pending"
    conclusion = {"passed": "success", "failed": "failure"}.get(state)
    return {"name": name, "status": "completed" if done else "in_progress", "conclusion": conclusion}


class PlayedGitLab(PlayedForge):
    """GitLab."""

    kind = "gitlab"
    api = "/api/v4"

    def answer(self, request, sent):
        url = f"{request.scheme}://{request.host}"
        parts = [unquote(part) for part in request.raw_path.partition("?")[0].strip("/").split("/")][2:]
        path = parts[1]
        if parts[0] != "projects" or path not in self.branches:
            return 404, {"message": "404 Project Not Found"}
        match request.method, parts[2:]:
            case "GET", []:
                return 200, {"path_with_namespace": path, "default_branch": "main"}
            case "GET", ["merge_requests"]:
                wanted = request.query["source_branch"], request.query["target_branch"]
                found = [one for one in self.pulls if (one.head, one.base) == wanted]
                return 200, [self.show(url, path, one) for one in reversed(found)]
            case "POST", ["merge_requests"]:
                head, base = sent["source_branch"], sent["target_branch"]
                if self.is_open(head, base):
                    return 409, {"message": ["Another open merge request already exists for this source branch: !7"]}
                if head not in self.branches[path]:
                    return 400, {"message": {"source_branch": ["does not exist"]}}
                return 201, self.show(url, path, self.open_pull(head, base, sent["title"], sent["description"]))
            case "GET", ["merge_requests", number]:
                return 200, self.show(url, path, self.of(int(number)))
            case "PUT", ["merge_requests", number]:
                states = {"close": "closed", "reopen": "open"}
                told = {name: sent[name] for name in ("title",) if name in sent}
                told |= {"state": states[sent["state_event"]]} if "state_event" in sent else {}
                self.apply(self.of(int(number)), told)
                return 200, self.show(url, path, self.of(int(number)))
            case "GET", ["merge_requests", number, "notes"]:
                return 200, self.list_notes(self.of(int(number)))
            case "POST", ["merge_requests", number, "notes"]:
                said = self.say(int(number), "agent-bot", sent["body"])
                return 201, {"id": said[0], "body": said[2]}
            case "GET", ["merge_requests", number, "approvals"]:
                who = [one for one in self.of(int(number)).reviews if one[2] == "approved"]
                return 200, {"approved_by": [{"user": {"id": 5, "username": one[1]}} for one in who]}
            case "GET", ["pipelines"]:  # the newest first, each check as a run of the one pipeline
                checks = self.checks.get(request.query["sha"], [])
                return 200, [
                    {"id": 9, "source": "push", "ref": "agent/fix", "status": _PIPELINES[state]}
                    for _, state in reversed(checks)
                ]
        return 404, {"error": "404 Not Found"}

    def list_notes(self, pull):
        notes = [{"id": 1, "body": "added 1 commit", "system": True, "author": {"username": "x"}, "created_at": now()}]
        notes += [
            {"id": i, "body": body, "system": False, "author": {"username": who}, "created_at": at, "position": None}
            for i, who, body, at in pull.comments
        ]
        notes += [
            {
                "id": i, "body": body, "system": False, "author": {"username": who}, "created_at": at, "type": "DiffNote",
                "position": {"new_path": path, "new_line": line},
            }
            for i, who, body, path, line, at, _ in pull.lines
        ]  # fmt: skip
        return notes

    def show(self, url, path, one):
        checks = self.checks.get(one.sha)
        return {
            "iid": one.number, "web_url": f"{url}/{path}/-/merge_requests/{one.number}", "title": one.title,
            "state": "merged" if one.merged else {"open": "opened"}.get(one.state, one.state), "sha": one.sha,
            "source_branch": one.head, "target_branch": one.base, "created_at": one.created_at,
            "head_pipeline": {"id": 1, "status": _PIPELINES[checks[-1][1]]} if checks else None,
        }  # fmt: skip


class PlayedGitea(PlayedForge):
    """Gitea."""

    kind = "gitea"
    sized = "limit"
    counts = True
    api = "/api/v1"
    scheme = "token"
    tags = False

    def answer(self, request, sent):
        url = f"{request.scheme}://{request.host}"
        parts = [unquote(part) for part in request.raw_path.partition("?")[0].strip("/").split("/")][2:]
        path = "/".join(parts[1:3])
        if parts[0] != "repos" or path not in self.branches:
            return 404, {"message": "The target couldn't be found.", "url": f"{url}/api/swagger", "errors": []}
        match request.method, parts[3:]:
            case "GET", []:
                return 200, {"full_name": path, "default_branch": "main"}
            case "GET", ["pulls"]:
                return 200, [self.show(url, path, one) for one in reversed(self.pulls)][: int(request.query["limit"])]
            case "POST", ["pulls"]:
                if self.is_open(sent["head"], sent["base"]):
                    return 409, {"message": "pull request already exists for these targets [id: 1]", "url": url}
                if sent["head"] not in self.branches[path]:
                    return 404, {"message": "The target couldn't be found.", "url": url}
                return 201, self.show(
                    url, path, self.open_pull(sent["head"], sent["base"], sent["title"], sent["body"])
                )
            case "PATCH", ["pulls", number]:
                self.apply(self.of(int(number)), sent)
                return 201, self.show(url, path, self.of(int(number)))
            case "GET", ["pulls", number]:
                return 200, self.show(url, path, self.of(int(number)))
            case "GET", ["pulls", number, "reviews"]:
                pull = self.of(int(number))
                return 200, [
                    {
                        "id": i, "user": {"login": who}, "body": body, "state": _GITEA_STATES[state], "submitted_at": at,
                        "comments_count": sum(line[6] == i for line in pull.lines),
                    }
                    for i, who, state, body, at in pull.reviews
                ]  # fmt: skip
            case "GET", ["pulls", number, "reviews", review, "comments"]:
                return 200, [
                    {"id": i, "user": {"login": who}, "body": body, "path": path, "position": line, "created_at": at}
                    for i, who, body, path, line, at, own in self.of(int(number)).lines
                    if own == int(review)
                ]
            case "GET", ["issues", number, "comments"]:
                return 200, [
                    {"id": i, "user": {"login": who}, "body": body, "created_at": at}
                    for i, who, body, at in self.of(int(number)).comments
                ]
            case "POST", ["issues", number, "comments"]:
                said = self.say(int(number), "agent-bot", sent["body"])
                return 201, {"id": said[0], "body": said[2]}
            case "GET", ["commits", sha, "status"]:
                states = {"passed": "success", "failed": "failure", "pending": "pending"}
                listed = [{"context": name, "status": states[one]} for name, one in self.checks.get(sha, [])]
                return 200, {"state": "", "sha": sha, "statuses": listed, "total_count": len(listed)}
            case "GET", ["pulls", base, head]:
                named = [one for one in self.pulls if (one.head, one.base, one.state) == (head, base, "open")]
                return (200, self.show(url, path, named[0])) if named else (404, {"message": "not found"})
        return 404, {"message": "The target couldn't be found.", "url": url, "errors": []}

    def show(self, url, path, one):
        return show_pull(f"{url}/{path}/pulls/{one.number}", one)


KINDS = {"github": PlayedGitHub, "gitlab": PlayedGitLab, "gitea": PlayedGitea}

"""Which repositories an agent may reach and which refs it may change. Pure: no I/O, no HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from agent_contract.repositories import RepositoryRule, WorkflowChanges
from agent_gateway.connections.pushes import Command, Kind, Push

MAX_PATH: Final = 2048
"""Characters of a path that is read."""
_SEGMENT: Final = r"(?!\.)(?!-)[A-Za-z0-9_.-]{1,100}(?<!\.)(?<!\.(?i:git))"
_TARGET = re.compile(
    r"/git/(?P<connection>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    rf"/(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{1,8}}?)(?:\.git)?"
    r"/(?P<rest>info/refs|bundle|git-upload-pack|git-receive-pack|info/lfs/[A-Za-z0-9/_=-]{1,200})"
)
_STARS: Final = ("*", "**")
_TOLD: Final = 4
"""Patterns that a refusal names."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is for."""

    connection: str
    path: str
    """The repository as the forge names it, without `.git`."""
    rest: str

    @property
    def repository(self) -> str:
        """Return the name that seals and holds are kept under: forges tell no upper case from lower."""
        return f"{self.connection}/{self.path}".casefold()


@dataclass(slots=True)
class Verdict:
    """What became of a push's refs."""

    refused: dict[str, str] = field(default_factory=dict)
    """Why, by ref: words that a model can act on."""
    unproven: list[Command] = field(default_factory=list)
    """Updates that are allowed if they are fast-forwards."""
    asks: bool = False
    """A person is asked, if all the rest is allowed."""
    workflows: WorkflowChanges = "Allow"
    """What becomes of a change to workflow files."""
    workflow_files: tuple[str, ...] = ()
    """Which these are."""


def read_target(raw_path: str) -> Target | None:
    """Return what a request's path names, as it came over the wire; None for one that is not plain.

    Nothing is decoded or tidied: a percent sign, `//`, `..` or any letter outside ASCII is no path of ours.
    """
    found = _TARGET.fullmatch(raw_path) if len(raw_path) <= MAX_PATH else None
    if found is None or ".." in found["path"]:
        return None
    return Target(found["connection"], found["path"], found["rest"])


def find_rules(levels: Sequence[Sequence[RepositoryRule]], target: Target) -> tuple[RepositoryRule, ...] | None:
    """Return the rule of each level that names a repository; None where one level has none.

    Args:
        levels: The agent's own rules, then those of each agent above it: it may do what all of them allow.
        target: The repository.
    """
    found = [_find_rule(rules, target) for rules in levels]
    rules = [rule for rule in found if rule is not None]
    return tuple(rules) if rules and len(rules) == len(found) else None


def may_write(rules: Sequence[RepositoryRule]) -> bool:
    """Say whether a repository may be changed at all: by the agent's own rule, and by what those above leave it."""
    own, *above = rules
    return own.access == "Write" and all(rule.access == "Write" and rule.sub_agents == "Write" for rule in above)


def explain_pull(rules: Sequence[RepositoryRule], head: str, base: str) -> str | None:
    """Return why a pull request may not ask for this; None where it may. A branch of it must be one that may be pushed."""
    for rule in rules:
        if not _any(_refs([*rule.push, *rule.force]), f"refs/heads/{head}"):
            return f"the branch {head} is none of an agent's: {_list([*rule.push, *rule.force])}"
        if not _any(_refs(rule.pull_request_bases), f"refs/heads/{base}"):
            return f"no pull request may go into {base}: {_list(rule.pull_request_bases)}"
    return None


def _list(patterns: Sequence[str]) -> str:
    return f"only {', '.join(patterns[:_TOLD])} may be" if patterns else "none may be"


def judge(rules: Sequence[RepositoryRule], push: Push) -> Verdict:
    """Compare a push with the rules of its repository, as far as its head tells."""
    watching = [rule for rule in rules if rule.workflows != "Allow" and rule.workflow_files]
    strictest: WorkflowChanges = "Refuse" if any(rule.workflows == "Refuse" for rule in watching) else "Hold"
    verdict = Verdict(
        asks=any(rule.approval == "Ask" for rule in rules),
        workflows=strictest if watching else "Allow",
        workflow_files=tuple(dict.fromkeys(name for rule in watching for name in rule.workflow_files)),
    )
    if push.options:
        verdict.refused.update({command.ref: "push options are not passed on" for command in push.commands})
    for command in push.commands:
        if not may_write(rules):
            verdict.refused[command.ref] = "this repository may only be read"
            continue
        for rule in rules:
            reason = _explain(rule, command)
            if reason is not None:
                verdict.refused.setdefault(command.ref, reason)
        forced = all(_any(_refs(rule.force), command.ref) for rule in rules)
        if command.kind is Kind.UPDATE and not forced:
            verdict.unproven.append(command)
    return verdict


def _find_rule(rules: Iterable[RepositoryRule], target: Target) -> RepositoryRule | None:
    path = target.path.casefold()
    return next((r for r in rules if r.connection == target.connection and fits(r.pattern.casefold(), path)), None)


def _explain(rule: RepositoryRule, command: Command) -> str | None:
    """Return why a rule does not allow a command; None where it does."""
    match command.kind:
        case Kind.DELETE:
            allowed, verb = rule.delete, "deleted"
        case Kind.CREATE:
            allowed, verb = rule.push, "made"
        case Kind.UPDATE:
            allowed, verb = [*rule.push, *rule.force], "changed"
    if _any(_refs(allowed), command.ref):
        return None
    instead = f"only {', '.join(allowed[:_TOLD])} may be" if allowed else "no branch may be"
    return f"may not be {verb} by an agent: {instead}"


def _refs(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(p if p.startswith("refs/") else f"refs/heads/{p}" for p in patterns)


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(fits(pattern, name) for pattern in patterns)


def fits(pattern: str, name: str) -> bool:
    """Say whether a name fits: `*` is anything within a part, `**` anything; the time is at most their lengths' product."""
    parts = _split(pattern)
    reached = {0}
    for sign in name:
        after: set[int] = set()
        for at in reached:
            if at < len(parts) and _takes(parts[at], sign):
                after.add(at + 1)
            if at and parts[at - 1] in _STARS and _takes(parts[at - 1], sign):
                after.add(at)
        reached = after
    return len(parts) in reached


def _takes(part: str, sign: str) -> bool:
    return part in ("**", sign) or (part == "*" and sign != "/")


@lru_cache(maxsize=1024)
def _split(pattern: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\*\*|.", pattern))

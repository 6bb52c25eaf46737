"""Which tool call may run: the rules of the class, and what a plan allows. Pure, and linear in what it reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent_contract.approvals import ApprovalRule
from agent_contract.patterns import fits
from agent_runner.shellwords import Word, read_commands

PLAN_TOOLS: Final = frozenset({"read", "grep", "find", "ls", "ask_person"})
"""Tools that a plan may use as they are; `bash` besides for commands that only read."""
READERS: Final = frozenset(
    {"basename", "cat", "cut", "dirname", "du", "grep", "head", "ls", "nl", "pwd", "stat", "tail", "tr", "wc"}
)
"""Programs that write nothing, whatever their arguments."""
GIT_READERS: Final = frozenset(
    {"blame", "describe", "diff", "log", "ls-files", "rev-parse", "shortlog", "show", "status"}
)
"""Commands of git that write nothing, without the options in `_GIT_WRITES`."""
_GIT_WRITES: Final = ("--output", "--ext-diff", "--textconv")
_RG_RUNS: Final = ("--pre", "--hostname-bin")
_SERVERS_TOOL: Final = "mcp__"
"""The beginning of a tool of a server: what its `path` means is the server's affair, so all arguments count."""
_FIND_ACTS: Final = ("-exec", "-ok", "-delete", "-fprint", "-fls")
_NEVER: Final = "The rules of this agent do not allow this. Do not try it another way."
_PLAN_REFUSAL: Final = (
    "This turn writes a plan and changes nothing: read, grep, find, ls and commands that only read may run. Describe in "
    "the plan what you would do; the person decides then."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a tool call.

    Attributes:
        action: Run it, ask a person first, or let it not run.
        reason: Of one that may not run, for the agent.
        rule: Of one that a person is asked for: the rule, as people read it.
        subject: What it would do, for a person to read.
    """

    action: Literal["run", "ask", "block"]
    reason: str = ""
    rule: str = ""
    subject: str = ""


def judge(rules: Sequence[ApprovalRule], tool: str, arguments: Any, *, plan: bool) -> Verdict:
    """Say what is to be done with a tool call: the first rule that fits counts, and without one it runs.

    Args:
        rules: Of the class, in their order.
        tool: The tool's name.
        arguments: What it is called with.
        plan: The turn writes a plan.
    """
    subject = read_subject(tool, arguments)
    if plan and not (tool in PLAN_TOOLS or (tool == "bash" and only_reads(subject))):
        return Verdict("block", _PLAN_REFUSAL)
    rule = next((rule for rule in rules if fits(rule.tool, tool) and fits(rule.match, subject)), None)
    if rule is None or rule.action == "Always":
        return Verdict("run")
    if rule.action == "Never":
        return Verdict("block", _NEVER)
    return Verdict("ask", rule=name_rule(rule), subject=subject)


def read_subject(tool: str, arguments: Any) -> str:
    """Return what a rule's pattern is held against: the command, the path of a tool of pi, or all arguments as JSON."""
    if isinstance(arguments, dict) and not tool.startswith(_SERVERS_TOOL):
        key = "command" if tool == "bash" else "path"
        value = arguments.get(key)
        if isinstance(value, str):
            return value
    return json.dumps(arguments, ensure_ascii=False, sort_keys=True)


def name_rule(rule: ApprovalRule) -> str:
    """Return a rule as people read it, and as what they allow is kept by."""
    return rule.tool if rule.match == "*" else f"{rule.tool}: {rule.match}"


def only_reads(command: str) -> bool:
    """Say whether a shell command is plain and only reads: known programs, joined by `|` or `&&`, and no more."""
    commands = read_commands(command)
    return commands is not None and all(_reads(words) for words in commands)


def _reads(words: list[Word]) -> bool:
    if not words:
        return False
    program, arguments = words[0].text, [word.text for word in words[1:]]
    if program in READERS:
        return True
    if any(word.opens for word in words):  # a file's name could be an option that writes
        return False
    if program == "find":
        return not any(argument.startswith(_FIND_ACTS) for argument in arguments)
    if program == "git":
        known = bool(arguments) and arguments[0] in GIT_READERS
        return known and not any(argument.startswith(_GIT_WRITES) for argument in arguments)
    return program == "rg" and not any(argument.startswith(_RG_RUNS) for argument in arguments)

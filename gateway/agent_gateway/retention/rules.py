"""Which rules classes make, and how those that are stored come to be these; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_gateway.resources.values import ClassValue
from agent_gateway.store.retention import Rule


@dataclass(frozen=True, slots=True)
class Differences:
    """What is to be written.

    Attributes:
        put: Rules that are new or say something else.
        drop: Classes that are there and make no rule any more.
    """

    put: tuple[Rule, ...]
    drop: tuple[str, ...]


def read_rule(found: ClassValue) -> Rule | None:
    """Return the rule of a class; None where all stays."""
    said = found.spec.retention
    rule = Rule(found.name, said.message_days, said.file_days, said.usage_days)
    return None if rule == Rule(found.name, None, None, None) else rule


def compare(classes: Iterable[ClassValue], stored: Sequence[Rule]) -> Differences:
    """Compare; of a class that is gone the rule goes on for the conversations that it had."""
    rules = {found.name: read_rule(found) for found in classes}
    put = tuple(rule for _, rule in sorted(rules.items()) if rule is not None and rule not in stored)
    drop = tuple(rule.class_name for rule in stored if rules.get(rule.class_name, rule) is None)
    return Differences(put, drop)

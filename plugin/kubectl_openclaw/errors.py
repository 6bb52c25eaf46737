"""What is told in place of a result: a sentence, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass


class Problem(Exception):
    """It cannot be done; the text says why."""


class Away(Problem):
    """Nobody answered: what was asked may have been done, or not."""


@dataclass(frozen=True, slots=True)
class Right:
    """What a call needs.

    Attributes:
        verb: As RBAC names it.
        resource: With its subresource behind a slash.
        name: Of the object; empty for all.
        namespace: Where; empty for the cluster.
        role: The chart's Role that has it; empty where none does.
    """

    verb: str
    resource: str
    name: str = ""
    namespace: str = ""
    role: str = ""


class MissingRight(Problem):
    """The API server refuses it to this user."""

    def __init__(self, right: Right, user: str = "") -> None:
        resource, _, sub = right.resource.partition("/")
        named = f" {right.name}" if right.name else ""
        where = f" in namespace {right.namespace}" if right.namespace else ""
        check = f"kubectl auth can-i {right.verb} {resource}{f'/{right.name}' if right.name else ''}"
        check += f" --subresource={sub}" if sub else ""
        check += f" -n {right.namespace}" if right.namespace else ""
        lines = [f"{user or 'You'} may not {right.verb} {right.resource}{named}{where}.", f"  {check}"]
        if right.role:
            values = "console.speakers" if "-speak" in right.role else "console.viewers or console.speakers"
            lines.append(f"An administrator gives it by the Role {right.role} ({values} in the chart's values).")
        super().__init__("\n".join(lines))
        self.right = right

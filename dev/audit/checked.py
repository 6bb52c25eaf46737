"""What was looked at for known faults, and what could not be; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of the packages of one list.

    Attributes:
        name: Of the list, such as `requirements-gateway.lock`.
        packages: How many it has.
        faults: A line for each known fault.
        unchecked: What nothing is known of, with the reason: package → words. Never the same as "no fault".
    """

    name: str
    packages: int
    faults: tuple[str, ...]
    unchecked: Mapping[str, str]

    def describe(self) -> Sequence[str]:
        """Return what is to be said of it."""
        known = self.packages - len(self.unchecked)
        lines = [f"{self.name}: {len(self.faults)} known faults in {known} of {self.packages} packages"]
        lines += [f"  FAULT {fault}" for fault in self.faults]
        if self.unchecked:
            reasons = sorted(set(self.unchecked.values()))
            lines.append(f"  NOT CHECKED: {len(self.unchecked)} packages, as {'; '.join(reasons)[:300]}")
        return lines


def read_pip_audit(name: str, report: Mapping[str, Any]) -> Checked:
    """Read what `pip-audit -f json` wrote of a lock file."""
    packages = report["dependencies"]
    faults = [
        f"{p['name']} {p['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'nothing yet'}"
        for p in packages
        for v in p.get("vulns", [])
    ]
    unchecked = {str(p["name"]): _shorten(str(p["skip_reason"])) for p in packages if "skip_reason" in p}
    return Checked(name, len(packages), tuple(faults), unchecked)


def read_npm_audit(name: str, packages: Sequence[str], report: Mapping[str, Any]) -> Checked:
    """Read what `npm audit --json` wrote; an answer without its list of faults tells nothing of any package."""
    found = report.get("vulnerabilities")
    if found is None or "error" in report:
        words = str(
            (report.get("error") or {}).get("summary") or report.get("message") or "the answer has no list of faults"
        )
        return build_unchecked(name, packages, words)
    faults = [f"{package} {one['range']}: {one['severity']}" for package, one in sorted(found.items())]
    total = int((report.get("metadata") or {}).get("dependencies", {}).get("total", len(packages)))
    return Checked(name, total, tuple(faults), {})


def build_unchecked(name: str, packages: Sequence[str], words: str) -> Checked:
    """Return that nothing is known of a list."""
    return Checked(name, len(packages), (), dict.fromkeys(packages, words))


def decide_exit(checked: Sequence[Checked], *, allow_unchecked: bool) -> int:
    """Return the exit code: 1 with a known fault, 2 where something could not be checked, unless that is allowed."""
    if any(one.faults for one in checked):
        return 1
    return 2 if any(one.unchecked for one in checked) and not allow_unchecked else 0


def _shorten(reason: str) -> str:
    """Return a reason without the package that it is about, so that the same reason is told once."""
    return reason.partition(" and could not be audited:")[0]

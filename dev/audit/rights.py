"""What the API server lets each account do, as a list that a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dev.paths import ROOT
from dev.release import Release

GOLDEN: Final = ROOT / "tests" / "data" / "golden" / "rights"
ACCOUNTS: Final = ("operator", "gateway", "secrets", "agent", "default")
"""The last is whom a pod runs as that names no account."""


def read_rights(release: Release, agents: str) -> Mapping[str, str]:
    """Return the rights of each account in each of the two namespaces: `<account>-<where>` → a line for each rule."""
    found = {}
    for where, namespace in (("agents", agents), ("release", release.namespace)):
        for account in ACCOUNTS:
            home = agents if account == "agent" else release.namespace
            name = account if account == "default" else f"{release.name}-{account}"
            user = f"system:serviceaccount:{home}:{name}"
            told = release.kubectl("auth", "can-i", "--list", "--as", user, "--no-headers", "-n", namespace)
            told = told.replace(f"[{agents}]", "[<agents>]").replace(f"[{release.namespace}]", "[<release>]")
            found[f"{account}-{where}"] = normalize(told)
    return found


def find_agents(release: Release) -> str:
    """Return the namespace of agents, as the gateway is told it."""
    pod = release.get("deployment", f"{release.name}-gateway")["spec"]["template"]["spec"]
    return next(str(e["value"]) for e in pod["containers"][0]["env"] if e["name"] == "NAMESPACE")


def normalize(told: str) -> str:
    """Return the rules in an order of their own, each once, with one blank between columns."""
    return "".join(sorted({f"{' '.join(line.split())}\n" for line in told.splitlines() if line.strip()}))


def compare(found: Mapping[str, str], folder: Path = GOLDEN) -> Mapping[str, tuple[str, ...]]:
    """Return what differs from the files: `<account>-<where>` → lines with + (more than there) or - (less)."""
    names = {*found, *(path.stem for path in folder.glob("*.txt"))}
    differences = {}
    for name in sorted(names):
        path = folder / f"{name}.txt"
        wanted = set(path.read_text().splitlines()) if path.exists() else set()
        got = set(found.get(name, "").splitlines())
        lines = (*(f"+ {line}" for line in sorted(got - wanted)), *(f"- {line}" for line in sorted(wanted - got)))
        if lines:
            differences[name] = lines
    return differences


def write(found: Mapping[str, str], folder: Path = GOLDEN) -> None:
    """Make the files anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.txt"):
        path.unlink()
    for name, text in found.items():
        (folder / f"{name}.txt").write_text(text)

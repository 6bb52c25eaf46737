"""Run the tools that know of faults: pip-audit, in an environment of its own, and npm."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dev.audit.checked import Checked, build_unchecked, read_npm_audit, read_pip_audit
from dev.paths import CACHE, PINS, ROOT, content_hash
from dev.progress import step
from dev.shell import run

LOCK: Final = "requirements-audit.lock"
_SECONDS: Final = 300.0
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)


def make_environment() -> Path:
    """Return the Python of the environment that holds pip-audit, made by its lock file.

    Raises:
        UserError: a package cannot be fetched or has another hash.
    """
    folder = CACHE / f"audit-{content_hash([ROOT / LOCK])}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        with step("making the environment of the audit", 20):
            uv = Path(sys.executable).parent / "uv"
            program = str(uv) if uv.exists() else "uv"
            run([program, "venv", "-q", "--allow-existing", folder])
            run([program, "pip", "sync", "-q", "--require-hashes", "--python", python, ROOT / LOCK])
            (folder / "ready").touch()
    return python


def find_locks() -> Sequence[Path]:
    """Return the lock files."""
    return sorted(ROOT.glob("requirements-*.lock"))


def audit_python(python: Path, lock: Path) -> Checked:
    """Ask the package index, and where it knows nothing OSV, for known faults of a lock file's packages."""
    found: Checked | None = None
    for service in ("pypi", "osv"):
        command = [str(python), "-m", "pip_audit", "-r", str(lock), "--disable-pip", "--require-hashes", "-s", service,
                   "-f", "json", "--progress-spinner", "off"]  # fmt: skip
        done = _run(command)
        try:
            checked = read_pip_audit(lock.name, json.loads(done.stdout))
        except (ValueError, KeyError):
            words = f"{service} does not answer ({_last_line(done.stderr)})"
            checked = build_unchecked(lock.name, _PINNED.findall(lock.read_text()), words)
        if not checked.unchecked:
            return checked
        found = checked if found is None or len(checked.unchecked) < len(found.unchecked) else found
    return found if found is not None else build_unchecked(lock.name, [], "nobody was asked")


def audit_npm() -> Checked:
    """Ask npm's registry for known faults of what the agents' image has of it, with all that those need."""
    pinned = {str(p["name"]): str(p["version"]) for p in PINS["images"]["npm"]}
    npm = shutil.which("npm")
    if npm is None:
        return build_unchecked("npm packages", list(pinned), "there is no npm here")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "package.json").write_text(
            json.dumps({"name": "audit", "version": "1.0.0", "dependencies": pinned})
        )
        done = _run([npm, "install", "--package-lock-only", "--ignore-scripts", "--silent"], folder)
        if done.returncode:
            return build_unchecked(
                "npm packages", list(pinned), f"the registry does not resolve them ({_last_line(done.stderr)})"
            )
        done = _run([npm, "audit", "--json"], folder)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return build_unchecked(
            "npm packages", list(pinned), f"the registry does not answer ({_last_line(done.stderr)})"
        )
    return read_npm_audit("npm packages", list(pinned), report)


def _run(command: Sequence[str], folder: str | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=folder)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "it took too long")


def _last_line(text: str) -> str:
    """Return the kind of the last error, without addresses."""
    last = (text.strip().splitlines() or ["no words"])[-1]
    return re.sub(r"https?://\S+|host='[^']*'", "…", last)[:120]

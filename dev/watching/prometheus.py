"""A Prometheus for checks: Debian's own programs, unpacked beside what else the developer commands keep, and never installed."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dev.paths import CACHE, PINS
from dev.progress import UserError, step
from dev.shell import run

_PACKAGE: Final = "prometheus"
_NAMES: Final = ("prometheus", "promtool")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where they are."""

    prometheus: Path
    promtool: Path


def find_programs() -> Programs:
    """Return those on PATH, or Debian's, which are fetched the first time.

    Raises:
        UserError: there is no apt-get here, or it does not find the package.
    """
    there = [shutil.which(name) for name in _NAMES]
    if all(there):
        return Programs(*(Path(str(program)) for program in there))
    folder = CACHE / f"{_PACKAGE}-{PINS['images']['debian']}"
    if not folder.exists():
        _fetch(folder)
    return Programs(*(folder / "usr" / "bin" / name for name in _NAMES))


def _fetch(folder: Path) -> None:
    if shutil.which("apt-get") is None:
        raise UserError(
            "This needs the programs prometheus and promtool, and there is no apt-get here: install Prometheus."
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    with step("fetching Debian's Prometheus", 10), tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        try:
            run(["apt-get", "download", "-q", _PACKAGE], cwd=Path(scratch))
        except UserError:  # its lists may be old, or not be there
            run(["apt-get", "update", "-q"])
            run(["apt-get", "download", "-q", _PACKAGE], cwd=Path(scratch))
        (package,) = Path(scratch).glob("*.deb")
        unpacked = Path(scratch) / "unpacked"
        run(["dpkg-deb", "-x", package, unpacked])
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)

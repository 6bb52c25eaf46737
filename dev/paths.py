"""Where the developer commands keep what they build and what they run."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openclaw-dispatcher"
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "openclaw-dispatcher"
PINS: dict[str, Any] = tomllib.loads((ROOT / "dev" / "pins.toml").read_text())


def content_hash(paths: Iterable[Path], extra: str = "") -> str:
    """Return twelve hex digits over the files' names and contents, and over `extra`."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]

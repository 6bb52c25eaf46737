"""The real pi and the Node it needs, fetched by their pinned hashes into the cache folder when they are not there yet."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dev.images.fetch_pi import fetch
from dev.paths import CACHE, PINS

CLI = Path("pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js")


@dataclass(frozen=True, slots=True)
class Pi:
    """An installation of pi."""

    folder: Path

    @property
    def command(self) -> list[str]:
        """Return the words that start pi."""
        return [str(self.folder / "node" / "bin" / "node"), str(self.folder / CLI)]

    @property
    def compile_cache(self) -> Path:
        """Return the folder that Node fills with compiled code at the first start."""
        return self.folder / "compile-cache"


def install_pi() -> Pi:
    """Return the installed pi; the first call on a machine fetches it from the public registries.

    Raises:
        SystemExit: something cannot be fetched or has another hash; the text says what.
    """
    pins = {key: PINS["images"][key] for key in ("node", "npm")}
    digest = hashlib.sha256(json.dumps(pins, sort_keys=True).encode()).hexdigest()[:12]
    folder = CACHE / f"pi-{digest}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "pi.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / CLI).exists():
            print(f"fetching Node and pi into {folder}", file=sys.stderr)  # noqa: T201
            scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix="pi-new-"))
            try:
                fetch(pins, scratch)
                (scratch / "compile-cache").mkdir()
                os.replace(scratch, folder)  # noqa: PTH105
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    return Pi(folder)


if __name__ == "__main__":
    print(json.dumps(install_pi().command))  # noqa: T201

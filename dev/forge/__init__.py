"""A forge made by others, for tests: Gitea, compiled from its published Go module, once for each pin."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from dev.cluster.build import compile_module, fetch_module, find_go
from dev.paths import CACHE, PINS
from dev.progress import step
from dev.shell import need_space

_MODULE: Final = "code.gitea.io/gitea"


def find_folder() -> Path:
    """Return where the program and its templates are, or would be."""
    return CACHE / f"gitea-{PINS['forge']['gitea']}"


def build_gitea() -> Path:
    """Return the folder with the program `gitea` and its `source`.

    Raises:
        UserError: no Go can be had, a module cannot be fetched or has another hash, or the disk is full.
    """
    folder, pin = find_folder(), PINS["forge"]
    if (folder / "done").exists():
        return folder
    need_space(CACHE, 5, "Compiling Gitea")
    go = find_go()
    CACHE.mkdir(parents=True, exist_ok=True)
    with step("compiling Gitea from its Go module", 600), tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        target = Path(scratch) / "gitea"
        source = target / "source"
        shutil.copytree(fetch_module(go, _MODULE, pin["gitea"], pin["sum"]), source, copy_function=shutil.copyfile)
        os.environ.setdefault("GOMAXPROCS", str(max(1, (os.cpu_count() or 2) - 1)))
        compile_module(go, source, target, ".")
        for name in ("models", "modules", "routers", "services", "web_src", "tests", "docs"):
            shutil.rmtree(source / name, ignore_errors=True)
        (target / "done").touch()
        shutil.rmtree(folder, ignore_errors=True)
        target.rename(folder)
    return folder

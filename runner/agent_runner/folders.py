"""Folders that go with all that is in them."""

from __future__ import annotations

from pathlib import Path


def remove_tree(path: str | Path) -> None:
    """Remove a folder; what cannot be removed stays."""
    import shutil  # noqa: PLC0415  # it brings three kinds of compression, which no start shall wait for

    shutil.rmtree(path, ignore_errors=True)

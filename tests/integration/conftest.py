"""Fixtures of this ring."""

from __future__ import annotations

import pytest

from tests.support.backup import Backup


@pytest.fixture
async def backup(dsn, tmp_path):
    """A database of its own that can be backed up and put back."""
    backup = Backup(dsn, tmp_path / "backup")
    yield backup
    await backup.close()

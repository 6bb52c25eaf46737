"""States of the database that pass, in words for administrators."""

from __future__ import annotations

from typing import Final

READ_ONLY: Final = "Postgres can only be read now: it is a standby, or its disk is nearly full. It is waited for"
DISK_FULL: Final = "Postgres' disk is full. It is waited for"

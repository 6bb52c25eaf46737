"""What a person is told when an agent wrote more than its disk may hold, from the kubelet's sentence. Pure."""

from __future__ import annotations

import re
from typing import Final

from agent_contract.quantities import compute_bytes
from agent_gateway.wording import keys, units

_ALL: Final = "ephemeral-storage"
"""What the cluster calls all that a pod may write, where no single folder was over its limit."""
_QUANTITY: Final = r"[0-9]{1,15}(?:\.[0-9]{1,9})?(?:Ki|Mi|Gi|Ti|k|M|G|T|m)?"
_PATTERNS: Final = (
    re.compile(rf'volume "(?P<volume>[-a-z0-9]{{1,63}})" exceeds the limit "(?P<limit>{_QUANTITY})"'),
    re.compile(rf'local ephemeral storage limit "(?P<limit>{_QUANTITY})"'),
    re.compile(rf"total limit of containers (?P<limit>{_QUANTITY})"),
)


def disk_full_text(language: str, message: str | None) -> str:
    """Say which folder was full and what it may hold, where the kubelet's sentence names it.

    Args:
        language: Of the reader.
        message: `status.run.message` of a run that ended with `DiskFull`.
    """
    found = next((match for p in _PATTERNS if (match := p.search(message or ""))), None)
    if found is None:
        return keys.lost_disk_full_plain(language)
    volume = found.groupdict().get("volume") or _ALL
    return keys.lost_disk_full(language, volume=volume, limit=units.size(language, compute_bytes(found["limit"])))

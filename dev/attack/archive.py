"""Pack the attacks with what the attacker knows into one file that Python runs."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterable

from dev.attack.inside.__main__ import FACTS
from dev.attack.inside.base import Facts
from dev.paths import ROOT

_ENTRY = "import sys\nfrom dev.attack.inside.__main__ import main\nsys.exit(main())\n"
_PACKAGES = ("dev/__init__.py", "dev/attack/__init__.py")


def build_archive(facts: Facts) -> bytes:
    """Return the archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", _ENTRY)
        archive.writestr(FACTS, json.dumps(dataclasses.asdict(facts)))
        for name in _PACKAGES:
            archive.writestr(name, (ROOT / name).read_text())
        for path in sorted((ROOT / "dev/attack/inside").glob("*.py")):
            archive.writestr(str(path.relative_to(ROOT)), path.read_text())
    return held.getvalue()


def hide(keys: Iterable[str]) -> tuple[str, ...]:
    """Return keys as the archive may hold them: the search for them must not find itself."""
    return tuple(key.encode().hex()[::-1] for key in keys)

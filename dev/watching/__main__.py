"""Write rules, dashboard and the reference of metrics, or say whether one differs (exit code 1): `make generate`, `make lint`."""

from __future__ import annotations

import sys
from pathlib import Path

from dev.chart import CHART, ROOT
from dev.watching.dashboard import build_dashboard
from dev.watching.reference import build_reference
from dev.watching.rules import build_rules


def build_files() -> dict[Path, str]:
    """Return every generated file with its contents."""
    return {
        CHART / "monitoring" / "rules.yaml": build_rules(),
        CHART / "monitoring" / "dashboard.json": build_dashboard(),
        ROOT / "docs" / "reference" / "metrics.md": build_reference(),
    }


def main() -> int:
    """Write or compare; 1 when something differs."""
    stale = {path: text for path, text in build_files().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        if "--write" in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print("wrote", path.relative_to(ROOT))
        else:
            print(f"{path.relative_to(ROOT)} is stale: run `make generate`", file=sys.stderr)
    return 1 if stale and "--write" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

"""Keep of Babel's locale data what the chat's languages need: the rest is most of what the gateway's image would hold of it.

Run as `python keep_locales.py SITE_PACKAGES LANGUAGE…` once the gateway's packages lie there.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path


def find_kept(languages: Collection[str]) -> set[str]:
    """Return the names of the locales that languages of the catalogue need: themselves, and what those inherit from.

    Args:
        languages: As the catalogue names them, such as `de` and `zh-hans`.
    """
    kept = {"root"}
    for language in languages:
        first, _, script = language.partition("-")
        kept |= {first, f"{first}_{script.capitalize()}"} if script else {first}
    return kept


def remove_others(packages: Path, languages: Collection[str]) -> int:
    """Delete the data of all other locales than these languages need; return the bytes that are saved.

    Raises:
        FileNotFoundError: A locale that is needed is not there.
    """
    data = packages / "babel" / "locale-data"
    kept = {f"{name}.dat" for name in find_kept(languages)}
    if missing := kept - {path.name for path in data.iterdir()}:
        raise FileNotFoundError(f"Babel lacks {', '.join(sorted(missing))}")
    saved = 0
    for path in data.glob("*.dat"):
        if path.name not in kept:
            saved += path.stat().st_size
            path.unlink()
    return saved


if __name__ == "__main__":
    print(f"locale data: {remove_others(Path(sys.argv[1]), sys.argv[2:]) / 1e6:.1f} MB less")

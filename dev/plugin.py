"""Build `kubectl openclaw` as one file, the archive of it, and krew's manifest: python -m dev.plugin [--url https://…]."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import sys
import tarfile
import tomllib
import zipfile
from typing import Final

import yaml

from dev.paths import ROOT
from dev.progress import main_guard

SOURCE: Final = ROOT / "plugin"
BUILT: Final = ROOT / "build" / "plugin"
NAME: Final = "kubectl-openclaw"
_PACKAGE: Final = "kubectl_openclaw"
_START: Final = b"#!/usr/bin/env python3\n"
_MAIN: Final = f"import sys\nfrom {_PACKAGE}.__main__ import main\nsys.exit(main())\n"
_MOMENT: Final = (2026, 1, 1, 0, 0, 0)
"""Of each file: the same tree gives the same bytes."""


def main(arguments: list[str] | None = None) -> int:
    """Write the program, the archive and the manifest."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--url", default=f"https://example.invalid/{NAME}.tar.gz", help="where the archive will be found"
    )
    given = parser.parse_args(arguments)
    BUILT.mkdir(parents=True, exist_ok=True)
    program = BUILT / NAME
    program.write_bytes(build_program())
    program.chmod(0o755)
    archive = build_archive(program.read_bytes())
    (BUILT / f"{NAME}.tar.gz").write_bytes(archive)
    manifest = build_manifest(given.url, hashlib.sha256(archive).hexdigest())
    (BUILT / "openclaw.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120))
    print(f"wrote {BUILT.relative_to(ROOT)}/{{{NAME},{NAME}.tar.gz,openclaw.yaml}}")
    return 0


def build_program() -> bytes:
    """Return the program: Python runs a zip file behind a first line."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("__main__.py", _MOMENT), _MAIN)
        for path in sorted((SOURCE / _PACKAGE).glob("*.py")):
            file.writestr(zipfile.ZipInfo(f"{_PACKAGE}/{path.name}", _MOMENT), path.read_bytes())
    return _START + packed.getvalue()


def build_archive(program: bytes) -> bytes:
    """Return the archive that krew unpacks: the program and the license."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, data, mode in ((NAME, program, 0o755), ("LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644)):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            file.addfile(info, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


def build_manifest(url: str, digest: str) -> dict[str, object]:
    """Return krew's manifest (krew.googlecontainertools.github.com/v1alpha2).

    Args:
        url: Where the archive will be found.
        digest: Its SHA-256.
    """
    version = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]["version"]
    platform = {
        "selector": {"matchExpressions": [{"key": "os", "operator": "In", "values": ["linux", "darwin"]}]},
        "uri": url, "sha256": digest, "bin": NAME,
        "files": [{"from": NAME, "to": "."}, {"from": "LICENSE", "to": "."}],
    }  # fmt: skip
    return {
        "apiVersion": "krew.googlecontainertools.github.com/v1alpha2",
        "kind": "Plugin",
        "metadata": {"name": "openclaw"},
        "spec": {
            "version": f"v{version}",
            "shortDescription": "Talk to coding agents in pods, and see why they wait",
            "description": "Reads conversations of openclaw-dispatcher, speaks in them, stops them, and says why a message\n"
            "waits and what each costs, through the API server alone and with your own rights.\n",
            "caveats": "Needs Python 3.11. The release needs console.enabled for all but top and schedule.\n",
            "platforms": [platform],
        },
    }


if __name__ == "__main__":
    sys.exit(main_guard(main))

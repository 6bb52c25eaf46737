"""Make an image that holds one static program, as a docker-archive, without any builder."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path


def _architecture() -> str:
    """Return this machine's architecture by the name that images use."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def write_image(target: Path, reference: str, program: Path, name: str) -> None:
    """Write a docker-archive of an image `FROM scratch` whose entrypoint is `/name`, run as a user without rights."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size, info.mode = program.stat().st_size, 0o755
        with program.open("rb") as file:
            archive.addfile(info, file)
    diff_id = hashlib.sha256(layer.getvalue()).hexdigest()
    config = json.dumps({
        "architecture": _architecture(), "os": "linux",
        "config": {"Entrypoint": [f"/{name}"], "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
    }).encode()  # fmt: skip
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(target, "w") as archive:
        for entry, data in ((config_name, config), ("layer.tar", layer.getvalue()), ("manifest.json", manifest)):
            info = tarfile.TarInfo(entry)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

"""The plugin as one file: it runs by itself, and krew's manifest names the very archive."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile

from dev.plugin import build_archive, build_manifest, build_program


def test_the_program_runs_without_anything_installed(tmp_path):
    program = tmp_path / "kubectl-openclaw"
    program.write_bytes(build_program())
    told = subprocess.run(
        [sys.executable, "-I", "-S", program, "--help"], capture_output=True, text=True, check=True, timeout=30
    )
    for command in ("chat", "logs", "transcript", "top", "why", "stop", "schedule"):
        assert f"\n    {command}" in told.stdout
    assert program.read_bytes().startswith(b"#!/usr/bin/env python3\n")


def test_the_same_tree_gives_the_same_archive_and_the_manifest_names_it():
    archive = build_archive(build_program())
    assert archive == build_archive(build_program())
    with tarfile.open(fileobj=io.BytesIO(archive)) as file:
        members = {member.name: member.mode for member in file}
    assert members == {"kubectl-openclaw": 0o755, "LICENSE": 0o644}
    manifest = build_manifest("https://example.invalid/a.tar.gz", hashlib.sha256(archive).hexdigest())
    (platform,) = manifest["spec"]["platforms"]
    assert platform["sha256"] == hashlib.sha256(archive).hexdigest()
    assert {one["from"] for one in platform["files"]} == set(members)
    assert manifest["spec"]["version"] == "v0.1.0"

"""Workspaces as runs of earlier releases packed them."""

from __future__ import annotations

import os
import subprocess


def pack(folder):
    """Return a folder as one compressed archive."""
    with os.scandir(os.fsencode(folder)) as entries:
        names = b"".join(b"./" + entry.name + b"\0" for entry in entries if entry.name != b"lost+found")
    options = ["--zstd", "--format=gnu", "--sparse", "--ignore-failed-read", "--directory", str(folder)]
    listed = ["--null", "--verbatim-files-from", "--files-from=/dev/stdin"]
    return subprocess.run(
        ["tar", "--create", *options, *listed],
        input=names,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    ).stdout

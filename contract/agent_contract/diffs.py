"""What became of files, as it is handed over: a line of JSON about each file, then a patch that these point into.

The standard library alone: processes that are started for one look at files write this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

MOST_FILES: Final = 2000
"""Files that are told one by one; of more their number is."""
MOST_FILE_BYTES: Final = 512 << 10
"""A file that has more is named with its size."""
MOST_PATCH_BYTES: Final = 4 << 20
"""Files that a patch has no room for are named alone."""
MOST_PATH: Final = 400
"""Characters of a name; of a longer one its end is told."""
_SECRET_NAMES: Final = frozenset({
    ".env", ".envrc", ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".git-credentials", ".htpasswd", ".dockercfg",
    "credentials", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "secrets.yaml", "secrets.yml", "secrets.json", "kubeconfig",
    "service-account.json", "terraform.tfstate",
})  # fmt: skip
_SECRET_ENDS: Final = (
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".kdbx",
    ".ppk",
    ".gpg",
    ".asc",
    ".age",
    ".tfvars",
)
_SHOWN_ENDS: Final = (".example", ".sample", ".template", ".dist", ".pub")
_PICTURE_ENDS: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".ico", ".svgz", ".avif", ".heic", ".tiff")


class FileDiff(NamedTuple):
    """What became of one file.

    Attributes:
        path: Its name now, or as it was where it is gone.
        what: `added`, `removed`, `changed` or `renamed`.
        old: The name that it had, where it has another now.
        added: Lines that came.
        removed: Lines that went.
        note: Why no lines are told: `binary`, `picture`, `large`, `secret`, `rights` where only these changed, `unread` where
            it was too much; or empty.
        before: Bytes that it had.
        after: Bytes that it has.
        start: Where its part of the patch begins, in bytes.
        end: Where that ends.
    """

    path: str
    what: str
    old: str = ""
    added: int = 0
    removed: int = 0
    note: str = ""
    before: int = 0
    after: int = 0
    start: int = 0
    end: int = 0


def is_secret(path: str) -> bool:
    """Say whether a file looks by its name like one of keys, whose contents belong into no chat."""
    parts = path.casefold().split("/")
    name = parts[-1]
    if name.endswith(_SHOWN_ENDS):
        return False
    kept = any(part in {".ssh", ".aws", ".gnupg", ".kube"} for part in parts[:-1])
    return kept or name in _SECRET_NAMES or name.startswith(".env.") or name.endswith(_SECRET_ENDS)


def is_picture(path: str) -> bool:
    """Say whether a file is a picture by its name."""
    return path.casefold().endswith(_PICTURE_ENDS)


def is_of_git(path: str) -> bool:
    """Say whether something belongs to git's own folder."""
    return ".git" in path.split("/")


def show_path(path: str) -> str:
    """Return a name for people: without control characters, its end where it is long."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return text if len(text) <= MOST_PATH else f"…{text[-(MOST_PATH - 1) :]}"


def encode_report(parts: Iterable[tuple[FileDiff, bytes]], more: int, **about: Any) -> bytes:
    """Return what is handed over.

    Args:
        parts: Each file with its part of a patch; parts that there is no room for are left out.
        more: Files that are not among them.
        about: What else is said.
    """
    files: list[FileDiff] = []
    patches: list[bytes] = []
    size = 0
    for one, patch in parts:
        fits = size + len(patch) <= MOST_PATCH_BYTES
        start, size = size, size + (len(patch) if fits else 0)
        patches += [patch] if fits else []
        note = one.note if fits else one.note or "unread"
        files.append(one._replace(path=show_path(one.path), old=show_path(one.old), note=note, start=start, end=size))
    head = {**about, "more": more, "files": [one._asdict() for one in files]}
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(patches)

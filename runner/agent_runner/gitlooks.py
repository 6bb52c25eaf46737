"""What became of the agent's repositories since their branches began, and which branches there are: asked of git itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from agent_contract.diffs import MOST_FILES, MOST_PATCH_BYTES, FileDiff, encode_report, is_picture, is_secret, show_path
from agent_contract.keptfiles import DEFAULT_EXCLUDE
from agent_runner.gitprogram import Git, GitFailed, find_repositories
from agent_runner.programs import Programs

MOST_BRANCHES: Final = 10
"""Of a repository, those with the newest commits."""
_MOST_WORD: Final = 120
_MOST_LIST: Final = 4 << 20
_EMPTY_BLOB: Final = {40: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
                      64: "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"}  # fmt: skip
_FROM: Final = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master")
_WHAT: Final = {"A": "added", "D": "removed", "R": "renamed", "C": "added"}
Part = tuple[FileDiff, bytes]


async def look_at_changes(workspace: str, programs: Programs) -> bytes:
    """Return a report of what all repositories have changed; its `bases` say since when.

    Raises:
        GitFailed: no repository could be asked.
    """
    folders = await find_repositories(workspace)
    parts: list[Part] = []
    bases: list[str] = []
    more = 0
    for folder in folders:
        name = "" if folder == Path(workspace) else f"{folder.relative_to(workspace)}/"
        with contextlib.suppress(GitFailed):
            git = await Git(programs, folder).with_filters()
            base, shown = await _find_base(git)
            found = await _compare(git, base, name)
            bases.append(shown)
            more += max(0, len(parts) + len(found) - MOST_FILES)
            parts = (parts + found)[:MOST_FILES]
    if not bases:
        raise GitFailed("no repository could be asked")
    return encode_report(parts, more, bases=sorted(set(bases)))


async def look_at_branches(workspace: str, programs: Programs) -> bytes:
    """Return a line of JSON: each repository with its newest branches, and how far they are from where they began."""
    repositories = []
    for folder in await find_repositories(workspace):
        with contextlib.suppress(GitFailed):
            git = Git(programs, folder)
            _, shown = await _find_base(git)
            told = await git.run(
                "for-each-ref", "refs/heads", "--sort=-committerdate", f"--count={MOST_BRANCHES + 1}",
                "--format=%(refname:short)%00%(HEAD)",
            )  # fmt: skip
            rows = [line.split("\0") for line in told.decode("utf-8", "replace").splitlines() if "\0" in line]
            branches = [
                await _describe_branch(git, name, head == "*", shown) for name, head, *_ in rows[:MOST_BRANCHES]
            ]
            path = str(folder.relative_to(workspace))
            remote = await git.ask("config", "--get", "remote.origin.url")
            repositories.append({
                "path": show_path(path)[-_MOST_WORD:], "base": shown, "remote": remote[:_MOST_WORD * 2], "branches": branches,
                "more": len(rows) > MOST_BRANCHES,
            })  # fmt: skip
    return json.dumps({"repositories": repositories}).encode()


async def _describe_branch(git: Git, name: str, current: bool, base: str) -> dict[str, Any]:  # of the row
    told = await git.ask("rev-list", "--left-right", "--count", f"{base}...refs/heads/{name}", "--") if base else ""
    behind, _, ahead = told.partition("\t")
    known = behind.isdecimal() and ahead.isdecimal()
    counts = {"ahead": int(ahead), "behind": int(behind)} if known else {}
    return {"name": show_path(name)[:_MOST_WORD], "current": current, **counts}


async def _find_base(git: Git) -> tuple[str, str]:
    """Return the commit that a repository's branch began at, and the branch that this is of.

    Where no server's branch is known it is nothing: all of it was made here.
    """
    for ref in _FROM:
        if await git.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"):
            base = await git.ask("merge-base", "HEAD", ref) or await git.ask("rev-parse", ref)
            shown = await git.ask("rev-parse", "--abbrev-ref", ref)
            return base, show_path(shown)[:_MOST_WORD]
    return await git.ask("hash-object", "-t", "tree", "/dev/null"), ""


async def _compare(git: Git, base: str, name: str) -> list[Part]:
    with _copied_index(await git.ask("rev-parse", "--absolute-git-dir")) as index:
        own = git.with_index(index)
        await _add_new(own, len(base))
        words = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M", "--ignore-submodules=all",
                 f"--src-prefix=a/{name}", f"--dst-prefix=b/{name}")  # fmt: skip
        listed = await own.run(*words, "--raw", "--numstat", "-z", base, "--", most=_MOST_LIST)
        patch = await own.run(*words, "--patch", base, "--", most=MOST_PATCH_BYTES, cut=True)
    return list(_join(_read_list(listed), patch, name))


@contextlib.contextmanager
def _copied_index(git_dir: str) -> Iterator[str]:
    """Copy a repository's index, so that new files can be named in it and nothing of the agent's changes."""
    folder = tempfile.mkdtemp(prefix="look-")
    try:
        index = Path(folder) / "index"
        own = Path(git_dir) / "index"
        if own.is_file() and not own.is_symlink():
            shutil.copyfile(own, index)
        yield str(index)
    except OSError as error:
        raise GitFailed("the index cannot be copied") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _add_new(git: Git, digits: int) -> None:
    """Name files that git does not know yet, but for what tools make and what the repository leaves out."""
    left_out = [f"--exclude={name}" for name in DEFAULT_EXCLUDE]
    told = await git.run("ls-files", "--others", "--exclude-standard", *left_out, "-z", most=_MOST_LIST, cut=True)
    names = [name for name in told.split(b"\0")[:-1] if not name.endswith(b"/")][:MOST_FILES]
    blob = _EMPTY_BLOB.get(digits, _EMPTY_BLOB[40]).encode()
    rows = b"".join(b"100644 %s 0\t%s\0" % (blob, name) for name in names)
    if rows:
        await git.run("update-index", "-z", "--index-info", given=rows)


def _read_list(told: bytes) -> Iterator[tuple[str, FileDiff]]:
    """Yield each file with its letter of `git diff --raw`; what `--numstat` tells follows behind all of them."""
    fields = iter(told.split(b"\0"))
    files: list[tuple[str, FileDiff]] = []
    counts: dict[str, tuple[bytes, bytes]] = {}
    for field in fields:
        if field.startswith(b":"):
            letter = field.rpartition(b" ")[2][:1].decode("ascii", "replace")
            path = _decode(next(fields, b""))
            old, path = (path, _decode(next(fields, b""))) if letter in "RC" else ("", path)
            modes = field[1:].split(b" ")[:2]
            rights = letter == "M" and modes[0] != modes[1]
            note = "rights" if rights else ""
            files.append(
                (letter, FileDiff(path, _WHAT.get(letter, "changed"), old if letter == "R" else "", note=note))
            )
        elif field.count(b"\t") >= 2:
            added, removed, name = field.split(b"\t", 2)
            if not name:
                _, name = next(fields, b""), next(fields, b"")
            counts[_decode(name)] = (added, removed)
    for letter, one in files:
        added, removed = counts.get(one.path, (b"0", b"0"))
        yield letter, _note(one, added, removed)


def _note(one: FileDiff, added: bytes, removed: bytes) -> FileDiff:
    binary = added == b"-"
    if is_secret(one.path) or is_secret(one.old):
        return one._replace(note="secret")
    if binary:
        return one._replace(note="picture" if is_picture(one.path) else "binary")
    came, went = int(added), int(removed)
    return one._replace(added=came, removed=went, note="" if came or went else one.note)


def _join(files: Iterator[tuple[str, FileDiff]], patch: bytes, name: str) -> Iterator[Part]:
    """Yield files with their parts of the patch, which stand in the same order; what was cut off is not there."""
    starts = list(_find_starts(patch))
    ends = [*starts[1:], len(patch)]
    whole = len(patch) < MOST_PATCH_BYTES
    parts = iter([patch[a:b] for a, b in zip(starts, ends, strict=True)][: None if whole else -1])
    for letter, one in files:
        part = b"".join(next(parts, b"") for _ in range(2 if letter == "T" else 1))
        named = one._replace(path=name + one.path, old=name + one.old if one.old else "")
        if one.note in {"secret", "binary", "picture"}:
            yield named, b""
        elif not part:
            yield named._replace(note="unread"), b""
        else:
            yield named, _name_renamed(part, name) if named.old else part


def _name_renamed(part: bytes, name: str) -> bytes:
    """Return a part in which the folder stands before the names of a renamed file too: git leaves it out there alone."""
    head, found, rest = part.partition(b"\n--- ")
    folder = name.encode("utf-8", "surrogateescape")
    for words in (b"\nrename from ", b"\nrename to "):
        before, word, behind = head.partition(words)
        quote = behind[:1] if behind.startswith(b'"') else b""
        head = before + word + quote + folder + behind[len(quote) :]
    return head + found + rest


def _find_starts(patch: bytes) -> Iterator[int]:
    """Yield where files begin: no line of a file's contents stands at the beginning of a line."""
    at = 0 if patch.startswith(b"diff --git ") else patch.find(b"\ndiff --git ") + 1
    while at or patch.startswith(b"diff --git "):
        yield at
        at = patch.find(b"\ndiff --git ", at) + 1
        if not at:
            return


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")

"""How the commits that any git makes in the pod say at their end whom they are made for.

Two ways lead there, as neither reaches all commits. A repository that is cloned or made in the pod gets a hook from a
template (git-init(1), TEMPLATE DIRECTORY; githooks(5), `prepare-commit-msg`): it reaches merges, aliases and programs that
know git's own path, and a repository that names a folder of hooks of its own does without it. The `git` that stands first
in the PATH hands `--trailer` to `git commit`, whatever the hooks are. A repository's own hooks stay where they are, and
`core.hooksPath` is left to the repository: programs that install hooks refuse, or write elsewhere, where it is set.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent_runner.pifiles import PROGRAMS

TRAILERS: Final = "git-trailers"
"""The file of the state folder with one trailer a line."""
TEMPLATE: Final = "git-template"
"""The folder of it that new repositories are filled from."""
_HOOK: Final = "prepare-commit-msg"

# copied into repositories, which may be kept and meet another release, or none
_STUB: Final = """#!/bin/sh
hook={hook}
[ -x "$hook" ] && exec "$hook" "$@"
exit 0
"""

# what is put onto another base, or taken over from elsewhere, keeps the words that it has
_ADD: Final = """#!/bin/sh
file=$1
[ -s {trailers} ] || exit 0
grep -q '^[^#[:space:]]' "$file" || exit 0
folder=$(git rev-parse --git-dir) || exit 0
for begun in rebase-merge rebase-apply CHERRY_PICK_HEAD; do
    [ -e "$folder/$begun" ] && exit 0
done
[ -z "$(tail -c 1 "$file")" ] || echo >>"$file" # a merge's message has no end of line
set --
while IFS= read -r line; do
    set -- "$@" --trailer "$line"
done <{trailers}
exec git interpret-trailers --in-place "$@" "$file"
"""

# the words before `commit` may be options, of which these are followed by a word of their own (git(1), OPTIONS)
_GIT: Final = """#!/bin/sh
case " $* " in
*" commit "*) [ -s {trailers} ] || exec {git} "$@" ;;
*) exec {git} "$@" ;;
esac
left=$# before=1 value=
while [ "$left" -gt 0 ]; do
    word=$1
    shift
    left=$((left - 1))
    set -- "$@" "$word"
    if [ "$before" ] && [ "$value" ]; then
        value=
    elif [ "$before" ]; then
        case $word in
        -C | -c | --git-dir | --work-tree | --namespace | --super-prefix | --config-env | --attr-source) value=1 ;;
        -*) ;;
        commit)
            before=
            while IFS= read -r line; do
                set -- "$@" --trailer "$line"
            done <{trailers}
            ;;
        *) before= ;;
        esac
    fi
done
exec {git} "$@"
"""


def write_trailers(state: str, trailers: Sequence[str], path: str) -> None:
    """Write what the commits from now on end with, and the programs that put it there.

    Args:
        state: The runner's own folder.
        trailers: Lines, each a trailer; none takes back what was written.
        path: The PATH that git is looked up in.
    """
    folder = Path(state)
    _write(folder / TRAILERS, "".join(f"{line}\n" for line in trailers))
    hooks, hook = folder / TEMPLATE / "hooks", folder / _HOOK
    if not hooks.exists():
        names = {"trailers": shlex.quote(str(folder / TRAILERS)), "hook": shlex.quote(str(hook))}
        hooks.mkdir(parents=True)
        _write(hook, _fill(_ADD, names), mode=0o755)
        _write(hooks / _HOOK, _fill(_STUB, names), mode=0o755)
        if (git := find_git(path, folder / PROGRAMS)) is not None:
            (folder / PROGRAMS).mkdir(exist_ok=True)
            _write(folder / PROGRAMS / "git", _fill(_GIT, names | {"git": shlex.quote(git)}), mode=0o755)


def find_git(path: str, but: Path) -> str | None:
    """Return the git of a PATH, but for the one of a folder; None where there is none."""
    for folder in path.split(os.pathsep):
        found = Path(folder or ".", "git")
        if found.parent != but and os.access(found, os.X_OK) and found.is_file():
            return str(found)
    return None


def _fill(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _write(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a file in one piece: who reads it meanwhile reads the old one or the new one."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(file)

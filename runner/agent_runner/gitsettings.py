"""The settings by which any git in the pod goes to the gateway, and signs commits for whoever asked for them.

They are git's system-wide ones, in one file: no user's settings replace the file, and each of a user's own goes before
what it says of the same name.

Source: git-config(1), `url.<base>.insteadOf`, `credential.<url>.helper`, `user.name`, `committer.name`; git(1),
GIT_CONFIG_SYSTEM.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from agent_contract import wire
from agent_contract.names import PATH_GIT
from agent_runner.gittrailers import TEMPLATE, write_trailers
from agent_runner.launch import Setup
from agent_runner.pifiles import GIT_INCLUDE

_BREAKS = frozenset({*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"})
"""Unicode's controls, and its separators of lines and paragraphs."""


class PodGit:
    """Knows what the pod's git is to do, and writes it down.

    Args:
        setup: Where.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._connections: Sequence[wire.GitConnection] = ()
        self._commits: wire.CommitIdentity | None = None

    def connect(self, connections: Sequence[wire.GitConnection]) -> None:
        """Let git send over the gateway what goes over it."""
        self._connections = tuple(connections)
        self._write()

    def sign(self, commits: wire.CommitIdentity) -> None:
        """Let git sign commits so from now on."""
        self._commits = commits
        trailers = [line for line in map(_to_line, commits.trailers) if line]
        write_trailers(self._setup.state, trailers, os.environ.get("PATH", os.defpath))
        self._write()

    def _write(self) -> None:
        """Write the settings in one piece: a git that runs meanwhile reads the old ones or the new ones."""
        setup = self._setup
        text = build_settings(setup.config["gatewayUrl"].rstrip("/"), setup.token, self._connections)
        if self._commits is not None:
            text += build_identity(self._commits, f"{setup.state}/{TEMPLATE}")
        file = Path(setup.git_settings)
        new = file.with_suffix(".new")
        new.write_text(text)
        new.replace(file)


def build_identity(commits: wire.CommitIdentity, template: str) -> str:
    """Return the settings that sign commits.

    `user` is what a person's or an agent's own settings replace first: they replace the author then, and the committer
    stays who it is.

    Args:
        commits: For whom, and by whom.
        template: The folder that new repositories are filled from.
    """
    parts = [("user", commits.author)]
    if commits.committer != commits.author:
        parts.append(("committer", commits.committer))
    lines: list[str] = []
    for section, person in parts:
        lines += [f"[{section}]", f"\tname = {_quote(_to_line(person.name))}"]
        lines += [f"\temail = {_quote(_to_line(person.email))}"]
    if commits.trailers:
        lines += ["[init]", f"\ttemplateDir = {_quote(template)}"]
    # each once, however often a commit is made anew; without a say of ours two of one word may follow one another
    for word in dict.fromkeys(line.partition(":")[0] for line in map(_to_line, commits.trailers)):
        lines += [f"[trailer {_quote(word)}]", "\tifExists = addIfDifferent"]
    return "".join(f"{line}\n" for line in lines)


def build_settings(gateway: str, token: str, connections: Sequence[wire.GitConnection]) -> str:
    """Return what the file holds.

    Args:
        gateway: The gateway's address, without a slash at its end.
        token: The projected token; git reads it for each request, as the kubelet replaces it.
        connections: What goes over the gateway.
    """
    # the helper is asked for the gateway's address alone: no other server can make git give the token away
    helper = f"!f() {{ test \"$1\" = get && echo username=pod && printf password= && cat '{token}' && echo; }}; f"
    lines: list[str] = []
    if connections:
        lines += [
            f"[credential {_quote(gateway)}]",
            "\thelper =",
            f"\thelper = {_quote(helper)}",
            "[http]",
            "\tproactiveAuth = basic",  # newer gits then show it at once; older ones do not know the word
            "\tlowSpeedLimit = 0",  # a push that waits for a person is silent
            "[lfs]",
            "\tlocksverify = false",
        ]
    for one in connections:
        for prefix in one.prefixes:
            lines.append(f"[url {_quote(f'{gateway}{PATH_GIT}/{one.name}/{prefix}')}]")
            lines += [f"\tinsteadOf = {way}{prefix}" for way in _list_ways(one.host)]
    return GIT_INCLUDE + "".join(f"{line}\n" for line in lines)


def _list_ways(host: str) -> list[str]:
    """Return the beginnings of all addresses that name a repository of a host."""
    name = host.partition(":")[0]
    return [
        f"https://{host}/", f"http://{host}/", f"https://git@{host}/", f"git://{name}/", f"git@{name}:",
        f"ssh://git@{name}/", f"ssh://git@{name}:22/",
    ]  # fmt: skip


def _to_line(text: str) -> str:
    """Return a text as one line: what ends one would begin a setting, or a trailer, of its own."""
    return "".join(c for c in text if c not in _BREAKS).strip()


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""The settings by which package managers find the services that the gateway reaches: files of the home folder. Pure.

Each is the least that a tool heeds: what a user's command, a project or the environment says comes before it.

Sources: npm's npmrc and config; pip's "Configuration"; uv's "Configuration files"; `go help environment`; Maven's settings reference;
containers-registries.conf(5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agent_contract.apis import ApiConnection, list_scopes

_CAPITAL = re.compile("!([a-z])")
MARK: Final = "Written by the runner at each start."
"""In the first line of a file that is ours; one without it is left as it is."""


def build_address(api: ApiConnection) -> str:
    """Return where a service is, within the pod; no slash at its end."""
    rest = api.url.partition("://")[2]
    base = rest[rest.find("/") :] if "/" in rest else ""
    return f"http://127.0.0.1:{api.port}{base}"


def build_files(apis: Sequence[ApiConnection]) -> dict[str, str]:
    """Return the files by their paths below the home folder."""
    builders = {
        "npm": (".npmrc", _build_npm), "pypi": (".config/pip/pip.conf", _build_pip), "go": (".config/go/env", _build_go),
        "maven": (".m2/settings.xml", _build_maven),
        "oci": (".config/containers/registries.conf.d/50-gateway.conf", _build_containers),
    }  # fmt: skip
    files: dict[str, str] = {}
    for form, (path, build) in builders.items():
        if found := [api for api in apis if api.format == form]:
            files[path] = build(found)
            if form == "pypi":
                files[".config/uv/uv.toml"] = _build_uv(found)
    return files


def is_whole(api: ApiConnection) -> bool:
    """Say whether a service may be asked for everything: then it stands in the place of the public one."""
    return "**" in api.paths


def _build_npm(apis: Sequence[ApiConnection]) -> str:
    lines = [f"; {MARK}"]
    default = next((api for api in apis if not list_scopes(api.paths)), None)
    if default is not None:
        host = default.url.partition("://")[2].partition("/")[0].partition(":")[0]
        # lock files name the service's own host; these are asked for here
        lines += [f"registry={build_address(default)}/", f"replace-registry-host={host}"]
    for api in apis:
        lines += [f"{scope}:registry={build_address(api)}/" for scope in list_scopes(api.paths)]
    return _join(lines)


def _build_pip(apis: Sequence[ApiConnection]) -> str:
    whole, others = _split(apis)
    lines = [f"# {MARK}", "[global]"]
    if whole is not None:
        lines.append(f"index-url = {_build_index(whole)}")
    if others:
        lines += ["extra-index-url =", *(f"    {_build_index(api)}" for api in others)]
    return _join(lines)


def _build_uv(apis: Sequence[ApiConnection]) -> str:
    whole, others = _split(apis)
    lines = [f"# {MARK}"]
    for api in (*others, *([whole] if whole is not None else [])):
        lines += ["[[index]]", f'name = "{api.name}"', f'url = "{_build_index(api)}"']
        lines += ["default = true"] if api is whole else []
    return _join(lines)


def _build_go(apis: Sequence[ApiConnection]) -> str:
    proxies = ",".join(build_address(api) for api in apis)
    private = dict.fromkeys(_find_module(path) for api in apis for path in api.paths if not path.startswith("sumdb/"))
    return _join([f"# {MARK}", f"GOPROXY={proxies},https://proxy.golang.org,direct", f"GONOSUMDB={','.join(private)}"])


def _find_module(pattern: str) -> str:
    """Return the modules that a pattern is about, as Go's own patterns name them: none of them is in the public database."""
    module = pattern.partition("/@")[0].removesuffix("**").rstrip("/") or "*"
    return _CAPITAL.sub(lambda found: found[1].upper(), module)


def _build_maven(apis: Sequence[ApiConnection]) -> str:
    from html import escape  # noqa: PLC0415  # each start would wait for it

    whole, others = _split(apis)
    mirror = profile = ""
    if whole is not None:
        mirror = f"  <mirrors><mirror><id>{whole.name}</id><mirrorOf>*</mirrorOf><url>{escape(build_address(whole), quote=False)}</url></mirror></mirrors>\n"
    elif others:
        found = "".join(
            f"<repository><id>{api.name}</id><url>{escape(build_address(api), quote=False)}</url></repository>"
            for api in others
        )
        profile = (
            f"  <profiles><profile><id>gateway</id><repositories>{found}</repositories></profile></profiles>\n"
            "  <activeProfiles><activeProfile>gateway</activeProfile></activeProfiles>\n"
        )
    return f"<!-- {MARK} -->\n<settings>\n{mirror}{profile}</settings>\n"


def _build_containers(apis: Sequence[ApiConnection]) -> str:
    lines = [f"# {MARK}"]
    for api in apis:
        here = build_address(api).partition("://")[2]
        lines += [
            "[[registry]]",
            f'prefix = "{api.url.partition("://")[2]}"',
            f'location = "{here}"',
            "insecure = true",
            "[[registry]]",  # for pushes, which go to the name that they are given
            f'location = "{here}"',
            "insecure = true",
        ]
    return _join(lines)


def _split(apis: Sequence[ApiConnection]) -> tuple[ApiConnection | None, list[ApiConnection]]:
    whole = next((api for api in apis if is_whole(api)), None)
    return whole, [api for api in apis if api is not whole]


def _build_index(api: ApiConnection) -> str:
    return "/".join(filter(None, (build_address(api), api.index.strip("/")))) + "/"


def _join(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)

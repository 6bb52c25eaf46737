"""What package managers find in the home folder, and what an agent is told."""

from __future__ import annotations

import configparser
import tomllib
from xml.etree import ElementTree as ET

import pytest

from agent_contract.apis import ApiConnection, list_scopes
from agent_runner.apis.reached import describe, write_files
from agent_runner.apis.tools import MARK, build_files


def api(form, *paths, name=None, url="https://team.example/base", port=20001, **more):
    index = "simple/" if form == "pypi" else ""
    return ApiConnection(name=name or form, format=form, url=url, port=port, paths=paths or ["**"], index=index, **more)


def test_npm_asks_a_registry_of_everything_for_everything_and_one_of_scopes_for_these():
    text = build_files([api("npm"), api("npm", "@acme/**", "@x/y/**", "-/npm/**", name="own", port=20002)])[".npmrc"]
    assert text.splitlines()[1:] == [
        "registry=http://127.0.0.1:20001/base/", "replace-registry-host=team.example",
        "@acme:registry=http://127.0.0.1:20002/base/", "@x:registry=http://127.0.0.1:20002/base/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "scopes"),
    [(["**"], []), (["@a/**"], ["@a"]), (["@a/x", "@b/**", "-/**"], ["@a", "@b"]), (["@a/**", "tools"], []), (["@*/**"], []), (["@a"], [])],
)  # fmt: skip
def test_scopes_are_what_patterns_are_confined_to(paths, scopes):
    assert list_scopes(paths) == scopes


def test_pip_and_uv_take_one_of_everything_as_their_index_and_others_besides():
    files = build_files([api("pypi"), api("pypi", "simple/acme-*/", "packages/**", name="own", port=20002)])
    pip = configparser.ConfigParser()
    pip.read_string(files[".config/pip/pip.conf"])
    assert pip["global"]["index-url"] == "http://127.0.0.1:20001/base/simple/"
    assert pip["global"]["extra-index-url"].split() == ["http://127.0.0.1:20002/base/simple/"]
    first, last = tomllib.loads(files[".config/uv/uv.toml"])["index"]
    assert first == {"name": "own", "url": "http://127.0.0.1:20002/base/simple/"}
    assert last == {"name": "pypi", "url": "http://127.0.0.1:20001/base/simple/", "default": True}
    assert "index-url" not in build_files([api("pypi", "simple/a/")])[".config/pip/pip.conf"].replace(
        "extra-index-url", ""
    )


def test_go_asks_it_first_and_checks_no_private_module_in_public():
    text = build_files([api("go", "example.com/!acme/**", "x.org/tools/@v/*", "x.org/tools/@latest")])[".config/go/env"]
    assert "GOPROXY=http://127.0.0.1:20001/base,https://proxy.golang.org,direct" in text
    assert "GONOSUMDB=example.com/Acme,x.org/tools\n" in text
    assert "GONOSUMDB=*\n" in build_files([api("go")])[".config/go/env"]


def test_maven_has_it_as_a_mirror_or_as_one_repository_more():
    whole = ET.fromstring(build_files([api("maven")])[".m2/settings.xml"])
    assert [one.text for one in whole.iter("url")] == ["http://127.0.0.1:20001/base"]
    assert whole.findtext("mirrors/mirror/mirrorOf") == "*"
    part = ET.fromstring(build_files([api("maven", "com/acme/**")])[".m2/settings.xml"])
    assert part.find("mirrors") is None
    assert part.findtext("profiles/profile/repositories/repository/url") == "http://127.0.0.1:20001/base"


def test_container_tools_keep_the_registrys_own_name():
    [text] = build_files([api("oci", url="https://images.example")]).values()
    found, pushed = tomllib.loads(text)["registry"]
    assert found == {"prefix": "images.example", "location": "127.0.0.1:20001", "insecure": True}
    assert pushed == {"location": "127.0.0.1:20001", "insecure": True}


def test_files_of_others_stay_as_they_are(tmp_path):
    (tmp_path / ".config").mkdir()
    (tmp_path / ".npmrc").write_text("mine=1\n")
    (tmp_path / "aim").write_text("aim")
    (tmp_path / ".link").symlink_to(tmp_path / "aim")
    files = {".npmrc": f"; {MARK}\nx", ".config/pip/pip.conf": f"# {MARK}\nold", ".link": f"# {MARK}"}
    write_files(tmp_path, files)
    write_files(tmp_path, {".config/pip/pip.conf": f"# {MARK}\nnew"})
    assert (tmp_path / ".npmrc").read_text() == "mine=1\n"
    assert (tmp_path / "aim").read_text() == "aim"
    assert (tmp_path / ".config/pip/pip.conf").read_text() == f"# {MARK}\nnew"


def test_an_agent_is_told_what_it_reaches():
    told = describe(
        [api("npm", writes=True), api("plain", "issues/**", name="tracker", url="https://t.example", port=20002)]
    )
    assert "npm packages (npm is set up) https://team.example/base at http://127.0.0.1:20001/base;" in told
    assert "the service tracker, https://t.example at http://127.0.0.1:20002 (only issues/**, read only)" in told
    assert describe([]) == ""

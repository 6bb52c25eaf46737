"""What the audit reads, counts and says; what it could not look at never passes for clean."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from dev.audit.checked import build_unchecked, decide_exit, read_npm_audit, read_pip_audit
from dev.audit.contents import Component, read_debian, read_image
from dev.audit.rights import compare, normalize, write

STATUS = """Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b7

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


def test_a_package_that_could_not_be_looked_at_is_no_clean_one():
    report = {"dependencies": [
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited: b (1)"},
        {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (2)"},
    ]}  # fmt: skip
    checked = read_pip_audit("x.lock", report)
    assert checked.faults == ()
    assert set(checked.unchecked) == {"b", "c"}
    assert checked.describe() == [
        "x.lock: 0 known faults in 1 of 3 packages",
        "  NOT CHECKED: 2 packages, as Dependency not found on PyPI",
    ]
    assert decide_exit([checked], allow_unchecked=False) == 2
    assert decide_exit([checked], allow_unchecked=True) == 0


def test_a_known_fault_fails_whatever_is_allowed():
    report = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "GHSA-x", "fix_versions": ["2"]}]}]}
    checked = read_pip_audit("x.lock", report)
    assert checked.faults == ("a 1: GHSA-x, mended in 2",)
    assert decide_exit([checked], allow_unchecked=True) == 1


def test_an_answer_of_npm_without_a_list_tells_nothing():
    assert read_npm_audit("npm", ["pi"], {"message": "405 Method Not Allowed"}).unchecked == {
        "pi": "405 Method Not Allowed"
    }
    assert read_npm_audit("npm", ["pi"], {"error": {"summary": "no endpoint"}}).unchecked == {"pi": "no endpoint"}
    found = read_npm_audit(
        "npm", ["pi"], {"vulnerabilities": {"x": {"range": "<2", "severity": "high"}}, "metadata": {}}
    )
    assert found.faults == ("x <2: high",)
    assert decide_exit([build_unchecked("npm", ["pi"], "no npm here")], allow_unchecked=False) == 2


def _pack(files):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return held.getvalue()


def test_an_image_is_what_its_layers_leave(tmp_path):
    first = _pack({
        "var/lib/dpkg/status": STATUS.encode(), "opt/venv/lib/a-1.dist-info/METADATA": b"Name: A_b\nVersion: 1\n",
        "opt/venv/lib/c-1.dist-info/METADATA": b"Name: c\nVersion: 1\n", "etc/passwd": b"x",
    })  # fmt: skip
    second = _pack({
        "opt/venv/lib/.wh.c-1.dist-info": b"", "opt/node/bin/node": b"\x7fELF",
        "opt/pi/node_modules/@earendil-works/pi/package.json": b'{"name":"@earendil-works/pi","version":"1.6.0"}',
        "opt/pi/node_modules/x/dist/package.json": b'{"name":"inner"}',
    })  # fmt: skip
    manifest = json.dumps([{"Layers": ["one.tar", "two.tar"]}]).encode()
    archive = tmp_path / "image.tar"
    archive.write_bytes(_pack({"manifest.json": manifest, "one.tar": first, "two.tar": second}))
    assert read_image(archive, "22.0.0") == [
        Component("deb", "bash", "5.2.15-2+b7", "amd64"),
        Component("generic", "node", "22.0.0"),
        Component("npm", "@earendil-works/pi", "1.6.0"),
        Component("pypi", "a-b", "1"),
    ]


def test_packages_that_are_no_longer_installed_are_not_listed():
    assert [one.name for one in read_debian(STATUS)] == ["bash"]


def test_rights_that_are_more_or_less_than_written_are_told(tmp_path):
    write({"gateway-agents": "pods [] [] [get]\n"}, tmp_path)
    assert compare({"gateway-agents": "pods [] [] [get]\n"}, tmp_path) == {}
    assert compare({"gateway-agents": "secrets [] [] [get]\n"}, tmp_path) == {
        "gateway-agents": ("+ secrets [] [] [get]", "- pods [] [] [get]")
    }
    assert compare({}, tmp_path) == {"gateway-agents": ("- pods [] [] [get]",)}


@pytest.mark.parametrize("told", ["b   [] \na  []\n", "a [] \n\nb []"])
def test_the_order_and_the_blanks_of_a_table_do_not_count(told):
    assert normalize(told) == "a []\nb []\n"

"""Real package managers, set up as in a pod, before a registry of another host that wants a key."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.api_lab import KEY
from tests.support.api_pod import run_tool, running_both

WHEEL = "acme_tools-1.0+team-py3-none-any.whl"
BASIC = "Basic " + base64.b64encode(f"robot:{KEY}".encode()).decode()


def build_wheel():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("acme_tools.py", "SAID = 'hello'\n")
        wheel.writestr(
            "acme_tools-1.0+team.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-tools\nVersion: 1.0+team\n"
        )
        wheel.writestr(
            "acme_tools-1.0+team.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("acme_tools-1.0+team.dist-info/RECORD", "")
    return file.getvalue()


def serve_python(lab, wheel):
    """Answer as an index of Python packages does, with whole addresses."""

    async def answer(request):
        if request.path == "/base/simple/acme-tools/":
            href = f"{lab.service.url}/base/packages/{WHEEL.replace('+', '%2B')}#sha256={hashlib.sha256(wheel).hexdigest()}"
            return web.Response(
                text=f'<!DOCTYPE html><html><body><a href="{href}">{WHEEL}</a></body></html>', content_type="text/html"
            )
        if request.path == f"/base/packages/{WHEEL}":
            return web.Response(body=wheel, content_type="application/octet-stream")
        return web.Response(status=404)

    return answer


@pytest.mark.parametrize("tool", ["pip", "uv"])
async def test_python_packages_come_from_the_index_of_the_team(tmp_path, tool):
    words = {
        "pip": (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "-q", "--target", "to", "acme-tools"),
        "uv": (str(Path(sys.executable).with_name("uv")), "pip", "install", "--no-deps", "--no-cache", "--target", "to", "acme-tools"),
    }  # fmt: skip
    async with running_both(tmp_path, form="pypi", user="robot", index="simple/") as (lab, _):
        lab.service.authorization = BASIC
        lab.service.answer = serve_python(lab, build_wheel())
        code, out = await run_tool(tmp_path, *words[tool])
        assert code == 0, out
        assert (tmp_path / "to" / "acme_tools.py").read_text() == "SAID = 'hello'\n"
        assert {seen.headers["Authorization"] for seen in lab.service.seen} == {BASIC}
        assert KEY not in out


def build_tarball():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, text in (
            ("package.json", '{"name":"@acme/tools","version":"1.0.0"}'),
            ("index.js", "module.exports = 'hello'\n"),
        ):
            about = tarfile.TarInfo(f"package/{name}")
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text.encode()))
    return file.getvalue()


def serve_npm(lab, tarball):
    """Answer as npm's registry does, with whole addresses."""
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()

    async def answer(request):
        if request.raw_path == "/base/@acme%2ftools":
            dist = {"tarball": f"{lab.service.url}/base/@acme/tools/-/tools-1.0.0.tgz", "integrity": integrity}
            version = {"name": "@acme/tools", "version": "1.0.0", "dist": dist}
            return web.json_response(
                {"name": "@acme/tools", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            )
        if request.raw_path == "/base/@acme/tools/-/tools-1.0.0.tgz":
            return web.Response(body=tarball, content_type="application/octet-stream")
        return web.Response(status=404)

    return answer


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
@pytest.mark.parametrize("paths", [["**"], ["@acme/**"]])
async def test_npm_installs_from_the_registry_of_the_team(tmp_path, paths):
    async with running_both(tmp_path, form="npm", rules=[{"paths": paths}]) as (lab, address):
        lab.service.answer = serve_npm(lab, build_tarball())
        (tmp_path / "package.json").write_text('{"name":"x","version":"1.0.0"}')
        npm = ("npm", "--no-audit", "--no-fund", "--no-update-notifier")
        code, out = await run_tool(tmp_path, *npm, "install", "@acme/tools")
        assert code == 0, out
        assert (tmp_path / "node_modules/@acme/tools/index.js").exists()
        locked = json.loads((tmp_path / "package-lock.json").read_text())["packages"]["node_modules/@acme/tools"][
            "resolved"
        ]
        real, here = f"{lab.service.url}/base/@acme", f"{address}/base/@acme"
        assert locked.startswith(real if paths == ["**"] else here), "npm itself knows the place of its one registry"
        shutil.rmtree(tmp_path / "node_modules")
        code, out = await run_tool(tmp_path, *npm, "ci")
        assert code == 0, out
        assert KEY not in out

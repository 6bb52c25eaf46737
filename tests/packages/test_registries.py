"""Real tools, set up as in a pod, before registries by others that want a key. `make test-packages` runs them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from aiohttp import web

from tests.integration.test_apis_tools import WHEEL, build_wheel
from tests.packages.registries import (
    PASSWORD,
    USER,
    TokenServer,
    install,
    running_containers,
    running_npm,
    running_pypi,
)
from tests.support.api_lab import KEY, Service
from tests.support.api_pod import run_tool, running_reach
from tests.support.git_server import serving

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def folder():
    return install()


@pytest.mark.parametrize("tool", ["pip", "uv"])
async def test_python_packages_by_pypiserver(folder, tmp_path, tool):
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / WHEEL).write_bytes(build_wheel())
    words = {
        "pip": (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "-q", "--target", "to", "acme-tools"),
        "uv": (str(Path(sys.executable).with_name("uv")), "pip", "install", "--no-deps", "--no-cache", "--target", "to", "acme-tools"),
    }  # fmt: skip
    async with (
        running_pypi(folder, tmp_path, packages) as url,
        running_reach(tmp_path, "pypi", url, PASSWORD, user=USER, index="simple/"),
    ):
        code, out = await run_tool(tmp_path, *words[tool])
        assert code == 0, out
        assert (tmp_path / "to" / "acme_tools.py").exists()
        assert PASSWORD not in out


async def test_npm_by_verdaccio_reads_and_publishes_what_the_rules_allow(folder, tmp_path):
    async with running_npm(folder, tmp_path) as (url, token):
        rules = [{}, {"paths": ["@acme/tools"], "methods": ["PUT"]}]
        async with running_reach(tmp_path, "npm", url, token, rules=rules) as address:
            for name in ("tools", "other"):
                work = tmp_path / name
                work.mkdir()
                (work / "package.json").write_text(json.dumps({"name": f"@acme/{name}", "version": "1.0.0"}))
            # npm publishes only where it has some login; the gateway drops it
            login = f"--//{address.partition('://')[2]}/:_authToken=none"
            code, out = await run_tool(tmp_path, "npm", "publish", "./tools", login)
            assert code == 0, out
            code, out = await run_tool(tmp_path, "npm", "publish", "./other", login)
            assert code != 0
            assert "allows no PUT of this path" in out
            (tmp_path / "package.json").write_text('{"name":"x","version":"1.0.0"}')
            code, out = await run_tool(tmp_path, "npm", "install", "--no-audit", "--no-fund", "@acme/tools")
            assert code == 0, out
            locked = json.loads((tmp_path / "package-lock.json").read_text())["packages"]["node_modules/@acme/tools"]
            assert locked["resolved"] == f"{url}/@acme/tools/-/tools-1.0.0.tgz"
            shutil.rmtree(tmp_path / "node_modules")
            code, out = await run_tool(tmp_path, "npm", "ci", "--no-audit", "--no-fund")
            assert code == 0, out
            assert token not in out


def write_image(folder):
    """Write an image of one layer, as an OCI layout; return the hash of its configuration, which no tool changes."""

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        (folder / "blobs/sha256" / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    (folder / "blobs/sha256").mkdir(parents=True)
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        about = tarfile.TarInfo("hello")
        about.size = 1 << 20
        tar.addfile(about, io.BytesIO(os.urandom(1 << 20)))
    kind = "application/vnd.oci.image"
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer.getvalue()).hexdigest()]},
    })  # fmt: skip
    manifest = {
        "schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json", "config": {"mediaType": f"{kind}.config.v1+json", **put(config.encode())},
        "layers": [{"mediaType": f"{kind}.layer.v1.tar", **put(layer.getvalue())}],
    }  # fmt: skip
    entry = {"mediaType": f"{kind}.manifest.v1+json", **put(json.dumps(manifest).encode())}
    entry["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return hashlib.sha256(config.encode()).hexdigest()


async def test_images_by_distribution_are_pushed_and_pulled_by_skopeo(folder, tmp_path):
    config = write_image(tmp_path / "image")
    rules = [
        {"paths": ["v2/", "v2/acme/**"]},
        {"paths": ["v2/acme/app/**"], "methods": ["POST", "PATCH", "PUT"], "max_body": "1Gi"},
    ]
    async with (
        running_containers(folder, tmp_path) as url,
        running_reach(tmp_path, "oci", url, PASSWORD, user=USER, rules=rules) as address,
    ):
        name, here = url.partition("://")[2], address.partition("://")[2]
        skopeo = ("skopeo", "--insecure-policy")
        code, out = await run_tool(tmp_path, *skopeo, "copy", "oci:image:v1", f"docker://{here}/acme/app:v1")
        assert code == 0, out
        # by the registry's own name: the settings lead to the pod's port
        code, out = await run_tool(tmp_path, *skopeo, "copy", f"docker://{name}/acme/app:v1", "oci:back:v1")
        assert code == 0, out
        assert (tmp_path / "back/blobs/sha256" / config).exists()
        code, out = await run_tool(tmp_path, *skopeo, "copy", "oci:image:v1", f"docker://{here}/acme/other:v1")
        assert code != 0
        assert PASSWORD not in out


async def test_a_registry_by_distribution_takes_tokens_for_one_repository_each(folder, tmp_path):
    write_image(tmp_path / "image")
    server = TokenServer(tmp_path)
    rules = [{"methods": ["GET", "POST", "PATCH", "PUT"], "max_body": "1Gi"}]
    async with (
        serving(server.handle) as realm,
        running_containers(folder, tmp_path, f"{realm}/token") as url,
        running_reach(
            tmp_path, "oci", url, PASSWORD, user=USER, rules=rules, hosts=frozenset({realm.partition("://")[2]})
        ) as address,
    ):
        here = address.partition("://")[2]
        for words in (
            ("oci:image:v1", f"docker://{here}/acme/app:v1"),
            (f"docker://{here}/acme/app:v1", "oci:back:v1"),
        ):
            code, out = await run_tool(tmp_path, "skopeo", "--insecure-policy", "copy", *words)
            assert code == 0, out
        assert {scope.partition(":")[2] for scope in server.scopes if scope} == {"acme/app:pull", "acme/app:pull,push"}
        assert PASSWORD not in out


@pytest.mark.skipif(shutil.which("go") is None, reason="go is not installed here")
async def test_go_fetches_modules_from_a_proxy(tmp_path):
    tree = tmp_path / "tree/example.com/!acme/tools/@v"
    tree.mkdir(parents=True)
    (tree / "list").write_text("v1.0.0\n")
    (tree / "v1.0.0.info").write_text('{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}')
    (tree / "v1.0.0.mod").write_text("module example.com/Acme/tools\n\ngo 1.19\n")
    with zipfile.ZipFile(tree / "v1.0.0.zip", "w") as module:
        module.writestr("example.com/Acme/tools@v1.0.0/go.mod", "module example.com/Acme/tools\n\ngo 1.19\n")
        module.writestr("example.com/Acme/tools@v1.0.0/tools.go", "package tools\n\nconst Said = `hello`\n")
    service = Service()

    async def answer(request):
        file = tmp_path / "tree" / request.path.lstrip("/")
        return web.FileResponse(file) if file.is_file() else web.Response(status=404)

    service.answer = answer
    work = tmp_path / "work"
    work.mkdir()
    (work / "go.mod").write_text("module example.com/x\n\ngo 1.19\n")
    (work / "main.go").write_text(
        'package main\n\nimport "example.com/Acme/tools"\n\nfunc main() { println(tools.Said) }\n'
    )
    rules = [{"paths": ["example.com/!acme/**"]}]
    async with serving(service.handle) as url, running_reach(tmp_path, "go", url, KEY, rules=rules):
        env = {
            "GOPATH": str(tmp_path / "go"),
            "GOFLAGS": "-modcacherw",
            "GOCACHE": str(tmp_path / "cache"),
            "GOTOOLCHAIN": "local",
        }
        code, out = await run_tool(work, "go", "get", "example.com/Acme/tools@v1.0.0", home=tmp_path, **env)
        assert code == 0, out
        code, out = await run_tool(work, "go", "run", ".", home=tmp_path, **env)
        assert (code, "hello" in out) == (0, True), out


@pytest.mark.skipif(shutil.which("mvn") is None, reason="mvn is not installed here")
@pytest.mark.parametrize("paths", [["**"], ["com/acme/**"]])
async def test_maven_takes_a_parent_from_the_repository_of_the_team(tmp_path, paths):
    parent = "<groupId>com.acme</groupId><artifactId>parent</artifactId><version>1.0</version>"
    head = '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    found = f"{head}{parent}<packaging>pom</packaging></project>".encode()
    service = Service()

    async def answer(request):
        known = {"/com/acme/parent/1.0/parent-1.0.pom": found}
        known["/com/acme/parent/1.0/parent-1.0.pom.sha1"] = hashlib.sha1(found).hexdigest().encode()
        body = known.get(request.path)
        return web.Response(status=404) if body is None else web.Response(body=body, content_type="application/xml")

    service.answer = answer
    (tmp_path / "pom.xml").write_text(
        f"{head}<parent>{parent}</parent><artifactId>x</artifactId><packaging>pom</packaging></project>"
    )
    async with serving(service.handle) as url, running_reach(tmp_path, "maven", url, KEY, rules=[{"paths": paths}]):
        home = f"-Duser.home={tmp_path / 'home'}"  # Java asks the system, not the variable
        code, out = await run_tool(tmp_path, "mvn", "-B", "-q", "validate", MAVEN_OPTS=home)
        assert code == 0, out
        assert "/com/acme/parent/1.0/parent-1.0.pom" in [seen.path for seen in service.seen]
        assert KEY not in out

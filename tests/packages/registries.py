"""Registries by others: PyPI's by pypiserver, npm's by Verdaccio, containers' by Distribution. Each is installed once a machine."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from dev.paths import CACHE
from tests.support.eventually import eventually
from tests.support.pi import install_pi
from tests.support.ports import free_port

PYTHON = ("pypiserver==2.4.2", "passlib==1.7.4", "bcrypt==4.0.1", "setuptools==75.8.0")
NPM = {"dependencies": {"verdaccio": "6.10.4"}, "overrides": {"node-fetch": "2.7.0"}}
"""With a version for what it asks for by a tag, which a mirror may not have."""
DEBIAN = ("docker-registry", "skopeo")
USER, PASSWORD = "robot", "the-real-password-of-the-registry"


def install() -> Path:
    """Install them; return the folder."""
    folder = CACHE / f"registries-{hashlib.sha256(str((PYTHON, NPM)).encode()).hexdigest()[:12]}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
        subprocess.run([str(folder / "python/bin/pip"), "install", "-q", *PYTHON], check=True)
        (folder / "npm").mkdir()
        (folder / "npm/package.json").write_text(json.dumps(NPM))
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder / "npm")]
        subprocess.run(words, check=True)
        (folder / "done").touch()
    if any(shutil.which(name) is None for name in DEBIAN):
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", *DEBIAN], check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
    return folder


def write_passwords(folder: Path, file: Path) -> None:
    """Write a file as htpasswd does, with bcrypt."""
    program = (
        "import sys; from passlib.hash import bcrypt; "
        "print(sys.argv[1] + ':' + bcrypt.using(rounds=5, ident='2y').hash(sys.argv[2]))"
    )
    done = subprocess.run(
        [str(folder / "python/bin/python"), "-W", "ignore", "-c", program, USER, PASSWORD],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    file.write_text(done.stdout)


def _read(log: Path) -> str:
    return log.read_text()


@asynccontextmanager
async def running(words, log: Path, url: str, **env):
    """Run a server until it answers, and end it."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=out, stderr=out, stdin=asyncio.subprocess.DEVNULL, env={**os.environ, **env}
        )
    try:
        async with aiohttp.ClientSession() as session:

            async def answers():
                assert process.returncode is None, _read(log)
                try:
                    async with session.get(url):
                        return True
                except aiohttp.ClientError:
                    return False

            await eventually(answers, 60)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def running_pypi(folder: Path, work: Path, packages: Path):
    """Serve packages to whoever knows the password."""
    write_passwords(folder, work / "passwords")
    number = free_port()
    words = (
        str(folder / "python/bin/pypi-server"), "run", "-i", "127.0.0.1", "-p", str(number), "-a", "update,download,list",
        "-P", str(work / "passwords"), "--disable-fallback", str(packages),
    )  # fmt: skip
    async with running(words, work / "log", f"http://127.0.0.1:{number}/"):
        yield f"http://127.0.0.1:{number}"


@asynccontextmanager
async def running_npm(folder: Path, work: Path):
    """Serve packages to whoever has a token; yield the address and one."""
    number = free_port()
    (work / "config.yaml").write_text(
        f"storage: {work / 'storage'}\nauth:\n  htpasswd:\n    file: {work / 'passwords'}\nuplinks: {{}}\n"
        "packages:\n  '**':\n    access: $authenticated\n    publish: $authenticated\nlog: {type: stdout, level: warn}\n"
        "security: {api: {jwt: {sign: {expiresIn: 1d}}}}\n"
    )
    words = (
        install_pi().command[0], str(folder / "npm/node_modules/verdaccio/bin/verdaccio"), "-c", str(work / "config.yaml"),
        "-l", f"127.0.0.1:{number}",
    )  # fmt: skip
    async with (
        running(words, work / "log", f"http://127.0.0.1:{number}/-/ping") as _,
        aiohttp.ClientSession() as session,
    ):
        url = f"http://127.0.0.1:{number}"
        body = {"name": USER, "password": PASSWORD}
        async with session.put(f"{url}/-/user/org.couchdb.user:{USER}", json=body) as answer:
            yield url, (await answer.json())["token"]


class TokenServer:
    """Makes tokens for a registry, each for what was asked, for whoever knows the password."""

    def __init__(self, work: Path) -> None:
        self.scopes: list[str] = []
        self._key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
        now = datetime.now(UTC)
        cert = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        (work / "root.pem").write_bytes(cert.public_bytes(Encoding.PEM))
        self._chain = [base64.b64encode(cert.public_bytes(Encoding.DER)).decode()]

    async def handle(self, request):
        """Answer as the specification of Distribution says."""
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            return web.Response(status=401)
        self.scopes.append(request.query.get("scope", ""))
        parts = self.scopes[-1].split(":")
        access = [{"type": parts[0], "name": parts[1], "actions": parts[2].split(",")}] if len(parts) == 3 else []
        now = int(time.time())
        claims = {
            "iss": "lab", "sub": USER, "aud": "lab", "iat": now - 10, "nbf": now - 10, "exp": now + 300,
            "jti": str(len(self.scopes)), "access": access,
        }  # fmt: skip
        made = jwt.encode(claims, self._key, algorithm="RS256", headers={"x5c": self._chain})
        return web.json_response({"token": made, "expires_in": 300})


@asynccontextmanager
async def running_containers(folder: Path, work: Path, realm: str | None = None):
    """Serve images to whoever knows the password, or has a token of a realm."""
    write_passwords(folder, work / "passwords")
    number = free_port()
    auth = f"htpasswd: {{realm: lab, path: {work / 'passwords'}}}"
    if realm is not None:
        auth = f"token: {{realm: '{realm}', service: lab, issuer: lab, rootcertbundle: {work / 'root.pem'}}}"
    (work / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {work / 'storage'}}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{number}'}}\nauth: {{{auth}}}\n"
    )
    async with running(
        ("docker-registry", "serve", str(work / "config.yml")), work / "log", f"http://127.0.0.1:{number}/"
    ):
        yield f"http://127.0.0.1:{number}"

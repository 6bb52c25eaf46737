"""Certificates and kubeconfigs of a built-in cluster, made with openssl."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from dev.shell import run

_CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
}


def make_pki(folder: Path, address: str, service_ip: str) -> None:
    """Make the authority and the certificates of all but nodes, unless they are there.

    Args:
        folder: Where they are kept.
        address: Of the API server.
        service_ip: By which pods reach the API server.
    """
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    days = ["-days", "3650"]
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out",
         folder / "ca.crt", *days, "-subj", "/CN=dev-ca"])  # fmt: skip
    (folder / "ca.key").chmod(0o600)
    run(["openssl", "genrsa", "-out", folder / "sa.key", "2048"])
    (folder / "sa.key").chmod(0o600)
    run(["openssl", "rsa", "-in", folder / "sa.key", "-pubout", "-out", folder / "sa.pub"])
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
             "kubernetes.default.svc.cluster.local"]  # fmt: skip
    api = ",".join([*(f"DNS:{n}" for n in names), "IP:127.0.0.1", f"IP:{service_ip}", f"IP:{address}"])
    _sign(folder, "apiserver", "/CN=kube-apiserver", api)
    for name, subject in _CLIENTS.items():
        _sign(folder, name, subject, None)
    (folder / "done").touch()


def make_node_certificate(folder: Path, node: str, address: str) -> None:
    """Make the certificate by which a node's kubelet serves and calls, unless it is there."""
    if not (folder / f"{node}.crt").exists():
        _sign(folder, node, f"/O=system:nodes/CN=system:node:{node}", f"DNS:{node},IP:{address},IP:127.0.0.1")


def _sign(folder: Path, name: str, subject: str, alternative: str | None) -> None:
    key, request, certificate = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.crt"
    run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", subject])
    key.chmod(0o600)
    extensions = folder / f"{name}.ext"
    extensions.write_text(
        "keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n"
        + (f"subjectAltName={alternative}\n" if alternative else "")
    )
    run(["openssl", "x509", "-req", "-in", request, "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key",
         "-CAcreateserial", "-days", "3650", "-out", certificate, "-extfile", extensions])  # fmt: skip


def write_kubeconfig(path: Path, pki: Path, name: str, server: str) -> None:
    """Write a kubeconfig that bears the named client certificate."""
    user = {
        f"client-{kind}-data": _b64(pki / f"{name}.{end}") for kind, end in (("certificate", "crt"), ("key", "key"))
    }
    cluster = {"server": server, "certificate-authority-data": _b64(pki / "ca.crt")}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "dev",
        "clusters": [{"name": "dev", "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": "dev", "context": {"cluster": "dev", "user": name}}],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)


def _b64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()

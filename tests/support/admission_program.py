"""A program for a pod of its own: a mutating webhook that acts as platforms do to whom pods belong to somebody else.

/ids gives pods what OpenShift's restricted-v2 gives: a user, a group and an SELinux level of the namespace's range, where none is
named. /sidecar adds a container that never ends, as a service mesh does.
"""

from __future__ import annotations

import base64
import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIRST_ID = 1000680000


def add_ids(pod):
    """Return the patch that restricted-v2 stands for."""
    security = dict(pod["spec"].get("securityContext") or {})
    security.setdefault("fsGroup", FIRST_ID)
    security.setdefault("seLinuxOptions", {"level": "s0:c26,c5"})
    patch = [{"op": "add", "path": "/spec/securityContext", "value": security}]
    for kind in ("containers", "initContainers"):
        for number, container in enumerate(pod["spec"].get(kind) or []):
            own = dict(container.get("securityContext") or {})
            if "runAsUser" not in security:
                own.setdefault("runAsUser", FIRST_ID)
            patch.append({"op": "add", "path": f"/spec/{kind}/{number}/securityContext", "value": own})
    return patch


def add_sidecar(pod):
    """Return the patch of a mesh whose proxy is an ordinary container."""
    agent = pod["spec"]["containers"][0]
    proxy = {
        "name": "mesh-proxy", "image": agent["image"], "command": ["sleep", "infinity"],
        "securityContext": agent["securityContext"], "resources": {"limits": {"memory": "32Mi", "cpu": "100m"}},
    }  # fmt: skip
    return [{"op": "add", "path": "/spec/containers/0", "value": proxy}]


class Webhook(BaseHTTPRequestHandler):
    """Answers AdmissionReviews."""

    def do_POST(self):  # its name in http.server
        """Admit a pod with a patch."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        change = {"/ids": add_ids, "/sidecar": add_sidecar}[self.path.partition("?")[0]]
        patch = base64.b64encode(json.dumps(change(request["object"])).encode()).decode()
        answer = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch", "patch": patch}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    """Serve on 8443 with the certificate in the folder that is named."""
    server = ThreadingHTTPServer(("", 8443), Webhook)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{sys.argv[1]}/tls.crt", f"{sys.argv[1]}/tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

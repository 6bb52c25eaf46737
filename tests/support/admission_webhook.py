"""An admission webhook as a service mesh or a policy engine runs one, for the pods of one namespace."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROXY = {"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.27.0"}
_KIND = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class AdmissionWebhook:
    """Answers the API server's questions about new pods.

    Args:
        server: The API server; the webhook shows its certificate.
        namespace: Whose pods it is asked about.
    """

    def __init__(self, server, namespace):
        self.patch: list[object] = []
        self.refusal = ""
        self._server, self._name = server, f"mesh-{namespace}"
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps({**review, "response": webhook.answer(review["request"])}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                """Write nothing: a test's output is its own."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.pki / "apiserver.crt", server.pki / "apiserver.key")
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        authority = base64.b64encode((server.pki / "ca.crt").read_bytes()).decode()
        hook = {
            "name": "pods.mesh.example",
            "clientConfig": {"url": f"https://127.0.0.1:{self._http.server_port}/inject", "caBundle": authority},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 30, "failurePolicy": "Fail",
        }  # fmt: skip
        server.call("POST", _KIND, {"metadata": {"name": self._name}, "webhooks": [hook]})

    def answer(self, request):
        """Return what is said of one pod."""
        allowed = not self.refusal
        answer = {"uid": request["uid"], "allowed": allowed}
        if not allowed:
            return {**answer, "status": {"code": 400, "message": self.refusal}}
        if not self.patch:
            return answer
        return {**answer, "patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(self.patch).encode()).decode()}

    def inject(self, container, before=True):
        """Put a container into each new pod."""
        self.patch = [{"op": "add", "path": f"/spec/containers/{0 if before else '-'}", "value": container}]

    def stop(self):
        """Be away; the API server asks all the same."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def forget(self):
        """Take the registration back, and be away."""
        self._server.call("DELETE", f"{_KIND}/{self._name}")
        if self._thread.is_alive():
            self.stop()

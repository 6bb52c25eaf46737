"""A test host of its own: a network namespace of this machine with one small web server in it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

from dev.shell import apt_install
from tests.support.chat import wait

_SERVER = (
    "import http.server, sys, threading\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200); self.end_headers(); self.wfile.write(b'test host')\n"
    "    def log_message(self, *a): pass\n"
    "http.server.HTTPServer.handle_error = lambda *a: None\n"  # whoever looks whether it is there hangs up
    "servers = [http.server.HTTPServer((sys.argv[1], port), H) for port in (80, 8000)]\n"
    "threading.Thread(target=servers[1].serve_forever, daemon=True).start()\n"
    "servers[0].serve_forever()\n"
)


@contextlib.contextmanager
def host_at(address: str, name: str, *server: str) -> Iterator[str]:
    """Put up a host at an address that only this machine can reach; on ports 80 and 8000; yield its URL once it answers.

    Args:
        address: Its own.
        name: Of its network namespace.
        server: The program that serves them there, as words for Python; by default one that says what it is.
    """
    apt_install({"ip": "iproute2"})
    near, far = f"{name}n", f"{name}f"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        _ip("link", "set", near, "up")
        _ip("-n", name, "link", "set", far, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "addr", "add", f"{address}/32", "dev", far)
        # whoever asks is answered by the way it came
        _ip("-n", name, "route", "add", "default", "dev", far)
        _ip("route", "add", f"{address}/32", "dev", near)
        for namespace, device in (([], near), (["ip", "netns", "exec", name], far)):
            command = [*namespace, "sysctl", "-qw", f"net.ipv4.conf.{device}.proxy_arp=1"]
            subprocess.run(command, check=True, capture_output=True)
        command = ["ip", "netns", "exec", name, sys.executable, *(server or ("-c", _SERVER, address))]
        with subprocess.Popen(command) as process:
            try:
                url = f"http://{address}:80/"
                wait(lambda: _answers(url), f"the test host at {address}")
                yield url
            finally:
                process.terminate()
    finally:
        _ip("netns", "delete", name)
        subprocess.run(["ip", "link", "delete", near], check=False, capture_output=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.read() == b"test host"
    except urllib.error.HTTPError:  # it wants to know who asks
        return True
    except OSError:
        return False


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)

"""What a pod's own certificates, and a user that the platform chose, need before pi starts; no import takes time."""

from __future__ import annotations

import os
from collections.abc import Mapping

from agent_contract.names import ENV_CA

SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
BUNDLE = "ca.crt"
"""In the state folder: the system's certificates and the pod's own."""
_BUNDLE_VARIABLES = (
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "CARGO_HTTP_CAINFO",
)  # fmt: skip
"""Each names the one file of certificates that a program trusts, instead of the system's."""
_CACHE = "NODE_COMPILE_CACHE"


def write_bundle(environ: Mapping[str, str], state: str, system: str = SYSTEM_CERTIFICATES) -> None:
    """Write the system's certificates and the pod's own into one file, where the pod has some.

    Raises:
        OSError: the pod's cannot be read, or the file not be written.
    """
    own = environ.get(ENV_CA)
    if not own:
        return
    with open(own, "rb") as file:  # noqa: PTH123  # no import that takes time
        added = file.read()
    known = b""
    if os.path.exists(system):  # noqa: PTH110
        with open(system, "rb") as file:  # noqa: PTH123
            known = file.read()
    with open(f"{state}/{BUNDLE}", "wb") as file:  # noqa: PTH123
        file.write(known.rstrip(b"\n") + b"\n" + added)


def build_certificate_variables(environ: Mapping[str, str], state: str) -> dict[str, str]:
    """Return the variables by which programs find that file; what the class says itself stays."""
    own = environ.get(ENV_CA)
    if not own:
        return {}
    found = dict.fromkeys(_BUNDLE_VARIABLES, f"{state}/{BUNDLE}") | {"NODE_EXTRA_CA_CERTS": own}
    return {name: path for name, path in found.items() if name not in environ}


def link_compile_cache(environ: Mapping[str, str], state: str, uid: int) -> None:
    """Let another user find what the image holds of compiled modules: Node ends its folder's name with the user's id.

    Source: Node.js, `module.enableCompileCache`. Without it pi takes a second longer to start, and starts.
    """
    folder = environ.get(_CACHE, "")
    try:
        found = os.listdir(folder) if folder else []  # noqa: PTH208
        if any(name.endswith(f"-{uid}") for name in found):
            return
        os.makedirs(f"{state}/compile-cache", exist_ok=True)  # noqa: PTH103
        for name in found:
            os.symlink(f"{folder}/{name}", f"{state}/compile-cache/{name.rpartition('-')[0]}-{uid}")  # noqa: PTH211
    except OSError:
        return


def build_cache_variable(environ: Mapping[str, str], state: str) -> dict[str, str]:
    """Return where Node finds them then; nothing where the image's own folder will do."""
    linked = f"{state}/compile-cache"
    return {_CACHE: linked} if _CACHE in environ and os.path.isdir(linked) else {}  # noqa: PTH112

"""What a call of the Kubernetes API can fail with, by what is to be done about it.

One question decides between the kinds: did the API server decide about *this* call? `Refused`, `Conflict`, `NotFound`
and `Gone` are decisions; `Throttled` and `Away` say that nothing was decided, so that nothing may be concluded.
Which answer becomes which kind stands in `agent_kube.answers`.
"""

from __future__ import annotations

import re

MAX_WORDS = 1000
"""Characters of an error's text that are kept."""
_SECRETS = re.compile(r"(?i)bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*")
"""A header's value, and a JSON Web Token wherever it stands."""
_DENIED = re.compile("exceeded quota|admission webhook|AdmissionPolicy")
"""In the words of a 403 that has nothing to do with roles."""
FORBIDDEN = 403


class KubeError(Exception):
    """A call failed.

    Args:
        words: A sentence; tokens in it are blotted out, and it is cut after `MAX_WORDS` characters.
        status: The status of the answer, None where there was none.
        reason: The API server's reason in one word, or ours.
    """

    def __init__(self, words: str, status: int | None = None, reason: str = "Error") -> None:
        super().__init__(_SECRETS.sub("[secret]", words)[:MAX_WORDS])
        self.status = status
        self.reason = reason


class Refused(KubeError):
    """The API server refuses this call, and would again: it is to be set aside and told."""


class Conflict(KubeError):
    """Somebody else wrote the object in between (reason `Conflict`), or it exists (reason `AlreadyExists`)."""

    @property
    def exists(self) -> bool:
        """Say whether an object of that name stands already."""
        return self.reason == "AlreadyExists"


class NotFound(KubeError):
    """The API server serves the kind and has no such object: its absence is confirmed."""


class Gone(KubeError):
    """The version or page that was asked for is no longer kept: a new list is due."""


class Throttled(KubeError):
    """The API server asks for a pause.

    Args:
        words: A sentence.
        status: The status of the answer.
        reason: The API server's reason in one word.
        after: Seconds to wait at least.
    """

    def __init__(self, words: str, status: int | None, reason: str, after: float) -> None:
        super().__init__(words, status, reason)
        self.after = after


class Away(KubeError):
    """The API server did not decide: it cannot be reached, does not answer in time, or fails."""


class NotServed(Away):
    """The API server does not serve the kind: its definition is not applied, or not yet."""


def pause_of(error: BaseException) -> float | None:
    """Return the seconds that an error asks to wait at least; None where it asks for none."""
    return error.after if isinstance(error, Throttled) else None


def explain(error: KubeError, kind: str, reader: str = "gateway") -> str:
    """Say in words, and with what to do, why objects of a kind cannot be read or written.

    Args:
        error: What the call failed with.
        kind: Its name, as in `AgentThread`.
        reader: The part of the product that made the call.
    """
    if isinstance(error, NotServed):
        return f"The {kind} resource is not known to the cluster: apply the chart's crds/ folder."
    if isinstance(error, Refused) and error.status == FORBIDDEN and not _DENIED.search(str(error)):
        return f"The {reader} may not read or write {kind}s: its Role or RoleBinding is missing."
    return f"{kind}s cannot be read or written: {error}"

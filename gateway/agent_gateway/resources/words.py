"""What a person is told of a call to the cluster that failed."""

from __future__ import annotations

from agent_gateway.resources.agentthreads import NoMoreRuns
from agent_gateway.resources.collection import Unreadable
from agent_kube.errors import Away, KubeError, NotServed, Throttled, explain

NO_ANSWER = "The cluster does not answer."


def explain_wait(error: KubeError, kind: str) -> str:
    """Say why something waits, in a sentence for the chat.

    What the API server decided is told with what to do. Where it did not decide, the error's text names hosts and paths
    that help nobody there; it stands in the log and in the gateway's readiness.
    """
    if isinstance(error, NoMoreRuns | Unreadable):
        return str(error)
    if isinstance(error, Away | Throttled) and not isinstance(error, NotServed):
        return NO_ANSWER
    return explain(error, kind)

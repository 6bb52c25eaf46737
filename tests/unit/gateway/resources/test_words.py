"""What a person is told of a call to the cluster that failed."""

from __future__ import annotations

import pytest

from agent_gateway.resources.agentthreads import NoMoreRuns
from agent_gateway.resources.words import NO_ANSWER, explain_wait
from agent_kube.errors import Away, NotServed, Refused, Throttled

QUOTA = 'subagents.openclaw.dev "x" is forbidden: exceeded quota: few, requested: count/subagents.openclaw.dev=1'
WEBHOOK = 'admission webhook "policy.example" denied the request: no agents at night'
POLICY = (
    "subagents.openclaw.dev \"x\" is forbidden: ValidatingAdmissionPolicy 'night' denied request: no agents at night"
)
ROLE = 'subagents.openclaw.dev is forbidden: User "system:serviceaccount:a:b" cannot create resource "subagents"'


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused(ROLE, 403), "its Role or RoleBinding is missing"),
        (Refused(QUOTA, 403), "exceeded quota: few"),
        (Refused(WEBHOOK, 403), "no agents at night"),
        (Refused(POLICY, 403), "no agents at night"),
        (NotServed("404 page not found", 404), "apply the chart's crds/ folder"),
        (NoMoreRuns(), "an administrator has to delete it"),
    ],
)
def test_what_the_cluster_refuses_is_told_by_its_cause(error, words):
    assert words in explain_wait(error, "SubAgent")


@pytest.mark.parametrize(
    "error",
    [
        Away("The Kubernetes API does not answer: Cannot connect to host 10.0.0.1:443 ssl:default"),
        Away("The watch of /apis/x broke: TimeoutError", None, "Unreachable"),
        Throttled("too many requests, please try again", 429, "TooManyRequests", 1.0),
    ],
)
def test_where_it_did_not_decide_no_host_and_no_path_is_told(error):
    assert explain_wait(error, "AgentThread") == NO_ANSWER

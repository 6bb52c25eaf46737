"""Why a resource cannot be read or written, in words that tell what to do."""

from __future__ import annotations

import pytest

from agent_gateway.kube import KubeError
from agent_gateway.resources.watched import explain

QUOTA = 'subagents.openclaw.dev "x" is forbidden: exceeded quota: few, requested: count/subagents.openclaw.dev=1'
WEBHOOK = 'admission webhook "policy.example" denied the request: no agents at night'
POLICY = (
    "subagents.openclaw.dev \"x\" is forbidden: ValidatingAdmissionPolicy 'night' denied request: no agents at night"
)
ROLE = 'subagents.openclaw.dev is forbidden: User "system:serviceaccount:a:b" cannot create resource "subagents"'


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (403, ROLE, "its Role or RoleBinding is missing"),
        (403, QUOTA, "exceeded quota: few"),
        (403, WEBHOOK, "no agents at night"),
        (403, POLICY, "no agents at night"),
        (404, "not found", "apply the chart's crds/ folder"),
        (None, "The API server does not answer.", "does not answer"),
    ],
)
def test_what_the_cluster_refuses_is_told_by_its_cause(status, said, words):
    assert words in explain(KubeError(status, "x", said), "SubAgent")

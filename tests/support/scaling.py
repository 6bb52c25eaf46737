from __future__ import annotations

OPERATOR = "system:serviceaccount:agents:oc-operator"


def build_event(verb, resource, name="", *, user=OPERATOR, query="", code=200, begun="00.000000", ended="00.001000"):
    """Build an audit event."""
    plural, _, subresource = resource.partition("/")
    target = {"resource": plural, "name": name, "subresource": subresource}
    return {
        "verb": verb, "user": {"username": user}, "requestURI": f"/apis/x/{plural}{query}",
        "objectRef": {key: value for key, value in target.items() if value}, "responseStatus": {"code": code},
        "requestReceivedTimestamp": f"2026-01-01T00:00:{begun}Z", "stageTimestamp": f"2026-01-01T00:00:{ended}Z",
    }  # fmt: skip

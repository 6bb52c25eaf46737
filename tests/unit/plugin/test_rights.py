"""Which right is missing is told, with a command that asks for it and the Role that has it."""

from __future__ import annotations

import http.client
import json

import pytest

from kubectl_openclaw import cluster as module
from kubectl_openclaw.cluster import Cluster
from kubectl_openclaw.console import Console
from kubectl_openclaw.errors import MissingRight, Problem, Right

DATA = {
    "namespace": "oc",
    "service": "oc-gateway-console:console",
    "view": "oc-console-view",
    "speak": "oc-console-speak",
}
FORBIDDEN = {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": "no"}


class Played:
    """An API server that answers by method and the end of a path."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def __call__(self, _path, _seconds):
        return self

    def request(self, method, path, data, headers):
        self.asked.append((method, path, json.loads(data) if data else None, headers))
        path = path.partition("?")[0]
        self.found = next(
            (a for (m, end), a in self.answers.items() if m == method and path.endswith(end)), (404, {"kind": "Status"})
        )

    def getresponse(self):
        status, body = self.found.pop(0) if isinstance(self.found, list) else self.found
        reader = type("Response", (), {"status": status, "read": lambda _, __: json.dumps(body).encode()})
        return reader()

    def close(self):
        pass


@pytest.fixture
def play(monkeypatch):
    def begin(**answers):
        known = {
            ("GET", "/configmaps/openclaw-console-tg"): (200, {"data": DATA}),
            ("POST", "/selfsubjectreviews"): (201, {"status": {"userInfo": {"username": "alice"}}}),
            ("POST", "/token"): (201, {"status": {"token": "t"}}),
            **answers.pop("more", {}),
        }
        played = Played(known)
        monkeypatch.setattr(module, "_Connection", played)
        return played, Console(Cluster(["kubectl"]), "oc-agents", "tg-n5-42")

    return begin


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (
            ("GET", "/configmaps/openclaw-console-tg"),
            "may not get configmaps openclaw-console-tg in namespace oc-agents",
        ),
        (("POST", "/token"), "alice may not create serviceaccounts/token oc-console-view in namespace oc"),
        (("GET", "/why"), "alice may not get services/proxy oc-gateway-console:console in namespace oc"),
    ],
)
def test_a_viewer_is_told_which_right_is_missing(play, refused, words):
    _, console = play(more={refused: (403, FORBIDDEN)})
    with pytest.raises(MissingRight, match=words) as caught:
        console.read("why")
    assert "kubectl auth can-i" in str(caught.value)
    assert "console.viewers or console.speakers" in str(caught.value)


def test_a_viewer_who_speaks_is_told_that_speakers_may(play):
    _, console = play(more={("POST", "/stop"): (403, FORBIDDEN)})
    with pytest.raises(MissingRight, match="may not create services/proxy") as caught:
        console.do("stop", {"request": "x"})
    assert "(console.speakers in the chart's values)" in str(caught.value)


def test_a_token_names_who_asks_and_goes_in_a_header_of_its_own(play):
    played, console = play(more={("GET", "/why"): (200, {"queued": 0})})
    assert console.read("why") == console.read("why") == {"queued": 0}
    tokens = [body["spec"] for _, path, body, _ in played.asked if path.endswith("/token")]
    assert tokens == [{"audiences": ["openclaw-console", "openclaw-console:alice"], "expirationSeconds": 600}]
    _, path, _, headers = played.asked[-1]
    assert path == "/api/v1/namespaces/oc/services/oc-gateway-console:console/proxy/v1/threads/tg-n5-42/why"
    assert headers["X-Openclaw-Token"] == "t"
    assert "Authorization" not in headers


def test_a_gateway_that_does_not_lead_is_asked_again(play, monkeypatch):
    monkeypatch.setattr("kubectl_openclaw.console.PAUSE", 0.0)
    answers = [
        (503, {"error": "another", "reason": "not-leading"}),
        (503, {**FORBIDDEN, "reason": "x"}),
        (200, {"turn": 5}),
    ]
    played, console = play(more={("POST", "/say"): answers})
    assert console.do("say", {"request": "r", "text": "hi"}) == {"turn": 5}
    said = [body for _, path, body, _ in played.asked if path.endswith("/say")]
    assert said == [{"request": "r", "text": "hi"}] * 3, "it is the same request each time"


def test_a_request_whose_answer_was_lost_is_sent_again_under_its_id(play, monkeypatch):
    monkeypatch.setattr("kubectl_openclaw.console.PAUSE", 0.0)
    played, console = play(more={("POST", "/say"): [(200, {"turn": 5}), (502, {}), (200, {"turn": 5})]})
    answer, lost = played.getresponse, [True]

    def lose():
        if played.asked[-1][1].endswith("/say") and lost:
            played.found.pop(0)
            raise lost.pop() and http.client.RemoteDisconnected
        return answer()

    played.getresponse = lose
    assert console.do("say", {"request": "r", "text": "hi"}) == {"turn": 5}
    assert [body for _, path, body, _ in played.asked if path.endswith("/say")] == [{"request": "r", "text": "hi"}] * 3


def test_what_the_console_refuses_is_told_in_its_words(play):
    _, console = play(
        more={("POST", "/say"): (429, {"error": "You have asked as much as one may.", "reason": "console-turns"})}
    )
    with pytest.raises(Problem, match="as much as one may"):
        console.do("say", {})


def test_a_release_without_a_console_is_told_how_to_get_one(play):
    _, console = play(more={("GET", "/configmaps/openclaw-console-tg"): (404, {"kind": "Status"})})
    with pytest.raises(Problem, match=r"console\.enabled"):
        console.read("why")


def test_a_bot_whose_name_ends_with_a_number_is_found(play):
    played, _ = play(
        more={("GET", "/configmaps/openclaw-console-prod-2"): (200, {"data": DATA}), ("GET", "/why"): (200, {})}
    )
    assert Console(Cluster(["kubectl"]), "a", "prod-2-48151623").read("why") == {}
    assert played.asked[0][1].endswith("openclaw-console-prod")


def test_a_name_that_leads_elsewhere_is_none():
    for name in ("../x", "tg-1/../../x", "tg", "tg-0", "TG-1", "tg-1-2-x", "tg-1?x"):
        with pytest.raises(Problem, match="no name of an AgentThread"):
            Console(Cluster(["kubectl"]), "a", name)


def test_a_call_without_an_answer_is_told(monkeypatch):
    def fail(*_):
        raise http.client.RemoteDisconnected

    monkeypatch.setattr(module._Connection, "request", fail)
    with pytest.raises(Problem, match="does not answer"):
        Cluster(["kubectl"]).call("GET", "/", Right("get", "x"))


def test_a_kubectl_that_is_not_there_or_ends_is_told():
    with pytest.raises(Problem, match="plugin of kubectl"), Cluster(["no-such-kubectl-here"]):
        pass
    with pytest.raises(Problem, match="kubectl proxy ended"), Cluster(["false"]):
        pass

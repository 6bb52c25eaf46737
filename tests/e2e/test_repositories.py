"""A team's repository on the cluster: the agent clones, mends and pushes it, a tap lets the push through, and no key is in its pod."""

from __future__ import annotations

import base64
import json
import os

import pytest

from dev.cluster.node import BuiltinNode
from tests.e2e.conftest import NAME, NAMES
from tests.support.chat import wait
from tests.support.eventually import eventually_sync
from tests.support.forge_play import ADDRESS, SERVICE, find_keys, forge_beside, play, tap
from tests.support.forge_server import TOOLS_KEY, TOOLS_LOG
from tests.support.git_server import KEY
from tests.support.scene import Scene, bash, call, slowly
from tests.support.wiretap import listening

CLONE = f"git clone -q http://192.88.99.90/acme/api.git && cd api && ls; curl -s '{SERVICE}' | head -c 36"
FIX = (
    "cd api && echo fixed > rounding.txt && git add . && git -c user.name=Agent -c user.email=agent@example.org "
    "commit -qm 'Round refunds to whole cents' && git push origin HEAD:main; git push origin HEAD:agent/rounding"
)
TRY = "git clone -q http://192.88.99.90/acme/api.git cents && cd cents && python3 -m unittest 2>&1 | tail -1"
MEND = "cd cents && git checkout -qb agent/cents && sed -i 's/int(/round(/' refunds.py && python3 -m unittest 2>&1 | tail -1"
PUSH = "cd cents && git commit -qam 'Round refunds' && git push -q origin agent/cents"
LINE = (
    "cd cents && echo '- Refunds are whole cents.' > CHANGELOG.md && git add . && git commit -qm 'Name it in the changelog' "
    "&& git push -q origin agent/cents"
)
RED, BLUE = (f"cd api && echo {colour} > colour.txt" for colour in ("red", "blue"))
NOTE = (
    "cd api && git checkout -qb agent/note && echo 'Refunds are whole cents.' > NOTE.md && git add . && "
    "git commit -qm 'Say what refunds are' && git push -q origin agent/note && git log -1 --format='%an %cn'"
)
TEAM = {
    "repositories": [{"connection": "hub", "pattern": "acme/*", "access": "Write"}],
    "workspace": {
        "repositories": [{"connection": "hub", "repository": "acme/docs", "path": "handbook"}],
        "setup": [{"command": "cat api/refunds.py handbook/file0.txt > made.txt"}, {"command": "cd api && ./prepare"}],
    },
    "mcpServers": [{"connection": "tracker", "name": "issues", "tools": {"allow": ["add", "get-*"]}}],
    "skills": [{"configMap": "team-skills"}],
    "promptTemplates": [{"configMap": "team-prompts"}],
    "commands": [{"name": "review", "description": "Review a branch"}],
    "egress": "GatewayOnly",
}
GIVEN = {
    "team-skills": {"tidy.md": "---\nname: tidy\ndescription: tidies a folder up\n---\nThrow nothing away.\n"},
    "team-prompts": {"review.md": "---\ndescription: Review a branch\n---\nReview the branch $1 with care.\n"},
}
APIS = [{"connection": "files", "paths": ["acme/**"]}]
RULES = [{"connection": "lab", "pattern": "acme/api", "access": "Write", "approval": "Ask"}]


@pytest.fixture(scope="module")
def forge(system, tmp_path_factory):
    """A forge at a host of its own with a tool server beside it, and connections to them."""
    if os.geteuid() != 0 or not isinstance(system.release.cluster, BuiltinNode):
        pytest.skip("a host beside the node can only be put up by root where the node is this machine")
    with forge_beside(system, tmp_path_factory.mktemp("forge")) as server:
        yield server


@pytest.fixture
def team(system):
    """A class with all that a team gives its agents."""
    for name, data in GIVEN.items():
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        system.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    system.make_class("team", **TEAM)


def is_usable(system):
    """Say whether the class tells that its connection can be used."""
    told = ("get", "agentclass", "repositories", "-o", "jsonpath={.status.connections[0].usable}")
    return system.agents.kubectl(*told) == "True"


def read_menus(system, chat):
    """Return the menus of commands that were made for a chat."""
    return [menu for scope, menu in system.telegram.get("/sim/commands").items() if str(chat.chat) in scope]


def test_a_fix_is_pushed_by_a_tap(system, forge, chat):
    system.make_class("repositories", repositories=RULES, apis=APIS, egress="GatewayOnly")
    system.make_thread(chat, "repositories")
    scene = Scene(system, chat, NAMES)
    scene.teach({
        "Mend the rounding": [
            bash("Let me fetch the code.", CLONE), bash("Found it. I'll mend it and push.", FIX),
            slowly("The fix is on the branch **agent/rounding**."),
        ],
    })  # fmt: skip
    asked = scene.say("Mend the rounding of refunds in acme/api, please.")
    question = chat.wait_for_button("✓ Push", asked)
    assert "acme/api" in question["text"]
    assert "1 file, +1" in question["text"]
    assert "rounding.txt" in question["text"]
    assert "Round refunds to whole cents" in question["text"]
    assert forge.read("acme/api", "refs/heads/agent/rounding") == "", "nothing goes on before the tap"
    chat.pressed(chat.press(question["message_id"], "✓ Push"))
    scene.wait_for("The fix is on the branch", question["message_id"])
    scene.settle()
    told = str([r["body"]["messages"] for r in system.requests(scene.began)][-1:])
    assert forge.read("acme/api", "refs/heads/agent/rounding"), told
    assert "may not be changed by an agent" in told, "main is refused with words"
    assert "# service=git-upload-pack" in told, "a service is reached at a port of the pod, without a key"
    eventually_sync(lambda: is_usable(system), timeout=240)
    scene.show("push", "A push that waits", "The agent has no key; its push goes on when somebody taps.")
    assert find_keys(system, chat, KEY) == ["0"]


def test_from_an_empty_chat_to_a_merged_pull_request(system, forge, chat):
    rules = [{"connection": "hub", "pattern": "acme/*", "access": "Write", "approval": "Ask"}]
    system.make_class("pulls", repositories=rules, egress="GatewayOnly")
    system.make_thread(chat, "pulls")
    scene = Scene(system, chat, NAMES)
    asks = {"repository": "acme/api", "head": "agent/cents", "title": "Round refunds to whole cents"}
    answer = {"action": "comment", "repository": "acme/api", "number": 7, "body": "It is named there now."}
    scene.teach({
        "Mend the refunds": [
            bash("Let me run the tests.", TRY), bash("Half a cent is cut off. I'll mend that.", MEND),
            bash("The tests pass. I'll push.", PUSH), call("Now I ask for a review.", "open_pull_request", **asks),
            "It is fixed, and waits for a review.",
        ],
        "Name it in the changelog": [
            bash("I'll add a line.", LINE), call("I'll say so.", "pull_request", **answer),
            "The changelog names it, and I said so there.",
        ],
    })  # fmt: skip
    asked = scene.say("Mend the refunds in acme/api and open a pull request, please.")
    chat.wait_for_button("✓ Push", asked)
    with listening(system.address(system.pod(chat.thread)), KEY.encode()) as heard:
        pushed = tap(scene, "✓ Push", asked)
        tap(scene, "✓ Open it", pushed)
        scene.wait_for("It is fixed, and waits for a review.", asked)
        opened = scene.wait_for("Pull request opened: acme/api #7", asked)["message_id"]
        scene.settle()
        [pull] = play({"number": 7, "author": "grace", "state": "changes", "body": "Name it in the changelog, please."})
        assert (pull["title"], pull["head"]) == (asks["title"], asks["head"])
        assert pull["body"] == "---\nOpened by an agent for `Ada`."
        told = chat.wait_for_button("Let me answer", opened)
        assert "grace asks for changes." in told["text"]
        assert chat.pressed(chat.press(told["message_id"], "Let me answer")) == "I'm on it."
        tap(scene, "✓ Push", told["message_id"])
        scene.wait_for("The changelog names it, and I said so there.", told["message_id"])
        scene.settle()
        [pull] = play({"number": 7, "state": "merged"})
        assert [one.endswith(answer["body"]) for one in pull["comments"]] == [True]
        scene.wait_for("It is merged", told["message_id"])
        scene.ask("/pr", "merged")
        scene.ask("/diff", "CHANGELOG")
    scene.show(
        "pull-request",
        "From an empty chat to a merged pull request",
        "Two taps let a push and the pull request out; a review comes into the chat and is answered. The pod holds no key.",
        any_order=True,
    )
    assert find_keys(system, chat, KEY) == ["0"]
    assert heard.packets > 100
    assert heard.keys == 0


def test_a_topic_has_all_that_its_class_gives(system, forge, team):
    person = system.chat().person
    chat = system.chat(topic=61, person=person)
    system.make_thread(chat, "team")
    scene = Scene(system, chat, {person: "Ada"})
    scene.teach({
        "Look around": [
            bash("What is here?", "cat made.txt; ls"), call("I'll add.", "mcp__issues__add", a=2, b=3), "It is all here.",
        ],
        "Review the branch agent/cents with care": ["I read all of it."],
        "Paint it red": [bash("Red.", RED), "It is red."],
        "Paint it blue": [bash("Blue.", BLUE), "It is blue."],
    })  # fmt: skip
    scene.ask("/repo@demo_bot acme/api", "From now on I work with acme/api")
    asked = scene.say("@demo_bot Look around, please")
    scene.wait_for("acme/api is here, on branch main", asked)
    told = scene.wait_for("A step that prepares my workspace failed: cd api && ./prepare", asked)["text"]
    assert "No such file" in told
    scene.wait_for("It is all here.", asked)
    scene.settle()
    [first, *_, last] = [r["body"] for r in system.requests(scene.began)]
    assert "tidies a folder up" in first["messages"][0]["content"]
    assert {"mcp__issues__add", "mcp__issues__get_weather"} == {
        one for tool in first["tools"] if (one := tool["function"]["name"]).startswith("mcp__")
    }
    assert "def refund(cents)" in str(last["messages"])
    called = [json.loads(line) for line in (forge.folder / TOOLS_LOG).read_text().splitlines()][-1]
    assert (called["body"]["params"]["name"], called["key"]) == ("add", f"Bearer {TOOLS_KEY}")
    assert "'content': '5'" in str(last["messages"])
    scene.ask("/review@demo_bot agent/cents", "I read all of it.")
    wait(
        lambda: "review" in str(read_menus(system, chat)),
        "a menu with the command",
        show=lambda: read_menus(system, chat),
    )
    scene.ask("@demo_bot Paint it red", "It is red.")
    scene.ask("@demo_bot Paint it blue", "It is blue.")
    scene.wait_for("with this history and the files", scene.say("/fork@demo_bot"))
    assert find_keys(system, chat, KEY, TOOLS_KEY) == ["0"]
    system.end(chat)


def test_a_pull_request_is_opened_by_whoever_linked_an_account(system, forge, team, chat):
    system.make_thread(chat, "team")
    scene = Scene(system, chat, NAMES)
    asks = {"repository": "acme/api", "head": "agent/note", "title": "Say what refunds are"}
    scene.teach({
        "Write a note": [
            bash("I'll write it.", NOTE), call("Now I open it.", "open_pull_request", **asks), "It is there to be read.",
        ],
    })  # fmt: skip
    code = scene.ask("/link hub", "and enter")
    play({"state": "granted"})
    scene.wait_for(f"Linked: on {ADDRESS} you are ada.", code["message_id"])
    scene.ask("/repo acme/api", "From now on I work with acme/api")
    asked = scene.say("Write a note in acme/api, please, and open a pull request.")
    scene.wait_for("It is there to be read.", asked)
    pull = play()[-1]
    assert (pull["title"], pull["head"], pull["author"]) == (asks["title"], asks["head"], "ada")
    scene.wait_for(f"Pull request opened: acme/api #{pull['number']}", asked)
    scene.settle()
    scene.ask("/pr", asks["title"])
    sealing = base64.b64decode(system.release.get("secret", f"{NAME}-accounts")["data"]["keys"]).decode().split()
    assert find_keys(system, chat, KEY, TOOLS_KEY, "ghu_access", "ghu_refresh", "device-code-1", *sealing) == ["0"]
    scene.ask("/unlink", "Unlinked")

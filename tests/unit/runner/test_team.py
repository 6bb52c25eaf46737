"""What a class gives a team's agents, as pi is told of it, and the project's own file."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from agent_runner.dialogs import find_away
from agent_runner.pifiles import build_arguments
from agent_runner.piteam import build_servers, list_tools
from agent_runner.policy import read_subject
from agent_runner.projectfile import MOST_BYTES, build_instructions, read_project_file, write_instructions

CONFIG = {"thread": "tg-1", "run": 1, "gatewayUrl": "http://gw.ns.svc:8080/", "provider": "zai", "model": "glm-5.3"}
SERVERS = [
    {"name": "my-tracker", "connection": "tracker", "timeout": 30},
    {"name": "wiki", "connection": "docs", "exposure": "Deferred"},
]


def build(**config):
    return build_arguments({**CONFIG, **config}, "/s", "/s/x.jsonl")


def loaded(arguments):
    return [word for before, word in pairwise(arguments) if before == "-e" and ":" in word]


def test_servers_are_the_gateway_alone():
    assert build_servers({**CONFIG, "mcpServers": SERVERS})["mcpServers"] == {
        "my-tracker": {
            "url": "http://127.0.0.1:30100/mcp/tracker",
            "auth": {"provider": "zai"},
            "timeout": 30,
            "exposure": "direct",
        },
        "wiki": {
            "url": "http://127.0.0.1:30100/mcp/docs",
            "auth": {"provider": "zai"},
            "timeout": 10,
            "exposure": "deferred",
        },
    }
    assert build_servers(CONFIG) == {"mcpServers": {}}


def test_nothing_is_loaded_that_the_class_does_not_name():
    plain = build()
    assert {
        "--no-approve",
        "--no-skills",
        "--no-prompt-templates",
        "--no-extensions",
        "--no-mcp",
        "--no-context-files",
    } <= set(plain)
    assert loaded(plain) == []
    named = build(mcpServers=SERVERS, skills=["/a"])
    assert "--no-mcp" not in named
    assert {"--no-approve", "--no-skills", "--no-prompt-templates", "--no-extensions"} <= set(named)
    assert loaded(named) == ["builtin:mcp", "builtin:tool-search"]
    assert named[named.index("--skill") + 1] == "/a"


def test_extension_of_a_wanted_tool_is_loaded_alone():
    assert loaded(build(tools=["+codemode"])) == ["builtin:codemode"]
    assert "--no-extensions" in build(tools=["+codemode"])


def test_a_trusted_workspace_is_read_whole():
    trusted = build(trustWorkspace=True)
    assert "--approve" in trusted
    assert not {"--no-approve", "--no-skills", "--no-prompt-templates", "--no-extensions", "--no-mcp"} & set(trusted)


@pytest.mark.parametrize(
    ("tools", "found"),
    [
        ([], []),
        (["+grep"], ["+grep"]),
        (
            ["read"],
            ["read", "tool_search", "mcp__my_tracker__*", "mcp__wiki__*", "list_mcp_*", "read_mcp_*"],
        ),
    ],
)
def test_a_list_of_tools_has_those_of_the_servers(tools, found):
    assert list_tools({**CONFIG, "mcpServers": SERVERS}, tools) == found
    assert list_tools(CONFIG, tools) == tools


def test_the_first_file_counts_and_is_cut_at_a_line(tmp_path):
    assert read_project_file(str(tmp_path)).name == ""
    (tmp_path / "CLAUDE.md").write_text("later")
    (tmp_path / "AGENTS.md").write_text("a line\n" * MOST_BYTES)
    found = read_project_file(str(tmp_path))
    assert (found.name, found.cut) == ("AGENTS.md", True)
    assert len(found.text) <= MOST_BYTES
    assert found.text.endswith("a line\n")
    assert "beginning alone" in build_instructions("", found, "/workspace")


def test_a_link_within_counts_and_one_that_leads_out_does_not(tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "secret").write_text("secret")
    (workspace / "AGENTS.md").symlink_to("../secret")
    found = read_project_file(str(workspace))
    assert (found.text, found.problem) == ("", "it is a link that leads out of the workspace")
    (workspace / "AGENTS.md").unlink()
    (workspace / "CLAUDE.md").write_text("use tabs")
    (workspace / "AGENTS.md").symlink_to("CLAUDE.md")
    assert read_project_file(str(workspace)).text == "use tabs"


def test_what_is_no_file_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "AGENTS.md")
    assert read_project_file(str(tmp_path)).problem == "it is no plain file"


def test_the_class_comes_first(tmp_path):
    (tmp_path / "AGENTS.md").write_text("use tabs\0")
    target = tmp_path / "instructions"
    write_instructions(str(tmp_path), str(target), "Be brief.")
    assert target.read_text().startswith("Be brief.\n\n# The project's own instructions\n\n")
    assert target.read_text().endswith("use tabs")


def test_a_tool_of_a_server_is_judged_by_all_its_arguments():
    assert read_subject("write", {"path": "a", "content": "b"}) == "a"
    assert read_subject("mcp__files__write", {"path": "a", "content": "b"}) == '{"content": "b", "path": "a"}'


def test_pis_words_name_who_is_away():
    words = "MCP servers need attention:\n  dead: failed: fetch failed\n  other: needs sign-in\nRun /mcp to fix."
    assert find_away(words, ["dead", "fine"]) == ["dead"]

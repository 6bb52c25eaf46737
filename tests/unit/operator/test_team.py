"""What a class gives a team's agents, as its pods have it."""

from __future__ import annotations

import pytest

from agent_contract import names
from agent_contract.agentclass import AgentClass, AgentClassSpec
from agent_contract.agentthread import AgentThread, AgentThreadSpec, Reason
from agent_contract.team import NarrowerServer
from agent_operator.builders.checks import find_problem
from agent_operator.builders.job import build_thread_work
from agent_operator.builders.model import choose_model
from agent_operator.builders.team import build_commands, build_servers, build_sources, leave_servers, list_folders
from agent_operator.builders.volumes import build_mounts, build_volumes
from agent_operator.causes import explain_refusal
from agent_operator.classes import find_pod_problem
from tests.support.operator import make_config

CONFIG = make_config()
SPEC = {
    "mcpServers": [
        {"connection": "tracker", "tools": {"allow": ["get_*"]}},
        {"connection": "docs", "name": "wiki", "exposure": "CodeMode", "timeout": 30},
    ],
    "skills": [{"configMap": "team-skills"}, {"image": "registry.example/skills:7", "folder": "a/b"}],
    "promptTemplates": [{"configMap": "team-prompts"}],
    "commands": [
        {"name": "review", "description": "Review it"},
        {"name": "ship", "description": "Ship it", "skill": "release"},
    ],
}


def read(**spec):
    return AgentClassSpec.model_validate(spec)


def test_a_runner_is_told_of_servers_and_commands_and_not_of_their_tools():
    spec = read(**SPEC)
    assert [one.model_dump() for one in build_servers(spec)] == [
        {"name": "tracker", "connection": "tracker", "exposure": "Direct", "timeout": 10},
        {"name": "wiki", "connection": "docs", "exposure": "CodeMode", "timeout": 30},
    ]
    assert [(one.name, one.template, one.skill) for one in build_commands(spec)] == [
        ("review", "review", None),
        ("ship", None, "release"),
    ]


def test_a_runner_is_not_told_of_servers_that_were_taken_from_its_conversation():
    spec = read(**SPEC)
    assert leave_servers(spec, None) is spec
    assert [one.name for one in build_servers(leave_servers(spec, [NarrowerServer(connection="docs")]))] == ["wiki"]
    assert build_servers(leave_servers(spec, [])) == []


def test_a_conversations_own_job_has_the_servers_that_are_left_to_it():
    raw = {"channel": {"botId": 1, "chatId": 42}, "mcpServers": [{"connection": "tracker", "resources": False}]}
    thread = AgentThread(metadata={"name": "tg-42", "uid": "u"}, spec=AgentThreadSpec.model_validate(raw))
    model = choose_model(None, read(**SPEC), CONFIG)
    work = build_thread_work(thread, 1, read(**SPEC), model, CONFIG)
    assert [one.name for one in work.runner.mcp_servers] == ["tracker"]


def test_a_repository_is_no_volume_and_its_runner_fetches_it():
    repository = {"connection": "hub", "path": "acme/skills", "commit": "a" * 40}
    spec = read(skills=[{"configMap": "a"}, {"repository": repository, "folder": "team"}])
    assert [one.model_dump() for one in build_sources(spec)] == [
        {"path": "/run/agent/team/skills/1", "connection": "hub", "repository": "acme/skills", "commit": "a" * 40}
    ]
    assert list_folders(spec)[0][1] == "/run/agent/team/skills/1/team"
    assert not any(one.name == "skill-1" for one in (*build_volumes(spec, CONFIG), *build_mounts(spec, CONFIG)))


def test_each_source_is_a_volume_that_is_only_read():
    spec = read(**SPEC)
    volumes = {one.name: one for one in build_volumes(spec, CONFIG)}
    assert volumes["skill-0"].config_map.name == "team-skills"
    assert volumes["skill-1"].image.reference == "registry.example/skills:7"
    assert volumes["template-0"].config_map.name == "team-prompts"
    mounts = {one.name: one for one in build_mounts(spec, CONFIG)}
    assert mounts["skill-1"].mount_path == f"{names.TEAM_DIR}/skills/1"
    assert all(mounts[name].read_only for name in ("skill-0", "skill-1", "template-0"))
    assert list_folders(spec) == (
        [f"{names.TEAM_DIR}/skills/0", f"{names.TEAM_DIR}/skills/1/a/b"],
        [f"{names.TEAM_DIR}/templates/0"],
    )
    assert find_problem(spec) == ""


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"mcpServers": [{"connection": "a"}, {"connection": "a", "name": "b"}]}, "the connection a is named twice"),
        ({"mcpServers": [{"connection": "a"}, {"connection": "b", "name": "a"}]}, "the name a is named twice"),
        ({"skills": [{}]}, "must name one of configMap, image and repository"),
        ({"skills": [{"configMap": "a", "image": "b"}]}, "must name one of configMap, image and repository"),
        ({"promptTemplates": [{"configMap": "a", "folder": "b"}]}, "a ConfigMap has none"),
        ({"commands": [{"name": "stop", "description": "Stop it"}]}, "/stop is a command of the bot's own"),
        ({"commands": [{"name": "a", "description": "One"}, {"name": "a", "description": "Two"}]}, "a is named twice"),
        ({"commands": [{"name": "a", "description": "One", "template": "b", "skill": "c"}]}, "a template and a skill"),
    ],
)
def test_what_cannot_be_is_told_in_words(spec, words):
    assert words in find_problem(read(**spec))


def test_an_image_with_skills_is_one_that_classes_may_name():
    found = AgentClass.model_validate({"spec": {"skills": [{"image": "elsewhere.example/skills:1"}]}})
    config = make_config(allowed_images=["registry.example/*"])
    problem = find_pod_problem(found, config)
    assert problem is not None
    assert "The mounted image elsewhere.example/skills:1" in problem.message
    assert find_pod_problem(found, CONFIG) is None


def test_a_cluster_without_image_volumes_is_told_of_in_words():
    words = 'Job.batch "x" is invalid: spec.template.spec.volumes[3]: Required value: must specify a volume type'
    cause = explain_refusal(words)
    assert cause.reason is Reason.CREATE_REFUSED
    assert cause.message.startswith("This cluster mounts no images")
    assert words in cause.message

"""What a pod of a warm pool is made of, and when it is made of something else."""

from __future__ import annotations

import json

import pytest

from agent_contract import names
from agent_contract.runnerconfig import RunnerConfig
from agent_operator.builders.model import Model
from agent_operator.builders.plain import to_plain
from agent_operator.builders.warm import build_pool_job, find_cold
from tests.support.golden import assert_golden
from tests.support.operator import make_config, make_pool_class

MODEL = Model("zai", "glm-5")


def build(number=1, model=MODEL, config=None, gateway=(), **spec):
    return to_plain(build_pool_job(make_pool_class(**spec), number, model, config or make_config(), gateway))


def hash_of(job):
    return job["metadata"]["labels"][names.LABEL_POOL_HASH]


def test_a_pool_job_of_a_class_of_defaults():
    assert_golden("job-pool", build())


def test_it_is_of_nobody():
    job = build()
    pod = job["spec"]["template"]
    for labels in (job["metadata"]["labels"], pod["metadata"]["labels"]):
        assert labels[names.LABEL_POOL] == "default"
        assert labels[names.LABEL_POOL_HASH] == hash_of(job)
        assert not {names.LABEL_THREAD, names.LABEL_RUN, names.LABEL_SUBAGENT} & set(labels)
    (owner,) = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("AgentClass", "default", "class-uid")
    env = {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
    runner = RunnerConfig.model_validate_json(env[names.ENV_CONFIG].replace("$$", "$"))
    assert (runner.warm, runner.thread, runner.run, runner.model) == (True, "", 0, "glm-5")


def test_it_ends_by_itself_should_nobody_replace_it():
    job = build(warmPool={"replicas": 1, "maxAge": 300})
    assert job["spec"]["activeDeadlineSeconds"] == 900
    assert int(job["metadata"]["annotations"][names.ANNOTATION_ALLOWANCE]) > 3600


@pytest.mark.parametrize(
    "other",
    [
        {"image": "other:1"}, {"model": Model("zai", "glm-4")}, {"config": make_config(agent_image="runner:2")},
        {"instructions": "Be brief."}, {"egress": "GatewayOnly"}, {"timeouts": {"idle": 5}}, {"tools": ["read"]},
        {"config": make_config(agent_http_proxy="http://proxy:3128")}, {"resources": {"limits": {"memory": "2Gi"}}},
        {"env": [{"name": "A", "value": "b"}]}, {"podMetadata": {"labels": {"team": "a"}}},
    ],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_all_that_reaches_a_pod_counts(other):
    assert hash_of(build(**other)) != hash_of(build())


@pytest.mark.parametrize(
    "other",
    [{"number": 7}, {"gateway": ("10.0.0.7",)}, {"warmPool": {"replicas": 9, "maxAge": 600}}, {"budgets": {}},
     {"subAgents": {"maxDepth": 3}}, {"ttlSecondsAfterFinished": {"job": 7200}}],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_what_reaches_no_pod_does_not(other):
    assert hash_of(build(**other)) == hash_of(build())


def test_the_gateways_address_counts_where_a_pod_has_no_other_way_to_it():
    assert hash_of(build(egress="GatewayOnly", gateway=("10.0.0.7",))) != hash_of(
        build(egress="GatewayOnly", gateway=("10.0.0.8",))
    )


def test_the_hash_is_the_same_in_another_process():
    # it stands in labels, and an operator that computed another one would replace every pod at its start
    job = build()
    assert hash_of(job) == hash_of(json.loads(json.dumps(build(number=3))))
    assert len(hash_of(job)) == 16


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({}, None),
        ({"workspace": {"storageClassName": "fast"}}, "OwnVolume"),
        ({"skills": [{"repository": {"connection": "hub", "path": "a/b", "commit": "a" * 40}}]}, "OwnSources"),
        ({"skills": [{"configMap": "skills"}]}, None),
    ],
)
def test_classes_whose_conversations_only_start_cold_say_why(spec, why):
    found = find_cold(make_pool_class(**spec))
    assert (found[0] if found else None) == why


def test_a_name_that_no_label_can_have():
    assert find_cold(make_pool_class(name="a" * 64))[0] == "NameTooLong"

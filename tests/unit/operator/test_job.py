from __future__ import annotations

import json

import pytest
from kubernetes_asyncio.client import ApiClient, Configuration

from agent_contract import names
from agent_contract.runnerconfig import RunnerConfig
from agent_operator.builders.job import build_job, build_subagent_work, build_thread_work
from agent_operator.builders.model import Model, choose_model
from agent_operator.builders.placement import build_placement
from tests.support.golden import assert_golden
from tests.support.operator import UID, make_class, make_config, make_subagent, make_thread

FULL = {
    "model": {"provider": "moonshotai", "name": "kimi-k2", "thinking": "high"},
    "image": "registry.example/agents/own:3",
    "imagePullPolicy": "Always",
    "resources": {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "4", "memory": "4Gi"}},
    "workspace": {"size": "20Gi", "storageClassName": "fast"},
    "timeouts": {"start": 60, "turn": 100, "idle": 30, "run": 1000, "grace": 5},
    "ttlSecondsAfterFinished": {"job": 7200},
    "egress": "GatewayOnly",
    "runtimeClassName": "kata",
    "scheduling": {
        "nodeSelector": {"pool": "agents"},
        "tolerations": [{"key": "agents", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}
                    ]
                }
            },
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 50, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}
                ]
            },
        },
        "topologySpreadConstraints": [
            {"topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "priorityClassName": "low",
        "schedulerName": "packing",
    },
    "podMetadata": {
        "labels": {"kueue.x-k8s.io/queue-name": "agents"},
        "annotations": {"karpenter.sh/do-not-disrupt": "true"},
    },
    "imagePullSecrets": ["pull-2", "own"],
    "securityContext": {"ids": "Platform"},
    "env": [{"name": "PIP_INDEX_URL", "value": "https://packages.example/$(simple)"}],
    "mounts": [
        {"configMap": "settings", "mountPath": "/etc/company"},
        {"configMap": "pip", "key": "pip.conf", "mountPath": "/etc/pip.conf", "optional": True},
    ],
    "tools": ["read", "bash"],
    "instructions": "Answer in verse.",
}
MODEL = Model("zai", "glm-5")


async def as_json(job):
    client = ApiClient(Configuration())
    try:
        return client.sanitize_for_serialization(job)
    finally:
        await client.close()


async def build(spec=None, run=1, model=MODEL, config=None, **thread):
    made, config = make_class(**(spec or {})).spec, config or make_config()
    return await as_json(
        build_job(build_thread_work(make_thread(run, **thread), run, made, model, config), made, config)
    )


async def test_a_job_of_a_class_of_defaults():
    assert_golden("job-default", await build())


async def test_a_job_of_a_class_that_says_everything():
    config = make_config(image_pull_secrets=["pull-1", "pull-2"], service_account="other")
    model = choose_model(None, make_class(**FULL).spec, config)
    assert_golden("job-full", await build(FULL, run=7, model=model, config=config))


@pytest.mark.parametrize("spec", [{}, FULL], ids=["default", "full"])
async def test_the_pod_is_restricted(spec):
    pod = (await build(spec))["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert "initContainers" not in pod
    assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & set(pod)
    assert {kind for volume in pod["volumes"] for kind in volume if kind != "name"} <= {
        "emptyDir", "ephemeral", "projected", "configMap",
    }  # fmt: skip
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    ids = {name: security.get(name) for name in ("runAsUser", "runAsGroup", "fsGroup")}
    assert set(ids.values()) == {None if spec else names.RUN_AS}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    own = container["securityContext"]
    assert own == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert "ports" not in container


@pytest.mark.parametrize("spec", [{}, FULL], ids=["default", "full"])
async def test_the_pod_has_one_token_for_us_alone_and_no_secret(spec):
    pod = (await build(spec))["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    (sources,) = [v["projected"]["sources"] for v in pod["volumes"] if "projected" in v]
    assert sources == [
        {"serviceAccountToken": {"audience": "openclaw-gateway", "expirationSeconds": 600, "path": "token"}}
    ]
    assert {e["name"] for e in pod["containers"][0]["env"]} - {"PIP_INDEX_URL"} == {names.ENV_CONFIG, "HOME"}
    assert not any("valueFrom" in e for e in pod["containers"][0]["env"])
    assert "envFrom" not in pod["containers"][0]


async def test_a_pod_with_a_name_service_asks_it_nothing_about_the_gateway():
    made, config = make_class().spec, make_config()
    work = build_thread_work(make_thread(1), 1, made, MODEL, config)
    pod = (await as_json(build_job(work, made, config, ("10.96.0.7",))))["spec"]["template"]["spec"]
    assert pod["hostAliases"] == [{"ip": "10.96.0.7", "hostnames": ["gateway.agents.svc"]}]
    assert "dnsPolicy" not in pod


async def test_a_pod_without_the_internet_has_no_name_service_but_knows_the_gateway():
    made, config = make_class(egress="GatewayOnly").spec, make_config()
    work = build_thread_work(make_thread(1), 1, made, MODEL, config)
    pod = (await as_json(build_job(work, made, config, ("10.96.0.7", "fd00::7"))))["spec"]["template"]["spec"]
    assert (pod["dnsPolicy"], pod["dnsConfig"]) == ("None", {"nameservers": ["127.0.0.1"]})
    names_of = {alias["ip"]: alias["hostnames"] for alias in pod["hostAliases"]}
    assert names_of == {"10.96.0.7": ["gateway.agents.svc"], "fd00::7": ["gateway.agents.svc"]}
    usual = (await build())["spec"]["template"]["spec"]
    assert not {"dnsPolicy", "hostAliases"} & usual.keys()
    assert "nameservers" not in usual["dnsConfig"]


@pytest.mark.parametrize(
    ("spec", "requested", "limit"),
    [
        ({}, "1Gi", "9984Mi"),  # the work volume with what it has to spare, the runner's own, logs
        ({"workspace": {"size": "16Gi"}}, "1Gi", "19200Mi"),
        ({"workspace": {"size": "1Gi"}}, "1Gi", "2304Mi"),
        ({"workspace": {"size": "16Gi", "storageClassName": "fast"}}, "768Mi", "768Mi"),
        ({"resources": {"limits": {"memory": "1Gi", "ephemeral-storage": "100Mi"}}}, "100Mi", "100Mi"),
        ({"resources": {"requests": {"ephemeral-storage": "3Gi"}}}, "3Gi", "9984Mi"),
    ],
)
async def test_every_run_has_its_part_of_the_nodes_disk(spec, requested, limit):
    resources = (await build(spec))["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources["requests"]["ephemeral-storage"] == requested
    assert resources["limits"]["ephemeral-storage"] == limit


async def test_agents_have_the_priority_of_their_class_or_the_operators():
    config = make_config(priority_class="low-agents")
    pods = [(await build(spec, config=config))["spec"]["template"]["spec"] for spec in ({}, FULL)]
    assert [pod["priorityClassName"] for pod in pods] == ["low-agents", "low"]


async def test_the_runner_does_not_start_where_agents_write():
    pod = (await build())["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["workingDir"] == "/"


async def test_a_run_is_started_once():
    spec = (await build())["spec"]
    assert spec["backoffLimit"] == 0
    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["ttlSecondsAfterFinished"] >= 3600


async def test_the_deadline_is_the_sum_of_all_that_may_last():
    times = {"start": 10, "run": 20, "turn": 3, "turnMax": 100, "turnExtra": 1000, "grace": 4}
    spec = (await build({"timeouts": times}))["spec"]
    assert spec["activeDeadlineSeconds"] == 10 + 20 + 100 + 1000 + 4
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 4


async def test_the_owner_is_the_thread_by_its_uid():
    meta = (await build())["metadata"]
    assert meta["ownerReferences"] == [
        {
            "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentThread", "name": "tg-42", "uid": UID,
            "controller": True, "blockOwnerDeletion": True,
        }
    ]  # fmt: skip


async def test_the_runner_reads_what_the_operator_writes():
    pod = (await build(FULL))["spec"]["template"]["spec"]
    (text,) = [e["value"] for e in pod["containers"][0]["env"] if e["name"] == names.ENV_CONFIG]
    config = RunnerConfig.model_validate(json.loads(text.replace("$$", "$")))
    assert (config.thread, config.run, config.gateway_url) == ("tg-42", 1, "http://gateway.agents.svc:8080")
    assert (config.timeouts.turn, config.tools, config.instructions) == (100, ["read", "bash"], "Answer in verse.")


@pytest.mark.parametrize(
    ("own", "of_class", "chosen"),
    [
        (None, {}, Model("zai", "glm-5", None)),
        (None, {"provider": "moonshotai", "name": "kimi"}, Model("moonshotai", "kimi", None)),
        (None, {"name": "glm-6"}, Model("zai", "glm-6", None)),
        ({"provider": "local", "name": "q"}, {"provider": "moonshotai", "name": "kimi"}, Model("local", "q", None)),
        ({"name": "k3"}, {"provider": "moonshotai", "name": "kimi"}, Model("moonshotai", "k3", None)),
        ({"thinking": "low"}, {"thinking": "high"}, Model("zai", "glm-5", "low")),
        (None, {"thinking": "high"}, Model("zai", "glm-5", "high")),
        ({"provider": "local"}, {"provider": "moonshotai", "name": "kimi"}, None),
        (None, {"provider": "moonshotai"}, None),
    ],
)
def test_whose_model_counts(own, of_class, chosen):
    assert choose_model(make_thread(1, model=own).spec.model, make_class(model=of_class).spec, make_config()) == chosen


def test_nobody_names_a_model():
    config = make_config(default_provider="", default_model="")
    assert choose_model(None, make_class().spec, config) is None


async def test_a_job_of_a_sub_agent():
    spec = make_class().spec
    sub = make_subagent(timeout_seconds=90, labels={names.LABEL_THREAD: "tg-42"})
    job = await as_json(build_job(build_subagent_work(sub, 1, spec, MODEL, make_config()), spec, make_config()))
    assert_golden("job-subagent", job)
    assert job["spec"]["activeDeadlineSeconds"] == 120 + 90 + 10


async def test_a_sub_agent_made_by_hand_claims_no_thread():
    spec = make_class().spec
    work = build_subagent_work(make_subagent(name="nightly"), 1, spec, MODEL, make_config())
    assert work.labels == {names.LABEL_SUBAGENT: "nightly", names.LABEL_RUN: "1"}


@pytest.mark.parametrize(
    ("own", "seconds"),
    [
        ([], {"not-ready": 30, "unreachable": 30}),
        (
            [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 600}],
            {"not-ready": 30, "unreachable": 600},
        ),
        ([{"operator": "Exists"}], {}),
    ],
    ids=["ours", "one of the class", "the class tolerates all"],
)
def test_what_a_class_says_of_a_node_that_is_away_wins(own, seconds):
    spec = make_class(scheduling={"tolerations": own}).spec
    found = build_placement(spec, make_config())["tolerations"]
    assert {t.key.rpartition("/")[2]: t.toleration_seconds for t in found if t.key} == seconds

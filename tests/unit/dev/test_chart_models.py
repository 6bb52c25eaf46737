"""The chart's model providers: gateway and operator are told of the same, the operator without keys."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from agent_contract.modelcards import ProviderCard
from agent_gateway.models.settings import ProviderSettings
from dev.chart import CHART
from dev.cluster.build import build

VALUES = {
    "demo": {"enabled": True},
    "llm": {
        "apiKey": "first",
        "providers": [
            {"name": "anthropic", "apiKey": "second", "models": ["claude"]},
            {
                "name": "local",
                "api": "openai-responses",
                "baseUrl": "http://x/v1",
                "existingSecret": {"name": "mine", "key": "k"},
                "callsAtOnce": 3,
                "models": [{"name": "q", "contextWindow": 262144, "maxTokens": 1000000}],
            },
        ],
        "fallbackModels": [{"provider": "anthropic", "name": "claude"}],
    },
}


def render(tmp_path, values):
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    done = subprocess.run(
        [build() / "helm", "template", "oc", CHART, "-f", path], check=True, capture_output=True, text=True
    )
    return {(d["kind"], d["metadata"]["name"]): d for d in yaml.safe_load_all(done.stdout) if d}


def environment(objects, name):
    container = objects["Deployment", name]["spec"]["template"]["spec"]["containers"][0]
    return {one["name"]: one.get("value") for one in container["env"]}


def test_several_providers_reach_gateway_and_operator(tmp_path):
    objects = render(tmp_path, VALUES)
    gateway, operator = environment(objects, "oc-gateway"), environment(objects, "oc-operator")
    settings = [ProviderSettings.model_validate(one) for one in json.loads(gateway["LLM_PROVIDERS"])]
    cards = [ProviderCard.model_validate(one) for one in json.loads(operator["OPERATOR_PROVIDERS"])]
    assert [(one.name, one.api, one.models) for one in settings] == [(one.name, one.api, one.models) for one in cards]
    assert [one.calls_at_once for one in settings] == [32, 3]
    assert "second" not in str(objects["Deployment", "oc-gateway"]) + str(objects["Deployment", "oc-operator"])
    assert gateway["LLM_FALLBACK_MODELS"] == operator["OPERATOR_FALLBACK_MODELS"]
    pod = objects["Deployment", "oc-gateway"]["spec"]["template"]["spec"]
    mounts = {one["mountPath"]: one["name"] for one in pod["containers"][0]["volumeMounts"]}
    volumes = {one["name"]: one for one in pod["volumes"]}
    secrets = [volumes[mounts[str(one.api_key_file.parent)]]["secret"] for one in settings]
    assert [(one["secretName"], one["items"][0]["key"]) for one in secrets] == [
        ("oc-llm-anthropic", "api-key"),
        ("mine", "k"),
    ]
    assert objects["Secret", "oc-llm-anthropic"]["stringData"] == {"api-key": "second"}


def test_one_provider_needs_nothing_of_it(tmp_path):
    objects = render(tmp_path, {"demo": {"enabled": True}})
    gateway, operator = environment(objects, "oc-gateway"), environment(objects, "oc-operator")
    assert not {"LLM_PROVIDERS", "LLM_FALLBACK_MODELS"} & gateway.keys()
    assert not {"OPERATOR_PROVIDERS", "OPERATOR_FALLBACK_MODELS"} & operator.keys()
    assert gateway["LLM_API"] == operator["OPERATOR_DEFAULT_API"] == "openai-completions"


@pytest.mark.parametrize(
    "wrong", [{"name": "x", "models": []}, {"name": "x", "apiKey": "k", "models": [], "odd": 1}, {"name": "A"}]
)
def test_a_provider_without_a_key_or_with_odd_fields_is_refused(tmp_path, wrong):
    with pytest.raises(subprocess.CalledProcessError):
        render(tmp_path, {"demo": {"enabled": True}, "llm": {"apiKey": "k", "providers": [wrong]}})

from __future__ import annotations

import pytest
import yaml

from agent_contract import crd, names

FILES = {path.stem: text for path, text in crd.build_files().items()}
SCALARS = {"string", "integer", "number", "boolean"}


def schema(plural):
    return yaml.safe_load(FILES[plural])["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def nodes(node, path="$"):
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}.{key}")


def keys(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys(item)
    if isinstance(value, list):
        for item in value:
            yield from keys(item)


@pytest.mark.parametrize("path", crd.build_files(), ids=lambda p: p.name)
def test_the_files_are_what_the_models_say(path):
    assert path.read_text() == crd.build_files()[path], "run `make generate`"


def test_a_stale_file_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(crd, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["crd"])
    assert crd.main() == 1
    assert "crds/agentthreads.yaml is stale" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["crd", "--write"])
    assert crd.main() == 0
    monkeypatch.setattr("sys.argv", ["crd"])
    assert crd.main() == 0


@pytest.mark.parametrize("plural", FILES)
def test_schemas_are_structural(plural):
    root = schema(plural)
    assert not {"$ref", "$defs", "title", "anyOf", "oneOf", "const", "allOf"} & (
        set(keys(root)) - {name for _, node in nodes(root) for name in node.get("properties", {})}
    )
    for path, node in nodes(root):
        assert node.get("type") in SCALARS | {"object", "array"}, path


@pytest.mark.parametrize("plural", FILES)
def test_everything_is_bounded(plural):
    for path, node in nodes(schema(plural)):
        if path in {"$.apiVersion", "$.kind"}:
            continue  # the API server's own
        if node["type"] == "string":
            assert "maxLength" in node or "enum" in node or node.get("format") == "date-time", path
        if node["type"] == "array":
            assert "maxItems" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path
        if node["type"] == "integer":
            assert node["format"] in {"int32", "int64"}, path
            assert "maximum" in node, path


@pytest.mark.parametrize("plural", FILES)
def test_every_field_is_explained(plural):
    for path, node in nodes(schema(plural)):
        if path.startswith(("$.spec", "$.status")) and not path.endswith((".items", ".additionalProperties")):
            assert node.get("description", "").endswith("."), path
            assert "_" not in node["description"], path


@pytest.mark.parametrize("plural", FILES)
def test_a_default_is_of_its_own_type(plural):
    types = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
    for path, node in nodes(schema(plural)):
        if "default" in node:
            assert isinstance(node["default"], types[node["type"]]), path


def test_channel_is_required_and_cannot_change():
    spec = schema("agentthreads")["properties"]["spec"]
    assert spec["required"] == ["channel"]
    assert spec["properties"]["channel"]["required"] == ["botId", "chatId"]
    assert spec["properties"]["channel"]["x-kubernetes-validations"][0]["rule"] == "self == oldSelf"


@pytest.mark.parametrize(
    ("plural", "short", "columns"),
    [
        ("agentthreads", "at", ["Title", "Phase", "Run", "Reason", "Age"]),
        ("agentclasses", "ac", ["Provider", "Model", "Accepted", "Warm", "Unusable", "Age"]),
        ("agentschedules", "asch", ["Thread", "Cron", "Suspend", "Active", "Last", "Next", "Age"]),
    ],
)
def test_what_kubectl_shows(plural, short, columns):
    definition = yaml.safe_load(FILES[plural])
    assert definition["metadata"]["name"] == f"{plural}.{names.GROUP}"
    assert definition["spec"]["names"]["shortNames"] == [short]
    assert definition["spec"]["names"]["categories"] == ["openclaw"]
    version = definition["spec"]["versions"][0]
    assert [c["name"] for c in version["additionalPrinterColumns"] if "priority" not in c] == columns
    assert version["subresources"] == {"status": {}}


@pytest.mark.parametrize("plural", FILES)
def test_conditions_are_a_map_by_type(plural):
    conditions = schema(plural)["properties"]["status"]["properties"]["conditions"]
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert "default" not in conditions


@pytest.mark.parametrize("field", ["run", "stop"])
def test_run_and_stop_only_grow_and_leave_room_for_the_next(field):
    spec = schema("agentthreads")["properties"]["spec"]
    assert spec["properties"][field]["maximum"] == 2147483000
    (rule,) = [rule for rule in spec["x-kubernetes-validations"] if rule["message"] == f"{field} only grows"]
    assert f"self.{field} >= oldSelf.{field}" in rule["rule"]

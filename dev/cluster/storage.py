"""Local volumes for claims of the node's default StorageClass; pure but for the folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROVISIONER = "openclaw.dev/local"
CLASS = "standard"
_SELECTED_NODE = "volume.kubernetes.io/selected-node"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


def wants_volume(claim: Mapping[str, Any]) -> bool:
    """Say whether a claim is ours, unbound, and has its node."""
    spec, metadata = claim["spec"], claim["metadata"]
    return (
        spec.get("storageClassName") == CLASS
        and not spec.get("volumeName")
        and _SELECTED_NODE in metadata.get("annotations", {})
        and "deletionTimestamp" not in metadata
    )


def volume_name(claim: Mapping[str, Any]) -> str:
    """Name the claim's volume; the same claim always has the same."""
    return f"pvc-{claim['metadata']['uid']}"


def build_volume(claim: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Build the PersistentVolume of a claim at a folder of the node."""
    node = claim["metadata"]["annotations"][_SELECTED_NODE]
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    reference = {k: claim["metadata"][k] for k in ("name", "namespace", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": volume_name(claim), "annotations": {_PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": CLASS,
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
            "local": {"path": path},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
        },
    }


def is_released(volume: Mapping[str, Any]) -> bool:
    """Say whether a volume is ours and its claim is gone."""
    ours: bool = volume["metadata"].get("annotations", {}).get(_PROVISIONED_BY) == PROVISIONER
    return ours and bool(volume.get("status", {}).get("phase") == "Released")

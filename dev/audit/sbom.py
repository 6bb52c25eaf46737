"""Write a CycloneDX list of an image's packages; run by the audit's own Python: `sbom.py NAME TAG < components > bom.json`."""

from __future__ import annotations

import json
import sys

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL


def write(name: str, tag: str, found: list[dict[str, str]]) -> str:
    """Return the list as JSON of CycloneDX 1.6."""
    bom = Bom()
    bom.metadata.component = Component(name=name, version=tag, type=ComponentType.CONTAINER, bom_ref=f"{name}:{tag}")
    for one in found:
        group, _, plain = one["name"].rpartition("/")
        namespace = "debian" if one["kind"] == "deb" else group or None
        qualifiers = {"arch": one["architecture"]} if one["architecture"] else None
        url = PackageURL(one["kind"], namespace, plain, one["version"], qualifiers)
        bom.components.add(Component(name=one["name"], version=one["version"], purl=url, bom_ref=str(url)))
    bom.register_dependency(bom.metadata.component, bom.components)
    return str(JsonV1Dot6(bom).output_as_string(indent=1))


if __name__ == "__main__":
    sys.stdout.write(write(sys.argv[1], sys.argv[2], json.load(sys.stdin)))

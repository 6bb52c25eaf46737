"""Processes, volumes and images of the built-in node."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile

from dev.cluster import storage
from dev.cluster.process import Background
from dev.cluster.scratch_image import write_image
from tests.support.eventually import eventually_sync


def claim(**more):
    annotations = {"volume.kubernetes.io/selected-node": "node1"}
    return {
        "metadata": {"name": "data", "namespace": "a", "uid": "u1", "annotations": annotations},
        "spec": {
            "storageClassName": "standard", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}, **more,
        },
    }  # fmt: skip


def test_a_claim_wants_a_volume_once_it_has_its_node():
    assert storage.wants_volume(claim())
    assert not storage.wants_volume(claim(volumeName="pvc-u1"))
    assert not storage.wants_volume(claim(storageClassName="other"))
    waiting = claim()
    waiting["metadata"]["annotations"] = {}
    assert not storage.wants_volume(waiting)


def test_a_volume_is_bound_to_its_claim_and_node():
    volume = storage.build_volume(claim(), "/volumes/x")
    assert volume["spec"]["claimRef"]["uid"] == "u1"
    assert volume["spec"]["local"]["path"] == "/volumes/x"
    assert not storage.is_released(volume)
    assert storage.is_released({**volume, "status": {"phase": "Released"}})


def test_a_process_is_started_once_found_again_and_ended(tmp_path):
    process = Background(tmp_path, "sleeper")
    process.start([sys.executable, "-c", "import time; time.sleep(600)"])
    pid = process.pid()
    process.start(["false"])
    assert process.pid() == pid
    assert Background(tmp_path, "sleeper").pid() == pid
    process.stop()
    assert process.pid() is None


def test_an_id_used_again_by_another_program_is_never_ended(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        try:
            (tmp_path / "pid").mkdir()
            (tmp_path / "pid" / "sleeper").write_text(f"{other.pid} 1")
            process = Background(tmp_path, "sleeper")
            assert process.pid() is None
            process.stop()
            assert other.poll() is None
        finally:
            other.kill()


def test_what_a_process_says_is_kept(tmp_path):
    process = Background(tmp_path, "talker")
    process.start([sys.executable, "-c", "print('hello')"])
    eventually_sync(lambda: "hello" in process.tail())
    eventually_sync(lambda: process.pid() is None)
    process.stop()


def test_an_image_of_one_program_reads_as_a_docker_archive(tmp_path):
    program = tmp_path / "tool"
    program.write_bytes(b"program")
    write_image(tmp_path / "x.tar", "localhost/x:1", program, "tool")
    with tarfile.open(tmp_path / "x.tar") as archive:
        (manifest,) = json.load(archive.extractfile("manifest.json"))
        assert manifest["RepoTags"] == ["localhost/x:1"]
        config = json.load(archive.extractfile(manifest["Config"]))
        layer = archive.extractfile("layer.tar").read()
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert config["config"]["Entrypoint"] == ["/tool"]

"""A port that is forwarded by a played kubectl: one that is too early, and one that ends."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace

import pytest

import dev.release
from dev.release import CommandFailedError, Release
from tests.support.eventually import eventually_sync

KUBECTL = """#!/bin/sh
echo "$$ $*" >> {calls}
if [ "$(wc -l < {calls})" -le {early} ]; then echo 'error: unable to forward port: the pod is Pending' >&2; exit 1; fi
echo 'Forwarding from 127.0.0.1:4711 -> 9090'
exec sleep 60
"""


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Return a release whose kubectl cannot forward so often, and what returns the calls of it: process and ports."""
    monkeypatch.setattr(dev.release, "_PAUSE", 0.01)

    def play(early):
        program, calls = tmp_path / "kubectl", tmp_path / "calls"
        program.write_text(KUBECTL.format(calls=calls, early=early))
        program.chmod(0o755)
        cluster = SimpleNamespace(kubectl=program, kubeconfig=tmp_path / "config")
        return Release(cluster, "ns", "oc"), lambda: [
            (int(words[0]), words[-1]) for line in calls.read_text().splitlines() if (words := line.split())
        ]

    return play


def test_a_pod_that_is_not_seen_to_run_yet_is_tried_again(play):
    release, calls = play(early=2)
    with release.forward("pod/one", 9090) as port:
        assert port == 4711
    assert [ports for _, ports in calls()] == [":9090"] * 3


def test_where_kubectl_ends_the_same_port_is_forwarded_again(play):
    release, calls = play(early=0)
    with release.forward("service/one", 9090):
        os.kill(calls()[0][0], signal.SIGTERM)
        eventually_sync(lambda: len(calls()) == 2)
        assert calls()[1][1] == "4711:9090"
    for process, _ in calls():
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_what_is_tried_once_is_told_at_once(play):
    release, calls = play(early=9)
    with pytest.raises(CommandFailedError, match="the pod is Pending"), release.forward("pod/one", 9090, tries_for=0):
        pass
    assert len(calls()) == 1

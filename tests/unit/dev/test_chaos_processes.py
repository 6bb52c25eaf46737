"""Processes of containers are found, killed and frozen; whom a fault strikes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dev.chaos.faultplan import Target
from dev.chaos.inject import _choose
from dev.chaos.network import Server, _build_rules, read_server
from dev.chaos.parts import _read_running
from dev.chaos.processes import NotHereError, Process, find_processes, freeze, kill
from tests.support.eventually import eventually_sync

CONTAINER = "c" * 64


def note(proc: Path, pid: int, inner: int, parent: int, container: str = CONTAINER) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "cgroup").write_text(f"0::/kubepods/burstable/podx/{container}\n")
    (folder / "status").write_text(f"Name:\tpython\nPPid:\t{parent}\nNSpid:\t{pid}\t{inner}\n")


def test_the_processes_of_a_container_come_with_the_main_one_first(tmp_path):
    note(tmp_path, 30, 7, 20)
    note(tmp_path, 20, 1, 5)
    note(tmp_path, 40, 1, 5, container="d" * 64)
    (tmp_path / "50").mkdir()  # it has ended while it was read
    (tmp_path / "meminfo").write_text("")
    found = find_processes(CONTAINER, tmp_path)
    assert [(p.pid, p.inner, p.parent) for p in found] == [(20, 1, 5), (30, 7, 20)]
    with pytest.raises(NotHereError):
        find_processes("e" * 64, tmp_path)


def test_a_container_whose_main_process_is_gone_is_not_here(tmp_path):
    note(tmp_path, 30, 7, 20)
    with pytest.raises(NotHereError):
        find_processes(CONTAINER, tmp_path)


def test_pi_is_the_runners_child():
    runner, pi, tool = Process(20, 1, 5, "python"), Process(30, 7, 20, "node"), Process(40, 9, 30, "sleep")
    assert _choose((runner, pi, tool), Target.RUNNER) == runner
    assert _choose((runner, pi, tool), Target.PI) == pi
    with pytest.raises(NotHereError):
        _choose((runner,), Target.PI)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_a_process_stands_still_for_a_time_and_goes_on():
    program = "import time\nwhile True: time.sleep(0.01)"
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        own = Process(process.pid, 1, 0, "python")
        freezing = threading.Thread(target=freeze, args=((own, Process(999_999_999, 2, 1, "gone")), 1.0))
        freezing.start()
        eventually_sync(lambda: state_of(process.pid) == "T")
        freezing.join()
        eventually_sync(lambda: state_of(process.pid) != "T")
        kill(own)
        assert process.wait() == -9
    with pytest.raises(NotHereError):
        kill(own)


def test_a_pod_that_starts_or_ends_is_struck_by_nothing():
    running = {"state": {"running": {}}, "containerID": "containerd://abc"}
    item = {"metadata": {"name": "p"}, "status": {"containerStatuses": [running]}}
    assert _read_running(item).container == "abc"
    assert _read_running({**item, "metadata": {"name": "p", "deletionTimestamp": "now"}}) is None
    assert _read_running({**item, "status": {}}) is None
    assert _read_running({**item, "status": {"containerStatuses": [{"state": {"waiting": {}}}]}}) is None


def test_the_rules_concern_the_api_server_alone():
    server = read_server("10.96.0.1 443")
    assert server == Server("10.96.0.1", 443)
    hang, refuse = _build_rules(server, "drop"), _build_rules(server, "reject with tcp reset")
    assert "ip daddr 10.96.0.1 tcp dport 443 drop" in hang
    assert "ip saddr 10.96.0.1 tcp sport 443 drop" in hang
    assert "ip daddr 10.96.0.1 tcp dport 443 reject with tcp reset" in refuse
    assert "tcp sport 443 accept" in refuse

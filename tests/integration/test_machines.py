"""Machines of a cluster that has several: each is alone, can be cut off and switched off, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dev.cluster.layout import Layout
from dev.cluster.machine import Machine, first_process
from dev.cluster.nodes import build_machine, make_switch, remove_switch
from dev.cluster.process import Background
from tests.support.eventually import eventually_sync

NUMBER = 61
"""No cluster has it: theirs end at sixty."""
_TOOLS = ("ip", "nft", "unshare", "nsenter")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(shutil.which(tool) for tool in _TOOLS), reason="making namespaces needs root and tools"
)


@pytest.fixture
def machines(tmp_path):
    plan = Layout("test", tmp_path, NUMBER, 2)
    pair = [build_machine(plan, name) for name in ("node1", "node2")]
    try:
        make_switch(plan)
        for machine in pair:
            machine.on()
        yield pair
    finally:
        for machine in pair:
            machine.off()
            machine.forget()
        remove_switch(plan)


def reaches(machine: Machine, address: str) -> bool:
    """Say whether a port that nobody listens on is refused: whoever refuses it is there."""
    code = "import socket, sys; s = socket.socket(); s.settimeout(1); print(s.connect_ex((sys.argv[1], 9)))"
    command = machine.enter("python3", "-I", "-c", code, address)
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return found.strip() == "111"


def test_a_machine_has_processes_mounts_and_a_name_of_its_own(machines, tmp_path):
    first, second = machines
    script = f"hostname; ls /proc | grep -c '^[0-9]'; mkdir {tmp_path}/m; mount -t tmpfs x {tmp_path}/m; ls /run"
    told = subprocess.run(first.enter("sh", "-c", script), capture_output=True, text=True, check=True).stdout.split()
    assert told[0] == "node1"
    assert int(told[1]) < 10
    assert set(told[2:]) <= {"mount"}, "its /run holds what was made in it"
    assert str(tmp_path / "m") not in Path("/proc/mounts").read_text()
    eventually_sync(lambda: reaches(first, second.address))
    eventually_sync(lambda: reaches(second, first.address))


def test_a_machine_is_cut_off_and_joined_again(machines):
    first, second = machines
    first.cut()
    assert not reaches(first, second.address)
    assert not reaches(second, first.address)
    first.join()
    eventually_sync(lambda: reaches(second, first.address))


def test_a_machine_without_power_has_no_process_and_no_interface_left(machines):
    first, second = machines
    first.start("sleeper", ["sleep", "600.123"])
    listed = ["pgrep", "-f", "^sleep 600.123"]
    eventually_sync(lambda: subprocess.run(listed, capture_output=True, check=False).stdout)
    first.off()
    assert first_process(first.folder) is None
    eventually_sync(lambda: not subprocess.run(listed, capture_output=True, check=False).stdout)
    assert not Path(f"/sys/class/net/{first.link}").exists()
    first.on()
    eventually_sync(lambda: reaches(second, first.address))


def test_a_machine_that_is_forgotten_leaves_no_control_group(machines):
    first, _ = machines
    hierarchies = [p for p in Path("/sys/fs/cgroup").glob("*/") if (p / "cgroup.procs").exists()]
    for hierarchy in hierarchies:
        (hierarchy / first.cgroup.lstrip("/") / "kubepods").mkdir(parents=True, exist_ok=True)
    first.off()
    first.forget()
    assert [h for h in hierarchies if (h / first.cgroup.lstrip("/")).exists()] == []


def test_a_component_ends_with_whoever_keeps_it_and_its_machine_goes_on(machines):
    first, _ = machines
    first.start("sleeper", ["sleep", "611"])
    listed = first.enter("pgrep", "-x", "sleep")
    eventually_sync(lambda: subprocess.run(listed, capture_output=True, check=False).stdout)
    Background(first.folder, "sleeper").stop(0)
    eventually_sync(lambda: not subprocess.run(listed, capture_output=True, check=False).stdout)
    assert first_process(first.folder) is not None

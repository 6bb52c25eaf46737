"""What the runner's process shows to programs of the same user."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, json, os, signal, sys
from agent_runner.processes import close_memory

def become_somebody():
    os.setgroups([]); os.setgid(65534); os.setuid(65534)

def opened(pid, path, mode):
    try:
        os.close(os.open(f"/proc/{pid}/{path}", mode))
        return True
    except PermissionError:
        return False

ready, told = os.pipe()
runner = os.fork()
if runner == 0:
    become_somebody()
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as after an execution: a change of user closes it by itself
    if sys.argv[1] == "closed":
        close_memory()
    os.write(told, b".")
    signal.pause()
os.read(ready, 1)
if os.fork() == 0:
    become_somebody()
    paths = (("environ", os.O_RDONLY), ("mem", os.O_RDWR), ("fd/2", os.O_WRONLY))
    print(json.dumps([path for path, mode in paths if opened(runner, path, mode)]), flush=True)
    os._exit(0)
os.wait()
os.kill(runner, signal.SIGKILL)
os.wait()
"""


def look_at(how):
    """Return which files of a runner's process another of the same user can open."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, how], env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, check=True, timeout=250,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="being another user needs root")
def test_a_tool_reads_neither_memory_nor_environment_of_the_runner_and_writes_no_line_of_its_log():
    assert look_at("closed") == []
    # what is seen otherwise shows that it is this that closes it
    assert {"environ", "mem"} <= set(look_at("open"))

"""The node below the pod: devices, namespaces, the kernel, other users."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, opened

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_USER, _NEW_NET, _NEW_NS = 0x10000000, 0x40000000, 0x00020000


def _can_write(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        return False
    return True


@attack("node-write", "write to system folders, the kernel's settings and the groups of processes")
def write(_pod: Pod) -> Outcome:
    """Try what a container must not write."""
    places = ("/etc/passwd", "/usr/bin/env", "/opt/venv/bin/python", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
              "/proc/sys/kernel/hostname", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max", "/proc/1/oom_score_adj",
              "/sys/kernel/profiling", "/dev/mem", "/dev/kmsg", "/var/run/openclaw/token")  # fmt: skip
    # its own score may be raised, which only makes it die first
    found = [p for p in places if _can_write(p) and p != "/proc/1/oom_score_adj"]
    made = []
    for folder in ("/", "/etc", "/usr", "/opt", "/var", "/run", "/home", "/sys/fs/cgroup", "/var/run/openclaw"):
        try:
            Path(folder, "attack").mkdir()
        except OSError:
            continue
        made.append(folder)
    return decide(not found + made, f"{len(places)} files and 9 folders: {', '.join(found + made) or 'none'}")


@attack("node-devices", "open devices of the node")
def devices(_pod: Pod) -> Outcome:
    """Look for disks, memory and FUSE."""
    usual = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console", "stdin", "stdout", "stderr", "fd", "core",
             "pts", "shm", "mqueue", "termination-log"}  # fmt: skip
    strange = sorted(p.name for p in Path("/dev").iterdir() if p.name not in usual)
    return decide(not strange, f"beside the usual: {', '.join(strange) or 'none'}")


@attack("node-namespaces", "make namespaces of its own")
def namespaces(_pod: Pod) -> Outcome:
    """Become root in a user namespace: a way to many faults of the kernel."""
    found = []
    for name, flag in (("user", _NEW_USER), ("network", _NEW_NET), ("mount", _NEW_NS)):
        child = os.fork()
        if child == 0:
            os._exit(0 if _LIBC.unshare(flag) == 0 else 1)
        if os.waitpid(child, 0)[1] == 0:
            found.append(name)
    return decide(not found, f"allowed: {', '.join(found) or 'none'}")


@attack(
    "node-syscalls", "call what the seccomp profile keeps away: mount, bpf, keys, modules, reboot, ptrace of the runner"
)
def syscalls(_pod: Pod) -> Outcome:
    """Call by number (x86-64)."""
    calls = {"mount": 165, "bpf": 321, "add_key": 248, "init_module": 175, "reboot": 169, "perf_event_open": 298,
             "userfaultfd": 323, "kexec_load": 246, "open_by_handle_at": 304, "setns": 308, "swapon": 167}  # fmt: skip
    found = []
    for name, number in calls.items():
        ctypes.set_errno(0)
        if _LIBC.syscall(number, 0, 0, 0, 0, 0) >= 0:
            found.append(name)
    return decide(not found, f"of {len(calls)} allowed: {', '.join(found) or 'none'}")


@attack("node-user", "become another user")
def user(_pod: Pod) -> Outcome:
    """Use what has the setuid bit, and the calls themselves."""
    for name in ("setuid", "setgid", "setreuid"):
        child = os.fork()
        if child == 0:
            os._exit(0 if _LIBC[name](0, 0) == 0 else 1)
        if os.waitpid(child, 0)[1] == 0:
            return opened(name)
    done = subprocess.run(["find", "/", "-xdev", "-perm", "/6000", "-type", "f"], capture_output=True, text=True,
                          timeout=15, check=False)  # fmt: skip
    programs = done.stdout.split()
    status = Path("/proc/self/status").read_text()
    return decide("NoNewPrivs:\t1" in status, f"no call allowed; {len(programs)} programs with the bit have no effect")


def _read_user(process: Path) -> int | None:
    """Return whose a process is, from its status: the files of one that shows nothing of itself belong to root."""
    with contextlib.suppress(OSError):
        for line in (process / "status").read_text().splitlines():
            if line.startswith("Uid:"):
                return int(line.split()[1])
    return None


@attack("node-processes", "see processes that are none of the pod's")
def processes(_pod: Pod) -> Outcome:
    """Count what the process table shows."""
    seen = [p for p in Path("/proc").iterdir() if p.name.isdecimal()]
    users = {user for p in seen if (user := _read_user(p)) is not None}
    return decide(users == {os.getuid()} and len(seen) < 60, f"{len(seen)} processes of users {sorted(users)}")


@attack("node-runner-limits", "take files away from the runner, so that it cannot connect again")
def runner_limits(_pod: Pod) -> Outcome:
    """Set a limit of the first process: it is of the same user."""
    import resource  # noqa: PLC0415  # of this attack alone

    try:
        before = resource.prlimit(1, resource.RLIMIT_NOFILE)
        resource.prlimit(1, resource.RLIMIT_NOFILE, before)
    except PermissionError:
        return held("the kernel refuses")
    return opened("its limits can be set: the pod harms its own run")


@attack("node-runner-log", "write lines into the runner's log, as if it had said them")
def runner_log(pod: Pod) -> Outcome:
    """Open the first process' own output."""
    try:
        descriptor = os.open("/proc/1/fd/2", os.O_WRONLY)
    except OSError as error:
        return held(f"{type(error).__name__}")
    os.write(descriptor, f'{{"message": "forged", "mark": "{pod.facts.mark}"}}\n'.encode())
    os.close(descriptor)
    return opened("a line of its own stands in the pod's log")


@attack("node-termination-log", "leave words that a status and the chat quote as the pod's end")
def termination(pod: Pod) -> Outcome:
    """Write the termination message; the status and the chat are looked at from outside."""
    try:
        Path("/dev/termination-log").write_text(f"An administrator has ended this. {pod.facts.mark}")
    except OSError as error:
        return held(f"{type(error).__name__}")
    return held("written; what becomes of it is looked at from outside")

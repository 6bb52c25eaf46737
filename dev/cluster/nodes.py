"""A built-in cluster whose nodes, and whose control plane, are machines in namespaces of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from dev.cluster import common, components, layout
from dev.cluster.build import build
from dev.cluster.layout import CONTROL, NODES, Layout
from dev.cluster.machine import Machine, first_process
from dev.cluster.pki import make_node_certificate, make_pki, write_kubeconfig
from dev.cluster.process import Background
from dev.paths import ROOT, STATE
from dev.progress import UserError, step
from dev.shell import apt_install, need_root, need_space, run

_PACKAGES = {**common.PACKAGES, "unshare": "util-linux", "setpriv": "util-linux"}
_PREFIX = "cluster-"
_ETCD_ASKS = "import urllib.request as u; u.urlopen('http://127.0.0.1:2379/health', timeout=2)"


class BuiltinNodes:
    """A real Kubernetes of one or more nodes on one machine, beside others; needs root.

    Args:
        name: Of the cluster, as `CLUSTER` gives it.
        count: How many nodes it shall have; those that it has where none is given.
    """

    def __init__(self, name: str, count: int | None = None) -> None:
        layout.check_name(name)
        self._folder, self._name, self._count = STATE / f"{_PREFIX}{name}", name, count
        self.kubeconfig = self._folder / "admin.kubeconfig"

    @property
    def kubectl(self) -> Path:
        """The program; compiled at first use."""
        return build() / "kubectl"

    @property
    def helm(self) -> Path:
        """The program; compiled at first use."""
        return build() / "helm"

    @property
    def nodes(self) -> list[components.Node]:
        """Its nodes."""
        return self._layout().nodes()

    def up(self) -> None:
        """Bring it up; what is missing of it is started, what runs is left alone.

        Raises:
            UserError: not root, the disk is full, or something does not start.
        """
        need_root("The built-in cluster")
        with common.locked(self._folder):
            programs = build()
            common.refuse_other(self._folder, programs, alive=first_process(self._machine(CONTROL).folder) is not None)
            need_space(self._folder, 5 * (self._count or 1), "The cluster")
            apt_install(_PACKAGES)
            plan = self._layout(keep=True)
            if self._whole(plan):
                return
            with step(f"starting the cluster {self._name} of {plan.count}", 25):
                self._start(plan, programs)

    def down(self) -> None:
        """End every process and remove interfaces, control groups and data."""
        need_root("The built-in cluster")
        with common.locked(self._folder), step(f"removing the cluster {self._name}", 10):
            plan = self._layout()
            Background(self._folder, "controllers").stop()
            for machine in self._machines(plan):
                machine.off()
                machine.forget()
            remove_switch(plan)
            shutil.rmtree(self._folder)

    def status(self) -> str:
        """Say in words how it is."""
        again = f"`make cluster CLUSTER={self._name}`"
        if not (self._folder / "number").exists():
            return f"There is no cluster {self._name}. {again} brings one up."
        dead = [m.name for m in self._machines(self._layout()) if first_process(m.folder) is None]
        if dead:
            return f"The cluster {self._name} is not whole: {', '.join(dead)} switched off. {again} mends it."
        return run([self.kubectl, "--kubeconfig", self.kubeconfig, "get", "nodes", "-L", layout.ZONE, "-o", "wide"]).strip()  # fmt: skip

    def load_images(self, archives: Sequence[Path]) -> None:
        """Import docker-archives into each node's containerd, which share nothing."""
        for archive in archives:
            with step(f"loading {archive.name} into {len(self.nodes)} nodes", 16), ThreadPoolExecutor() as pool:
                list(pool.map(partial(_import, archive), self.nodes))

    def has_image(self, reference: str) -> bool:
        """Say whether every node has that image."""
        return all(common.has_image(node, reference) for node in self.nodes)

    def machine(self, name: str) -> Machine:
        """Return one machine, to be cut off, switched off and joined again: a node's name, or `control`."""
        return self._machine(name)

    def switch_on(self, name: str) -> None:
        """Switch a node on that was switched off, as after a reboot: its disk is as it was."""
        plan = self._layout()
        self._start_node(plan, next(n for n in plan.nodes() if n.name == name), build())

    def start_component(self, name: str, component: str) -> None:
        """Start a node's `kubelet`, `proxy` or `containerd` that was ended."""
        node = next(n for n in self.nodes if n.name == name)
        self._machine(name).start(component, self._commands(node, build())[component])

    # --- what it is made of ---

    def _layout(self, *, keep: bool = False) -> Layout:
        """Read the cluster's number and how many nodes it has; note what is new where it shall be kept.

        Raises:
            UserError: it has more nodes than are asked for.
        """
        number, nodes = self._folder / "number", self._folder / "count"
        had = int(nodes.read_text()) if nodes.exists() else 0
        count = self._count or had or 1
        if keep and count < had:
            raise UserError(
                f"The cluster {self._name} has {had} nodes. `make cluster-down CLUSTER={self._name}` first."
            )
        if keep:
            if not number.exists():
                taken = [int(file.read_text()) for file in STATE.glob(f"{_PREFIX}*/number")]
                number.write_text(str(layout.choose_number(taken)))
            nodes.write_text(str(count))
        return Layout(self._name, self._folder, int(number.read_text()) if number.exists() else 0, count)

    def _machines(self, plan: Layout) -> list[Machine]:
        return [self._machine(name, plan) for name in (CONTROL, *(n.name for n in plan.nodes()))]

    def _machine(self, name: str, plan: Layout | None = None) -> Machine:
        return build_machine(plan or self._layout(), name)

    def _whole(self, plan: Layout) -> bool:
        noted = [Background(m.folder, "kubelet") for m in self._machines(plan) if m.name != CONTROL]
        if any(p.pid() is None for p in (*noted, Background(self._folder, "controllers"))):
            return False
        return all(common.node_ready(self.kubeconfig, node.name) for node in plan.nodes())

    # --- its start ---

    def _start(self, plan: Layout, programs: Path) -> None:
        (self._folder / "programs").write_text(str(programs))
        make_pki(self._folder / "pki", plan.control, components.API_SERVICE_IP)
        for node in plan.nodes():
            make_node_certificate(self._folder / "pki", node.name, node.address)
        for name in ("admin", "controller-manager", "scheduler", "proxy", *(n.name for n in plan.nodes())):
            path = self._folder / f"{name}.kubeconfig"
            write_kubeconfig(path, self._folder / "pki", name, f"https://{plan.control}:{components.Ports().api}")
        make_switch(plan)
        self._start_control(plan, programs)
        env = {"PYTHONPATH": str(ROOT), "KUBECONFIG": str(self.kubeconfig)}
        controllers = Background(self._folder, "controllers")
        (self._folder / NODES).mkdir(exist_ok=True)
        controllers.start([sys.executable, "-m", "dev.cluster.controllers", str(self._folder)], env)
        for node in plan.nodes():
            self._start_node(plan, node, programs)
        common.apply_base(self.kubeconfig, programs, plan.count)
        for node in plan.nodes():
            common.wait_for(Background(node.folder, "kubelet"), partial(common.node_ready, self.kubeconfig, node.name))
        common.wait_for(controllers, lambda: common.kubectl_ok(self.kubeconfig,
            "-n", "kube-system", "wait", "--for=condition=Available", "deployment/coredns", "--timeout=1s"))  # fmt: skip

    def _start_control(self, plan: Layout, programs: Path) -> None:
        control, ports = self._machine(CONTROL, plan), components.Ports()
        control.on()

        def start(name: str, command: list[str], check: Callable[[], bool] = lambda: True) -> None:
            control.start(name, command)
            common.wait_for(Background(control.folder, name), check)

        ask = control.enter(sys.executable, "-I", "-c", _ETCD_ASKS)
        start("etcd", components.etcd_command(programs, self._folder, ports), lambda: _succeeds(ask))
        start("apiserver", components.apiserver_command(programs, self._folder, ports, plan.control),
              lambda: common.kubectl_ok(self.kubeconfig, "get", "--raw", "/readyz"))  # fmt: skip
        start("controller-manager", components.controller_manager_command(programs, self._folder))
        start("scheduler", components.scheduler_command(programs, self._folder))

    def _start_node(self, plan: Layout, node: components.Node, programs: Path) -> None:
        machine = self._machine(node.name, plan)
        was_off = first_process(machine.folder) is None
        machine.on()
        if was_off:
            # what a real node keeps in memory, and addresses of pods that are no more
            shutil.rmtree(node.folder / "containerd" / "state", ignore_errors=True)
            shutil.rmtree(node.folder / "ipam", ignore_errors=True)
            _make_routes(plan, node, machine)
        common.write_settings(self._folder, node, programs)
        commands = self._commands(node, programs)
        machine.start("containerd", commands["containerd"])
        common.wait_for(Background(node.folder, "containerd"), lambda: common.containerd_serves(node))
        common.load_base_images(node, programs)
        for name in ("kubelet", "proxy"):
            machine.start(name, commands[name])

    def _commands(self, node: components.Node, programs: Path) -> dict[str, list[str]]:
        return {
            "containerd": ["containerd", "-c", f"{node.folder}/containerd.toml"],
            "kubelet": components.kubelet_command(programs, self._folder, node),
            "proxy": components.proxy_command(programs, node),
        }


def _import(archive: Path, node: components.Node) -> None:
    common.ctr(node, "images", "import", "--no-unpack=false", str(archive))


def build_machine(plan: Layout, name: str) -> Machine:
    """Build a machine of a cluster by its name: a node's, or `control`; pure."""
    address = {n.name: n.address for n in plan.nodes()} | {CONTROL: plan.control}
    folder = plan.folder / CONTROL if name == CONTROL else plan.folder / NODES / name
    group = f"/{plan.bridge}-{name}"
    return Machine(name, folder, address[name], plan.link(name), plan.bridge, plan.gateway, group)


def make_switch(plan: Layout) -> None:
    """Make the bridge that all machines hang on, and hide their addresses from the world behind this machine's."""
    if not Path(f"/sys/class/net/{plan.bridge}").exists():
        run(["ip", "link", "add", plan.bridge, "type", "bridge"])
        run(["ip", "addr", "add", f"{plan.gateway}/24", "dev", plan.bridge])
    run(["ip", "link", "set", plan.bridge, "up"])
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    hide = f'ip saddr {plan.machines} oifname != "{plan.bridge}" masquerade'
    run(["nft", "-f", "-"], stdin=_build_table(plan.bridge, hide))


def remove_switch(plan: Layout) -> None:
    """Remove the bridge and its table; its machines must be off."""
    for command in (["ip", "link", "delete", plan.bridge], ["nft", "delete", "table", "ip", plan.bridge]):
        subprocess.run(command, capture_output=True, check=False)


def _make_routes(plan: Layout, node: components.Node, machine: Machine) -> None:
    """Let a node know the way to the others' pods, and hide its pods' addresses from all but pods."""
    for other in plan.nodes():
        if other.name != node.name:
            run(machine.enter("ip", "route", "replace", other.pods, "via", other.address))
    hide = f"ip saddr {node.pods} ip daddr != {plan.pods} masquerade"
    run(machine.enter("nft", "-f", "-"), stdin=_build_table("devnode", hide))


def _build_table(name: str, rule: str) -> str:
    chain = f"chain post {{ type nat hook postrouting priority srcnat; policy accept; {rule}; }}"
    return f"table ip {name}\ndelete table ip {name}\ntable ip {name} {{\n{chain}\n}}\n"


def _succeeds(command: Sequence[str | Path]) -> bool:
    return subprocess.run(list(command), capture_output=True, check=False, timeout=10).returncode == 0

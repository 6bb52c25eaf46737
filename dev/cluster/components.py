"""Command lines and settings of the node's components; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SERVICES = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
DNS_SERVICE_IP = "10.96.0.10"
PODS = "10.244.0.0/24"
NETWORK = "dev"
"""Of the pods, as the network plugins call it in what they write."""
PAUSE_IMAGE = "localhost/devnode/pause:1"
PIDS_OF_A_POD = 1024
"""Processes and threads."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on the machine's loopback and, for the API server, on its address."""

    api: int = 6443
    etcd: int = 2379
    etcd_peer: int = 2380


@dataclass(frozen=True, slots=True)
class Node:
    """One node: what it is called, where its kubelet and runtime keep what they have, and which addresses are its pods'."""

    name: str
    folder: Path
    address: str
    zone: str = "zone-a"
    pods: str = PODS
    cluster_pods: str = PODS
    """Of all nodes: between them a pod keeps its own address, which network rules ask for."""
    cgroup: str = "/"

    @property
    def is_machine(self) -> bool:
        """Say whether its processes are the machine's own, in no namespaces of theirs."""
        return self.cgroup == "/"


def etcd_command(programs: Path, folder: Path, ports: Ports) -> list[str]:
    """Build etcd's command line. No fsync: a crash of the machine may lose a development cluster, nothing else."""
    client, peer = f"http://127.0.0.1:{ports.etcd}", f"http://127.0.0.1:{ports.etcd_peer}"
    return [
        f"{programs}/etcd", "--data-dir", f"{folder}/etcd", "--unsafe-no-fsync", "--log-level", "warn",
        "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
        "--initial-cluster", f"default={peer}",
    ]  # fmt: skip


def apiserver_command(programs: Path, folder: Path, ports: Ports, address: str) -> list[str]:
    """Build the API server's command line."""
    pki = f"{folder}/pki"
    return [
        f"{programs}/kube-apiserver", f"--etcd-servers=http://127.0.0.1:{ports.etcd}", f"--secure-port={ports.api}",
        f"--advertise-address={address}", f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key", f"--client-ca-file={pki}/ca.crt",
        f"--kubelet-client-certificate={pki}/admin.crt", f"--kubelet-client-key={pki}/admin.key",
        "--kubelet-preferred-address-types=InternalIP", f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={SERVICES}", "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement", "--allow-privileged=true",
        "--shutdown-delay-duration=0s",
    ]  # fmt: skip


def controller_manager_command(programs: Path, folder: Path) -> list[str]:
    """Build the controller manager's command line; how long a silent node counts as ready is Kubernetes' own default."""
    pki = f"{folder}/pki"
    return [
        f"{programs}/kube-controller-manager", f"--kubeconfig={folder}/controller-manager.kubeconfig",
        f"--service-account-private-key-file={pki}/sa.key", f"--root-ca-file={pki}/ca.crt",
        f"--cluster-signing-cert-file={pki}/ca.crt", f"--cluster-signing-key-file={pki}/ca.key",
        "--use-service-account-credentials", "--leader-elect=false",
    ]  # fmt: skip


def scheduler_command(programs: Path, folder: Path) -> list[str]:
    """Build the scheduler's command line."""
    return [f"{programs}/kube-scheduler", f"--kubeconfig={folder}/scheduler.kubeconfig", "--leader-elect=false"]


def kubelet_command(programs: Path, folder: Path, node: Node) -> list[str]:
    """Build the kubelet's command line.

    Args:
        programs: The compiled programs.
        folder: Of the cluster.
        node: Whose kubelet it is.
    """
    return [
        f"{programs}/kubelet", f"--config={node.folder}/kubelet.json", f"--kubeconfig={folder}/{node.name}.kubeconfig",
        f"--hostname-override={node.name}", f"--node-ip={node.address}", f"--root-dir={node.folder}/kubelet",
        f"--node-labels=topology.kubernetes.io/zone={node.zone}",
    ]  # fmt: skip


def proxy_command(programs: Path, node: Node) -> list[str]:
    """Build kube-proxy's command line."""
    return [f"{programs}/kube-proxy", f"--config={node.folder}/proxy.json", f"--hostname-override={node.name}"]


def kubelet_config(folder: Path, node: Node) -> str:
    """Build the kubelet's settings; the arguments are those of its command line."""
    return json.dumps({
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False}, "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{folder}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": node.cgroup,
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [DNS_SERVICE_IP],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{node.folder}/containerd.sock",
        "resolvConf": f"{folder}/resolv.conf",
        "tlsCertFile": f"{folder}/pki/{node.name}.crt",
        "tlsPrivateKeyFile": f"{folder}/pki/{node.name}.key",
        "imageGCHighThresholdPercent": 100,
        # one pod's fork bomb ends in its own pod, and what the machine needs itself is no pod's
        "podPidsLimit": PIDS_OF_A_POD,
        "systemReserved": {"memory": "512Mi", "pid": "2048", "ephemeral-storage": "1Gi"},
        "evictionHard": {
            "memory.available": "200Mi", "nodefs.available": "2Gi", "nodefs.inodesFree": "2%", "pid.available": "5%",
        },
        "maxPods": 200,
        "serializeImagePulls": False,
        "eventRecordQPS": 0,
        "podLogsDir": f"{node.folder}/pod-logs",
        "kubeAPIQPS": 100, "kubeAPIBurst": 200,
        "syncFrequency": "10s",
        "volumeStatsAggPeriod": "10s",
    })  # fmt: skip


def proxy_config(folder: Path, node: Node) -> str:
    """Build kube-proxy's settings."""
    return json.dumps({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "mode": "nftables", "clusterCIDR": node.cluster_pods, "conntrack": {"maxPerCore": 0},
        "clientConnection": {"kubeconfig": f"{folder}/proxy.kubeconfig"},
        "nftables": {"syncPeriod": "10s", "minSyncPeriod": "0s"},
    })  # fmt: skip


def policy_socket(folder: Path) -> str:
    """Return where the controllers are told of a new pod's address."""
    return f"{folder}/netpol.sock"


def cni_config(folder: Path, node: Node) -> str:
    """Build the CNI chain.

    `ptp`, not a bridge: the node routes each packet of a pod, so its rules see them all. The last plugin holds a pod
    back until its rules are in place. Nodes in namespaces of their own hide their pods' addresses themselves, from all
    but each other.
    """
    ipam: dict[str, object] = {
        "type": "host-local", "ranges": [[{"subnet": node.pods}]], "routes": [{"dst": "0.0.0.0/0"}],
    }  # fmt: skip
    if not node.is_machine:
        ipam["dataDir"] = f"{node.folder}/ipam"
    plugins = [
        {"type": "ptp", "ipMasq": node.is_machine, "ipam": ipam},
        {"type": "portmap", "capabilities": {"portMappings": True}},
        {"type": "netpol", "socket": policy_socket(folder)},
    ]
    return json.dumps({"cniVersion": "1.0.0", "name": NETWORK, "plugins": plugins})


def containerd_config(node: Node) -> str:
    """Build containerd's settings.

    restrict_oom_score_adj: without CAP_SYS_RESOURCE runc cannot lower a sandbox's score and fails it.
    """
    folder = node.folder
    return f"""version = 2
root = "{folder}/containerd/root"
state = "{folder}/containerd/state"
[grpc]
address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true
max_concurrent_downloads = 4
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{folder}/cni-bin"
conf_dir = "{folder}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""

"""What goes over the network to and from a pod, listened to on the node."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass

_ALL = 3
"""ETH_P_ALL of linux/if_ether.h: each packet of the device, both ways."""
_LARGEST = 1 << 17


@dataclass
class Heard:
    """What was listened to.

    Attributes:
        packets: How many.
        keys: How many of them bore what was listened for.
    """

    packets: int = 0
    keys: int = 0


@contextlib.contextmanager
def listening(address: str, words: bytes) -> Iterator[Heard]:
    """Count the packets of a pod that hold these words; needs root, on the pod's own node.

    Args:
        address: The pod's.
        words: Short enough that a packet's border seldom goes through them.
    """
    route = subprocess.run(["ip", "-j", "route", "get", address], check=True, capture_output=True, text=True)
    heard, ended = Heard(), threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL)) as raw:
        raw.bind((json.loads(route.stdout)[0]["dev"], 0))
        raw.settimeout(0.2)

        def listen() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    packet = raw.recv(_LARGEST)
                    heard.packets += 1
                    heard.keys += words in packet

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            ended.set()
            thread.join()

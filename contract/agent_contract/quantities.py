"""Sizes as Kubernetes writes them."""

from __future__ import annotations

from typing import Annotated

from agent_contract.modelling import Field

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", max_length=32)]


_FACTORS = {
    "": 1, "m": 0.001, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip


def compute_bytes(quantity: str) -> int:
    """Return a Kubernetes quantity as a number of bytes."""
    number = quantity.rstrip("mkKMGTi")
    return int(float(number) * _FACTORS[quantity[len(number) :]])

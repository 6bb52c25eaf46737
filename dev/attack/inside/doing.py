"""Do an attack, and say what became of it."""

from __future__ import annotations

import asyncio

from dev.attack.inside.base import Attack, Outcome, Pod, untried
from dev.attack.inside.http import has_own_way

_BY_TOKEN = frozenset({"ws", "http", "llm", "store", "child"})
"""Groups that tell nothing where the pod's own token opens nothing."""


async def perform(one: Attack, pod: Pod) -> Outcome:
    """Do an attack; what goes wrong with it is no defence."""
    seconds = one.seconds * pod.facts.patience
    try:
        if one.group in _BY_TOKEN and not await has_own_way(pod):
            return untried("the pod's own token does not open its own session")
        async with asyncio.timeout(seconds):
            outcome = one.act(pod)
            return outcome if isinstance(outcome, Outcome) else await outcome
    except TimeoutError:
        return untried(f"it was not over after {seconds:.0f} s")
    except Exception as error:  # noqa: BLE001  # an attack that breaks is told as such, and fails the run
        return untried(f"{type(error).__name__}: {error}"[:200])

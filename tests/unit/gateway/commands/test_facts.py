"""What the cluster says is read within a bound, and what is not known is no default."""

from __future__ import annotations

import asyncio

from agent_gateway.commands.facts import FactReader


class Cluster:
    """An API server that is silent, or says that it does not know."""

    def __init__(self, *, silent):
        self.silent = silent

    def cached(self, _name):
        return None

    async def read_terms(self, _name):
        if self.silent:
            await asyncio.Event().wait()


async def test_a_cluster_that_is_silent_or_does_not_know_leaves_the_class_unknown_in_time():
    for silent in (True, False):
        cluster = Cluster(silent=silent)
        facts = await FactReader(cluster, cluster, seconds=0.05).read("tg-42")
        assert (facts.resource, facts.terms, facts.found_class) == (None, None, None)

"""Deletes what one person wrote in groups, a slice a transaction; killed in between, the next process goes on."""

from __future__ import annotations

from agent_gateway.jobs.slices import hold_slice, tell_end
from agent_gateway.store import Store
from agent_gateway.store.jobs import Job
from agent_gateway.wording import keys


class ForgettingPerson:
    """Carries jobs of this kind out. Their private conversations are deleted by jobs of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def work(self, job: Job) -> bool:
        """Do one slice; True where nothing is left."""
        async with self._store.transaction() as tx:
            held = await hold_slice(tx, job)
            if held is None:
                return True
            now = held.progress
            person_id, gone = int(now["person"]), int(now["gone"])
            last, count = await tx.persons.forget_in_groups(person_id, int(now["after"]), int(now["up_to"]))
            if last is not None:
                await tx.jobs.save(job.id, {**now, "after": last, "gone": gone + count})
                return False
            await tell_end(
                tx, held, lambda language: keys.forget_me_done(language, count=gone), f"forgotten-me:{job.id}"
            )
            return True

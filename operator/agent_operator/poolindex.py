"""Jobs of warm pools by whose they are, so that no look at a pool walks over those that conversations have."""

from __future__ import annotations

from collections import Counter

from agent_contract import names
from agent_operator.index import Index
from agent_operator.records import JobRecord


class PoolIndex:
    """Keeps the Jobs that bear the label of a class's pool, by what changes."""

    def __init__(self) -> None:
        self._owned = Index[JobRecord](_name_owner)
        self._all = Counter[str]()
        """Of a class."""
        self._at_work = Counter[str]()
        """Those of a class that are neither over nor being deleted."""
        self._at_work_of = Counter[str]()
        """The same by class and owner."""
        self._largest: dict[str, dict[str, int]] = {}
        """The largest number of a Job that was seen, by class and the end of its name, which stands for the class's UID."""

    def note(self, name: str, old: JobRecord | None, new: JobRecord | None) -> None:
        """Take a change of one Job."""
        self._owned.note(name, old, new)
        for record, step in ((old, -1), (new, 1)):
            if record is None or not record.owner.agent_class:
                continue
            _add(self._all, record.owner.agent_class, step)
            if not (record.job.terminal or record.job.deleting):
                _add(self._at_work, record.owner.agent_class, step)
                _add(self._at_work_of, _name_owner(record), step)
        if new is not None and new.owner.agent_class:
            self._note_number(new.owner.agent_class, name)
        if old is not None and old.owner.agent_class and not self.has_any(old.owner.agent_class):
            self._largest.pop(old.owner.agent_class, None)

    def _note_number(self, agent_class: str, name: str) -> None:
        number, tail = names.split_pool_name(name)
        if number is not None:
            largest = self._largest.setdefault(agent_class, {})
            largest[tail] = max(largest.get(tail, 0), number)

    def has_any(self, agent_class: str) -> bool:
        """Say whether Jobs of the pool of a class stand, claimed ones too."""
        return self._all[agent_class] > 0

    def find_waiting(self, agent_class: str, uid: str) -> list[str]:
        """Return the names of the Jobs that the class with a UID controls."""
        return self._owned.find(_name(agent_class, uid))

    def count_claimed(self, agent_class: str, uid: str) -> int:
        """Count the Jobs at work that somebody else controls."""
        return self._at_work[agent_class] - self._at_work_of[_name(agent_class, uid)]

    def find_largest(self, agent_class: str, uid: str) -> int:
        """Return the largest number of a Job that was seen since one of the pool stands without a break; 0 where none was."""
        tail = names.split_pool_name(names.build_pool_job_name(agent_class, uid, 1))[1]
        return self._largest.get(agent_class, {}).get(tail, 0)


def _add(counts: Counter[str], key: str, step: int) -> None:
    counts[key] += step
    if not counts[key]:
        del counts[key]


def _name_owner(record: JobRecord) -> str:
    return _name(record.owner.agent_class, record.job.owner_uid or "") if record.owner.agent_class else ""


def _name(agent_class: str, uid: str) -> str:
    return f"{agent_class}/{uid}"

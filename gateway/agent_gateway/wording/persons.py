"""What is kept of one person, as Markdown; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_gateway.store.accounts import Account
from agent_gateway.store.audit import Act
from agent_gateway.store.people import Languages
from agent_gateway.store.persons import OwnNote, OwnWords
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.wording import keys
from agent_gateway.wording.export import format_time
from agent_gateway.wording.titles import show_title


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person beside what was said.

    Attributes:
        languages: With their name.
        zone: That they chose.
        accounts: That they linked.
        notes: That they made.
        schedules: That they made.
    """

    languages: Languages
    zone: str | None
    accounts: Sequence[Account]
    notes: Sequence[OwnNote]
    schedules: Sequence[ScheduleRow]


def person_head(language: str, person_id: int, now: datetime) -> str:
    """Build the beginning of the file."""
    return f"# {keys.export_all_head(language)}\n\n{keys.export_all_made(language, at=format_time(now), id=str(person_id))}\n"


def known_part(language: str, known: Known) -> str:
    """Say what is known, and what else there is elsewhere."""
    about = known.languages
    lines = [
        keys.export_all_name(language, name=_line(about.name)) if about.name else "",
        keys.export_all_language(language, chosen=about.chosen or about.seen or "")
        if about.chosen or about.seen
        else "",
        keys.export_all_zone(language, zone=known.zone) if known.zone else "",
        *(
            keys.export_all_account(
                language, login=f"{_line(one.login)} {_line(one.email)}".strip(), connection=one.connection
            )
            for one in known.accounts
        ),
    ]
    text = "\n" + "".join(f"- {line}\n" for line in lines if line)
    if known.notes:
        text += _section(
            keys.export_all_notes(language), [f"{format_time(one.at)}: {_line(one.text)}" for one in known.notes]
        )
    if known.schedules:
        text += _section(keys.export_all_schedules(language), [_describe(one) for one in known.schedules])
    return f"{text}\n{keys.export_all_rest(language)}\n"


def private_part(language: str, name: str, title: str) -> str:
    """Build the heading of a private conversation."""
    shown = _line(f"{show_title(language, title)} ({name})" if title else name)
    return f"\n# {keys.export_all_private(language, name=shown)}\n"


def groups_part(language: str) -> str:
    """Build the heading of what was written in groups."""
    return f"\n# {keys.export_all_groups(language)}\n"


def words_part(language: str, said: OwnWords) -> str:
    """Build what stands in the file of one message in a group."""
    return f"\n## {format_time(said.at)} · {_line(show_title(language, said.title))}\n\n{said.text.strip()}\n"


def acts_part(language: str, acts: Sequence[Act], *, first: bool) -> str:
    """Build what stands in the file of acts, with a heading above the first."""
    head = f"\n# {keys.export_all_acts(language)}\n\n" if first else ""
    return head + "".join(f"- {format_time(act.at)}: {_line(f'{act.action} {act.subject}')}\n" for act in acts)


def _section(title: str, lines: Sequence[str]) -> str:
    return f"\n## {title}\n\n" + "".join(f"- {line}\n" for line in lines)


def _describe(row: ScheduleRow) -> str:
    return _line(f"{row.said or row.spec.cron or row.spec.at}: {row.spec.prompt}")


def _line(text: str | None) -> str:
    return " ".join((text or "").split())

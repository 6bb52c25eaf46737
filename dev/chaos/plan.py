"""Who says what when, and what breaks when: a pure function of a seed."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dev.chaos.faultplan import Fault, deal, plan_faults
from dev.chaos.messages import BOT, Kind, build_words

FIRST_CHAT = 100_000_001
FIRST_TOPIC = 11
PEOPLE = tuple(range(71001, 71007))
"""All of them are on the list of who may use the bot."""
MESSAGES_A_MINUTE, KILLS_A_MINUTE = 30, 4
_DECK = (
    *(Kind.ECHO,) * 6, *(Kind.SLOW,) * 6, *(Kind.BASH,) * 3, *(Kind.SPAWN,) * 2, Kind.COMMAND, *(Kind.FILE,) * 2,
)  # fmt: skip
"""Kinds of questions are dealt from it, and it is shuffled anew when it is at its end."""
_BURST = 0.3
"""Probability that a message follows the one before at once, in the same conversation."""
_STOPPED, _EDITED = 0.12, 0.08
"""Probability that a slow question is stopped, and that a short one is edited."""
_NEAR_EDIT = 3
"""An edit may be told to the agent with one of so many messages behind it in its conversation."""
_QUIET = 0.92
"""Part of the time after which nobody begins to speak and nothing breaks."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of it.

    Attributes:
        minutes: How long people speak.
        messages: How many questions they ask at least.
        kills: How many processes and pods are killed at least.
        private: Private chats.
        groups: Groups with topics.
        topics: Topics of each group.
    """

    minutes: float
    messages: int
    kills: int
    private: int = 6
    groups: int = 2
    topics: int = 4


@dataclass(frozen=True, slots=True)
class Conversation:
    """A private chat, or a topic of a group."""

    chat: int
    topic: int | None
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a person does.

    Attributes:
        key: Its number in the order of time.
        at: Seconds after the beginning.
        conversation: Index of the conversation.
        person: Who.
        kind: What it is.
        word: The word that no other message bears.
        text: The text, caption, or new text of an edit.
        answer: Regular expression that a whole answer matches; empty where none is owed.
        document: Contents of the document that comes with it.
        file: Name of that document, and of the file that is owed in return.
        subject: The word of the message that is edited.
    """

    key: int
    at: float
    conversation: int
    person: int
    kind: Kind
    word: str
    text: str
    answer: str = ""
    document: str = ""
    file: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will happen."""

    seed: int
    size: Size
    conversations: tuple[Conversation, ...]
    messages: tuple[Message, ...]
    faults: tuple[Fault, ...]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return self.size.minutes * 60


def build_plan(seed: int, size: Size) -> Plan:
    """Build the plan of a seed: the same for the same arguments, on every machine."""
    rng = random.Random(seed)
    conversations = _build_conversations(size)
    until = size.minutes * 60 * _QUIET
    messages = _build_messages(rng, size, conversations, until)
    return Plan(seed, size, conversations, messages, plan_faults(rng, size.kills, until))


def _build_conversations(size: Size) -> tuple[Conversation, ...]:
    private = [Conversation(FIRST_CHAT + n, None, (PEOPLE[n % len(PEOPLE)],)) for n in range(size.private)]
    topics = [
        Conversation(-(FIRST_CHAT + group), FIRST_TOPIC + topic, _pair(group + topic))
        for group in range(size.groups)
        for topic in range(size.topics)
    ]
    return (*private, *topics)


def _pair(number: int) -> tuple[int, int]:
    return PEOPLE[number % len(PEOPLE)], PEOPLE[(number + 1) % len(PEOPLE)]


def _build_messages(
    rng: random.Random, size: Size, conversations: Sequence[Conversation], until: float
) -> tuple[Message, ...]:
    words, kinds = _draw_words(rng), deal(rng, _DECK)
    said: list[Message] = []
    for at, conversation in _draw_times(rng, size.messages, len(conversations), until):
        person = rng.choice(conversations[conversation].people)
        said.extend(_draw_message(rng, at, conversation, person, next(kinds), words, said))
    said.sort(key=lambda m: (m.at, m.word, m.kind))
    numbered = (replace(m, key=key) for key, m in enumerate(said))
    return tuple(_address(m, conversations[m.conversation]) for m in numbered)


def _draw_times(rng: random.Random, count: int, conversations: int, until: float) -> list[tuple[float, int]]:
    """Draw when something is asked, and in which conversation; some of it right behind the one before."""
    times: list[tuple[float, int]] = []
    for start in sorted(rng.uniform(0, until) for _ in range(count)):
        if times and rng.random() < _BURST:
            before, conversation = times[-1]
            times.append((min(before + rng.uniform(0.2, 1.5), until), conversation))
        else:
            times.append((start, rng.randrange(conversations)))
    return sorted(times)


def _draw_message(
    rng: random.Random,
    at: float,
    conversation: int,
    person: int,
    kind: Kind,
    words: Iterator[str],
    said: Sequence[Message],
) -> list[Message]:
    """Draw one question and what its person does to it."""
    before = [m for m in said if m.conversation == conversation][-_NEAR_EDIT:]
    if any(m.kind is Kind.EDIT for m in before):
        kind = Kind.ECHO  # the agent may be told of the edit with this one, and the model would not see a command in it
    word = next(words)
    parts = build_words(kind, word, rng)
    asked = Message(0, at, conversation, person, kind, word, parts.text, parts.answer, parts.document, parts.file)
    if kind is Kind.SLOW and rng.random() < _STOPPED:
        return [asked, Message(0, at + rng.uniform(1, 8), conversation, person, Kind.STOP, next(words), "/stop")]
    if kind is Kind.ECHO and rng.random() < _EDITED:
        changed = f"{asked.text} and {next(words)}"
        at += rng.uniform(0.2, 4)
        return [asked, Message(0, at, conversation, person, Kind.EDIT, next(words), changed, subject=word)]
    return [asked]


def _address(message: Message, conversation: Conversation) -> Message:
    """Name the bot where it hears nothing else."""
    if conversation.topic is None:
        return message
    if message.text.startswith("/"):  # a command that acts is for the bot that it names
        command, *rest = message.text.split(" ", 1)
        return replace(message, text=" ".join([f"{command}{BOT}", *rest]))
    return replace(message, text=f"{BOT} {message.text}")


def _draw_words(rng: random.Random) -> Iterator[str]:
    """Draw words of eight letters, each once."""
    seen: set[str] = set()
    while True:
        word = "".join(rng.choices(string.ascii_lowercase, k=8))
        if word not in seen:
            seen.add(word)
            yield word

"""What a call to the Bot API can come to, translated once in `api` and decided on everywhere else."""

from __future__ import annotations

from enum import StrEnum


class TelegramProblem(Exception):
    """A call did not succeed. The text never holds a token or what a person wrote."""


class Throttled(TelegramProblem):
    """429: surely not done. Nothing more may go to that chat for `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Telegram asks to wait {retry_after:g} s")
        self.retry_after = retry_after


class RefusalKind(StrEnum):
    """Why Telegram refused: what can be done about it differs."""

    CANT_PARSE = "cant_parse"
    THREAD_NOT_FOUND = "thread_not_found"
    TOPIC_CLOSED = "topic_closed"
    CHAT_GONE = "chat_gone"
    FILES_FORBIDDEN = "files_forbidden"
    NOT_FOUND = "not_found"
    TOO_LONG = "too_long"
    REPLY_GONE = "reply_gone"
    CALLBACK_GONE = "callback_gone"
    OTHER = "other"


class Refused(TelegramProblem):
    """400 or 403: surely not done, and asking the same again is pointless."""

    def __init__(self, kind: RefusalKind, description: str) -> None:
        super().__init__(f"Telegram refuses: {description}")
        self.kind = kind
        self.description = description


class Moved(TelegramProblem):
    """The group became a supergroup, which has another id: surely not done, and to be asked anew there."""

    def __init__(self, new_chat_id: int) -> None:
        super().__init__("the group became a supergroup, which has another id")
        self.new_chat_id = new_chat_id


class Ambiguous(TelegramProblem):
    """Nobody knows whether it was done: no answer came after the request was written, or it was unreadable."""


class ServerFailed(Ambiguous):
    """An answer with a 5xx status: most likely not done."""


class NotSent(TelegramProblem):
    """No connection: surely not done."""


class Unauthorized(TelegramProblem):
    """401 or 404 on a known method: Telegram does not accept the bot's token."""

    def __init__(self) -> None:
        super().__init__("Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN")


class MethodMissing(Unauthorized):
    """404: of a method that every server has, it means the token; of a newer one, that this server is older."""


class Unsupported(TelegramProblem):
    """This server does not know a newer method: surely not done, and there is a classic call for it."""

    def __init__(self, method: str) -> None:
        super().__init__(f"this Bot API server does not know {method}")
        self.method = method


class Conflict(TelegramProblem):
    """409: another program polls with the same token, or a webhook is set. `description` is Telegram's."""

    def __init__(self, description: str) -> None:
        webhook = "webhook" in description.lower()
        super().__init__(
            "a webhook is set for this bot's token, so that it cannot be polled: remove it (deleteWebhook)"
            if webhook
            else "another program polls with this bot's token: stop it, or use a token of its own"
        )
        self.description = description


class MalformedUpdate(ValueError):
    """An update is not of Telegram's shape. The text names fields, never contents."""


_BY_WORDS: tuple[tuple[RefusalKind, tuple[str, ...]], ...] = (
    (RefusalKind.TOPIC_CLOSED, ("topic_closed", "topic is closed")),
    (RefusalKind.THREAD_NOT_FOUND, ("thread not found", "topic_deleted", "topic_id_invalid")),
    (RefusalKind.REPLY_GONE, ("message to be replied not found", "message to reply not found", "reply message")),
    (
        RefusalKind.NOT_FOUND,
        (
            "message to edit not found",
            "message can't be edited",
            "message_id_invalid",
            "message to delete not found",
            "message to react not found",
        ),
    ),
    (RefusalKind.CANT_PARSE, ("can't parse", "cant_parse", "entity", "entities")),
    (RefusalKind.CALLBACK_GONE, ("query is too old", "query id is invalid", "query_id_invalid")),
    (RefusalKind.TOO_LONG, ("too long", "too_long")),
    (
        RefusalKind.FILES_FORBIDDEN,
        (
            "rights to send document",
            "rights to send photo",
            "rights to send media",
            "send_docs_forbidden",
            "send_photos_forbidden",
            "send_media_forbidden",
        ),
    ),
    (
        RefusalKind.CHAT_GONE,
        (
            "chat not found",
            "bot was kicked",
            "bot was blocked",
            "user is deactivated",
            "not a member",
            "upgraded to a supergroup",
            "write_forbidden",
            "rights to send",
            "peer_id_invalid",
            "can't initiate conversation",
            "bots can't send messages to bots",
        ),
    ),
)


def classify(description: str, *, forbidden: bool) -> Refused:
    """Return the refusal that Telegram's `description` means; a 403 without known words means the chat is gone."""
    lowered = description.lower()
    for kind, words in _BY_WORDS:
        if any(word in lowered for word in words):
            return Refused(kind, description)
    return Refused(RefusalKind.CHAT_GONE if forbidden else RefusalKind.OTHER, description)

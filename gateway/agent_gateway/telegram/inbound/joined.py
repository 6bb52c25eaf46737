"""What updates tell of groups that the bot was added to, or may do more in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, StrictBool, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as strict_dataclass

from agent_gateway.store.rows import Address
from agent_gateway.telegram.inbound.foreign import MOST_TITLE, clean_line
from agent_gateway.telegram.inbound.reading import GENERAL_TOPIC, TelegramInt
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording.say import choose

_GROUPS = {"group", "supergroup"}
_AWAY = {"left", "kicked"}


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot may write in a group from now on, or was made an administrator there.

    Attributes:
        address: The group; of a forum, its General topic.
        title: Its title.
        person_id: Who did it.
        person_name: Their name.
        language: Of their program.
        promoted: It was a member before, and is an administrator now.
    """

    address: Address
    title: str
    person_id: int
    person_name: str
    language: str
    promoted: bool


@strict_dataclass(frozen=True)
class _Chat:
    id: TelegramInt
    type: StrictStr
    title: StrictStr = ""
    is_forum: StrictBool = False


@strict_dataclass(frozen=True)
class _User:
    id: TelegramInt
    is_bot: StrictBool = False
    first_name: StrictStr = ""
    last_name: StrictStr = ""
    language_code: StrictStr | None = None


@strict_dataclass(frozen=True)
class _Member:
    status: StrictStr
    is_member: StrictBool = False

    @property
    def there(self) -> bool:
        """Tell whether the bot is a member."""
        return self.status not in _AWAY and (self.status != "restricted" or self.is_member)


@strict_dataclass(frozen=True)
class _Change:
    """Bot API, ChatMemberUpdated."""

    chat: _Chat
    sender: Annotated[_User, Field(alias="from")]
    before: Annotated[_Member, Field(alias="old_chat_member")]
    now: Annotated[_Member, Field(alias="new_chat_member")]


_CHANGE: Final = TypeAdapter(_Change)


def read_joined(raw: Any, bot: BotIdentity) -> Joined | None:
    """Read whether an update tells of a group that the bot came to; None for anything else, also of another shape."""
    if not isinstance(raw, Mapping) or "my_chat_member" not in raw:
        return None
    try:
        change = _CHANGE.validate_python(raw["my_chat_member"])
    except ValidationError:
        return None  # the venue's own reading of it says what is wrong
    added = change.now.there and not change.before.there
    promoted = change.before.there and change.before.status != "administrator" and change.now.status == "administrator"
    if change.chat.type not in _GROUPS or change.sender.is_bot or not (added or promoted):
        return None
    name = clean_line(f"{change.sender.first_name} {change.sender.last_name}", MOST_TITLE)
    return Joined(
        Address(bot.id, change.chat.id, GENERAL_TOPIC if change.chat.is_forum else None),
        clean_line(change.chat.title, MOST_TITLE),
        change.sender.id,
        name,
        choose(change.sender.language_code),
        promoted,
    )

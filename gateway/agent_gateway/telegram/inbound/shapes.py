"""The parts of Telegram's updates that are read. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

TelegramInt = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
MessageId = Annotated[int, Field(strict=True, ge=0, le=2**53)]


class Part(BaseModel):
    """A part of an update; fields that are not read may be of any kind."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Part):
    """A person or a bot."""

    id: TelegramInt
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class Chat(Part):
    """Where something was said."""

    id: TelegramInt
    type: str
    title: str = ""
    is_forum: bool = False


class Entity(Part):
    """A marked range of a text; `offset` and `length` count UTF-16 units."""

    type: str
    offset: Annotated[int, Field(ge=0)]
    length: Annotated[int, Field(ge=0)]
    user: User | None = None


class Topic(Part):
    """A topic as it was opened."""

    name: str = ""


class RepliedTo(Part):
    """What a message replies to."""

    message_id: MessageId = 0
    sender: User | None = Field(default=None, alias="from")
    forum_topic_created: Topic | None = None


FileId = Annotated[str, Field(min_length=1, max_length=512)]
Size = Annotated[int, Field(strict=True, ge=0, le=2**53)]


class PhotoSize(Part):
    """One size of a photo."""

    file_id: FileId
    width: Annotated[int, Field(ge=0, le=2**31)] = 0
    height: Annotated[int, Field(ge=0, le=2**31)] = 0
    file_size: Size | None = None


class Media(Part):
    """A document, a voice message, a video and the like."""

    file_id: FileId
    file_name: str = ""
    mime_type: str = ""
    file_size: Size | None = None
    duration: Annotated[int, Field(ge=0, le=2**31)] = 0
    is_animated: bool = False
    is_video: bool = False


class Message(Part):
    """A message."""

    message_id: MessageId
    chat: Chat
    sender: User | None = Field(default=None, alias="from")
    sender_chat: Chat | None = None
    is_automatic_forward: bool = False
    message_thread_id: MessageId | None = None
    is_topic_message: bool = False
    text: str | None = None
    entities: list[Entity] = []
    caption: str | None = None
    caption_entities: list[Entity] = []
    media_group_id: Annotated[str, Field(pattern=r"^\w{1,64}$")] | None = None
    photo: list[PhotoSize] = []
    document: Media | None = None
    voice: Media | None = None
    audio: Media | None = None
    video: Media | None = None
    video_note: Media | None = None
    animation: Media | None = None
    sticker: Media | None = None
    reply_to_message: RepliedTo | None = None


class PressedMessage(Message):
    """The message that a button stands under."""

    date: Annotated[int, Field(strict=True)]

    @property
    def inaccessible(self) -> bool:
        """Tell whether Telegram left out all but the chat, as of a message that is too old."""
        return self.date == 0


class Callback(Part):
    """A button that was pressed."""

    id: Annotated[str, Field(min_length=1, max_length=128)]
    sender: User = Field(alias="from")
    message: PressedMessage | None = None
    data: Annotated[str, Field(max_length=256)] | None = None

"""Buttons of linked accounts; pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.access import build_link

START: Final = "link"
"""What `/start` brings by the link that leads from a group."""
_DATA: Final = re.compile(r"lk:(on|off):([a-z0-9-]{1,51})")


class LinkPress(StrEnum):
    """What a button asks for."""

    ON = "on"
    OFF = "off"


def build_code_buttons(language: str, host: str, uri: str, code: str) -> tuple[Button, ...]:
    """Build what stands under a code: to go where it is entered, and to copy it."""
    return (Button(keys.link_code_open(language, host=host), url=uri), Button(keys.link_code_copy(language), copy=code))


def build_on_button(language: str, connection: str, host: str) -> Button:
    """Build the button that begins to link an account."""
    return Button(keys.link_list_on(language, host=host), f"lk:{LinkPress.ON}:{connection}")


def build_off_button(language: str, connection: str, host: str) -> Button:
    """Build the button that unlinks an account."""
    return Button(keys.link_list_off(language, host=host), f"lk:{LinkPress.OFF}:{connection}")


def build_again_button(language: str, connection: str) -> Button:
    """Build the button that begins once more."""
    return Button(keys.link_again(language), f"lk:{LinkPress.ON}:{connection}")


def build_private_button(language: str, bot: str) -> Button:
    """Build the button that leads from a group to the private chat."""
    return Button(keys.link_private_open(language), url=build_link(bot, START))


def parse_link_press(data: str) -> tuple[LinkPress, str] | None:
    """Return what a pressed button asks for and of which connection; None for any other button."""
    match = _DATA.fullmatch(data)
    return (LinkPress(match[1]), match[2]) if match else None

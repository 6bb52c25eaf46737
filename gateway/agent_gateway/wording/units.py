"""Durations, numbers and sizes as a language writes them. Pure."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale
from babel.numbers import format_decimal

from agent_gateway.wording import keys
from agent_gateway.wording.say import choose

_DAY: Final = 24 * 3600
_SIZES: Final = (
    (1_000_000_000, keys.size_gigabytes),
    (1_000_000, keys.size_megabytes),
    (1000, keys.size_kilobytes),
)


def duration(language: str, seconds: float) -> str:
    """Return a time in its two largest units, as in `1 min 40 s`; days stand alone. What is below zero is none."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return keys.seconds(language, count=str(whole))
    hours, rest_minutes = divmod(minutes, 60)
    if not hours:
        count = str(minutes)
        return (
            keys.minutes_seconds(language, count=count, rest=str(rest)) if rest else keys.minutes(language, count=count)
        )
    if whole >= 2 * _DAY:
        return keys.days(language, count=whole // _DAY)
    count = str(hours)
    if rest_minutes:
        return keys.hours_minutes(language, count=count, rest=str(rest_minutes))
    return keys.hours(language, count=count)


def coarse_duration(language: str, seconds: float) -> str:
    """Return an age in steps, so that a line that is built again seldom differs; nothing for the first seconds."""
    step = 10 if seconds < 60 else 60
    rounded = int(seconds // step) * step
    return duration(language, rounded) if rounded > 0 else ""


def number(language: str, count: int) -> str:
    """Return a number with the language's signs between thousands."""
    return format_decimal(count, locale=read_locale(choose(language)))


def size(language: str, count: int) -> str:
    """Return a size of `count` bytes in decimal units, as Telegram writes it."""
    for unit, write in _SIZES:
        if count >= unit:
            value = round(count / unit, 1 if count < 10 * unit else 0)
            return write(language, count=format_decimal(value, locale=read_locale(choose(language))))
    return keys.size_bytes(language, count=str(max(0, count)))


@cache
def read_locale(language: str) -> Locale:
    """Return what Babel knows of a language."""
    first, _, script = language.partition("-")
    return Locale.parse(f"{first}_{script.capitalize()}" if script else first)

"""Readers of values for `lean`: from an annotation a function that takes a value and returns it as the field has it."""

from __future__ import annotations

import contextlib
import re
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from agent_contract.leanchecks import Problem, WrongError, build_length, build_too_long

Reader = Callable[[Any], Any]

_YES = frozenset({"1", "t", "true", "y", "yes", "on"})
_NO = frozenset({"0", "f", "false", "n", "no", "off"})
_WHOLE = re.compile(r"\s*[+-]?[0-9]+(_[0-9]+)*(\.0+)?\s*\Z")
_LARGE = 2**63
_DIGITS = 4300
"""Of a number that is written as text: what Python itself reads."""


def build_reader(kind: Any, read_model: Callable[[type], Reader | None]) -> Reader:
    """Build the reader of a type: of a model, JSON's own types, a literal, an optional, a list, an object, a union.

    Args:
        kind: The annotation.
        read_model: Returns the reader of a model; None for what is none.

    Raises:
        TypeError: there is no reader of this type.
    """
    if kind is Any:
        return lambda value: value
    if (plain := _PLAIN.get(kind)) is not None:
        return plain
    if isinstance(kind, type) and (model := read_model(kind)) is not None:
        return model
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _build_annotated(parts[0], parts[1:], read_model)
    if origin is Literal:
        return _build_literal(parts)
    if origin is list:
        return _build_list(build_reader(parts[0], read_model), fail_fast=False)
    if origin is dict:
        return _build_dict(build_reader(parts[0], read_model), build_reader(parts[1], read_model))
    if origin in (Union, types.UnionType) and len(parts) == 2 and parts[1] is types.NoneType:  # no hashes
        inner = build_reader(parts[0], read_model)
        return lambda value: None if value is None else inner(value)
    raise TypeError(f"lean models have no fields of type {kind!r}")


def _build_annotated(kind: Any, marks: tuple[Any, ...], read_model: Callable[[type], Reader | None]) -> Reader:
    tag = next((tag for mark in marks if (tag := getattr(mark, "discriminator", None))), None)
    if tag is not None:
        return _build_union(get_args(kind), tag, read_model)
    if any(getattr(mark, "fail_fast", None) for mark in marks):
        reader = _build_list(build_reader(get_args(kind)[0], read_model), fail_fast=True, marks=marks)
    else:
        reader = build_reader(kind, read_model)
    checks: list[Callable[[Any], None]] = []
    for mark in marks:
        if hasattr(mark, "least"):
            checks.append(build_length(mark.least, mark.limit))
        checks += getattr(mark, "checks", ())
    before = [mark.func for mark in marks if hasattr(mark, "func")]
    before += [mark.read for mark in marks if hasattr(mark, "read")]

    def read(value: Any) -> Any:
        for change in reversed(before):
            value = change(value)
        value = reader(value)
        if checks and isinstance(value, str):
            _check_unicode(value)
        for check in checks:
            check(value)
        return value

    return read


def _build_union(kinds: tuple[Any, ...], tag: str, read_model: Callable[[type], Reader | None]) -> Reader:
    readers: dict[Any, Reader] = {}
    for kind in kinds:
        reader = read_model(kind)
        if reader is None:
            raise TypeError(f"lean models have unions of models alone, not of {kind!r}")
        for value in get_args(kind.lean_hints()[tag]):
            readers[value] = reader

    def read(value: Any) -> Any:
        if isinstance(value, kinds):
            return value
        if not isinstance(value, Mapping):
            raise WrongError(Problem("model_attributes_type", "Input should be a valid dictionary or object"))
        if tag not in value:
            raise WrongError(Problem("union_tag_not_found", f"Unable to extract tag using discriminator '{tag}'"))
        name = value[tag]
        reader = readers.get(name) if isinstance(name, str) else None
        if reader is None:
            raise WrongError(Problem("union_tag_invalid", "Input tag does not match any of the expected tags"))
        try:
            return reader(value)
        except WrongError as error:
            raise WrongError(*error.below(name)) from None

    return read


def _build_literal(values: tuple[Any, ...]) -> Reader:
    *rest, final = map(repr, values)
    words = f"{', '.join(rest)} or {final}" if rest else final

    def read(value: Any) -> Any:
        if isinstance(value, str):
            if value in values:
                return value
            _check_unicode(value)
        raise WrongError(Problem("literal_error", f"Input should be {words}"))

    return read


def _build_list(reader: Reader, *, fail_fast: bool, marks: tuple[Any, ...] = ()) -> Reader:
    longest = next((mark.max_length for mark in marks if getattr(mark, "max_length", None)), None)

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple | set | frozenset):
            raise WrongError(Problem("list_type", "Input should be a valid list"))
        if fail_fast and longest is not None and len(value) > longest:
            raise WrongError(build_too_long(longest, len(value)))
        found: list[Any] = []
        problems: list[Problem] = []
        for number, item in enumerate(value):
            try:
                found.append(reader(item))
            except WrongError as error:
                problems += error.below(number)
                if fail_fast:
                    break
        if problems:
            raise WrongError(*problems)
        return found

    return read


def _build_dict(read_name: Reader, reader: Reader) -> Reader:
    def read(value: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise WrongError(Problem("dict_type", "Input should be a valid dictionary"))
        found: dict[Any, Any] = {}
        problems: list[Problem] = []
        for name, item in value.items():
            try:
                found[read_name(name)] = reader(item)
            except WrongError as error:
                problems += error.below(name)
        if problems:
            raise WrongError(*problems)
        return found

    return read


def _read_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise WrongError(Problem("string_type", "Input should be a valid string"))


def _check_unicode(value: str) -> None:
    """Refuse half of a surrogate pair, but in a text that was cleaned."""
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        words = "Input should be a valid string, unable to parse raw data as a unicode string"
        raise WrongError(Problem("string_unicode", words)) from None


def _read_whole(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _LARGE:
            return int(value)
        if value.is_integer():
            words = "Unable to parse input string as an integer, exceeded maximum size"
            raise WrongError(Problem("int_parsing_size", words))
        raise WrongError(
            Problem("int_from_float", "Input should be a valid integer, got a number with a fractional part")
        )
    if isinstance(value, str):
        _check_unicode(value)
        if len(value) <= _DIGITS and _WHOLE.match(value):
            return int(value.partition(".")[0])
        words = "Input should be a valid integer, unable to parse string as an integer"
        raise WrongError(Problem("int_parsing", words))
    raise WrongError(Problem("int_type", "Input should be a valid integer"))


def _read_number(value: Any) -> float:
    if isinstance(value, int | float):
        with contextlib.suppress(OverflowError):  # no float is so large
            return float(value)
    if isinstance(value, str):
        _check_unicode(value)
        try:
            return float(value)
        except ValueError:
            words = "Input should be a valid number, unable to parse string as a number"
            raise WrongError(Problem("float_parsing", words)) from None
    raise WrongError(Problem("float_type", "Input should be a valid number"))


def _read_truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in _YES | _NO:
        return value.lower() in _YES
    if isinstance(value, str):
        _check_unicode(value)
    if isinstance(value, str) or (isinstance(value, int) and abs(value) < _LARGE):
        raise WrongError(Problem("bool_parsing", "Input should be a valid boolean, unable to interpret input"))
    raise WrongError(Problem("bool_type", "Input should be a valid boolean"))


_PLAIN: Mapping[Any, Reader] = {str: _read_text, int: _read_whole, float: _read_number, bool: _read_truth}

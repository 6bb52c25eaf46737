"""The part of pydantic that frames and a runner's configuration use, without what a start would wait for.

pydantic takes 50 ms of a core and 8 MB before the first of its models is there, and builds each in a millisecond. A runner has
few, reads what its own gateway wrote, and somebody waits for it: so it imports this module before any model
(`modelling` then takes what is here). What these models read, refuse and write is what pydantic does; a test compares both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Self, TypeVar, get_type_hints

from agent_contract.leanchecks import (
    Problem,
    WrongError,
    build_least,
    build_length,
    build_most,
    build_pattern,
    check_finite,
)
from agent_contract.leanread import Reader, build_reader

if TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method: Any) -> Any:  # what only type checkers look at
        return method


__all__ = ["BaseModel", "BeforeValidator", "ConfigDict", "Field", "TypeAdapter", "ValidationError", "to_camel"]

T = TypeVar("T")
_REQUIRED: Any = object()


class ValidationError(ValueError):
    """A value is none of its type; `errors` says where and why, and never what it was."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} validation errors")
        self._problems = problems

    def errors(self, **_shown: bool) -> list[dict[str, Any]]:
        """Return each problem: `type`, `loc` and `msg`."""
        return [{"type": problem.type, "loc": problem.loc, "msg": problem.msg} for problem in self._problems]


class ConfigDict(dict[str, Any]):
    """Settings of a model. There is one way here, the one that `base.Wire` asks for, so nothing reads them."""


class BeforeValidator(NamedTuple):
    """Changes a value before it is read."""

    func: Callable[[Any], Any]


class FieldInfo(NamedTuple):
    """What a field's annotation, or its default, says beyond its type."""

    default: Any
    max_length: int | None
    discriminator: str | None
    fail_fast: bool
    checks: tuple[Callable[[Any], None], ...]


def Field(  # noqa: N802  # pydantic's name
    default: Any = _REQUIRED,
    *,
    ge: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    discriminator: str | None = None,
    fail_fast: bool = False,
    allow_inf_nan: bool = True,
) -> Any:
    """Say what a field's value may be, as pydantic's function of this name."""
    checks: list[Callable[[Any], None]] = []
    if not allow_inf_nan:
        checks.append(check_finite)
    if ge is not None:
        checks.append(build_least(ge))
    if le is not None:
        checks.append(build_most(le))
    if min_length is not None or max_length is not None:
        checks.append(build_length(min_length or 0, max_length))
    if pattern is not None:
        checks.append(build_pattern(pattern))
    return FieldInfo(default, max_length, discriminator, fail_fast, tuple(checks))


def to_camel(name: str) -> str:
    """Return a name of Python's as frames have it."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


class _Slot(NamedTuple):
    """One field of a model."""

    name: str
    alias: str
    default: Any
    read: Reader
    write: Callable[[str], str] | None
    """Of a text that is cleaned as it is written."""


class _Slots:
    """Gives a model class its fields, which are looked at when they are first needed."""

    def __get__(self, _instance: object, owner: type[BaseModel]) -> dict[str, _Slot]:
        found: dict[str, _Slot] | None = owner.__dict__.get("_slots")
        if found is None:
            found = {name: _build_slot(owner, name, kind) for name, kind in owner.lean_hints().items()}
            type.__setattr__(owner, "_slots", found)
        return found


class BaseModel:
    """A frozen model: its annotations are its fields."""

    model_config: ClassVar[ConfigDict]
    model_fields: ClassVar[Mapping[str, _Slot]] = _Slots()  # type: ignore[assignment]  # a descriptor

    def __init__(self, **fields: Any) -> None:
        try:
            self.__dict__.update(_read_fields(type(self), fields))
        except WrongError as error:
            raise ValidationError(error.problems) from None

    @classmethod
    def lean_hints(cls) -> dict[str, Any]:
        """Return the annotation of each field."""
        hints = get_type_hints(cls, include_extras=True)
        return {name: kind for name, kind in hints.items() if name not in BaseModel.__annotations__}

    @classmethod
    def lean_read(cls, value: Any) -> Self:
        """Read a value of this type, or an object with its fields.

        Raises:
            WrongError: it is none.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            words = f"Input should be a valid dictionary or instance of {cls.__name__}"
            raise WrongError(Problem("model_type", words))
        made = cls.__new__(cls)
        made.__dict__.update(_read_fields(cls, value))
        return made

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        """Read an object.

        Raises:
            ValidationError: it is none of this model.
        """
        return TypeAdapter[Self](cls).validate_python(value)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Read JSON.

        Raises:
            ValidationError: it is none, or none of this model.
        """
        return TypeAdapter[Self](cls).validate_json(text)

    def model_dump(
        self,
        *,
        mode: str = "python",
        by_alias: bool = False,
        exclude_none: bool = False,
        exclude: set[str] | None = None,
    ) -> dict[str, Any]:
        """Return plain values; `mode` changes nothing, as all that these models hold is JSON's."""
        found: dict[str, Any] = {}
        for slot in type(self).model_fields.values():
            value = self.__dict__[slot.name]
            if (exclude and slot.name in exclude) or (exclude_none and value is None):
                continue
            if slot.write is not None and isinstance(value, str):
                value = slot.write(value)
            found[slot.alias if by_alias else slot.name] = _dump(value, mode, by_alias, exclude_none)
        return found

    def model_dump_json(self, *, by_alias: bool = False, exclude_none: bool = False) -> str:
        """Return JSON without blanks, fields in their order."""
        dumped = self.model_dump(mode="json", by_alias=by_alias, exclude_none=exclude_none)
        return json.dumps(dumped, ensure_ascii=False, separators=(",", ":"))

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy with other values, which are not looked at."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__ | dict(update or {}))
        return made

    @override
    def __setattr__(self, name: str, value: object) -> None:
        raise ValidationError((Problem("frozen_instance", "Instance is frozen", (name,)),))

    @override
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    @override
    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class TypeAdapter(Generic[T]):
    """Reads values of a type that is no model by itself, as a union of some."""

    def __init__(self, kind: Any) -> None:
        self._read = build_reader(kind, _read_model)

    def validate_python(self, value: Any) -> T:
        """Read a value.

        Raises:
            ValidationError: it is none of this type.
        """
        try:
            found: T = self._read(value)
        except WrongError as error:
            raise ValidationError(error.problems) from None
        return found

    def validate_json(self, text: str | bytes) -> T:
        """Read JSON.

        Raises:
            ValidationError: it is none, or none of this type.
        """
        try:
            value = json.loads(text if isinstance(text, str) else text.decode())  # Python would take other encodings
            if _has_escape(text):  # maybe half of a surrogate pair
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise ValidationError((Problem("json_invalid", "Invalid JSON"),)) from None
        return self.validate_python(value)


def _has_escape(text: str | bytes) -> bool:
    """Say whether JSON holds the escape of half of a surrogate pair, whole pairs included."""
    return b"\\ud" in text.lower() if isinstance(text, bytes) else "\\ud" in text.lower()


def _read_model(kind: type) -> Reader | None:
    return kind.lean_read if issubclass(kind, BaseModel) else None


def _build_slot(owner: type[BaseModel], name: str, kind: Any) -> _Slot:
    default = getattr(owner, name, _REQUIRED)
    marks = getattr(kind, "__metadata__", ())
    if isinstance(default, FieldInfo):
        default = default.default
    write = next((mark.write for mark in marks if hasattr(mark, "write")), None)
    return _Slot(name, to_camel(name), default, build_reader(kind, _read_model), write)


def _read_fields(owner: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for slot in owner.model_fields.values():
        loc = slot.alias if slot.alias in given or slot.name not in given else slot.name
        if loc not in given:
            if slot.default is _REQUIRED:
                problems.append(Problem("missing", "Field required", (slot.alias,)))
            found[slot.name] = slot.default.copy() if isinstance(slot.default, list | dict) else slot.default
            continue
        try:
            found[slot.name] = slot.read(given[loc])
        except WrongError as error:
            problems += error.below(loc)
    if problems:
        raise WrongError(*problems)
    return found


def _dump(value: Any, mode: str, by_alias: bool, exclude_none: bool) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode=mode, by_alias=by_alias, exclude_none=exclude_none)
    if isinstance(value, list):
        return [_dump(item, mode, by_alias, exclude_none) for item in value]
    return value

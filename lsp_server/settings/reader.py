"""Reads the user's settings from whatever the editor sends.

A value that cannot be used keeps its default and gives one sentence to tell the user; unknown
keys are left alone, since an editor's extension keeps its own keys in the same section. Does not
know where the values come from (`workspace/configuration` or `initializationOptions`).
"""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from fillwright.engine.strict_json import strict_converter
from fillwright.lsp_server.settings.settings import SECTION, Settings


def read_settings(raw: object) -> tuple[Settings, tuple[str, ...]]:
    """Read the `fillwright` section as JSON gives it (camelCase keys).

    Returns the settings and one sentence for each value that was not usable; None and missing
    keys are defaults.
    """
    complaints: list[str] = []
    settings = _read(Settings, raw, SECTION, complaints)
    engine = settings.engine
    for name in ("use", "use_for_actions"):
        try:
            engine.called(getattr(engine, name))
        except ValueError as error:
            complaints.append(f"{SECTION}.engine.{camel_case(name)} should be {error}; using null.")
            unchosen: dict[str, Any] = {name: None}
            engine = replace(engine, **unchosen)
    return replace(settings, engine=engine), tuple(complaints)


def merged(below: object, above: object) -> object:
    """The settings of `above`, and those of `below` that it does not have, at every level."""
    if above is None:
        return below
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    both = {key: merged(value, above.get(key)) for key, value in below.items()}
    return {**above, **both}


Section = TypeVar("Section")
_CONVERTER = strict_converter()


def _read(section: type[Section], raw: object, path: str, complaints: list[str]) -> Section:
    if raw is None:
        return section()
    if not isinstance(raw, Mapping):
        complaints.append(f"{path} should be an object with settings; using the defaults.")
        return section()
    hints = typing.get_type_hints(section)
    values: dict[str, Any] = {}
    for setting in fields(section):  # type: ignore[arg-type]
        key = camel_case(setting.name)
        if key not in raw:
            continue
        hint = hints[setting.name]
        if isinstance(hint, type) and is_dataclass(hint):
            values[setting.name] = _read(hint, raw[key], f"{path}.{key}", complaints)
            continue
        try:
            if (inner := _section_in(hint)) is not None:
                named = _named(raw[key], hint)
                values[setting.name] = {
                    name: _read(inner, each, f"{path}.{key}.{name}", complaints)
                    for name, each in named.items()
                }
                continue
            value = _renamed(raw[key], setting.metadata.get("formerly", {}))
            values[setting.name] = _value(value, hint, setting.metadata.get("at_least"))
        except ValueError as error:
            complaints.append(
                f"{path}.{key} should be {error}; using {shown(default_of(setting))}."
            )
    return section(**values)


def _section_in(hint: Any) -> type[Any] | None:
    """The dataclass of a mapping's values, None for any other setting."""
    if typing.get_origin(hint) is not Mapping:
        return None
    _, value = typing.get_args(hint)
    return value if is_dataclass(value) and isinstance(value, type) else None


def _named(raw: object, hint: Any) -> Mapping[str, object]:
    """What a mapping has for each name; null is none. ValueError as for `_value`."""
    if raw is not None and not isinstance(raw, Mapping):
        raise ValueError(in_words(hint))
    return {str(name): each for name, each in (raw or {}).items()}


def _renamed(raw: object, formerly: Mapping[str, str]) -> object:
    """A value by its name now: files of users keep the names that values had before."""
    return formerly.get(raw, raw) if isinstance(raw, str) else raw


def _value(raw: object, hint: Any, at_least: float | None) -> object:
    """`raw` as `hint`; ValueError says in words what it should have been."""
    wanted = in_words(hint) + (f", {at_least} or more" if at_least is not None else "")
    try:
        value: object = _CONVERTER.structure(raw, hint)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise ValueError(wanted) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(wanted)
    if at_least is not None and isinstance(value, int | float) and value < at_least:
        raise ValueError(wanted)
    return value


_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    types.NoneType: "null",
}


def in_words(hint: Any) -> str:
    """What values a setting of this type takes."""
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join(shown(choice) for choice in typing.get_args(hint))
    if typing.get_origin(hint) is Mapping:
        named, value = typing.get_args(hint)
        if is_dataclass(value):
            return "an object with settings for each name"
        return f"an object with {in_words(value)} for {in_words(named)}"
    if isinstance(hint, types.UnionType):
        return " or ".join(in_words(part) for part in typing.get_args(hint))
    return _WORDS[hint]


def shown(value: object) -> str:
    """A value as it is written in JSON, as nearly as a sentence can have it."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return json.dumps(dict(value))
    return str(value).lower() if isinstance(value, bool) else repr(value)


def default_of(setting: "Field[Any]") -> object:
    """What a setting is where the user says nothing."""
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def camel_case(name: str) -> str:
    """The key of a setting by its name here."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)

"""The user's settings: nested frozen dataclasses, read from whatever the editor sends.

A value that cannot be used keeps its default and gives one sentence to tell the user; unknown
keys are left alone, since an editor's extension keeps its own keys in the same section. Does not
know where the values come from (`workspace/configuration` or `initializationOptions`).
"""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar

import cattrs
import cattrs.errors

SECTION = "fillwright"


@dataclass(frozen=True, slots=True)
class InlineCompletionSettings:
    """Ghost text at the cursor."""

    enabled: bool = True
    candidates: int = field(default=3, metadata={"at_least": 1})
    """How many fills to cycle through when ghost text is asked for by hand; automatic ghost text
    is always one."""


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """An item in the completion popup."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class DraftSettings:
    """Drafts as they denoise, sent as `fillwright/draft`, for editors that can show them."""

    enabled: bool = False


@dataclass(frozen=True, slots=True)
class FillSettings:
    """What one fill may cost and how it is made."""

    line_tokens: int = field(default=32, metadata={"at_least": 1})
    """Free tokens for the rest of a line."""

    block_tokens: int = field(default=128, metadata={"at_least": 1})
    """Free tokens for a function body or a selection."""

    steps: int | None = field(default=None, metadata={"at_least": 1})
    """Denoise steps per canvas; null is the checkpoint's own number."""

    seed: int = 0
    decode: Literal["auto", "denoise", "draft", "draft+denoise"] = "auto"


@dataclass(frozen=True, slots=True)
class ExclusionSettings:
    """Files that are neither filled in nor shown to the model."""

    secret_files: bool = True
    """Files that hold secrets, going by their names: `.env*`, keys, certificates, credentials."""

    ignored_files: bool = True
    """What `.gitignore` and `.fillwrightignore` exclude."""


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """What the model sees of other places than the hole's surroundings, where it can read it: the
    embedded model cannot."""

    enabled: bool = True
    characters: int = field(default=6000, metadata={"at_least": 1})
    """The most that is added to a request."""


@dataclass(frozen=True, slots=True)
class EngineSection:
    """The engine daemon that this editor shares with the others."""

    preload: bool = True
    """Start the engine when the editor starts, so that the first fill does not wait for it."""

    checkpoint: str | None = None
    """Folder of the model to use; null is the embedded one."""

    device: str = "auto"
    idle_seconds: float = field(default=900.0, metadata={"at_least": 1})
    """The engine leaves after so many seconds without work."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything under the `fillwright` section."""

    show: Literal["both", "ghost only", "popup only"] = "both"
    """Where suggestions appear while typing: as ghost text, as items of the popup, or as both."""

    inline_completion: InlineCompletionSettings = InlineCompletionSettings()
    completion: CompletionSettings = CompletionSettings()
    drafts: DraftSettings = DraftSettings()
    fill: FillSettings = FillSettings()
    exclude: ExclusionSettings = ExclusionSettings()
    context: ContextSettings = ContextSettings()
    engine: EngineSection = EngineSection()

    @property
    def ghost_text(self) -> bool:
        """Whether ghost text is shown."""
        return self.inline_completion.enabled and self.show != "popup only"

    @property
    def popup(self) -> bool:
        """Whether the popup gets items."""
        return self.completion.enabled and self.show != "ghost only"


def read_settings(raw: object) -> tuple[Settings, tuple[str, ...]]:
    """Read the `fillwright` section as JSON gives it (camelCase keys).

    Returns the settings and one sentence for each value that was not usable; None and missing
    keys are defaults.
    """
    complaints: list[str] = []
    return _read(Settings, raw, SECTION, complaints), tuple(complaints)


Section = TypeVar("Section")


def _read(section: type[Section], raw: object, path: str, complaints: list[str]) -> Section:
    if raw is None:
        return section()
    if not isinstance(raw, Mapping):
        complaints.append(f"{path} should be an object with settings; using the defaults.")
        return section()
    hints = typing.get_type_hints(section)
    values: dict[str, Any] = {}
    for setting in fields(section):  # type: ignore[arg-type]
        key = _camel(setting.name)
        if key not in raw:
            continue
        hint = hints[setting.name]
        if isinstance(hint, type) and is_dataclass(hint):
            values[setting.name] = _read(hint, raw[key], f"{path}.{key}", complaints)
            continue
        try:
            values[setting.name] = _value(raw[key], hint, setting.metadata.get("at_least"))
        except ValueError as error:
            complaints.append(f"{path}.{key} should be {error}; using {_shown(setting.default)}.")
    return section(**values)


def _value(raw: object, hint: Any, at_least: float | None) -> object:
    """`raw` as `hint`; ValueError says in words what it should have been."""
    wanted = _in_words(hint) + (f", {at_least} or more" if at_least is not None else "")
    try:
        value: object = _converter().structure(raw, hint)
    except (cattrs.errors.CattrsError, ValueError, OverflowError):
        raise ValueError(wanted) from None
    if at_least is not None and isinstance(value, int | float) and value < at_least:
        raise ValueError(wanted)
    return value


@lru_cache(maxsize=1)
def _converter() -> cattrs.Converter:
    """cattrs without its coercions: "false" is not a boolean and True is not a number."""
    converter = cattrs.Converter()

    def exactly(*accepted: type) -> Any:
        def structure(raw: object, wanted: type) -> object:
            # a boolean is an int to isinstance
            if type(raw) not in accepted or (isinstance(raw, float) and not math.isfinite(raw)):
                raise ValueError(f"not {wanted}")
            return wanted(raw)

        return structure

    converter.register_structure_hook(bool, exactly(bool))
    converter.register_structure_hook(int, exactly(int))
    converter.register_structure_hook(float, exactly(float, int))
    converter.register_structure_hook(str, exactly(str))
    return converter


_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    types.NoneType: "null",
}


def _in_words(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join(_shown(choice) for choice in typing.get_args(hint))
    if isinstance(hint, types.UnionType):
        return " or ".join(_in_words(part) for part in typing.get_args(hint))
    return _WORDS[hint]


def _shown(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)

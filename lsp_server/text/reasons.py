"""Why a suggestion is not shown: codes for programs, sentences for people."""

from dataclasses import dataclass
from typing import Literal

from fillwright.engine.errors import FillwrightError

Code = Literal[
    "not-open",
    "turned-off",
    "stale",
    "superseded",
    "slow",
    "cursor-moved",
    "leading-white-space",
    "after-undo",
    "several-places",
    "too-large",
    "long-lines",
    "binary",
    "popup-disagrees",
    "not-at-cursor",
    "overwrites",
    "unsure",
    "finished",
    "says-nothing-new",
    "language-not-learnt",
    "snoozed",
    "engine",
]


MESSAGES: dict[Code, str] = {
    "not-open": "The document is not open in the editor.",
    "turned-off": "The settings turn this kind of suggestion off.",
    "stale": "The document changed while the fill was made.",
    "superseded": "A newer request of the same document took its place.",
    "slow": "The editor stopped waiting before the fill was made.",
    "cursor-moved": "Only the cursor moved since the last request; typing asks again.",
    "leading-white-space": "The cursor is in a line's indentation, where Tab should indent.",
    "after-undo": "The last change took an earlier one back; the next change asks again.",
    "several-places": "The last change was in several places at once.",
    "too-large": "The document is too large to fill while typing; ask for a fill by hand.",
    "long-lines": "The lines here are too long to be written by hand (minified?); "
    "ask for a fill by hand.",
    "binary": "The document is not text.",
    "popup-disagrees": "The fill does not go on from the popup's selected item.",
    "not-at-cursor": "The fill would change text that ghost text at the cursor cannot show.",
    "overwrites": "The fill would delete code after the cursor.",
    "unsure": "The model was not sure enough of its fill; ask for it by hand, or set "
    "fillwright.eagerness to eager.",
    "finished": "Nothing seems to be missing here.",
    "says-nothing-new": "The fill only closes brackets, or says again what the line says.",
    "language-not-learnt": "The model has not learnt this language; the setting "
    "fillwright.languages can switch its suggestions on.",
    "snoozed": "Suggestions are snoozed.",
    "engine": "The engine could not make a fill.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nothing is shown: a code for programs and a sentence for people."""

    code: str
    message: str

    @classmethod
    def of(cls, code: Code) -> "Reason":
        """The reason of one of our own codes."""
        return cls(code, MESSAGES[code])

    @classmethod
    def slow(cls, last_fill_s: float | None) -> "Reason":
        """The editor went on before the fill was made; with the seconds that the last one took."""
        took = "" if last_fill_s is None else f" The last fill took {last_fill_s:.1f} s."
        return cls("slow", MESSAGES["slow"] + took)

    @classmethod
    def failed(cls, error: FillwrightError) -> "Reason":
        """The engine's own sentence."""
        return cls("engine", str(error))

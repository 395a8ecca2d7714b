"""What is sure enough to be shown to somebody who did not ask for it: the whole fill, the beginning
that is sure, or nothing, with the reason.

Knows no engine and no LSP types. What was asked for by hand does not come here.
"""

import re
from dataclasses import dataclass
from typing import Literal

from fillwright.engine.request import Certainty
from fillwright.lsp_server.fills.candidate import Candidate
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Reason

Eagerness = Literal["eager", "normal", "quiet"]

FINISHED = 0.3
"""Where nothing is missing with this probability or a higher one, nothing is shown: of 356 finished
lines in projects not learnt 1.1 % got a suggestion with this rule, 2.5 % without; no right fill was
lost. At 0.2 it would be 0.8 %, and some were."""
SHORTEST_BEGINNING = 3
"""Characters; less is typed sooner than read."""
ONLY_CLOSES = re.compile(r"[\s)\]}>;,\"'`]*")
WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Gate:
    """The least probability of a whole fill, and of a beginning of one, that is shown."""

    whole: float
    beginning: float

    def passing(
        self, document: Document, cursor: int, candidate: Candidate, ghost: TextChange
    ) -> TextChange | Reason:
        """What of a candidate may be shown at an offset of the editor's text, where all of it would
        be `ghost`; or the reason for showing nothing."""
        certainty = candidate.certainty
        seen = seen_after(document, cursor, ghost)
        if says_nothing_new(_line_before(document, cursor), seen):
            return Reason.of("says-nothing-new")
        if certainty is None:
            return ghost
        if certainty.nothing >= FINISHED:
            return Reason.of("finished")
        if certainty.whole >= self.whole:
            return ghost
        beginning = self._sure_beginning(candidate.text, certainty, seen)
        if beginning and not says_nothing_new(_line_before(document, cursor), beginning):
            return TextChange(cursor, cursor, beginning)
        return Reason.of("unsure")

    def _sure_beginning(self, text: str, certainty: Certainty, seen: str) -> str:
        """The longest beginning of what would be `seen` that is sure and ends where a word does."""
        found = ""
        for end, sure in certainty.beginnings:
            if sure < self.beginning:
                break
            begun = _same_characters(text[:end], seen)
            if len(begun.strip()) >= SHORTEST_BEGINNING and WORD.search(begun):
                following = text[end : end + 1]
                if not (WORD.match(begun[-1]) and WORD.match(following)):
                    found = begun
        return found.rstrip()


@dataclass(frozen=True, slots=True)
class Gates:
    """The gate for the rest of a line, and that for a block, such as a body that is to come."""

    line: Gate
    block: Gate


# Thresholds on calibrated probabilities. At 1,646 pauses in projects not learnt, each calibrated on
# the others, `normal` shows something at 38 % of them, of which 66 % is right; `eager` at 43 %,
# 56 %; `quiet` at 29 %, 77 %. The beginning of a body is mostly `return` or `self.`, and less often
# right for the same probability: of 170 bodies to come in the same projects, 53 % from 0.6 on,
# 61 % from 0.7, 83 % from 0.8 (docs/measurements.md).
GATES: dict[Eagerness, Gates] = {
    "eager": Gates(Gate(whole=0.2, beginning=0.6), Gate(whole=0.2, beginning=0.7)),
    "normal": Gates(Gate(whole=0.3, beginning=0.6), Gate(whole=0.3, beginning=0.8)),
    "quiet": Gates(Gate(whole=0.5, beginning=0.7), Gate(whole=0.5, beginning=0.9)),
}


def says_nothing_new(before: str, text: str) -> bool:
    """Whether a suggestion after `before`, its line so far, is not worth a look: it only closes,
    says the line's left-hand name again, or what the line has just named."""
    words = text.strip()
    if ONLY_CLOSES.fullmatch(text):
        return True
    start = before.rstrip()
    assigned = re.search(r"([\w.$]+)\s*(?:=|:=|<-)$", start)
    if assigned and assigned[1] == words:
        # an argument that is passed on under its own name is worth saying
        return start[: assigned.start()].strip() in ("", "const", "let", "var")
    return (
        bool(WORD.match(words)) and re.search(rf"(?<![\w.]){re.escape(words)}$", start) is not None
    )


def _line_before(document: Document, cursor: int) -> str:
    return document.text[document.lines.starts[document.lines.line_of(cursor)] : cursor]


def seen_after(document: Document, cursor: int, ghost: TextChange) -> str:
    """What of the ghost text stands after the cursor."""
    before = document.text[ghost.start : cursor]
    return ghost.text[len(before) :] if ghost.text.startswith(before) else ""


def _same_characters(text: str, seen: str) -> str:
    """The beginning of `seen` that has the characters of `text`, white space apart; "" where it
    begins otherwise."""
    wanted = "".join(text.split())
    count = 0
    for place, character in enumerate(seen):
        if count == len(wanted):
            return seen[:place]
        if not character.isspace():
            if character != wanted[count]:
                return ""
            count += 1
    return seen if count == len(wanted) else ""

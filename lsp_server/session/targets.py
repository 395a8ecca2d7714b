"""What can be filled at a place of a document, and the holes of each such target.

A `Target` travels through the editor as plain JSON, as the argument of a command or the data of a
code action. Knows no protocol types.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import cattrs
from cattrs.gen import make_dict_unstructure_fn

from fillwright.engine.errors import BadRequest
from fillwright.engine.strict_json import strict_converter
from fillwright.engine.syntax.languages import has_functions
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_line_end,
    carve_selection,
    has_stubs_nearby,
    is_written,
    stub_bodies,
    stub_bodies_in_class,
)
from fillwright.lsp_server.carving.docstrings import carve_docstring, wants_docstring
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import Position, PositionEncoding

What = Literal["body", "selection", "line", "docstring", "stubsInClass", "stubsInFile"]
TITLES: dict[What, str] = {
    "body": "Fill body",
    "selection": "Rewrite selection",
    "line": "Finish line",
    "docstring": "Fill docstring",
    "stubsInClass": "Fill all stubs in class",
    "stubsInFile": "Fill all stubs in file",
}
NOTHING: dict[What, str] = {
    "body": "There is no function around the cursor; put it inside one.",
    "docstring": "There is no class or function here that a docstring could be about.",
    "stubsInClass": "There is no class around the cursor with a function to fill.",
    "stubsInFile": "This file has no function that is still to be written.",
}
STRENGTHS: dict[float, str] = {0.2: "Touch up selection", 0.5: "Rework selection"}
"""What a selection's own text is kept but for: the share of its tokens that is renoised."""
LEVELS = (0.1, 0.2, 0.35, 0.5, 0.75, None)
"""How much of a selection changes, from one preview to the next; None: it is written again."""
REPAIR = "Renoise this place"
# clients that were written before the names had one style
FORMERLY = {"stubs in class": "stubsInClass", "stubs in file": "stubsInFile"}
# what an editor has closed already is no reason not to finish a line
FINISHED = re.compile(r"""[\s)\]}>"'`;,:]*$""")
COMMENT = re.compile(
    r"(?:/[/*!]+|#+|--+|;+|<!--)\s*(?:(?:TODO|FIXME)\b[:\s]*)?(?P<text>.*?)\s*(?:\*/|-->)?\s*"
)
LONGEST_TITLE = 60
LONGEST_COMPLAINT = 500
"""Of what a server complains of, in characters: some list every type they know. Set by hand."""


@dataclass(frozen=True, slots=True)
class EditorPosition:
    """A position as the editor counts: line and column from 0, in the negotiated encoding."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class EditorRange:
    """A half-open range between two such positions."""

    start: EditorPosition
    end: EditorPosition


@dataclass(frozen=True, slots=True)
class Complaint:
    """What another server says of a place."""

    range: EditorRange
    message: str = ""

    @property
    def instruction(self) -> str | None:
        """What a model is told of it, if it takes words."""
        words = " ".join(self.message.split())[:LONGEST_COMPLAINT]
        return f"put this right: {words}" if words else None


@dataclass(frozen=True, slots=True)
class Target:
    """What to fill: the range itself (`selection`), the rest of the line after its start, or
    what is around its start.

    Without a `version` the newest one of the document is meant. `instruction` says in words what
    is wanted. `rewrites`: there is code already, which the user should see beside the new one.
    With a `strength`, in (0, 1], a selection is not written again: that share of its tokens is, the
    least likely ones. `repairs`: another server complains of the place.
    """

    uri: str
    what: What
    range: EditorRange
    version: int | None = None
    instruction: str | None = None
    rewrites: bool = False
    strength: float | None = None
    repairs: bool = False

    def __post_init__(self) -> None:
        if self.strength is not None and (self.what != "selection" or not 0 < self.strength <= 1):
            raise ValueError("only a selection has a strength, more than 0 and at most 1")

    @property
    def title(self) -> str:
        """What an editor's menu says."""
        title = "Rewrite body" if self.what == "body" and self.rewrites else TITLES[self.what]
        if self.strength is not None:
            title = REPAIR if self.repairs else STRENGTHS.get(self.strength, "Renoise selection")
        if not self.instruction or self.repairs:
            return title
        words = " ".join(self.instruction.split())
        short = words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1] + "…"
        return f"{title}: {short}"

    @property
    def less(self) -> "Target | None":
        """The same, with less of a selection renoised; None where that cannot be."""
        if self.what != "selection":
            return None
        lower = [each for each in LEVELS if each and each < (self.strength or 1)]
        return replace(self, strength=lower[-1]) if lower else None

    @property
    def more(self) -> "Target | None":
        """The same, with more of a selection renoised or all of it written again; None where that
        cannot be."""
        if self.what != "selection" or self.strength is None:
            return None
        higher = [each for each in LEVELS if each is None or each > self.strength]
        return replace(self, strength=higher[0])

    @classmethod
    def from_json(cls, plain: object) -> "Target":
        """The target that an editor hands back. Raises ValueError when it is none."""
        if isinstance(plain, dict) and isinstance(plain.get("what"), str):
            plain = plain | {"what": FORMERLY.get(plain["what"], plain["what"])}
        try:
            return _converter().structure(plain, cls)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError(
                'A place to fill looks like {"uri": ..., "what": '
                f'{" or ".join(json.dumps(what) for what in TITLES)}, "range": ...}}'
            ) from None

    def to_json(self) -> dict[str, object]:
        """The target as plain JSON."""
        plain: dict[str, object] = _converter().unstructure(self)
        return plain


def targets(
    document: Document, span: EditorRange, encoding: PositionEncoding, *, asked: bool = True
) -> list[Target]:
    """What can be filled at a range of the document; unless it was `asked` for, only stubs and
    selections, so that an editor shows its light bulb where there is something to do."""
    start, end = sorted(_offset(document, place, encoding) for place in (span.start, span.end))
    first, last = (
        EditorPosition(*document.lines.position(place, encoding)) for place in (start, end)
    )
    at = document.to_lf(start)
    selected = document.text[start:end].strip()
    body = carve_body(document, at)
    if body is not None and not has_functions(body.language or document.language):
        body = None
    written = body is not None and is_written(document, body)
    found = list[What]()
    if body is not None and (asked or body.stub):
        found += ["body", *_other_stubs(document, body, at)]
    if asked and _lacks_docstring(document, body, at):
        found.append("docstring")
    if asked and start == end and _is_unfinished(document, at):
        found.append("line")
    if selected:
        found.append("selection")
    whole = [
        Target(
            document.uri,
            what,
            EditorRange(first, last),
            document.version,
            rewrites=what == "body" and written,
        )
        for what in found
    ]
    if selected:
        whole += [replace(whole[-1], strength=strength) for strength in STRENGTHS]
    instruction = _instruction_in(selected)
    newest = [each for each in whole if each.strength is None][-1:]
    instructed = [replace(each, instruction=instruction) for each in newest if instruction]
    return whole + instructed


def repairs(document: Document, complaints: Sequence[Complaint]) -> list[Target]:
    """The places that other servers complain of, each once and with what is said of it first, to be
    renoised: all of their tokens; of an empty range, the line's unlikely ones."""
    found = []
    for span, complaint in _first_of_each_range(complaints).items():
        line = span.start.line
        place, strength = span, 1.0
        if span.start == span.end:
            whole = EditorPosition(line, 0), EditorPosition(line + 1, 0)
            place, strength = EditorRange(*whole), min(STRENGTHS)
        found.append(
            Target(
                document.uri,
                "selection",
                place,
                document.version,
                instruction=complaint.instruction,
                strength=strength,
                repairs=True,
            )
        )
    return found


def _first_of_each_range(complaints: Sequence[Complaint]) -> dict[EditorRange, Complaint]:
    first: dict[EditorRange, Complaint] = {}
    for complaint in complaints:
        first.setdefault(complaint.range, complaint)
    return first


def carvings_of(
    document: Document, target: Target, encoding: PositionEncoding
) -> tuple[Carving, ...]:
    """The holes of a target, in order, one for each carving. Raises BadRequest when the document
    has no such place."""
    start, end = (
        document.to_lf(_offset(document, place, encoding))
        for place in (target.range.start, target.range.end)
    )
    carvings: Sequence[Carving | None]
    match target.what:
        case "selection":
            carvings = [carve_selection(document, start, max(start, end))]
        case "line":
            carvings = [carve_line_end(document, start)]
        case "docstring":
            carvings = [carve_docstring(document, start)]
        case "body":
            carvings = [carve_body(document, start)]
        case "stubsInClass":
            carvings = stub_bodies_in_class(document, start)
        case "stubsInFile":
            carvings = stub_bodies(document, start)
    found = tuple(carving for carving in carvings if carving is not None)
    if not found:
        raise BadRequest(NOTHING[target.what])
    return found


def _offset(document: Document, place: EditorPosition, encoding: PositionEncoding) -> int:
    return document.lines.offset(Position(place.line, place.character), encoding)


def _other_stubs(document: Document, body: Carving, at: int) -> Iterator[What]:
    """All stubs are offered where the cursor is on one, and there are others."""
    if body.stub and len(stub_bodies_in_class(document, at)) > 1:
        yield "stubsInClass"
    if body.stub and has_stubs_nearby(document, at):
        yield "stubsInFile"


def _lacks_docstring(document: Document, body: Carving | None, at: int) -> bool:
    """Whether a definition around has no docstring: a header's, or that of a body with code."""
    docstring = carve_docstring(document, at)
    if docstring is None or is_written(document, docstring):
        return False
    return wants_docstring(document, at) or (body is not None and is_written(document, body))


def _is_unfinished(document: Document, at: int) -> bool:
    """Whether a place in a line has something before it, and nothing after it but what closes."""
    lines = document.lf_lines
    line = lines.line_of(at)
    before, after = document.lf[lines.starts[line] : at], document.lf[at : lines.end_of(line)]
    return bool(before.strip()) and FINISHED.match(after) is not None


def _instruction_in(selected: str) -> str | None:
    """What the comment says that a selection begins with."""
    comment = COMMENT.fullmatch(selected.split("\n", 1)[0].strip())
    return comment["text"] or None if comment is not None else None


@cache
def _converter() -> cattrs.Converter:
    converter = strict_converter()
    unstructure = make_dict_unstructure_fn(Target, converter, _cattrs_omit_if_default=True)
    converter.register_unstructure_hook(Target, unstructure)
    return converter

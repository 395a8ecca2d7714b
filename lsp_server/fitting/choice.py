"""Which of the ways to lay out a fill fits its place: the first that leaves the fewest faults.

Knows documents, trials and texts; knows no changes of documents.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from fillwright.engine.request import Hole
from fillwright.engine.syntax.readable import is_markup
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.fitting.brackets import BracketTrial
from fillwright.lsp_server.fitting.layouts import closed_off
from fillwright.lsp_server.fitting.place import Place
from fillwright.lsp_server.fitting.repairs import closed_below, repaired
from fillwright.lsp_server.fitting.rest_of_line import with_rest_of_line
from fillwright.lsp_server.fitting.trial import Trial, trials_at
from fillwright.lsp_server.text.documents import Document

MOST_TRIALS = 40
"""Trial parses of one fill, about a millisecond each."""


def fitting(
    document: Document,
    carving: Carving,
    hole: Hole,
    ways: Sequence[str],
    place: Place,
    *,
    cut: bool,
) -> str | None:
    """The best of the ways to lay a text out, repaired if it has to be; None when the file would be
    worse for any of them. `cut`: the text went on with lines that have no place in the hole."""
    line_end = carving.what == "line end" and place.ends_line
    trials: Sequence[Trial | BracketTrial] = trials_at(document, hole)
    if not trials:
        trials = [BracketTrial(document, hole)]
    trial = trials[0]
    if carving.what in ("body", "braces"):
        within = (trial.within_block(way, place.indent) for way in ways)
        ways = [closed_off(way, place) for way in chain.from_iterable(within)]
    language = document.layer_at(hole.start).language
    if is_markup(language):
        ways = sorted(ways, key=lambda way: _open_braces(place.before + way + place.after))
    best = _least_faults(ways, trial)
    if line_end:
        best = _least_faults(with_rest_of_line(best, place, language), trial)
    # what the user rewrites is rewritten as a whole or not at all
    whole = carving.what in ("selection", "docstring") or carving.shape == "free"
    tries = repaired(best, place, trial, cut_back=not whole)
    if cut:
        closed = list(closed_below(best, place, trial))
        tries = chain([best, *closed], tries)
        best = _least_faults([best, *closed], trial)
    # one after the other: each costs a parse
    for number, way in enumerate(chain([best], islice(tries, MOST_TRIALS))):
        if not way.strip() or not all(one.accepts(way, far=not number) for one in trials):
            continue
        # a header without its block would have the statement below for one
        if (cut or number) and trial.takes_over(way):
            continue
        return way
    return None


def _least_faults(ways: Iterable[str], trial: Trial | BracketTrial) -> str:
    """The first way without a fault; without such, the first of those with the fewest."""
    found: dict[int, str] = {}
    for way in ways:
        faults = trial.faults_with(way)
        found.setdefault(faults, way)
        if not faults:
            break
    return found[min(found)]


def _open_braces(line: str) -> int:
    return abs(line.count("{") - line.count("}"))

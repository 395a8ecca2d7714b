"""Which of the ways to lay out a fill fits its place: the first that leaves the fewest faults.

Knows documents, trials and texts; knows no changes of documents. Without a grammar the likeliest
way is taken.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from fillwright.engine.request import Hole
from fillwright.lsp_server.carve import Carving
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.fill_layout import closed_off, line_ends
from fillwright.lsp_server.fill_place import Place
from fillwright.lsp_server.fill_repairs import mended, with_rest, without_closers
from fillwright.lsp_server.fill_trial import Trial, trials_at

MOST_TRIALS = 40


def fitting(
    document: Document,
    carving: Carving,
    hole: Hole,
    ways: Sequence[str],
    place: Place,
    *,
    cut: bool,
) -> str | None:
    """The best of the ways to lay a text out, mended if it has to be; None when the file would be
    worse for any of them. `cut`: the text went on with lines that have no place in the hole."""
    line_end = carving.what == "line end" and place.ends_line
    trials = trials_at(document, hole)
    if not trials:
        return _even(ways[0], place) if line_end else closed_off(ways[0], place)
    trial = trials[0]
    if carving.what == "body":
        within = (trial.within_block(way, place.indent) for way in ways)
        ways = [closed_off(way, place) for way in chain.from_iterable(within)]
    best = _least_faults(ways, trial)
    if line_end:
        ends = [best, *with_rest(best, place.code), *without_closers(best)]
        best = _least_faults((end for way in ends for end in line_ends(way, place)), trial)
    # what the user rewrites is rewritten as a whole or not at all
    whole = carving.what in ("selection", "docstring") or carving.shape == "free"
    tries = mended(best, place, trial, cut_back=not whole)
    # one after the other: each costs a parse
    for number, way in enumerate(chain([best], islice(tries, MOST_TRIALS))):
        if not way.strip() or not all(one.accepts(way) for one in trials):
            continue
        # a header without its block would have the statement below for one
        if (cut or number) and trial.takes_over(way):
            continue
        return way
    return None


def _least_faults(ways: Iterable[str], trial: Trial) -> str:
    """The first way without a fault; without such, the first of those with the fewest."""
    found: dict[int, str] = {}
    for way in ways:
        faults = trial.faults_with(way)
        found.setdefault(faults, way)
        if not faults:
            break
    return found[min(found)]


def _even(text: str, place: Place) -> str:
    """Where no syntax is known: the text with as much of the line's end as evens its brackets."""
    if not _is_even(place.before + place.written) or _is_even(place.before + text):
        return text
    ways = with_rest(text, place.written)
    return next((way for way in ways if _is_even(place.before + way)), text)


def _is_even(line: str) -> bool:
    return all(line.count(one) == line.count(other) for one, other in ("()", "[]", "{}")) and (
        line.count('"') % 2 == 0
    )

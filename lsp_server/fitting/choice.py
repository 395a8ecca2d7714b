"""Which of the ways to lay out a fill fits its place: the first that leaves the fewest faults.

Knows documents, trials and texts; knows no changes of documents.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice

from fillwright.engine.request import Hole
from fillwright.engine.syntax.readable import is_markup
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.fitting.brackets import BracketTrial, lone_quotes
from fillwright.lsp_server.fitting.layouts import closed_off, line_ends
from fillwright.lsp_server.fitting.place import Place
from fillwright.lsp_server.fitting.repairs import closed_below, repaired, with_rest, without_closers
from fillwright.lsp_server.fitting.trial import Trial, trials_at
from fillwright.lsp_server.text.documents import Document

MOST_TRIALS = 40
"""Trial parses of one fill, about a millisecond each."""
WORD = re.compile(r"\w+")
GOES_ON = "\\"
LINK = re.compile(r"\s*(?:&&|\|\|?|;)\s*\\")
TAG = re.compile(r"<(?P<end>/?)(?P<name>[\w.:-]+)[^<>]*?(?P<alone>/?)>")


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
    markup = is_markup(document.layer_at(hole.start).language)
    if markup:
        ways = sorted(ways, key=lambda way: _open_braces(place.before + way + place.after))
    best = _least_faults(ways, trial)
    if line_end:
        said = best.rstrip()
        ends = [said, *with_rest(best, place.code), *without_closers(said)]
        if _only_ends_a_word(said, place):
            ends = [said + place.code]
        elif place.code.endswith(GOES_ON) and not said.endswith(GOES_ON):
            # the next line goes on with this one
            ends = [said + " " + place.code.strip()]
        elif LINK.fullmatch(place.code) and not said.endswith(place.code.strip()):
            # and is another command
            ends = [said.removesuffix(GOES_ON).rstrip() + " " + place.code.strip()]
        whole_lines = [end for way in ends for end in line_ends(way, place)]
        whole_lines = _as_even(whole_lines, place, markup=markup)
        best = _least_faults(whole_lines, trial)
    # what the user rewrites is rewritten as a whole or not at all
    whole = carving.what in ("selection", "docstring") or carving.shape == "free"
    tries = repaired(best, place, trial, cut_back=not whole)
    if cut:
        tries = chain(closed_below(best, place, trial), tries)
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


def _only_ends_a_word(text: str, place: Place) -> bool:
    """Whether a text has only the rest of the word before the cursor, and so says nothing of what
    follows that word."""
    follows = place.code.strip() and not WORD.match(place.code)
    return bool(follows and WORD.search(place.before[-1:]) and WORD.fullmatch(text))


def _as_even(ways: list[str], place: Place, *, markup: bool) -> list[str]:
    """The ways that leave no quotation mark of a line alone if none is now, and in `markup` no more
    tags and braces open, which a parser takes for text; all of them when none does."""
    if not place.code.strip():
        return ways
    line = place.before + place.written
    quoted = [way for way in ways if lone_quotes(place.before + way) <= lone_quotes(line)]
    ways = quoted or ways
    if not markup:
        return ways
    now = _left_open(line)
    even = [way for way in ways if _as_closed(_left_open(place.before + way), now)]
    return even or ways


def _as_closed(left_open: Counter[str], now: Counter[str]) -> bool:
    return all(abs(count) <= abs(now[name]) for name, count in left_open.items())


def _open_braces(line: str) -> int:
    return abs(line.count("{") - line.count("}"))


def _left_open(line: str) -> Counter[str]:
    """How many more tags of each name, and brackets of each kind, are opened than closed."""
    counts = Counter[str]()
    for match in TAG.finditer(line):
        if not match["alone"]:
            counts[match["name"]] += -1 if match["end"] else 1
    for opener, closer in ("{}", "<>"):
        counts[opener] = line.count(opener) - line.count(closer)
    return counts

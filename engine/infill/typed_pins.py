"""What the user types while a hole is denoised, or afterwards: pins on the canvas of before.

Knows requests and how their holes are spelt; knows no model.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fillwright.engine.infill.text.seams import shared_start
from fillwright.engine.infill.tokens.settled import Ranges, settled_ranges
from fillwright.engine.infill.tokens.tokenizer import Spelling
from fillwright.engine.request import Infill, InfillRequest

KEPT = 8
"""Documents whose last canvas is kept; as many as have a prefix cache on a CPU."""
Noise = tuple[float, float]
AGREEING: Noise = 0.0, 1.0
SHOWN: Noise = 0.5, 1.0
UNDER_WAY: Noise = 0.0, 0.75
"""The noise in what was settled and in all else: where what was typed agrees with the canvas, and
where something else was typed after a finished fill or during one. Chosen on projects that
constants are fitted to: docs/measurements-log.md, "Typing on a canvas"."""
LEXEME = re.compile(r"\w+|[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Rest:
    """What a hole says already: its `text`, without its lead, which characters were `settled`, and
    how much `noise` is in those and in the others. `agrees`: what was typed is what the canvas
    said."""

    text: str
    settled: Ranges
    agrees: bool
    noise: Noise


@dataclass(frozen=True, slots=True)
class LastCanvas:
    """What the only hole of a `request` said after the last step that was made, and which
    characters of it were `settled`. `fill` is what was answered, None where that was not finished;
    each of its tokens `ends` so many characters after the start of the text."""

    request: InfillRequest
    text: str
    settled: Ranges
    fill: Infill | None = None
    ends: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        fill: Infill,
        request: InfillRequest,
        spelling: Spelling,
        kept: range,
        accepted: Sequence[bool],
    ) -> "LastCanvas":
        """`kept` are the characters that the fill shows. What was accepted last counts only where
        the fill was not finished: nothing is frozen, and the last step keeps what it has."""
        text = spelling.text[kept.start : kept.stop]
        if fill.finish not in ("settled", "budget"):
            return cls(request, text, settled_ranges(spelling, accepted, kept))
        shown = spelling.showing(kept)
        ends = (min(end, kept.stop) - kept.start for end in spelling.ends[shown.start : shown.stop])
        return cls(request, text, ((0, len(text)),), fill, tuple(ends))

    def rest(self, request: InfillRequest) -> Rest | None:
        """What is left for the next request; None unless something was typed before the hole, and
        nothing else differs.

        What was typed as the canvas says leaves all that follows. Other text takes the place of as
        many words and signs.
        """
        typed = self._typed(request)
        if not typed:
            return None
        same = shared_start(self.text, typed)
        if same == len(typed):
            return self._from(same, agrees=True)
        ends = [found.end() for found in LEXEME.finditer(typed)]
        start = max((end for end in ends if end <= same), default=0)
        replaced = [found.end() for found in LEXEME.finditer(self.text, start)]
        count = sum(end > start for end in ends)
        return self._from([start, *replaced][min(count, len(replaced))], agrees=False)

    def finished(self, request: InfillRequest) -> Infill | None:
        """What was answered, without what was typed since; None where that was something else, or
        nothing is left."""
        rest = self.rest(request)
        if self.fill is None or rest is None or not (rest.agrees and rest.text.strip()):
            return None
        typed = len(self.text) - len(rest.text)
        sure = zip(self.ends, self.fill.confidences[0], strict=True)
        confidences = tuple(confidence for end, confidence in sure if end > typed)
        return replace(
            self.fill,
            texts=(self.fill.texts[0][typed:],),
            confidences=(confidences,),
            tokens=len(confidences),
            steps=0,
            timings_ms=dict.fromkeys(self.fill.timings_ms, 0.0),
            candidate_tokens=len(confidences),
        )

    def _typed(self, request: InfillRequest) -> str | None:
        """What was typed where the hole began; None where anything else differs."""
        own, (old,), (new, *_) = self.request, self.request.holes, request.holes
        # what other places say changes while one types
        if own != replace(request, document=own.document, holes=own.holes, context=own.context):
            return None
        typed = request.document[old.start : new.start]
        expected = own.document[: old.start] + typed + own.document[old.start :]
        same = request.document == expected and new.end - old.end == len(typed)
        return typed if same else None

    def _from(self, start: int, agrees: bool) -> Rest:
        settled = ((max(a - start, 0), b - start) for a, b in self.settled if b > start)
        noise = AGREEING if agrees else UNDER_WAY if self.fill is None else SHOWN
        return Rest(self.text[start:], tuple(settled), agrees, noise)


class LastCanvases:
    """The last canvas of each document, by `document_key`; the least recently used go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, LastCanvas] = OrderedDict()

    def keep(self, canvas: LastCanvas) -> None:
        """Take the place of the document's last one; nothing without a key."""
        key = canvas.request.document_key
        if key:
            self._kept.pop(key, None)
            self._kept[key] = canvas
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def of(self, request: InfillRequest) -> LastCanvas | None:
        """The one of the request's document."""
        return self._kept.get(request.document_key)

    def clear(self) -> None:
        """Forget them all."""
        self._kept.clear()

"""A request for unlikely places: a few lines are read, their least likely tokens are renoised, and
the changes that make the lines likelier are told.

Knows the order of the work: read, renoise, keep what is better, put it in characters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.denoising.readings import (
    Read,
    Reading,
    read_by_denoising,
    read_causally,
    renoise_each,
)
from fillwright.engine.infill.denoising.renoise import Rewritten, improvements
from fillwright.engine.infill.doubt_settings import DoubtSettings
from fillwright.engine.infill.ranking.plausibility import Filled, Neighbourhood
from fillwright.engine.infill.standing import Standing, canvas_room
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.changed_words import changed_words
from fillwright.engine.infill.text.windows import WINDOW_CHARACTERS_PER_TOKEN
from fillwright.engine.request import Doubt, DoubtRequest, Doubts, Hole, InfillRequest, Ranking
from fillwright.engine.syntax.spans import spans

RANKINGS: Mapping[Ranking, Read] = {"causal": read_causally, "denoised": read_by_denoising}
NOT_DOUBTED = ("comment", "docstring", "string")
UNLIKELY = -2.0
"""Nats: what is likelier is not renoised. Set by hand."""
TRIED = 8
"""How many places of a window are renoised at most, the least likely ones. Set by hand."""


@dataclass(eq=False)
class Doubting:
    """Looks at one window of a request: whole lines from its start on, as many as fit on a canvas.
    `readings` are there once it has run, one for each id of `text`."""

    checkpoint: Checkpoint
    request: DoubtRequest
    settings: DoubtSettings
    stop: Stop
    readings: Sequence[Reading] = ()

    def run(self) -> Doubts:
        """What is unlikely in the window; nothing in a line that is longer than a canvas."""
        request, text = self.request, self.text
        places: list[Doubt] = []
        if text is not None and text.ids[len(text.lead_ids) :] and not self.stop():
            places = self._places(text)
        if text is None:
            end = request.document.find("\n", request.start, request.end) + 1 or request.end
        else:
            end = text.request.holes[0].end
        return Doubts(
            places=tuple(places),
            end=request.start if self.stop.reason else end,
            by=self.settings.by,
            finish=self.stop.reason or "settled",
            model=self.checkpoint.model_name,
            device=self.checkpoint.device,
            ms=self.stop.elapsed_ms(),
        )

    @property
    def found(self) -> list[tuple[int, Reading]]:
        """Where each token that may be doubted ends, in the window's characters, and how it was
        read."""
        if self.text is None or not self.readings:
            return []
        return [(self.text.ends[at], self.readings[at]) for at in self._code(self.text)]

    @cached_property
    def text(self) -> Standing | None:
        """The window; None where its first line does not fit."""
        document, start, end = self.request.document, self.request.start, self.request.end
        longest = start + canvas_room(self.checkpoint) * WINDOW_CHARACTERS_PER_TOKEN
        if end > longest:
            end = document.rfind("\n", start, longest) + 1
        while end > start:
            text = self._standing(end)
            if text.fits:
                return text
            spelt = start + text.ends[canvas_room(self.checkpoint) - 1]
            end = document.rfind("\n", start, min(spelt, end - 1)) + 1
        return None

    def _standing(self, end: int) -> Standing:
        request = self.request
        window = InfillRequest(
            request.document,
            (Hole(request.start, end),),
            request.language,
            document_key=request.document_key,
            seed=request.seed,
        )
        return Standing(self.checkpoint, window)

    def _places(self, text: Standing) -> list[Doubt]:
        """Where other text makes the window likelier by enough, in order."""
        model, barred = self.checkpoint.model, self.checkpoint.tokenizer.special_ids
        task = text.task(self.stop)
        self.readings = RANKINGS[self.settings.by](model, task, text.ids, barred)
        unlikely = self._unlikely(text)
        if not unlikely or self.stop():
            return []
        proposals = [_with(text.ids, at, self.readings[at].other) for at in unlikely]
        renoised = renoise_each(model, task, text.ids, unlikely, barred)
        proposals += [
            _with(text.ids, at, each.other) for at, each in zip(unlikely, renoised, strict=True)
        ]
        better = improvements(model, task, text.ids, list(dict.fromkeys(proposals)))
        better = [each for each in better if 0 < each.gain >= self.settings.gain]
        return list(self._told(text, sorted(better, key=lambda each: -each.gain)))

    def _unlikely(self, text: Standing) -> list[int]:
        """The places to try, the least likely first."""
        places = [at for at in self._code(text) if self.readings[at].own < UNLIKELY]
        return sorted(places, key=lambda at: self.readings[at].own)[:TRIED]

    def _code(self, text: Standing) -> list[int]:
        """The places of the window's code: none that is the lead's or blank, none in a comment or
        in quotes, where nobody could say what is right."""
        document, first = self.request.document, text.request.holes[0].start
        every = spans(document, self.request.language)
        words = [span for span in every if span.kind in NOT_DOUBTED]
        places, borders = [], [0, *text.ends]
        for at in range(len(text.lead_ids), len(text.ids)):
            start, end = first + max(0, borders[at]), first + borders[at + 1]
            is_word = any(each.start < end and start < each.end for each in words)
            if document[start:end].strip() and not is_word:
                places.append(at)
        return places

    def _told(self, text: Standing, better: Sequence[Rewritten]) -> Iterator[Doubt]:
        """The changes in characters, the best first: those of one place once, and none that only
        white space is changed by, or that a linter would object to. None at all of a text that
        tokens cannot spell, as with half a surrogate pair."""
        hole, lead = text.request.holes[0], text.seams.leads[0]
        before = self.request.document[hole.start : hole.end]
        if text.text(text.ids) != before:
            return
        around = Neighbourhood.of(self.request.document, hole, self.request.language)
        standing = around.with_fill(before)
        found: list[range] = []
        for each in better:
            whole, after = self.checkpoint.tokenizer.decode(each.ids), text.text(each.ids)
            place, new = changed_words(before, after)
            own = before[place.start : place.stop]
            filled = around.with_fill(after)
            breaks = filled and standing and _objects(standing, filled)
            is_known = any(place.start < other.stop and other.start < place.stop for other in found)
            if not whole.startswith(lead) or own.split() == new.split() or breaks or is_known:
                continue
            found.append(place)
            yield Doubt(hole.start + place.start, hole.start + place.stop, new, each.gain)


def _objects(standing: Filled, filled: Filled) -> bool:
    """Whether a change brings a syntax fault, a loose end, or a name that stands nowhere else."""
    if (filled.faults, filled.name_faults) > (standing.faults, standing.name_faults):
        return True
    return not all(map(filled.around.has, filled.names - standing.names))


def _with(ids: Sequence[int], at: int, other: int) -> tuple[int, ...]:
    return (*ids[:at], other, *ids[at + 1 :])

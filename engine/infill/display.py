"""States of holes into the drafts that a caller sees: ids spelt, and cut to what stays.

Knows the tokenizer's spelling and the text around the holes; knows no model.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from fillwright.engine.infill.ending import Spelt
from fillwright.engine.infill.state import Written
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.repetition import repetition_start
from fillwright.engine.infill.text.seams import Seams, whole_lines
from fillwright.engine.infill.tokens.settled import settled_ranges, settled_tokens
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer, Spelling
from fillwright.engine.request import Draft

States = Generator[Draft, None, Written | None]


@dataclass(frozen=True)
class Display:
    """Of one candidate, whose holes have at most `tokens`; `closing` is the prompt's. `watched`:
    the drafts of canvases say how sure the model is."""

    tokenizer: CodeTokenizer
    seams: Seams
    closing: str
    tokens: int
    watched: bool = False

    def spelt(self, states: Iterable[Written]) -> Iterator[Spelt]:
        """Each state within the budget, and the texts of its holes."""
        for state in states:
            within = state.within(self.tokens)
            yield within, [self.tokenizer.spell(ids) for ids in within.holes]

    def until_repetition(self, states: Iterator[Spelt]) -> Iterator[Spelt]:
        """Stop the draft of a single hole at the first repetition."""
        for state, spelt in states:
            start = repetition_start(spelt[-1].text)
            if len(spelt) == 1 and start < len(spelt[0].text):
                first = state.within(spelt[0].tokens_of(start))
                yield first, [self.tokenizer.spell(first.holes[0])]
                return
            yield state, spelt

    def shown(self, states: Iterator[Spelt], stop: Stop, *, denoised: bool) -> States:
        """Turn states into drafts, and tell `stop` of them; returns the last state."""
        state = None
        for state, spelt in states:
            stop.wrote(state.settled or all(whole_lines(each.text) for each in spelt))
            kept = self.seams.fitting([s.text for s in spelt], self.closing)
            yield Draft(
                state.passes,
                state.steps_left,
                tuple(s.text[r.start : r.stop] for s, r in zip(spelt, kept, strict=True)),
                tuple(
                    settled_ranges(*hole) for hole in zip(spelt, state.accepted, kept, strict=True)
                ),
                denoised=denoised,
                confidences=_confidences(state, spelt, kept) if denoised and self.watched else (),
            )
        return state


def _confidences(
    state: Written, spelt: Sequence[Spelling], kept: Sequence[range]
) -> tuple[tuple[tuple[int, int, float], ...], ...]:
    holes = zip(spelt, state.accepted, state.confidences(), kept, strict=True)
    return tuple(settled_tokens(*hole) for hole in holes)

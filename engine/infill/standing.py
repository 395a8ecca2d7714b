"""What stands in a request's only hole, as ids for a canvas: rewriting and doubting begin with it.

Knows seams and ids; reads no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.preparation import Preparation
from fillwright.engine.infill.state import Task
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.request import InfillRequest


@dataclass(eq=False)
class Standing:
    """The text of a hole, its lead included, without a line end that it owes."""

    checkpoint: Checkpoint
    request: InfillRequest

    @cached_property
    def seams(self) -> Seams:
        return Seams.of(self.request, self.checkpoint.tokenizer.starts_a_token)

    @cached_property
    def ids(self) -> list[int]:
        hole, seams = self.request.holes[0], self.seams
        text = self.request.document[hole.start : hole.end].removesuffix(seams.tails[0])
        return self.checkpoint.tokenizer.encode(seams.leads[0] + text)

    @property
    def fits(self) -> bool:
        """Whether they fit on a canvas."""
        return len(self.ids) <= canvas_room(self.checkpoint)

    @cached_property
    def ends(self) -> list[int]:
        """Where each id's text ends, in characters of the hole; not above 0 in the lead."""
        lead = len(self.seams.leads[0])
        return [end - lead for end in self.checkpoint.tokenizer.spell(self.ids).ends]

    @cached_property
    def lead_ids(self) -> range:
        """The ids that spell nothing but the lead."""
        return range(sum(end <= 0 for end in self.ends))

    def task(self, stop: Stop) -> Task:
        """The prompt, read; where a draft would be chosen among several, the lead is left alone."""
        plan = self.checkpoint.plan(self.request, 0)
        plan = replace(plan, decode="denoise", drafting="samples")
        return Preparation(self.checkpoint, self.request, plan, self.seams).task(stop)

    def text(self, ids: Sequence[int]) -> str:
        """What the hole says with other ids."""
        text = self.checkpoint.tokenizer.decode(ids)
        return text[len(self.seams.leads[0]) :] + self.seams.tails[0]


def canvas_room(checkpoint: Checkpoint) -> int:
    """How many ids of a text a canvas takes: the prompt's last token may stand before them, and an
    end mark stands after them."""
    return checkpoint.model.config.canvas_length - 2

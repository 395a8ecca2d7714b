"""A request and its plan into a `Task`: the prompt read, and what each hole may be.

Knows text, tokens and the model; writes no hole but for the lead that it begins with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from fillwright.engine.diffusion.canvas import BUCKETS
from fillwright.engine.infill.beginnings import own_line, placeholders
from fillwright.engine.infill.bodies import bodies_before
from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.drafting.greedy import next_token
from fillwright.engine.infill.form import Form
from fillwright.engine.infill.plan import Plan
from fillwright.engine.infill.precedents import precedents_of, related
from fillwright.engine.infill.prompts.context import fitting
from fillwright.engine.infill.prompts.sides import suffix_ids
from fillwright.engine.infill.state import Ids, Start, Task
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.infill.tokens.settled import settled_ids
from fillwright.engine.infill.typed_pins import Rest
from fillwright.engine.memory.contexts import Store
from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model.cache import Cache
from fillwright.engine.request import InfillRequest

# far more than a canvas holds; a causal draft reads no more between two holes either
BETWEEN_CHARACTERS = 4096


@dataclass(frozen=True)
class Preparation:
    """Of one candidate of a request, by its plan; `form` is what its hole has to spell, and
    `rest` what it says already."""

    checkpoint: Checkpoint
    request: InfillRequest
    plan: Plan
    seams: Seams
    form: Form | None = None
    rest: Rest | None = None

    def task(self, stop: Stop) -> Task:
        """Reads what the document's cache lacks of the prompt, and a lead that is not left to the
        draft; the latter goes on until `stop`."""
        known, request, seams = self.checkpoint, self.request, self.seams
        prompt = known.prompt.ids(
            seams.prefix,
            seams.suffix,
            request.language,
            request.instruction,
            fitting(request.context, known.room_beside(request), self._tokens),
        )
        cache, read = known.prefix_caches.holding(request.document_key, prompt[:-1])
        opening, start = self._begun(lambda: self._opening(cache, prompt, stop))
        holes = self._holes(opening)
        return Task(
            plan=self.plan,
            denoise=known.denoise,
            cache=cache,
            prompt=prompt,
            prompt_read=read,
            opening=opening,
            holes=holes,
            between=[known.tokenizer.encode(text[-BETWEEN_CHARACTERS:]) for text in seams.between],
            suffix=[] if self.plan.length == "end-mark" else self._suffix(),
            generator=known.model.generator(self.plan.seed),
            cancelled=stop,
            memory=self.memory,
            stood=self.stood,
            form=self.form,
            start=start,
        )

    def _tokens(self, text: str) -> int:
        return len(self.checkpoint.tokenizer.encode(text))

    def _begun(self, opening: Callable[[], list[int]]) -> tuple[list[int], Start | None]:
        """The known first tokens of the first hole, and what stands after them already. What was
        typed as a canvas of before says pins the tokens that it is part of; else the model's own
        `opening` is."""
        if self.plan.chooses:
            return [], None
        if self.rest is None:
            return opening(), None
        tokenizer, lead = self.checkpoint.tokenizer, len(self.seams.leads[0])
        ids = tokenizer.encode(self.seams.leads[0] + self.rest.text)
        spelling = tokenizer.spell(ids)
        ranges = tuple((a + lead, b + lead) for a, b in self.rest.settled)
        of_settled, of_others = self.rest.noise
        noise = [of_settled if settled else of_others for settled in settled_ids(spelling, ranges)]
        known = spelling.tokens_of(lead)
        start = Start(tuple(ids[known:]), tuple(noise[known:])) if known < len(ids) else None
        return ids[:known] if self.rest.agrees else opening(), start

    @cached_property
    def memory(self) -> Mixture | None:
        """What of the user's own code has a say, where the draft is by beams; needs no model."""
        known = self.checkpoint
        if known.gate is None or not self.request.memory or self.plan.drafting != "beams":
            return None
        (hole,) = self._holes([])
        far_parts, project = known.far_parts, self._project()
        precedents = precedents_of(known.tokenizer, far_parts, self.seams, hole, project)
        return Mixture(known.gate, related(precedents), self.seams.one_line)

    @property
    def stood(self) -> tuple[Ids, ...]:
        """What of the user's own code stood where such a block is to come; none where the draft is
        not of samples."""
        known = self.checkpoint
        if known.gate is None or not self.request.memory or self.plan.drafting != "samples":
            return ()
        far_parts, tokens = known.far_parts, self.plan.tokens
        return bodies_before(known.tokenizer, far_parts, self.seams, tokens, self._project())

    def _project(self) -> Sequence[Store]:
        return self.checkpoint.remembered.stores(self.request.workspace, self.request.file_key)

    def _opening(self, cache: Cache, prompt: Sequence[int], stop: Stop) -> list[int]:
        """The most likely tokens that spell the first hole's lead and, with what they spell more,
        may begin what it has to spell; where none do, the plainest."""
        edges = Edges(self.checkpoint.tokenizer, self._beginnings[0], "")
        opening: list[int] = []
        while not stop() and (allowed := edges.following(opening)):
            unread, fits = opening[-1:] or prompt[-1:], partial(self._may_begin, tuple(opening))
            token = next_token(self.checkpoint.model, cache, unread, allowed, fits)
            if token is None:
                return self.checkpoint.tokenizer.encode(self._beginnings[0])
            opening.append(token)
        return opening

    def _may_begin(self, opening: Ids, token: int) -> bool:
        """Whether a fill that meets its constraint may begin with these ids; of one that has to
        parse that is not known."""
        if self.form is None or self.request.constraint.kind == "parses":
            return True
        return any(True for _ in self.form.endings([*opening, token]))

    def _holes(self, opening: Sequence[int]) -> tuple[Constraints, ...]:
        """Where the draft is chosen among several, it has the hole's edges; else the opening is the
        first hole's lead, and how a stub begins is avoided."""
        tokenizer, plan, seams = self.checkpoint.tokenizer, self.plan, self.seams
        lead, *leads = self._beginnings
        first = Edges(tokenizer, lead, seams.ending) if plan.chooses else None
        edges = [first, *(Edges(tokenizer, lead, "") for lead in leads)]
        avoided: list[tuple[int, ...]] = (
            [()] if plan.drafting == "beams" else self._avoided(opening)
        )
        budgets = [max(1, plan.tokens - len(opening)), *[plan.tokens] * (len(edges) - 1)]
        return tuple(
            Constraints(
                budget, plan.end_marks, edge, avoid, tokenizer.white_space if avoid else frozenset()
            )
            for budget, edge, avoid in zip(budgets, edges, avoided, strict=True)
        )

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        """Per hole, what its text begins with: its lead, and the line end that it owes."""
        pairs = zip(self.seams.leads, self.request.holes, strict=True)
        return tuple(lead + own_line(self.request, hole) for lead, hole in pairs)

    def _avoided(self, opening: Sequence[int]) -> list[tuple[int, ...]]:
        """Per hole, how what would be one more stub begins."""
        tokenizer, request = self.checkpoint.tokenizer, self.request
        avoided = []
        for hole in request.holes:
            texts = placeholders(request.document, hole, request.language)
            first = {token for text in texts for token in tokenizer.encode(text)[:1]}
            avoided.append(tuple(i for token in first for i in tokenizer.spelt_like(token)))
        if avoided[0] and not tokenizer.white_space.issuperset(opening):
            avoided[0] = ()
        return avoided

    def _suffix(self) -> list[int]:
        """What stands after the last hole, as much as a canvas can hold: the text and, after its
        end, what the model writes there."""
        room, known = BUCKETS[-1], self.checkpoint
        ids = suffix_ids(known.tokenizer, self.seams.suffix, room)
        end = [*known.tokenizer.encode(known.prompt.closing), *known.prompt.end_marks[:1] * room]
        return (ids + end)[:room]

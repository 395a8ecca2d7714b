"""A hole written block by block after a prompt that holds the text on both sides. The prompt's
whole blocks are kept between requests, exactly.

Knows text, ids and the network.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Generator

from fillwright.engine.description import ModelDescription
from fillwright.engine.diffusion.kept import KeptSettings
from fillwright.engine.diffusion.kept_blocks import BlockHole, denoise_in_blocks
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.infill.checkpoint import OTHER_CANDIDATES_TEMPERATURE
from fillwright.engine.infill.masked.layout import PREFIX_SHARE, Marks, accept_of
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.infill.masked.writing import Attempt
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.infill.prompts.chat import CHATML, GEMMA, ChatPrompt
from fillwright.engine.infill.prompts.prompt import Prompt
from fillwright.engine.infill.prompts.suffix_first import SuffixFirstPrompt
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.block_transformer import BlockTransformer
from fillwright.engine.request import InfillRequest

TURNS = {"chat": GEMMA, "chatml": CHATML}
DOCUMENTS = 4
"""Prompts that are kept, the last ones; set by hand. One of Stable-DiffCoder-8B takes 131 kB per
token."""


@dataclass(frozen=True)
class BlockWriting:
    """A Writing. `caches` are the model's, and `device` too."""

    model: BlockTransformer
    caches: PrefixCaches
    tokenizer: CodeTokenizer
    prompt: Prompt
    description: ModelDescription
    marks: Marks
    device: str
    together: bool = False

    @property
    def closing(self) -> str:
        return self.prompt.closing

    def attempts(
        self,
        request: InfillRequest,
        seams: MaskSeams,
        number: int,
        cancelled: Callable[[], bool],
    ) -> Iterator[Attempt]:
        """One, of a request's only hole."""
        prompt = self.prompt.ids(
            seams.prefix, seams.suffix, request.language, request.instruction, request.context
        )
        whole = len(prompt) // self.model.block * self.model.block
        cache, read = self.caches.holding(request.document_key, prompt[:whole])

        def finished(ids: Sequence[int]) -> bool:
            return seams.is_over(self.tokenizer.decode(ids), self.closing)

        hole = BlockHole(cache, tuple(prompt[whole:]), request.budget.tokens, finished)
        generator = Generator(self.device).manual_seed(request.seed + number)
        settings = self.settings(request, number)
        steps = denoise_in_blocks(self.model, hole, settings, generator, cancelled)
        yield Attempt(len(prompt), whole - read, steps)

    def settings(self, request: InfillRequest, number: int) -> KeptSettings:
        """How each block of candidate `number` is denoised, from 0; the others are drawn at a
        higher temperature."""
        told = self.description
        steps = -(-self.model.block // told.per_step)
        steps = min(steps, request.budget.steps or steps)
        return KeptSettings(
            mask=self.marks.mask,
            accept=accept_of(told, steps),
            measure=told.confidence,
            edits=self.marks.edits,
            steps=steps,
            temperature=OTHER_CANDIDATES_TEMPERATURE if number else told.temperature,
            top_p=told.top_p,
            banned=self.marks.banned,
            rows=RowConvention(told.rows),
        )


def block_prompt(tokenizer: CodeTokenizer, told: ModelDescription) -> Prompt:
    """The prompt of a model whose holes are in blocks. Raises CheckpointError where a token that
    it needs is missing."""
    room = told.context - told.lines
    sides = int(room * PREFIX_SHARE), room - int(room * PREFIX_SHARE)
    if told.prompt in TURNS:
        return ChatPrompt(tokenizer, *sides, turns=TURNS[told.prompt])
    suffix, prefix, middle = map(tokenizer.special, (told.suffix, told.prefix, told.middle))
    end_marks = (tokenizer.special(told.delete),)
    return SuffixFirstPrompt(tokenizer, (suffix, prefix, middle), end_marks, *sides)

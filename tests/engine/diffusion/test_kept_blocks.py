"""Holes in blocks, against the samplers of Stable-DiffCoder and SDAR, written here from their
description, over the whole sequence and without a cache."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fillwright.engine.diffusion.accept import Accept, Surest, Threshold
from fillwright.engine.diffusion.kept import KeptSettings, KeptStep
from fillwright.engine.diffusion.kept_blocks import BlockHole, denoise_in_blocks
from fillwright.engine.diffusion.passage import Edits
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.model.block_transformer import BlockTransformer, block_causal_mask
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import PlainSkeleton, TransformerConfig

VOCABULARY, MASK, END = 11, 9, 10
Step = list[int]


def random_network(seed: int, skeleton: PlainSkeleton = "llama") -> Transformer:
    torch.manual_seed(seed)
    network = Transformer(
        TransformerConfig(skeleton, VOCABULARY, 16, 24, 2, 2, 1, 8, 1e4, 1e-6, tied=False)
    )
    for tensor in network.parameters():
        if tensor.ndim > 1:
            tensor.data.normal_(std=1.5 * tensor.shape[-1] ** -0.5)
    return network.eval().requires_grad_(False)


def kept_settings(accept: Accept, steps: int, temperature: float = 0.0) -> KeptSettings:
    return KeptSettings(
        MASK,
        accept,
        "probability",
        Edits(ends=(END,)),
        steps,
        temperature,
        rows=RowConvention.OWN,
    )


def run(
    model: BlockTransformer,
    prompt: Step,
    limit: int,
    settings: KeptSettings,
    **more: Callable[..., bool],
) -> Iterator[KeptStep]:
    whole, cache = len(prompt) // model.block * model.block, model.empty_cache()
    model.enqueue(cache, model.ids(prompt[:whole]))
    hole = BlockHole(cache, tuple(prompt[whole:]), limit, more.pop("finished", lambda ids: False))
    generator = torch.Generator().manual_seed(0)
    return denoise_in_blocks(model, hole, settings, generator, **more)


@dataclass
class Reference:
    """The published loops: every step over the whole sequence so far, a block after the other."""

    network: Transformer
    block: int
    sequence: Step = field(default_factory=list)

    def probabilities(self, upto: int) -> torch.Tensor:
        ids = torch.tensor([self.sequence[:upto]])
        mask = block_causal_mask(0, upto, self.block, ids.device)
        logits = self.network.logits(self.network(ids, mask))[0].double()
        logits[:, MASK] = -torch.inf  # the one thing that is ours: no step is made for nothing
        return logits.softmax(-1)

    def run(
        self, prompt: Step, blocks: int, chosen: Callable[[list[float], int], list[int]]
    ) -> Iterator[tuple[int, Step]]:
        """Per step the block's first place and its tokens. `chosen` says which of the open rows,
        by their confidence and the step in the block, are committed."""
        start = len(prompt) // self.block * self.block
        self.sequence = [*prompt, *[MASK] * (start + blocks * self.block - len(prompt))]
        for first in range(start, len(self.sequence), self.block):
            stop, step = first + self.block, 0
            while opened := [i for i in range(first, stop) if self.sequence[i] == MASK]:
                found = self.probabilities(stop)[opened].max(-1)
                for place in chosen(found.values.tolist(), step):
                    self.sequence[opened[place]] = int(found.indices[place])
                step += 1
                yield first, self.sequence[first:stop]
            if END in self.sequence[max(first, len(prompt)) : stop]:
                return


def surest_first(confidence: list[float]) -> list[int]:
    return sorted(range(len(confidence)), key=lambda i: -confidence[i])


def quota(masks: int, steps: int) -> list[int]:
    """Of every step: the whole part of the share, one more for the first ones."""
    return [masks // steps + (step < masks % steps) for step in range(steps)]


def stable_diffcoder(steps: int) -> Callable[[list[float], int], list[int]]:
    """The quota of the masks that the block began with."""
    masks = 0

    def chosen(confidence: list[float], step: int) -> list[int]:
        nonlocal masks
        masks = len(confidence) if step == 0 else masks
        return surest_first(confidence)[: quota(masks, steps)[step]]

    return chosen


def low_confidence_dynamic(
    block: int, steps: int, threshold: float
) -> Callable[[list[float], int], list[int]]:
    """SDAR: all above the threshold, or the quota of the whole block."""

    def chosen(confidence: list[float], step: int) -> list[int]:
        least = quota(block, steps)[step]
        above = [i for i, p in enumerate(confidence) if p > threshold]
        return above if len(above) >= least else surest_first(confidence)[:least]

    return chosen


def agrees(
    network: Transformer,
    block: int,
    case: int,
    settings: KeptSettings,
    chosen: Callable[[list[float], int], list[int]],
) -> tuple[bool, int, int]:
    """Checks every step of a hole; whether it came to an end, its steps, and how many the published
    loop makes."""
    random = torch.Generator().manual_seed(case)
    length = int(torch.randint(0, 14, (1,), generator=random))
    prompt = torch.randint(MASK, (length,), generator=random).tolist()
    blocks = 4
    reference = Reference(network, block)
    wanted = list(reference.run(prompt, blocks, chosen))
    limit = blocks * block - length % block
    steps = list(run(BlockTransformer(network, block), prompt, limit, settings))
    for (first, tokens), step in zip(wanted, steps, strict=False):
        head = prompt[first:]
        assert [*head, *step.passage.holes[0].tokens] == tokens
    written = reference.sequence[length:]
    ended = END in written
    fill = written[: written.index(END)] if ended else written
    assert list(steps[-1].guesses[0].tokens) == fill
    assert [step.done for step in steps] == [False] * (len(steps) - 1) + [True]
    # rows after an end are not waited for
    assert len(steps) <= len(wanted) if ended else len(steps) == len(wanted)
    return ended, len(steps), len(wanted)


@pytest.mark.parametrize("case", range(60))
def test_each_step_is_stable_diffcoders(case: int) -> None:
    block, steps = [(4, 4), (4, 2), (8, 3), (1, 1)][case % 4]
    network = random_network(case)
    accept = kept_settings(Surest(1), steps)
    agrees(network, block, case, accept, stable_diffcoder(steps))


@pytest.mark.parametrize("case", range(60))
def test_each_step_is_sdars(case: int) -> None:
    block, rows = [(4, 1), (8, 1), (8, 2), (4, 4)][case % 4]
    steps, threshold = block // rows, (0.4, 0.7, 0.95)[case % 3]
    network = random_network(case, "qwen3")
    accept = kept_settings(Threshold(threshold, rows), steps)
    agrees(network, block, case, accept, low_confidence_dynamic(block, steps, threshold))


def test_those_cases_end_and_hurry() -> None:
    """Else they would prove little."""
    found = [
        agrees(
            random_network(case, "qwen3"),
            4,
            case,
            kept_settings(Threshold(0.4), 4),
            low_confidence_dynamic(4, 4, 0.4),
        )
        for case in range(30)
    ]
    assert {ended for ended, *_ in found} == {True, False}
    assert min(steps for ended, steps, _ in found if not ended) < 13
    assert any(steps < published for _, steps, published in found)


@given(
    seed=st.integers(0, 20),
    prompt=st.lists(st.integers(0, MASK - 1), max_size=9),
    limit=st.integers(1, 14),
    block=st.integers(1, 6),
    steps=st.integers(1, 6),
    temperature=st.sampled_from([0.0, 1.0]),
    accept=st.sampled_from([Surest(1), Surest(2), Threshold(0.5)]),
)
@settings(max_examples=60, deadline=None)
def test_what_holds_of_every_hole(
    seed: int,
    prompt: Step,
    limit: int,
    block: int,
    steps: int,
    temperature: float,
    accept: Accept,
) -> None:
    model = BlockTransformer(random_network(seed), block)
    head = tuple(prompt[len(prompt) // block * block :])
    states = list(run(model, prompt, limit, kept_settings(accept, steps, temperature)))
    blocks = -(-(len(head) + limit) // block)
    assert 0 < len(states) <= steps * blocks
    assert [state.step for state in states] == list(range(1, len(states) + 1))
    assert states[0].passage.texts == (head, ())
    for state in states:
        [guess] = state.guesses
        assert len(guess.tokens) <= limit
        assert not {MASK, END} & set(guess.tokens)
        assert all(0 < p <= 1 for p in guess.probabilities)
        assert len(states) - state.step <= state.steps_left
    assert states[-1].done
    assert states[-1].steps_left == 0
    assert all(states[-1].guesses[0].committed)


def test_what_was_written_in_a_block_stays_in_the_next() -> None:
    model = BlockTransformer(random_network(1), 4)
    settings = replace(kept_settings(Surest(1), 4), banned=(END,))
    states = list(run(model, [1, 2, 3], 13, settings))
    written = [state.guesses[0].tokens for state in states]
    assert len(written[-1]) == 13
    # of the first block one row is the hole's
    assert [tokens[:1] for tokens in written] == [written[-1][:1]] * 13
    assert written[4][:5] == written[-1][:5]


def test_a_hole_is_over_where_its_caller_says_so() -> None:
    model = BlockTransformer(random_network(1), 4)
    settings = replace(kept_settings(Surest(1), 4), banned=(END,))
    asked: list[int] = []

    def finished(tokens: Step) -> bool:
        asked.append(len(tokens))
        return len(tokens) >= 8

    states = list(run(model, [], 40, settings, finished=finished))
    assert asked == [4, 8]
    assert len(states[-1].guesses[0].tokens) == 8
    assert states[-1].done


def test_a_cancel_ends_before_the_next_pass() -> None:
    model = BlockTransformer(random_network(1), 4)
    settings = replace(kept_settings(Surest(1), 4), banned=(END,))
    answers = iter([False] * 6 + [True])
    states = list(run(model, [5], 11, settings, cancelled=lambda: next(answers)))
    assert [state.done for state in states] == [False] * 6
    assert sum(states[-1].guesses[0].committed) == 6


def test_finished_blocks_are_in_the_cache_and_the_last_is_not() -> None:
    model = BlockTransformer(random_network(1), 4)
    settings = replace(kept_settings(Surest(1), 4), banned=(END,))
    cache = model.empty_cache()
    hole = BlockHole(cache, (7,), 11)
    *_, last = denoise_in_blocks(model, hole, settings, torch.Generator())
    assert cache.ids.tolist() == [7, *last.guesses[0].tokens[:7]]


def test_a_head_of_a_whole_block_is_refused() -> None:
    model = BlockTransformer(random_network(1), 2)
    with pytest.raises(ValueError, match="no part of a block"):
        next(run_with_head(model))


def run_with_head(model: BlockTransformer) -> Iterator[KeptStep]:
    hole = BlockHole(model.empty_cache(), (1, 2), 4)
    return denoise_in_blocks(model, hole, kept_settings(Surest(1), 2), torch.Generator())

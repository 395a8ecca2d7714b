"""Guides in the loop: what they refuse is renoised, what they write stands, and without any the
loop is what it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion import (
    BlockLoop,
    Canvas,
    DenoiseSettings,
    HybridNoise,
    RowConvention,
    denoise,
)
from fillwright.engine.diffusion.guide import Guidance

VOCABULARY, END, MASK = 40, 1, 39
NOISE = HybridNoise(VOCABULARY, MASK, 0.0)
SETTINGS = DenoiseSettings(noise=NOISE, steps=6, end_marks=(END,))
TEXT = [7, 8, 9, 10, 11, 12]
PINNED = Canvas.lay_out([6], head=[3], suffix=[4], length=8)
Sure = Callable[..., Tensor]


@dataclass
class Objector:
    """Refuses `refused` rows and writes `written` tokens at its first `times` looks."""

    refused: Sequence[int] = ()
    written: dict[int, int] = field(default_factory=dict)
    times: int = 100
    looks: list[tuple[list[int], list[float], int]] = field(default_factory=list)
    before: list[int] = field(default_factory=list)

    def look(
        self,
        holes: Sequence[range],
        tokens: Sequence[int],
        confidence: Sequence[float],
        steps_left: int,
    ) -> Guidance:
        self.looks.append((list(tokens), list(confidence), steps_left))
        objects = len(self.looks) <= self.times
        wanted = self.written if objects else {}
        return Guidance(
            [wanted.get(row, token) for row, token in enumerate(tokens)],
            [objects and row in self.refused for row in range(len(tokens))],
        )

    def after(self, written: Sequence[int]) -> "Objector":
        return replace(self, before=list(written))


@pytest.fixture
def model(scripted: type, sure: Sure) -> object:
    """Row i of its logits is about token i."""
    return scripted(lambda step, _: sure([3, *TEXT, 4], VOCABULARY))


def test_refused_rows_are_renoised_and_the_canvas_is_not_done(
    model: object, generator: Generator
) -> None:
    guide = Objector(refused=[2, 3, 0], times=3)
    settings = replace(SETTINGS, guide=guide)
    steps = list(denoise(model, None, [PINNED], settings, generator))

    assert [bool(step.done) for step in steps] == [False, False, False, True]
    for step, canvas in zip(steps[:3], model.canvases[1:], strict=False):  # type: ignore[attr-defined]
        assert canvas[0].tolist() == [3, 7, MASK, MASK, 10, 11, 12, 4]
        assert step.accepted_token_mask[0].nonzero().flatten().tolist() == [1, 4, 5, 6]
        assert step.argmax_canvas[0].tolist() == [3, *TEXT, 4]
    # the network is not told what it expected there
    signals = model.signals[1]  # type: ignore[attr-defined]
    assert (signals[0] == -torch.inf).all(-1).nonzero().flatten().tolist() == [2, 3]
    tokens, confidence, steps_left = guide.looks[0]
    assert (tokens, steps_left) == ([3, *TEXT, 4], 5)
    assert min(confidence[1:7]) > 0.99


def test_written_rows_stand_until_the_network_agrees_or_the_steps_end(
    model: object, generator: Generator
) -> None:
    settings = replace(SETTINGS, guide=Objector(written={2: 30, 4: END, 7: 30}))
    steps = list(denoise(model, None, [PINNED], settings, generator))

    assert [step.steps_left for step in steps] == [5, 4, 3, 2, 1, 0]
    assert not steps[-1].done
    # the pinned last row stays, and after the end mark there are end marks only
    assert steps[-1].argmax_canvas[0].tolist() == [3, 7, 30, 9, END, END, END, 4]
    assert model.canvases[1][0].tolist() == [3, 7, 30, 9, END, END, END, 4]  # type: ignore[attr-defined]
    assert steps[0].accepted_token_mask[0, 1:7].all()


def test_a_guide_that_never_objects_changes_nothing(scripted: type) -> None:
    def opinions(step: int, canvas: Tensor) -> Tensor:
        shape = (*canvas.shape, VOCABULARY)
        return 6 * torch.randn(shape, generator=Generator().manual_seed(step))

    def canvases(settings: DenoiseSettings) -> list[list[list[int]]]:
        random = Generator().manual_seed(0)
        steps = denoise(scripted(opinions), None, [PINNED], settings, random)
        return [step.argmax_canvas.tolist() for step in steps]

    assert canvases(replace(SETTINGS, guide=Objector())) == canvases(SETTINGS)


def test_shifted_rows_are_silenced_by_token(scripted: type, sure: Sure) -> None:
    model = scripted(lambda step, _: sure([*TEXT, 13, 4], VOCABULARY))
    canvas = Canvas.lay_out([7], head=[3], length=8)
    settings = replace(SETTINGS, rows=RowConvention.SHIFTED, guide=Objector(refused=[2]), steps=2)
    list(denoise(model, None, [canvas], settings, Generator().manual_seed(0)))
    assert (model.signals[1][0] == -torch.inf).all(-1).nonzero().flatten().tolist() == [1]


def test_a_guide_hears_of_the_blocks_before_its_own(scripted: type, sure: Sure) -> None:
    heard: list[list[int]] = []

    class Listener(Objector):
        def after(self, written: Sequence[int]) -> "Objector":
            heard.append(list(written))
            return super().after(written)

    model = scripted(lambda step, _: sure([*TEXT, 13, 14], VOCABULARY))
    loop = BlockLoop(lambda *given: denoise(model, *given), model, [END])
    settings = replace(SETTINGS, guide=Listener())
    list(loop.denoise(None, Canvas.lay_out([8], length=8), 3, settings, Generator().manual_seed(0)))
    assert heard == [[*TEXT, 13, 14], [*TEXT, 13, 14] * 2]

"""Fills by numpy and the kernels beside fills by torch, of the same weights and with rows that are
not rounded: both must write the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.loading_cpu import load_on_kernels
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.request import Budget, FileText, Hole, Infill, InfillRequest
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels

Run = Callable[..., tuple[object, Infill]]


@pytest.fixture(scope="module")
def pair(tiny_folder: Path) -> tuple[Infiller, Infiller]:
    """With the kernels, and with torch."""

    def unrounded(threads: int) -> CpuKernels:
        return CpuKernels(threads, InstructionSet.FLOAT32)

    try:
        loaded = load_on_kernels(tiny_folder, 1, lambda fraction: None, unrounded)
    except NoKernelsError as missing:
        pytest.skip(str(missing))
    infiller = load_infiller(tiny_folder, "cpu")
    torch_s = DiffusionGemma.from_checkpoint(tiny_folder)
    return replace(infiller, model=loaded.model), replace(infiller, model=torch_s)


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ("line", {}),
        ("line", {"memory": True, "workspace": "w"}),
        ("free", {}),
        ("free", {"unasked": True}),
    ],
)
def test_beams_are_torch_s(
    pair: tuple[Infiller, Infiller], run: Run, code: str, shape: str, changes: dict[str, object]
) -> None:
    at = code.index("return None")
    request = InfillRequest(
        code,
        (Hole(at, at),),
        "python",
        shape=shape,
        decode="draft",
        budget=Budget(tokens=10),
        **changes,
    )
    for infiller in pair:
        infiller.remembered.take("w", FileText("other.py", code.replace("find", "seek")))
    (drafts, ours), (others, wanted) = (run(infiller, request) for infiller in pair)
    assert drafts == others
    assert (ours.texts, ours.finish, ours.steps) == (wanted.texts, wanted.finish, wanted.steps)
    assert ours.confidences[0] == pytest.approx(wanted.confidences[0], rel=1e-3, abs=1e-5)
    assert ours.certainty is not None
    assert wanted.certainty is not None
    assert ours.certainty.drafted == pytest.approx(wanted.certainty.drafted, rel=1e-2, abs=1e-5)


def test_several_holes_are_drafted_as_by_torch(
    pair: tuple[Infiller, Infiller], run: Run, code: str
) -> None:
    places = [code.index("width < 0"), code.index("book.title")]
    holes = tuple(Hole(at, at + 5) for at in places)
    request = InfillRequest(code, holes, "python", decode="draft", budget=Budget(tokens=6))
    (drafts, ours), (others, wanted) = (run(infiller, request) for infiller in pair)
    assert drafts == others
    assert ours.texts == wanted.texts


def test_a_seed_gives_the_same_fill_again(
    pair: tuple[Infiller, Infiller], run: Run, code: str
) -> None:
    """Blocks are sampled, and canvases are noise, with numbers of numpy's own."""
    at = code.index("return None")
    for changes in ({"shape": "block", "decode": "draft"}, {"decode": "denoise"}):
        request = InfillRequest(
            code, (Hole(at, at),), "python", budget=Budget(tokens=10), candidates=2, **changes
        )
        texts = []
        for seed in (1, 1, 2):
            _, fill = run(replace(pair[0]), replace(request, seed=seed))
            texts.append((fill.texts, fill.alternatives))
        assert texts[0] == texts[1] != texts[2]

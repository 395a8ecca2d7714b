"""Requests for unlikely places: with a model that knows the right text, and with the real one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.diffusion.noise import HybridNoise
from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.infill.doubt_settings import DoubtSettings
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.loading_cpu import load_on_kernels
from fillwright.engine.infill.masked.infiller import MaskedInfiller
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.request import Doubt, DoubtRequest, Doubts, Ranking
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels

BEFORE, AFTER = "def area(width, height):\n", "\n\n\nprint(area(2, 3))\n"
RIGHT, WRONG = "    return width * height", "    return width or height"


def look(infiller: Infiller, text: str = WRONG, cancelled: bool = False, **more: object) -> Doubts:
    """At the line `text`, all that stands between `BEFORE` and `AFTER`."""
    start = len(BEFORE)
    end = start + len(text)
    asked = {"language": "python"} | more
    request = DoubtRequest(BEFORE + text + AFTER, start, end, **asked)  # type: ignore[arg-type]
    return infiller.doubts(request, lambda: cancelled)


def knowing(scripted: Callable, text: str = RIGHT, **more: object) -> Infiller:
    """A model that is sure of a text at the start of a line."""
    infiller, _ = scripted("\n" + text, **{"canvas_length": 64, **more})
    return replace(infiller, doubt=DoubtSettings("causal", 5.0))


@pytest.mark.parametrize("by", ["causal", "denoised"])
def test_what_is_wrong_is_told_with_what_belongs_there(scripted: Callable, by: Ranking) -> None:
    found = look(knowing(scripted), by=by)
    at = len(BEFORE) + WRONG.index("or")
    (place,) = found.places
    assert place == Doubt(at, at + 2, "*", place.gain)
    assert place.gain > 20
    assert (found.by, found.finish, found.end) == (by, "settled", len(BEFORE) + len(WRONG))


@pytest.mark.parametrize("by", ["causal", "denoised"])
def test_of_what_is_right_nothing_is_told(scripted: Callable, by: Ranking) -> None:
    assert look(knowing(scripted), RIGHT, by=by).places == ()


def test_a_change_that_gains_too_little_is_not_told(scripted: Callable) -> None:
    assert look(knowing(scripted), gain=1000.0).places == ()


def test_a_change_that_breaks_the_syntax_is_not_told(scripted: Callable) -> None:
    right, broken = "    return (width)", "    return (width("
    infiller = knowing(scripted, broken)
    assert look(infiller, right).places == ()
    # where nothing is known of the syntax, it is told
    assert look(infiller, right, language="plaintext").places


def test_a_text_that_tokens_cannot_spell_is_left_alone(scripted: Callable) -> None:
    infiller = knowing(scripted)
    assert look(infiller, WRONG + "  # é").places
    assert look(infiller, WRONG + "  # \ud800").places == ()


def test_words_in_comments_and_quotes_are_not_doubted(scripted: Callable) -> None:
    said = RIGHT.replace("width", '"width"')
    assert look(knowing(scripted, said), said.replace("width", "title")).places == ()
    noted = "    # return width"
    assert look(knowing(scripted, noted), noted.replace("width", "title")).places == ()


def test_a_request_goes_on_where_the_last_one_ended(scripted: Callable) -> None:
    infiller = knowing(scripted, canvas_length=16)
    lines = [WRONG, "    " + " + ".join(["width"] * 30), "", RIGHT, WRONG]
    text = "\n".join(lines) + "\n"
    ends, at = [], 0
    while at < len(text):
        found = infiller.doubts(DoubtRequest(text, at, len(text), "python"), lambda: False)
        assert at < found.end <= len(text)
        at = found.end
        ends.append(at)
    starts = [text.index(lines[1]), text.index(lines[1]) + len(lines[1]) + 1]
    # the long line is a step of its own, in which nothing is found
    assert ends[:2] == starts
    assert ends[-1] == len(text)


def test_one_who_went_away_gets_nothing(scripted: Callable) -> None:
    found = look(knowing(scripted), cancelled=True)
    assert (found.places, found.end, found.finish) == ((), len(BEFORE), "cancelled")


def test_a_model_that_was_not_measured_is_asked_by_name_only(scripted: Callable) -> None:
    infiller = replace(knowing(scripted), doubt=None)
    assert infiller.doubts_by is None
    with pytest.raises(BadRequest, match="causal or denoised"):
        look(infiller)
    assert len(look(infiller, by="denoised").places) == 1


def test_a_mask_model_says_that_it_does_not_look(dream_on: MaskedInfiller) -> None:
    assert dream_on.doubts_by is None
    with pytest.raises(BadRequest, match="mask model"):
        dream_on.doubts(DoubtRequest("x = 1\n", 0, 6, "python"), lambda: False)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (0, 9), (-1, 3)])
def test_a_request_is_for_a_part_of_its_document(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="part of the document"):
        DoubtRequest("x = 1\n", start, end, "python")


def test_the_checkpoint_says_how_it_is_done(tiny_copy: Callable[..., Path]) -> None:
    folder = tiny_copy(doubt={"by": "denoised", "gain": 7.5})
    infiller = load_infiller(folder, "cpu")
    assert (infiller.doubt, infiller.doubts_by) == (DoubtSettings("denoised", 7.5), "denoised")
    with pytest.raises(CheckpointError, match=r"doubt\.by"):
        load_infiller(tiny_copy(doubt={"by": "guess", "gain": 7.5}), "cpu")
    assert DoubtSettings.of_checkpoint(tiny_copy()) is None


@pytest.mark.parametrize("by", ["causal", "denoised"])
def test_numpy_finds_what_torch_finds(tiny_folder: Path, code: str, by: Ranking) -> None:
    try:
        loaded = load_on_kernels(
            tiny_folder, 1, lambda fraction: None, lambda n: CpuKernels(n, InstructionSet.FLOAT32)
        )
    except NoKernelsError as missing:
        pytest.skip(str(missing))
    infiller = load_infiller(tiny_folder, "cpu")
    mask = infiller.tokenizer.special("<mask>")
    # the two draw other random numbers, so nothing is left to draw
    noise = HybridNoise(len(infiller.tokenizer.texts), mask, 0.0)
    found = []
    for model in (loaded.model, DiffusionGemma.from_checkpoint(tiny_folder)):
        settings = replace(infiller.settings, noise=noise)
        one = replace(infiller, model=model, settings=settings)
        start = code.index("    return width")
        request = DoubtRequest(code, start, code.index("class"), "python", by=by, gain=0.0)
        found.append(one.doubts(request, lambda: False))
    numpy_s, torch_s = found
    assert [(each.start, each.end, each.text) for each in numpy_s.places] == [
        (each.start, each.end, each.text) for each in torch_s.places
    ]
    assert numpy_s.places

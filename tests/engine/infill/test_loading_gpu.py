"""Requests that the GPU's loop fills, in Triton's interpreter or on a GPU, beside torch's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

pytest.importorskip("triton", reason="the GPU's loop is not tested: Triton runs on Linux alone")

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.errors import CheckpointError, EngineFailed
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.loading_gpu import OnGpu, check_memory, load_on_gpu
from fillwright.engine.infill.loading_torch import has_kernels
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.gpu_network import CacheSlots
from fillwright.engine.model.gpu_weights import packed_bytes
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest
from fillwright.engine.training.export import export
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.recipes import CPU, SmallShape

# minutes, in the interpreter
pytestmark = pytest.mark.slow

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
CANVAS, SIZES = 16, ((8, 128), (4, 128), (2, 64))
TEXT = "def area(width, height):\n    return \n\n\nprint(area(2, 3))\n"
AT = TEXT.index("return ") + len("return ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: CodeTokenizer) -> Path:
    """A random checkpoint of DiffusionGemma's form: four experts, rows of their own tokens."""
    made = tmp_path_factory.mktemp("experts")
    shape = SmallShape(
        hidden_size=32, layers=2, full_every=2, heads=2, kv_heads=1, head_dim=32,
        intermediate_size=48, expert_intermediate_size=32, sliding_window=24, canvas_length=CANVAS,
    )  # fmt: skip
    recipe = replace(CPU, shape=shape, noise="uniform", rows=RowConvention.OWN)
    config = small_config(recipe, tokenizer)
    config["text_config"] |= {"num_experts": 4, "top_k_experts": 2}
    torch.save({"config": config, "model": new_model(config, 3).state_dict()}, made / "state.pt")
    tokenizer.tokenizer.save(str(made / "tokenizer.json"))
    export(made / "state.pt", made / "tokenizer.json", made / "checkpoint")
    return made / "checkpoint"


class Counting:
    """The same noise for everybody."""

    def draw(self, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
        row = torch.arange(shape.numel(), device=generator.device) % 7 + 50
        return row.view(shape)


def loaded(folder: Path, seen: list[float] | None = None) -> OnGpu:
    progress = (lambda fraction: None) if seen is None else seen.append
    return load_on_gpu(folder, DEVICE, torch.float32, progress, SIZES, (CANVAS,))


@pytest.fixture(scope="module")
def pair(folder: Path) -> tuple[Infiller, Infiller]:
    """With the GPU's loop and with the torch loop, where nothing is random."""
    torch_one = load_infiller(folder, "cpu")
    # no token is drawn but the likeliest, and all are accepted
    settings = replace(
        torch_one.settings, noise=Counting(), t_min=1e-3, t_max=1e-3, entropy_bound=1e3, steps=4
    )
    ours = loaded(folder)
    plain = replace(torch_one, model=ours.model, settings=settings, device=DEVICE)
    full = (torch.OutOfMemoryError,)
    return replace(plain, loop=ours.loop, caches=ours.caches, no_memory=full), plain


def fills(infiller: Infiller, request: InfillRequest) -> tuple[Infill, list[Draft]]:
    *drafts, fill = infiller.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    return replace(fill, timings_ms={}, confidences=()), drafts


@pytest.mark.parametrize("decode", ["denoise", "draft", "draft+denoise"])
def test_fills_are_those_of_the_torch_loop(pair: tuple[Infiller, Infiller], decode: str) -> None:
    request = InfillRequest(
        TEXT, (Hole(AT, AT),), "python", document_key="a.py", decode=decode, shape="line",
        budget=Budget(tokens=10),
    )  # fmt: skip
    ours, theirs = (fills(infiller, request) for infiller in pair)
    assert ours == theirs
    assert ours[0].steps > 0


def test_a_long_hole_goes_on_in_the_next_canvas(pair: tuple[Infiller, Infiller]) -> None:
    request = InfillRequest(
        TEXT, (Hole(AT, AT),), "python", decode="denoise", budget=Budget(tokens=40, steps=2)
    )
    ours, theirs = (fills(infiller, request) for infiller in pair)
    assert ours == theirs
    assert ours[0].steps > 2


def test_typing_on_keeps_the_slot_and_other_documents_theirs(
    pair: tuple[Infiller, Infiller],
) -> None:
    for key, text in (("a.py", TEXT), ("b.py", "x = 1\n" + TEXT), ("a.py", TEXT + "\n")):
        at = text.index("return ") + len("return ")
        request = InfillRequest(
            text, (Hole(at, at),), "python", document_key=key, decode="denoise",
            budget=Budget(tokens=6, steps=2),
        )  # fmt: skip
        ours, theirs = (fills(infiller, request) for infiller in pair)
        assert ours == theirs


def test_what_is_typed_goes_on_from_the_canvas_of_before(pair: tuple[Infiller, Infiller]) -> None:
    def ask(typed: str) -> InfillRequest:
        text, at = TEXT[:AT] + typed + TEXT[AT:], AT + len(typed)
        return InfillRequest(
            text, (Hole(at, at),), "python", document_key="typed", decode="denoise", shape="line",
            budget=Budget(tokens=10),
        )  # fmt: skip

    gone_on = []
    for infiller in pair:
        drafts: list[Draft] = []
        for event in infiller.infill(ask(""), lambda drafts=drafts: len(drafts) >= 2):
            drafts += [event] if isinstance(event, Draft) else []
        letter = drafts[-1].texts[0][:1]
        assert letter.strip()
        gone_on.append(fills(infiller, ask(letter)))
    ours, theirs = gone_on
    assert ours == theirs
    # all was accepted
    assert ours[0].steps == 2


def test_confidences_are_the_networks(pair: tuple[Infiller, Infiller]) -> None:
    request = InfillRequest(
        TEXT, (Hole(AT, AT),), "python", decode="denoise", budget=Budget(tokens=8, steps=3)
    )
    ours, theirs = (list(each.infill(request, lambda: False))[-1] for each in pair)
    assert ours.confidences[0] == pytest.approx(theirs.confidences[0], rel=1e-2, abs=1e-4)


def test_less_memory_is_a_smaller_cache_and_a_word_about_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    make = CacheSlots.empty

    def little(config: object, slots: int, room: int, *others: object) -> CacheSlots:
        asked.append((slots, room))
        if slots > enough:
            raise torch.OutOfMemoryError("as a GPU says it")
        return make(config, slots, room, *others)

    monkeypatch.setattr(CacheSlots, "empty", little)
    enough = 2
    ours = loaded(folder)
    assert (asked, len(ours.caches), ours.caches[0].room) == ([*SIZES], 2, 64)
    assert ours.warning is not None
    assert "2 documents" in ours.warning
    enough = 0
    with pytest.raises(CheckpointError, match="no room to work in"):
        loaded(folder)


def test_memory_that_is_full_is_an_answer(pair: tuple[Infiller, Infiller]) -> None:
    def full(*_: object, **__: object) -> object:
        raise torch.OutOfMemoryError("as a GPU says it")

    request = InfillRequest(TEXT, (Hole(AT, AT),), "python", decode="denoise")
    with pytest.raises(EngineFailed, match="memory is full; close what else uses it"):
        list(replace(pair[0], loop=full).infill(request, lambda: False))
    assert fills(pair[0], request)[0].steps > 0


def test_a_full_cache_says_nothing_and_progress_rises(folder: Path) -> None:
    seen: list[float] = []
    ours = loaded(folder, seen)
    assert (len(ours.caches), ours.caches[0].room, ours.warning) == (*SIZES[0], None)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_weights_that_do_not_fit_are_refused_with_the_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = packed_bytes(folder, torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (needed - 1, 10**12))
    with pytest.raises(CheckpointError, match=r"take 0\.0 GB and 0\.0 GB .*--experts int4"):
        check_memory(folder, "cuda", torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (needed, 10**12))
    check_memory(folder, "cuda", torch.bfloat16)
    check_memory(folder, "cpu", torch.bfloat16)


def test_weights_are_counted_as_they_will_lie_on_the_gpu(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    own = {n: t for n, t in tensors.items() if n.startswith("model.decoder.")}
    counted = sum(t.nbytes if ".experts." in n else 2 * t.numel() for n, t in own.items())
    assert packed_bytes(folder, torch.bfloat16) == counted
    assert counted < sum(2 * t.numel() for t in own.values())


def test_kernels_are_for_diffusion_gemmas_own_form(folder: Path, tiny: Infiller) -> None:
    own = load_infiller(folder, "cpu")
    assert has_kernels(own.model.config, own.settings)
    assert not has_kernels(tiny.model.config, own.settings)
    assert not has_kernels(own.model.config, tiny.settings)
    assert (
        json.loads((folder / "config.json").read_text("utf-8"))["text_config"]["num_experts"] == 4
    )

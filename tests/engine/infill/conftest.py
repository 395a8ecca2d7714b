"""A random tiny checkpoint, the embedded one, and a model that says what a test wants."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.diffusion.noise import HybridNoise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.masked.infiller import MaskedInfiller
from fillwright.engine.infill.masked.loading import load_masked
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.engine.request import Decode, Draft, Infill, InfillRequest
from fillwright.engine.training.export import export
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.recipes import CPU, SmallShape
from fillwright.engine.training.vocabulary import train_vocabulary
from tests.engine.infill.masked_folder import (
    DREAM,
    DREAM_ON_TOKENS,
    DREAM_TOKENS,
    OPEN_DCODER,
    OPEN_DCODER_TOKENS,
    SDAR,
    SDAR_TOKENS,
    STABLE_DIFFCODER,
    STABLE_DIFFCODER_TOKENS,
    qwen_like_tokenizer,
    write_masked,
)

CODE = '''\
def area(width, height):
    """The area of a rectangle."""
    if width < 0 or height < 0:
        raise ValueError("a side cannot be negative")
    return width * height


class Shelf:
    def __init__(self, books):
        self.books = list(books)

    def find(self, title):
        for book in self.books:
            if book.title == title:
                return book
        return None
'''


@pytest.fixture(scope="session")
def code() -> str:
    return CODE


@pytest.fixture(scope="session")
def tokenizer() -> CodeTokenizer:
    """Learnt from a page of code, so that most words are several tokens and emoji are bytes."""
    return CodeTokenizer(train_vocabulary(iter([CODE] * 3), 500))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: CodeTokenizer) -> Path:
    """A random two-layer checkpoint in the form of the embedded one."""
    made = tmp_path_factory.mktemp("tiny")
    shape = SmallShape(
        hidden_size=32,
        layers=2,
        full_every=2,
        heads=2,
        kv_heads=1,
        head_dim=16,
        intermediate_size=48,
        expert_intermediate_size=48,
        sliding_window=64,
        canvas_length=16,
    )
    config = small_config(replace(CPU, shape=shape), tokenizer)
    config["fillwright"]["decode"] = "draft+denoise"
    state = new_model(config, 3).state_dict()
    for name in state:
        if ".post_" in name or name == "norm.weight":
            state[name].fill_(3.0)  # what it says depends on more than the last token
    torch.save({"config": config, "model": state}, made / "state.pt")
    tokenizer.tokenizer.save(str(made / "tokenizer.json"))
    export(made / "state.pt", made / "tokenizer.json", made / "checkpoint")
    return made / "checkpoint"


@pytest.fixture
def tiny_copy(tiny_folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the tiny checkpoint with other entries in config.json's "fillwright"."""

    def write(**ours: object) -> Path:
        for file in tiny_folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        config = json.loads((tmp_path / "config.json").read_text("utf-8"))
        config["fillwright"] |= ours
        (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
        return tmp_path

    return write


@pytest.fixture
def tiny(tiny_folder: Path) -> Infiller:
    """In float32 on every machine, so that two ways to compute the same agree to the last token."""
    infiller = load_infiller(tiny_folder, "cpu", lambda fraction: None)
    return replace(infiller, model=DiffusionGemma.from_checkpoint(tiny_folder))


@pytest.fixture(scope="session")
def embedded() -> Infiller:
    return load_infiller(embedded_checkpoint(), "cpu", lambda fraction: None)


def _small(
    folder: Path,
    special: Sequence[str],
    published: dict[str, object] = DREAM,
    **ours: str,
) -> Path:
    """A random network of a family whose text stands around the hole, with small holes."""
    sizes = {"context": 192, "lines": 16, "bodies": 24}
    tokenizer = qwen_like_tokenizer(CODE, special)
    return write_masked(folder, tokenizer, {"fillwright": sizes | ours}, published=published)


@pytest.fixture(scope="session")
def dream_on_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with DreamOn's config and special tokens."""
    return _small(tmp_path_factory.mktemp("dream-on"), DREAM_ON_TOKENS, family="DreamOn")


@pytest.fixture(scope="session")
def dream_on(dream_on_folder: Path) -> MaskedInfiller:
    return load_masked(dream_on_folder, "cpu")


@pytest.fixture(scope="session")
def kept_around(tmp_path_factory: pytest.TempPathFactory) -> MaskedInfiller:
    """DreamOn with what is kept of the text around between steps."""
    folder = tmp_path_factory.mktemp("kept-around")
    return load_masked(_small(folder, DREAM_ON_TOKENS, family="DreamOn", cache="steps"), "cpu")


@pytest.fixture(scope="session")
def dream_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with Dream's config and special tokens: its holes only end."""
    return _small(tmp_path_factory.mktemp("dream"), DREAM_TOKENS, family="Dream")


@pytest.fixture(scope="session")
def dream(dream_folder: Path) -> MaskedInfiller:
    return load_masked(dream_folder, "cpu")


@pytest.fixture(scope="session")
def open_dcoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with Open-dCoder's config and special tokens."""
    folder = tmp_path_factory.mktemp("open-dcoder")
    return _small(folder, OPEN_DCODER_TOKENS, OPEN_DCODER, family="Open-dCoder")


@pytest.fixture(scope="session")
def open_dcoder(open_dcoder_folder: Path) -> MaskedInfiller:
    return load_masked(open_dcoder_folder, "cpu")


@pytest.fixture(scope="session")
def stable_diffcoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with Stable-DiffCoder's config and special tokens."""
    tokenizer = qwen_like_tokenizer(CODE, STABLE_DIFFCODER_TOKENS)
    small = {"fillwright": {"family": "Stable-DiffCoder", "context": 400, "lines": 64}}
    folder = tmp_path_factory.mktemp("stable-diffcoder")
    return write_masked(folder, tokenizer, small, published=STABLE_DIFFCODER)


@pytest.fixture(scope="session")
def stable_diffcoder(stable_diffcoder_folder: Path) -> MaskedInfiller:
    return load_masked(stable_diffcoder_folder, "cpu")


@pytest.fixture(scope="session")
def sdar_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with SDAR's config and special tokens."""
    tokenizer = qwen_like_tokenizer(CODE, SDAR_TOKENS)
    small = {"fillwright": {"family": "SDAR", "context": 400, "lines": 64}}
    return write_masked(tmp_path_factory.mktemp("sdar"), tokenizer, small, published=SDAR)


@pytest.fixture(scope="session")
def sdar(sdar_folder: Path) -> MaskedInfiller:
    return load_masked(sdar_folder, "cpu")


@dataclass
class ScriptedModel:
    """Sure to write `fill`, then `after`, then end marks from one place on, whatever else it is
    shown.

    Counts its passes: `reads` has the tokens of each reading pass, `denoised` each canvas, of a
    batch the first, and `batches` how many there were.
    """

    tokenizer: CodeTokenizer
    fill: Sequence[int]
    canvas_length: int = 32
    after: Sequence[int] = ()
    rows: RowConvention = RowConvention.SHIFTED
    batches: list[int] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    denoised: list[list[int]] = field(default_factory=list)
    device = torch.device("cpu")
    _middle: int = 0

    @property
    def config(self) -> SimpleNamespace:
        return SimpleNamespace(canvas_length=self.canvas_length)

    @property
    def passes(self) -> int:
        return len(self.reads) + len(self.denoised)

    def ids(self, tokens: Sequence[int] | Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor(tokens, dtype=torch.int64)

    def generator(self, seed: int) -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    def prefill(self, ids: Tensor) -> PrefixCache:
        return PrefixCache(ids)

    def empty_cache(self) -> PrefixCache:
        return PrefixCache(torch.empty(0, dtype=torch.int64))

    def extend(self, cache: PrefixCache, ids: Tensor) -> Tensor:
        """The "hidden state" of a token is its position."""
        start = cache.length
        cache.append(ids, [])
        if len(ids):
            self.reads.append(len(ids))
        self._find_middle(cache.ids.tolist())
        return torch.arange(start, cache.length)

    def enqueue(self, cache: PrefixCache, ids: Tensor) -> None:
        self.extend(cache, ids)

    def logits(self, hidden: Tensor) -> Tensor:
        """What follows each position."""
        mark = self.tokenizer.special("<eos>")
        following = {self._middle + i: t for i, t in enumerate([*self.fill, *self.after])}
        tokens = torch.tensor([following.get(p, mark) for p in hidden.flatten().tolist()])
        return 30.0 * F.one_hot(tokens.view(hidden.shape), len(self.tokenizer.texts)).float()

    def log_probabilities(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        return self.logits(hidden).log_softmax(-1).gather(-1, tokens[:, None])[:, 0]

    def continued(self, cache: PrefixCache, ids: Tensor) -> Tensor:
        """As `extend` gives it, of several continuations."""
        self.reads.append(ids.shape[1])
        self._find_middle([*cache.ids.tolist(), *ids[0].tolist()])
        return torch.arange(cache.length, cache.length + ids.shape[1]).expand(ids.shape)

    def branch(self, cache: PrefixCache) -> "ScriptedBranches":
        self._find_middle([*cache.ids.tolist(), self.tokenizer.special("<middle>")])
        return ScriptedBranches(self, cache.length)

    def denoise_logits(
        self, canvas: Tensor, cache: PrefixCache, self_conditioning: Tensor | None = None
    ) -> Tensor:
        self.denoised.append(canvas[0].tolist())
        self.batches.append(len(canvas))
        self._find_middle([*cache.ids.tolist(), *canvas[0].tolist()])
        positions = torch.arange(cache.length, cache.length + canvas.shape[1])
        return self.logits(positions - (1 - self.rows.overlap)).expand(len(canvas), -1, -1).clone()

    def _find_middle(self, ids: list[int]) -> None:
        middle = self.tokenizer.special("<middle>")
        if middle in ids:
            self._middle = ids.index(middle)


@dataclass
class ScriptedBranches:
    """All of them read the same."""

    model: ScriptedModel
    position: int

    def read(self, tokens: Sequence[int]) -> Tensor:
        self.model.reads.append(1)
        self.position += 1
        return self.model.logits(torch.full((len(tokens),), self.position - 1))

    def keep(self, parents: Sequence[int]) -> None:
        pass


@pytest.fixture
def scripted(tokenizer: CodeTokenizer) -> Callable[..., tuple[Infiller, ScriptedModel]]:
    """An Infiller around a scripted model that writes `text`, and `after` it what follows."""

    def make(
        text: str,
        decode: Decode = "draft+denoise",
        canvas_length: int = 32,
        after: str = "",
        rows: RowConvention = RowConvention.SHIFTED,
    ) -> tuple[Infiller, ScriptedModel]:
        fill, following = tokenizer.encode(text), tokenizer.encode(after)
        model = ScriptedModel(tokenizer, fill, canvas_length, following, rows)
        settings = DenoiseSettings(
            HybridNoise(len(tokenizer.texts), tokenizer.special("<mask>"), 0.2),
            steps=8,
            rows=rows,
        )
        prompt = SmallPrompt(tokenizer)
        return Infiller(model, tokenizer, prompt, settings, decode, "scripted", "cpu"), model  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def run() -> Callable[..., tuple[list[Draft], Infill]]:
    """Run a request to its end: the drafts and the fill."""

    def every(
        infiller: Infiller,
        request: InfillRequest,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[list[Draft], Infill]:
        *drafts, fill = infiller.infill(request, cancelled)
        assert all(isinstance(draft, Draft) for draft in drafts)
        assert isinstance(fill, Infill)
        return drafts, fill  # type: ignore[return-value]

    return every

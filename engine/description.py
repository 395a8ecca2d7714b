"""What a denoiser is, as data: its network, its noise, and how a canvas becomes text.

Read from a checkpoint's config.json and from a table of known families. Knows no tensors; nothing
below or beside it asks for a model's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin

from fillwright.engine.errors import CheckpointError

Skeleton = Literal["diffusion_gemma", "qwen2", "qwen3", "llama"]
Topology = Literal["encoder and canvas", "full", "block-causal"]
NoiseLaw = Literal["uniform", "mask", "hybrid"]
Rows = Literal["own", "shifted"]
Commit = Literal["remade", "kept"]
Accept = Literal["entropy bound", "surest", "threshold", "quota"]
Confidence = Literal["entropy", "probability", "margin"]
Deletions = Literal["as sure", "last"]
LengthRule = Literal["end mark", "expand and delete"]
PromptForm = Literal["chat", "chatml", "suffix first", "around"]
Holes = Literal["any", "whole lines"]
Cache = Literal["prefix", "none", "steps", "requests"]


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """One denoiser.

    topology     who sees whom; block-causal rows see their own block of `block` rows and all before
    rows         which token row i predicts: i, or i + 1
    commit       decisions are remade at every step, or kept once they are made
    accept       which open rows are committed at a step: `per_step` surest, all at least as sure as
                 `threshold` but no fewer than that, or a quota that spreads them over the steps
    confidence   by what "surest" is meant
    temperature  of the draw, 0 for the most likely token; `top_p` cuts the tail off first
    length       how a hole finds its length
    deletions    whether a row is deleted when it is the surest, or after all rows that say a token
    prompt       what the model is shown of the text around a hole: a conversation with Gemma's
                 marks or with ChatML's, the suffix and then the prefix, or both in their places
    holes        how the model was trained to have them cut
    cache        what is kept of the text around: between requests exactly, as a prefix; or of both
                 sides, an approximation, between the steps of a fill or between requests too, all
                 of it read again every `refresh` passes
    context      tokens that the model was trained to see, holes included
    lines, bodies  the tokens that a hole starts with, by what is asked for; one written in blocks
                 starts with none, and the first is what the prompt leaves of the context
    mask, expand, delete, begin, end  names of special tokens in tokenizer.json, or their ids; None:
                 there is none. In blocks `delete` is the end mark
    suffix, prefix, middle  the same of a prompt with the suffix first
    """

    family: str
    skeleton: Skeleton
    topology: Topology = "full"
    block: int | None = None
    noise: NoiseLaw = "mask"
    rows: Rows = "shifted"
    commit: Commit = "kept"
    accept: Accept = "surest"
    per_step: int = 1
    threshold: float = 0.9
    confidence: Confidence = "entropy"
    temperature: float = 0.2
    top_p: float = 0.95
    length: LengthRule = "end mark"
    deletions: Deletions = "as sure"
    prompt: PromptForm = "around"
    holes: Holes = "any"
    cache: Cache = "none"
    refresh: int = 8
    context: int = 2048
    lines: int = 64
    bodies: int = 128
    mask: str | int = "<|mask|>"
    expand: str | int | None = None
    delete: str | int = "<|endoftext|>"
    begin: str | int | None = None
    end: str | int | None = None
    suffix: str | int = "<[fim-suffix]>"
    prefix: str | int = "<[fim-prefix]>"
    middle: str | int = "<[fim-middle]>"

    def __post_init__(self) -> None:
        if (self.topology == "block-causal") != (self.block is not None):
            raise ValueError("blocks are of block-causal attention, and it has some")
        if self.block is not None and (self.block < 1 or self.rows != "own"):
            raise ValueError("a block has a token or more, each predicted by its own row")
        if self.block is not None and self.expand is not None:
            raise ValueError("a hole in blocks has no length that an expand token could change")
        if (self.prompt == "around") != (self.topology == "full"):
            raise ValueError("text stands around a hole in full attention, and in no other")
        if (self.length == "expand and delete") != (self.expand is not None):
            raise ValueError("a hole grows by an expand token, and by nothing else")
        if min(self.per_step, self.lines, self.bodies, self.context, self.refresh) < 1:
            raise ValueError("steps, holes, contexts and refreshes count from one")
        if (self.cache == "prefix") == (self.topology == "full"):
            raise ValueError("a prefix is kept where it does not see the hole, and nowhere else")
        if not (self.temperature >= 0 and 0 < self.top_p <= 1 and 0 < self.threshold <= 1):
            raise ValueError("a temperature is not negative; top_p and threshold lie in 0..1")


DIFFUSION_GEMMA = ModelDescription(
    "DiffusionGemma",
    "diffusion_gemma",
    topology="encoder and canvas",
    noise="uniform",
    rows="own",
    commit="remade",
    accept="entropy bound",
    top_p=1.0,
    prompt="chat",
    cache="prefix",
    context=8192,
    mask="",
    delete="<eos>",
)
DREAM = ModelDescription(
    "Dream", "qwen2", begin="<|beginoftext|>", end="<|endoftext|>", temperature=0.1
)
DREAM_ON = replace(
    DREAM,
    family="DreamOn",
    length="expand and delete",
    expand="<|expand|>",
    holes="whole lines",
    temperature=0.2,
    top_p=0.9,
)
OPEN_DCODER = ModelDescription("Open-dCoder", "qwen2", mask="<M>")
STABLE_DIFFCODER = ModelDescription(
    "Stable-DiffCoder",
    "llama",
    topology="block-causal",
    block=4,
    rows="own",
    confidence="probability",
    temperature=0.0,
    top_p=1.0,
    prompt="suffix first",
    cache="prefix",
    context=8192,
    lines=256,
    mask=5,
    delete=2,
)
SDAR = replace(
    STABLE_DIFFCODER,
    family="SDAR",
    skeleton="qwen3",
    accept="threshold",
    prompt="chatml",
    context=4096,
    mask="<|MASK|>",
    delete="<|endoftext|>",
)
KNOWN = {
    each.family: each
    for each in (DIFFUSION_GEMMA, DREAM, DREAM_ON, OPEN_DCODER, STABLE_DIFFCODER, SDAR)
}
"""Blocks, thresholds, temperatures, top-p and starts are those that each model's authors publish
(SDAR: github.com/JetAstra/SDAR); a DreamOn hole starts long, for that was both better and cheaper
in its authors' and others' measurements (arXiv 2602.01326). What blocks leave of the context was
set by hand, and so was SDAR's context, of which we found nothing published."""


EXPERTS = ("num_experts", "n_routed_experts", "num_local_experts")
"""Where published configs say that there are some; DiffusionGemma's are in its text_config."""
BLOCK_KEYS = {"block_size": "block", "mask_token_id": "mask"}
SKELETONS: Mapping[object, Skeleton] = {
    "diffusion_gemma": "diffusion_gemma",
    "Dream": "qwen2",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "llama": "llama",
    "sdar": "qwen3",
}


def skeleton_of(config: Mapping[str, Any]) -> Skeleton:
    """The network of a parsed config.json, whatever it was trained for. Raises CheckpointError."""
    kind = config.get("model_type")
    if kind not in SKELETONS:
        raise CheckpointError(
            f"config.json gives model_type as {kind!r}, a network that is not known here; use one "
            f"of {', '.join(map(str, SKELETONS))}."
        )
    return SKELETONS[kind]


def describe(config: Mapping[str, Any], special_tokens: frozenset[str]) -> ModelDescription:
    """The description of a checkpoint by its parsed config.json and the names of its tokenizer's
    special tokens.

    Entries of config.json's "fillwright" come first: "family" names one of KNOWN, the names of the
    other fields change it, and the network is the one of `model_type`. Raises CheckpointError where
    the family is not known, in a sentence.
    """
    for name in EXPERTS:
        if config.get(name):
            raise CheckpointError(
                f"config.json gives {name} as {config[name]!r}, and no network here of this kind "
                "has a mixture of experts; use a dense model of its family."
            )
    ours = config.get("fillwright", {})
    family = ours.get("family") if isinstance(ours, Mapping) else None
    if family is None:
        return _by_type(config, special_tokens)
    if family not in KNOWN:
        raise CheckpointError(
            f"config.json names the model family {family!r}, which is not known; name one of "
            f"{', '.join(KNOWN)}."
        )
    own = {field.name: ours[field.name] for field in fields(ModelDescription) if field.name in ours}
    own.setdefault("skeleton", SKELETONS.get(config.get("model_type"), KNOWN[family].skeleton))
    return _changed(KNOWN[family], own, 'correct its entry "fillwright"')


def _changed(known: ModelDescription, own: dict[str, Any], remedy: str) -> ModelDescription:
    wrong = [name for name, value in own.items() if not _is_of(value, name)]
    try:
        if not wrong:
            return replace(known, **own)
        problem = f"{wrong[0]} is {own[wrong[0]]!r}"
    except ValueError as error:
        problem = str(error)
    raise CheckpointError(
        f"config.json describes its model in a way that is not known ({problem}); {remedy}."
    )


def _by_type(config: Mapping[str, Any], special_tokens: frozenset[str]) -> ModelDescription:
    kind = config.get("model_type")
    if kind == "diffusion_gemma":
        return DIFFUSION_GEMMA
    if kind == "Dream":
        # DiffuCoder has padding where DreamOn has its expand token, so only the name tells
        return DREAM_ON if DREAM_ON.expand in special_tokens else DREAM
    if kind == "qwen2" and OPEN_DCODER.mask in special_tokens:
        return OPEN_DCODER
    if kind == "llama" and "StableDiffcoderForCausalLM" in (config.get("architectures") or ()):
        return STABLE_DIFFCODER
    if kind == "sdar":
        # the same model is published with blocks of other lengths
        own = {BLOCK_KEYS[key]: config[key] for key in BLOCK_KEYS if config.get(key) is not None}
        return _changed(SDAR, own, "use a checkpoint with its own config.json")
    raise CheckpointError(
        f"config.json is of a {kind!r} model, which is no denoiser that is known; if it is one, "
        f'say so by "fillwright": {{"family": ...}} in config.json ({", ".join(KNOWN)}).'
    )


def _is_of(value: object, name: str) -> bool:
    """Whether a value from JSON has the type of a field."""
    kind: Any = ModelDescription.__annotations__[name]
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is float:
        return type(value) in (int, float)
    return isinstance(value, kind) and not isinstance(value, bool)

"""How families of models are asked to fill in the middle: the prompt's form, what ends the answer.

Sources: llama.cpp's vocabulary (b11434), Zed's `fim.rs`, Continue's `AutocompleteTemplate.ts`,
cursortab, and the models' papers where these disagree. Knows text only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.marks import Marks
from fillwright.engine.request import Snippet

HOLE = re.compile(r"\{(prefix|suffix|path|text|snippets)\}")
# vLLM and OpenAI take no more
MOST_STOPS = 4
UNNAMED = "file"


@dataclass(frozen=True, slots=True)
class Family:
    """`form` has `{prefix}` and `{suffix}`, and `{snippets}` where pieces of other files may
    stand, each written as `snippet`. A model belongs to the family if one of the `hints` is in its
    name. `also` are further control tokens, which may look like ordinary text."""

    name: str
    hints: tuple[str, ...]
    form: str
    stops: tuple[str, ...]
    snippet: str = ""
    also: tuple[str, ...] = ()

    def prompt(self, prefix: str, suffix: str, context: Sequence[Snippet] = ()) -> str:
        """The prompt; texts that stand in it are never looked at for holes of the form."""
        snippets = "".join(
            _filled(self.snippet, {"path": snippet.path, "text": snippet.text})
            for snippet in context
            if self.snippet
        )
        values = {"prefix": prefix, "suffix": suffix, "snippets": snippets}
        return _filled(self.form, values | {"path": UNNAMED})

    @property
    def marks(self) -> Marks:
        """Everything in a prompt that only the form may say."""
        parts = (part.strip() for part in HOLE.split(self.form)[::2])
        return Marks({*filter(None, parts), *self.stops, *self.also})


QWEN = "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
QWEN_STOPS = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
STAR = "{snippets}<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>"
STAR_STOPS = ("<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<file_sep>")
FILES = ("<filename>", "<reponame>")
BEGIN, HOLE_MARK, END = "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"

FAMILIES: tuple[Family, ...] = (
    Family(
        "qwen",
        ("qwen2.5-coder", "qwen3-coder", "qwen2.5coder", "codeqwen"),
        "{snippets}" + QWEN,
        QWEN_STOPS,
        "<|file_sep|>{path}\n{text}\n",
    ),
    Family("starcoder", ("starcoder", "stable-code"), STAR, STAR_STOPS, "", FILES),
    Family("granite-3", ("granite-3", "granite3", "granite-code"), STAR, STAR_STOPS, "", FILES),
    Family(
        "granite-4",
        ("granite-4", "granite4"),
        QWEN,
        ("<|end_of_text|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    ),
    Family(
        "codellama",
        ("codellama", "code-llama"),
        # the blanks belong to it
        "<PRE> {prefix} <SUF>{suffix} <MID>",
        ("<EOT>", "<PRE>", "<SUF>", "<MID>"),
        also=("<s>", "</s>", "[INST]", "[/INST]"),
    ),
    Family(
        "deepseek",
        ("deepseek-coder", "deepseekcoder"),
        f"{BEGIN}{{prefix}}{HOLE_MARK}{{suffix}}{END}",
        ("<｜end▁of▁sentence｜>", BEGIN, HOLE_MARK, END),
    ),
    Family(
        "codestral",
        ("codestral", "devstral"),
        "[SUFFIX]{suffix}[PREFIX]{snippets}{prefix}",
        ("[PREFIX]", "[SUFFIX]"),
        "+++++ {path}\n{text}\n\n",
        ("<s>", "</s>", "[INST]", "[/INST]", "[MIDDLE]"),
    ),
    Family(
        "codegemma",
        ("codegemma",),
        QWEN,
        ("<|file_separator|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        also=("<bos>", "<eos>"),
    ),
    Family(
        "mellum",
        ("mellum",),
        "{snippets}<filename>{path}\n<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
        ("<|endoftext|>", "<filename>", "<fim_suffix>", "<fim_prefix>"),
        "<filename>{path}\n{text}\n\n",
    ),
    Family(
        "seed-coder",
        ("seed-coder", "seedcoder"),
        # suffix first, as in its paper; some clients have it the other way round
        "<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>",
        ("<[end▁of▁sentence]>", "<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
    ),
    Family(
        "glm",
        ("glm-4",),
        "<|code_prefix|>{prefix}<|code_suffix|>{suffix}<|code_middle|>",
        ("<|endoftext|>", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    ),
    Family(
        "codegeex",
        ("codegeex",),
        "<|user|>\n{snippets}###PATH:{path}\n###MODE:BLOCK\n<|code_suffix|>{suffix}"
        "<|code_prefix|>{prefix}<|code_middle|><|assistant|>\n",
        ("<|user|>", "<|endoftext|>", "<|code_suffix|>", "<|code_prefix|>"),
        "###REFERENCE:\n###PATH:{path}\n{text}\n",
    ),
    Family(
        "falcon",
        ("falcon-h1",),
        "<|prefix|>{prefix}<|suffix|>{suffix}<|middle|>",
        ("<|end_of_text|>", "<|prefix|>", "<|suffix|>", "<|middle|>"),
    ),
    Family(
        "zeta-2",
        ("zeta-2", "zeta2"),
        "<[fim-suffix]>{suffix}\n<[fim-prefix]><filename>{path}\n{prefix}<<<<<<< CURRENT\n"
        "<|user_cursor|>\n=======\n<[fim-middle]>",
        (">>>>>>> UPDATED", "<[fim-suffix]>", "<[fim-prefix]>", "<|user_cursor|>"),
    ),
    Family(
        "mercury",
        ("mercury",),
        "<|file_sep|>{path}\n<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        QWEN_STOPS,
    ),
)


def family_for(model: str) -> Family | None:
    """The family that a model's name belongs to; None where no hint is in it."""
    name = model.lower().replace("_", "-")
    return next((f for f in FAMILIES if any(hint in name for hint in f.hints)), None)


def family_called(template: str) -> Family:
    """The family of this name, or one made of a text with `{prefix}` and `{suffix}`. Raises
    `BadRequest` for anything else."""
    for family in FAMILIES:
        if family.name == template.lower():
            return family
    if "{prefix}" in template and "{suffix}" in template:
        parts = (part.strip() for part in HOLE.split(template)[::2])
        return Family("own", (), template, tuple(dict.fromkeys(filter(None, parts)))[:MOST_STOPS])
    raise BadRequest(
        "fillwright.engine.template must be one of "
        f"{', '.join(family.name for family in FAMILIES)}, or a text with {{prefix}} and "
        "{suffix}."
    )


def _filled(form: str, values: dict[str, str]) -> str:
    return HOLE.sub(lambda hole: values.get(hole[1], hole[0]), form)

"""The marks that models of code were trained with to fill in the middle, and which clients that
know only a prompt write into it: `<fim_prefix>...<fim_suffix>...<fim_middle>`.

Knows text only. The marks are those of the models' own tokenizers and documentation.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands before the prefix, before the suffix and before the middle; a model without
    the last begins to write after the prefix. Those that `may_be_code` count only where the prompt
    begins with them.
    """

    prefix: str
    suffix: str
    middle: str = ""
    may_be_code: bool = False


CODE_LLAMA = Marks("<PRE>", "<SUF>", "<MID>", may_be_code=True)
FAMILIES = (
    # StarCoder, SantaCoder, Granite, StableCode, Refact, Mellum
    Marks("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    Marks("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    # Qwen2.5-Coder, CodeGemma, Granite 4
    Marks("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    CODE_LLAMA,
    # DeepSeek-Coder
    Marks("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    Marks("<|fim▁begin|>", "<|fim▁hole|>", "<|fim▁end|>"),
    # Codestral, Devstral
    Marks("[PREFIX]", "[SUFFIX]", "[MIDDLE]", may_be_code=True),
    Marks("[PREFIX]", "[SUFFIX]", may_be_code=True),
    # GLM, CodeGeeX
    Marks("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    # Seed-Coder
    Marks("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
)

OTHERS = (
    *("<fim_pad>", "<|fim_pad|>", "<EOT>", "<|endoftext|>", "<|im_end|>", "<|eot_id|>"),
    *("<｜end▁of▁sentence｜>", "<|end▁of▁sentence|>", "<|file_sep|>", "<file_sep>"),
    *("<|repo_name|>", "<repo_name>", "<reponame>", "<gh_stars>", "<|file_separator|>"),
)
"""What else such models write."""

START = "<s>"
FILE = re.compile(r"(?:<\|file_sep\|>|<file_sep>|<filename>|<gh_stars>\S*\s)([^\n<]+)")
OWN = [marks for marks in FAMILIES if not marks.may_be_code]
WRITTEN = re.compile(
    "|".join(
        re.escape(mark)
        for mark in (*(m for f in OWN for m in (f.prefix, f.suffix, f.middle)), *OTHERS)
    )
)


@dataclass(frozen=True, slots=True)
class Split:
    """A prompt without its marks; `file` is the name that it gives the text, or ""."""

    prefix: str
    suffix: str
    file: str


def split(prompt: str) -> Split | None:
    """What stands before and after the hole in a prompt with one family's marks, in whichever
    order; None where there are none. What follows the mark of the middle is written already."""
    for marks in FAMILIES:
        found = _split(prompt, marks)
        if found is not None:
            return found
    return None


def without_marks(text: str) -> str:
    """A fill up to the first mark: no mark belongs into anybody's file."""
    return WRITTEN.split(text, maxsplit=1)[0]


def _split(prompt: str, marks: Marks) -> Split | None:
    text, middle, written = prompt.rpartition(marks.middle) if marks.middle else (prompt, "", "")
    if middle != marks.middle:
        return None
    prefix_at, suffix_at = text.find(marks.prefix), text.find(marks.suffix)
    if min(prefix_at, suffix_at) < 0:
        return None
    if prefix_at < suffix_at:
        head, prefix, suffix = _parts(text, marks.prefix, marks.suffix)
    else:
        head, suffix, prefix = _parts(text, marks.suffix, marks.prefix)
    if marks.may_be_code and head.strip() not in ("", START):
        return None
    if marks == CODE_LLAMA and prefix.startswith(" "):
        # a space after the first of its marks and before each of the others
        prefix, suffix = prefix[1:].removesuffix(" "), suffix.removesuffix(" ")
    files = FILE.findall(head)
    return Split(prefix + written, suffix, files[-1].strip() if files else "")


def _parts(text: str, first: str, second: str) -> tuple[str, str, str]:
    head, _, rest = text.partition(first)
    one, _, other = rest.partition(second)
    return head, one, other

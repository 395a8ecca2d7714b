from itertools import takewhile

import pytest

from fillwright.engine.infill.prompts.suffix_first import SuffixFirstPrompt
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer


@pytest.fixture
def prompt(tokenizer: CodeTokenizer) -> SuffixFirstPrompt:
    suffix, prefix, middle, end = map(
        tokenizer.special, ("<suffix>", "<prefix>", "<middle>", "<eos>")
    )
    return SuffixFirstPrompt(tokenizer, (suffix, prefix, middle), (end,), 100, 30)


def test_the_suffix_stands_before_the_prefix(
    prompt: SuffixFirstPrompt, tokenizer: CodeTokenizer
) -> None:
    suffix, prefix, middle = prompt.marks
    assert prompt.ids("def f():", "\nx = 1", "python", "be quick") == [
        suffix,
        *tokenizer.encode("\nx = 1"),
        prefix,
        *tokenizer.encode("def f():"),
        middle,
    ]


def test_marks_spelt_in_the_document_are_text(
    prompt: SuffixFirstPrompt, tokenizer: CodeTokenizer
) -> None:
    ids = prompt.ids("# <middle> <eos>", "<prefix>", "python")
    assert [each for each in ids if each in tokenizer.special_ids] == list(prompt.marks)


def test_long_text_is_cut_to_the_budgets_nearest_the_hole(
    prompt: SuffixFirstPrompt, tokenizer: CodeTokenizer, code: str
) -> None:
    before, after = code * 50 + "here", "there" + code * 50
    ids = prompt.ids(before, after, "python")
    cut = ids.index(prompt.marks[1])
    assert after.startswith(tokenizer.decode(ids[1:cut]))
    assert before.endswith(tokenizer.decode(ids[cut + 1 : -1]))
    assert (cut - 1, len(ids) <= 100 + 30 + 3) == (30, True)


def test_typing_leaves_what_was_read(prompt: SuffixFirstPrompt) -> None:
    one, other = (prompt.ids(f"x = {typed}", "\ny = 2", "python") for typed in ("a", "a + b"))
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    )
    assert shared >= len(one) - 2

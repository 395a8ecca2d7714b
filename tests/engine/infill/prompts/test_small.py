from itertools import pairwise

import pytest

from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.infill.text.windows import split_lead
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer


def shared(one: list[int], other: list[int]) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def test_the_suffix_stands_before_the_prefix(tokenizer: CodeTokenizer) -> None:
    special, encode = tokenizer.special, tokenizer.encode
    assert SmallPrompt(tokenizer).ids("def f():", "\nx = 1\n", "python") == [
        special("<python>"),
        special("<suffix>"),
        *encode("\nx = 1\n"),
        special("<prefix>"),
        *encode("def f():"),
        special("<middle>"),
    ]


def test_an_empty_document_is_all_marks(tokenizer: CodeTokenizer) -> None:
    names = ("<other>", "<suffix>", "<prefix>", "<middle>")
    assert SmallPrompt(tokenizer).ids("", "", "cobol") == [tokenizer.special(n) for n in names]


def test_marks_spelt_in_the_document_are_text(tokenizer: CodeTokenizer) -> None:
    ids = SmallPrompt(tokenizer).ids("# <middle> <eos>", "<prefix>", "python")
    specials = [tokenizer.tokenizer.id_to_token(i) for i in ids if i in tokenizer.special_ids]
    assert specials == ["<python>", "<suffix>", "<prefix>", "<middle>"]


def test_long_text_is_cut_to_the_budgets_nearest_the_hole(
    tokenizer: CodeTokenizer, code: str
) -> None:
    prompt = SmallPrompt(tokenizer, prefix_tokens=100, suffix_tokens=30)
    prefix, suffix = code * 50 + "here", "there" + code * 50
    ids = prompt.ids(prefix, suffix, "python")
    cut = ids.index(tokenizer.special("<prefix>"))
    before, after = ids[cut + 1 : -1], ids[2:cut]
    assert suffix.startswith(tokenizer.decode(after))
    assert len(after) == 30
    assert prefix.endswith(tokenizer.decode(before))
    assert 100 - 64 < len(before) <= 100


def test_a_keystroke_seldom_moves_the_start_of_a_long_prefix(
    tokenizer: CodeTokenizer, code: str
) -> None:
    """The cut moves in steps: a few times in 500 keystrokes, and then everything is read again."""
    prompt = SmallPrompt(tokenizer)
    typed = [prompt.ids(code * 30 + code[:i], "\nend", "python") for i in range(500)]
    kept = [shared(one, other) >= len(one) - 8 for one, other in pairwise(typed)]
    assert kept.count(False) <= 8


def test_ten_typed_characters_leave_the_prompt_but_its_end(
    tokenizer: CodeTokenizer, code: str
) -> None:
    prompt = SmallPrompt(tokenizer)
    before, after = (prompt.ids(code + text, "\nend", "python") for text in ("", "x = find(y"))
    assert shared(before, after) >= len(before) - 2
    assert len(after) > len(before)


@pytest.mark.parametrize(
    ("prefix", "lead"),
    [
        ("", ""),
        ("x", ""),
        ("x = ", " "),
        ("def f():\n", "\n"),
        ("def f():\n\t", "\n\t"),
        ("x\n\n  ", "\n  "),
        ("   ", "   "),
        ("\n", "\n"),
        ("x\u00a0", ""),
    ],
)
def test_the_lead_is_the_last_white_space_with_one_line_end(prefix: str, lead: str) -> None:
    assert split_lead(prefix) == (prefix.removesuffix(lead), lead)


def test_a_language_is_known_by_all_its_names(tokenizer: CodeTokenizer) -> None:
    names = ("python", "jsx", "javascriptreact", "tsx", "typescriptreact", "rust")
    first = [SmallPrompt(tokenizer).ids("", "", name)[0] for name in names]
    known = ("<python>", "<javascript>", "<javascript>", "<typescript>", "<typescript>", "<other>")
    assert first == [tokenizer.special(token) for token in known]

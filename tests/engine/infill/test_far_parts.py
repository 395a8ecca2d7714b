"""Far parts: the document beyond the prompt, cut where no token crosses, without its secrets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fillwright.engine.infill import far_parts
from fillwright.engine.infill.far_parts import FarParts, line_end_after, line_end_before
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.prompts.small import PREFIX_TOKENS, SUFFIX_TOKENS
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.contexts import Store

SOURCE = Path(far_parts.__file__).read_text("utf-8") * 3
KEY = "AKIAIOSFODNN7EXAMPLQ"


def streams(store: Store) -> list[list[int]]:
    return [store.contexts.tokens[start:stop].tolist() for start, stop in store.contexts.spans]


@pytest.mark.parametrize("place", range(1, len(SOURCE), 997))
def test_no_token_crosses_a_cut(tiny: Infiller, place: int) -> None:
    encode = tiny.tokenizer.encode
    for cut in (line_end_before(SOURCE, place), line_end_after(SOURCE, place)):
        assert encode(SOURCE[:cut]) + encode(SOURCE[cut:]) == encode(SOURCE)


def test_a_text_in_one_line_has_no_cut() -> None:
    assert line_end_before("a b", 2) == 0
    assert line_end_after("a b", 1) == 3


@pytest.mark.parametrize("place", [SOURCE.index("class FarParts", 9000), len(SOURCE)])
def test_all_that_the_prompt_does_not_show_is_far_and_nothing_else(
    tiny: Infiller, place: int
) -> None:
    encode = tiny.tokenizer.encode
    prefix, suffix = SOURCE[:place].rstrip(), SOURCE[place:]
    around = FarParts(tiny.tokenizer).around(prefix, suffix)
    found = [stream for store in around.far for stream in streams(store)]
    before, after = encode(prefix), encode(suffix)
    unseen = len(before) - PREFIX_TOKENS + max(0, len(after) - SUFFIX_TOKENS)
    assert sum(map(len, found)) == unseen
    assert unseen > 1000
    assert before[: len(found[0])] == found[0]
    assert before[-len(around.before) :] == around.before
    assert after[: len(around.after)] == around.after


def test_what_was_sorted_is_kept_while_somebody_types(
    tiny: Infiller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_parts, "KEPT", 1)
    parts = FarParts(tiny.tokenizer)
    cut = SOURCE.index("class FarParts", 9000)
    first = parts.around(SOURCE[:cut], SOURCE[cut:]).far
    typed = parts.around(SOURCE[:cut] + "x = ", SOURCE[cut:]).far
    assert first[0].contexts is typed[0].contexts
    parts.around(SOURCE, "")
    assert parts.around(SOURCE[:cut], SOURCE[cut:]).far[0].contexts is not first[0].contexts


def test_only_the_line_is_read_while_somebody_types(tiny: Infiller) -> None:
    read = list[str]()

    class Reading(CodeTokenizer):
        def encode(self, text: str) -> list[int]:
            read.append(text)
            return super().encode(text)

    parts = FarParts(Reading(tiny.tokenizer.tokenizer))
    cut = SOURCE.index("class FarParts", 9000)
    for typed in ("x", "x = ", "x = y"):
        read.clear()
        around = parts.around(SOURCE[:cut] + typed, SOURCE[cut:])
    assert [text.strip() for text in read] == ["x = y"]
    start = len(SOURCE[:cut]) - 1000
    assert around.before[-50:] == tiny.tokenizer.encode(SOURCE[start:cut] + "x = y")[-50:]


def test_a_key_in_a_line_longer_than_what_is_in_view_is_in_no_far_part(tiny: Infiller) -> None:
    line = f'\nkeys = "{KEY}", ' + "one, " * 2 * PREFIX_TOKENS
    far = FarParts(tiny.tokenizer).around(SOURCE + line, "").far
    said = "".join(tiny.tokenizer.decode(ids) for store in far for ids in streams(store))
    assert "one, one" in said
    assert "AKIA" not in said


@pytest.mark.parametrize(
    "around",
    [
        lambda secret: (secret + SOURCE, SOURCE),
        lambda secret: (SOURCE + secret + SOURCE[:1000], SOURCE),
        lambda secret: (SOURCE, SOURCE[:900] + secret),
        lambda secret: (SOURCE, SOURCE[:300] + secret + SOURCE),
        lambda secret: (SOURCE, SOURCE + secret),
    ],
)
def test_a_key_is_in_no_far_part(tiny: Infiller, around: Callable[[str], tuple[str, str]]) -> None:
    far = FarParts(tiny.tokenizer).around(*around(f'\nkey = "{KEY}"\n')).far
    said = "".join(tiny.tokenizer.decode(ids) for store in far for ids in streams(store))
    assert "class FarParts" in said
    assert "AKIA" not in said

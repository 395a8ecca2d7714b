import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.tuning.files import TuningText


def page(number: int) -> SourceFile:
    text = f"def number_{number}():\n    return {number}\n" * 100
    return SourceFile("mine", f"mine/page{number}.py", text)


def documents(text: TuningText) -> tuple[set[str], set[str]]:
    train, held_out = text.train, text.held_out
    return (
        {train.document(n) for n in range(len(train)) if not train.standalone[n]},
        {held_out.document(n) for n in range(len(held_out)) if not held_out.standalone[n]},
    )


def test_one_file_of_ten_is_held_out_whatever_the_order() -> None:
    pages = [page(number) for number in range(20)]
    train, held_out = documents(TuningText.of(pages))
    assert (len(train), len(held_out)) == (18, 2)
    assert not train & held_out
    assert documents(TuningText.of(pages[::-1])) == (train, held_out)


def test_the_digest_is_of_names_and_texts() -> None:
    pages = [page(number) for number in range(12)]
    digest = TuningText.of(pages).digest
    assert TuningText.of(pages[::-1]).digest == digest
    assert TuningText.of([*pages[:-1], page(99)]).digest != digest


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_little_is_refused_with_how_much_is_needed(count: int) -> None:
    with pytest.raises(BadRequest, match=rf"There are {count} files .* give folders with 20,000"):
        TuningText.of([page(number) for number in range(count)])

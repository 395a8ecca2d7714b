import pytest

from fillwright.engine.confidence import geometric_mean


def test_a_texts_confidence_is_the_geometric_mean_of_its_tokens() -> None:
    assert geometric_mean([0.5, 0.5]) == pytest.approx(0.5)
    assert geometric_mean([0.1, 1.0]) == pytest.approx(0.1**0.5)


def test_without_tokens_or_with_an_impossible_one_there_is_none() -> None:
    assert geometric_mean([]) == geometric_mean([0.0, 1.0]) == 0.0

"""The benchmark's files as they are in the repository."""

from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[3] / "fixtures" / "evaluation"


@pytest.fixture(scope="session")
def single_line() -> Path:
    return FIXTURES / "human-eval-infilling" / "HumanEval-SingleLineInfilling.jsonl.gz"


@pytest.fixture(scope="session")
def random_span() -> Path:
    return FIXTURES / "human-eval-infilling" / "HumanEval-RandomSpanInfillingLight.jsonl.gz"

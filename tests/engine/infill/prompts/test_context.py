from fillwright.engine.infill.prompts.context import HEADING, fitting
from fillwright.engine.request import Snippet

CONTEXT = (Snippet("far.py", "a" * 500), Snippet("near.py", "b" * 90), Snippet("here.py", "c" * 7))
LAST_TWO = 2 * HEADING + len("near.py") + 90 + len("here.py") + 7


def test_what_stands_last_is_kept_whole() -> None:
    assert fitting(CONTEXT, LAST_TWO, len) == CONTEXT[1:]
    assert fitting(CONTEXT, LAST_TWO - 1, len) == CONTEXT[2:]
    assert fitting(CONTEXT, 0, len) == ()


def test_without_a_bound_all_of_it_is_shown() -> None:
    assert fitting(CONTEXT, None, len) == CONTEXT

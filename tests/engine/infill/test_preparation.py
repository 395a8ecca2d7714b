"""How a hole begins that has to spell something, with the real model."""

import pytest

from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.request import Budget, Constraint, Hole, Infill, InfillRequest

DOCUMENT = "import os\nWIDTH = \nprint(WIDTH)\n"


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint("regex", pattern="[0-9]+"),
        Constraint("regex", pattern=r"os\.[a-z_.]+"),
        Constraint("one of", choices=("None", "os")),
    ],
    ids=lambda constraint: constraint.kind,
)
def test_it_begins_with_a_token_that_can_begin_a_match(
    embedded: Infiller, constraint: Constraint
) -> None:
    """After a lone space the model would say that the hole ends."""
    at = DOCUMENT.index(" \n") + 1
    request = InfillRequest(
        DOCUMENT,
        (Hole(at, at),),
        "python",
        shape="line",
        budget=Budget(8),
        decode="denoise",
        constraint=constraint,
    )
    *_, fill = embedded.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert fill.finish != "unmet"
    assert fill.texts[0]

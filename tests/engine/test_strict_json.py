import json
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from fillwright.engine.strict_json import strict_converter


@dataclass(frozen=True)
class Plain:
    name: str
    count: int
    share: float
    on: bool
    kind: Literal["a", "b"] = "a"


GOOD: dict[str, Any] = {"name": "x", "count": 1, "share": 0.5, "on": True, "kind": "b"}


def test_values_are_taken_as_they_are() -> None:
    assert strict_converter().structure(GOOD, Plain) == Plain("x", 1, 0.5, True, "b")
    share = strict_converter().structure(GOOD | {"share": 1}, Plain).share
    assert (share, type(share)) == (1.0, float)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("name", None, "null is no str"),
        ("name", 1, "1 is no str"),
        ("count", "1", '"1" is no int'),
        ("count", True, "true is no int"),
        ("count", 1.0, "1.0 is no int"),
        ("share", "0.5", '"0.5" is no float'),
        ("share", True, "true is no float"),
        ("on", "false", '"false" is no bool'),
        ("on", 0, "0 is no bool"),
        ("kind", "c", '"c" is none of a, b'),
    ],
)
def test_other_values_are_refused_by_name(key: str, value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        strict_converter().structure(GOOD | {key: value}, Plain)


def test_what_is_no_object_or_lacks_a_key_is_refused() -> None:
    with pytest.raises(KeyError, match="count"):
        strict_converter().structure({"name": "x"}, Plain)
    with pytest.raises(TypeError):
        strict_converter().structure(json.loads("[1]"), Plain)

"""Settings with comments: what is set is there afterwards, and everything else is as it was."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.lsp_server.cli.editors.json_settings import member, with_member

COMMENTED = """\
// my settings
{
  "editor.fontSize": 14, // large
  /* the servers */
  "lsp": {
    "ruff": {"binary": "/x"}
  }
  // the end
}
// tail
"""


def test_a_member_is_added_at_the_end_and_comments_stay() -> None:
    after = with_member(COMMENTED, ["fillwright.server.path"], "/opt/fillwright")
    assert after == COMMENTED.replace(
        '    "ruff": {"binary": "/x"}\n  }\n  // the end\n',
        '    "ruff": {"binary": "/x"}\n  },\n  // the end\n'
        '  "fillwright.server.path": "/opt/fillwright"\n',
    )


def test_a_nested_member_is_added_where_its_way_ends() -> None:
    after = with_member(COMMENTED, ["lsp", "pylsp", "path"], "/x")
    assert after == COMMENTED.replace(
        '"/x"}\n', '"/x"},\n    "pylsp": {\n      "path": "/x"\n    }\n'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n    "a": 1\n}\n'),
        ("\n", '{\n    "a": 1\n}\n'),
        ("{}", '{\n    "a": 1\n}'),
        ("{ }", '{\n    "a": 1\n }'),
        ('{"b": 2}', '{"b": 2,\n    "a": 1\n}'),
        ('{\n\t"b": 2,\n}\n', '{\n\t"b": 2,\n\t"a": 1\n}\n'),
        ('{\n  "b": 2 // why\n}\n', '{\n  "b": 2, // why\n  "a": 1\n}\n'),
        ('{\r\n  "b": 2\r\n}\r\n', '{\r\n  "b": 2,\r\n  "a": 1\r\n}\r\n'),
        ('{"é": "🎉"}', '{"é": "🎉",\n    "a": 1\n}'),
        ('{"a": [0] /* old */}', '{"a": 1 /* old */}'),
        ('{"a": 1}', '{"a": 1}'),
        ('{"a":/* one */1}', '{"a":/* one */1}'),
    ],
)
def test_every_layout_is_kept(before: str, after: str) -> None:
    assert with_member(before, ["a"], 1) == after


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"b" 1}',
        '{"b": f()}',
        '{"b": c}',
        "{b: 1}",
        "{...b}",
        '{"b": 1}); ({"c": 2}',
        '{"b": 1}, {"c": 2}',
        "// nothing\n",
        "{'b': 1}",
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own sentences, too
        with_member(text, ["a"], 1)


def test_a_value_on_the_way_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="'b' is not an object"):
        with_member('{"b": 2}', ["b", "c"], 1)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text("abc", min_size=1), values, max_size=4),
    st.lists(st.text("abc", min_size=1), min_size=1, max_size=3),
    values,
    st.sampled_from([None, 2, "\t"]),
)
def test_the_result_is_what_json_itself_would_say(
    settings: dict[str, Any], keys: list[str], value: Any, indent: int | str | None
) -> None:
    expected = json.loads(json.dumps(settings))
    inner = expected
    for key in keys[:-1]:
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            return
    inner[keys[-1]] = value
    after = with_member(json.dumps(settings, indent=indent), keys, value)
    assert json.loads(after) == expected
    assert member(after, keys) == value
    assert with_member(after, keys, value) == after

"""A patched text has the tree of the same text parsed again."""

from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.syntax.grammars import parser_for
from fillwright.engine.syntax.patch import Patch

PIECES = st.text(alphabet="ax (){}:\n\t'é\U0001f600=1", max_size=12)


@given(before=PIECES, after=PIECES, texts=st.lists(PIECES, min_size=1, max_size=4))
def test_every_tree_is_that_of_the_whole_text(before: str, after: str, texts: list[str]) -> None:
    parser, fresh = parser_for("javascript"), parser_for("javascript")
    assert parser is not None
    assert fresh is not None
    patch = Patch(parser, before.encode(), after.encode())
    for text in texts:
        whole = (before + text + after).encode()
        ours, again = patch.parse(text.encode()).root_node, fresh.parse(whole).root_node
        assert (ours.end_byte, ours.end_point) == (again.end_byte, again.end_point)
        # error recovery may take another way where it could reuse a part of the tree before
        if not again.has_error or not ours.has_error:
            assert str(ours) == str(again)

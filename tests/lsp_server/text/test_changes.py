from fillwright.lsp_server.text.changes import TextChange, applied


def test_a_moved_change_is_the_same_change_of_a_part_of_the_text() -> None:
    text, change = "def f():\n    pass\n", TextChange(13, 17, "return 1")
    begin = text.index("    ")
    part = applied(text[begin:], [change.moved(-begin)])
    assert text[:begin] + part == applied(text, [change]) == "def f():\n    return 1\n"
    assert change.moved(3).moved(-3) == change


def test_changes_are_applied_in_the_texts_own_offsets() -> None:
    changes = [TextChange(0, 1, "one"), TextChange(2, 2, "-"), TextChange(2, 3, "")]
    assert applied("abc", changes) == "oneb-"
    assert applied("abc", []) == "abc"

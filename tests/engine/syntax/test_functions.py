"""Functions of a tree: holes of written bodies and of stubs, in byte offsets."""

from fillwright.engine.syntax.functions import Function, broken_functions, functions
from fillwright.engine.syntax.grammars import parser_for

SOURCE = '''\
@d
async def a(é):  # c
    """Say."""  # d
    return é

def b():
    # why
    pass  # now
    # end

class C:
    @abc.abstractmethod
    def m(self): ...

    def n(self):
        # only this
'''


def parsed(source: str, within: tuple[int, int] | None = None) -> list[tuple[Function, str]]:
    parser = parser_for("python")
    assert parser is not None
    data = source.encode()
    found = functions(parser.parse(data), "python", within)
    return [(one, data[one.hole_start : one.hole_end].decode()) for one in found]


def test_holes_of_written_bodies_and_stubs() -> None:
    found = parsed(SOURCE)
    assert [hole for _, hole in found] == ["\n    return é", "\n    pass", " ...", ""]
    assert [one.stub for one, _ in found] == [False, True, True, True]
    assert [one.declared for one, _ in found] == [False, False, True, False]
    assert not any(one.broken for one, _ in found)
    data = SOURCE.encode()
    starts = [data[one.start :].split(b"\n")[0].decode() for one, _ in found]
    assert starts == ["@d", "def b():", "@abc.abstractmethod", "def n(self):"]
    assert data[: found[3][0].end].endswith(b"# only this")


def test_only_functions_that_touch_the_range() -> None:
    at = SOURCE.encode().index(b"# why")
    [(function, _)] = parsed(SOURCE, (at, at + 1))
    assert SOURCE.encode()[function.start :].startswith(b"def b")


def test_a_header_that_does_not_parse() -> None:
    source = b"def f(x:\n    return 1\n\ndef g():\n    pass\n"
    parser = parser_for("python")
    assert parser is not None
    assert broken_functions(parser.parse(source), "python", (0, 9)) == [0]
    assert broken_functions(parser.parse(source), "python", (9, len(source))) == []

"""Notebooks: which cells there are, and what a cell's neighbours say to the model."""

from fillwright.lsp_server.text.documents import Document, DocumentStore
from fillwright.lsp_server.text.notebooks import Cell, Notebooks


class Shelf:
    """A notebook `nb` of cells named by letters; capitals are code, the others markup."""

    def __init__(self, language: str = "python", **texts: str) -> None:
        self.documents = DocumentStore()
        self.notebooks = Notebooks(self.documents.get)
        for name, text in texts.items():
            self.documents.open(name, language if name.isupper() else "markdown", 1, text)
        self.notebooks.open("nb", [cell(name) for name in texts])

    def around(self, name: str) -> tuple[str, str]:
        document = self.documents.get(name)
        assert document is not None
        return self.notebooks.around(document)


def cell(name: str) -> Cell:
    return Cell(name, is_code=name.isupper())


def test_code_is_code_and_markup_is_comments() -> None:
    shelf = Shelf(A="import os\r\n", b="# Title\n\nText.", C="x = 1", D="print(x)", E="y = x")
    assert shelf.around("C") == (
        "import os\n\n# # Title\n#\n# Text.\n\n",
        "\n\nprint(x)\n\ny = x",
    )
    assert shelf.around("A")[0] == ""
    assert shelf.around("E")[1] == ""


def test_comments_are_the_languages() -> None:
    assert Shelf("typescript", a="Text.", B="let x").around("B")[0] == "// Text.\n\n"


def test_code_in_another_language_is_a_comment() -> None:
    shelf = Shelf(A="SELECT 1", B="x = 1")
    shelf.documents.open("A", "sql", 2, "SELECT 1")
    assert shelf.around("B")[0] == "# SELECT 1\n\n"


def test_cells_come_go_and_change_their_kind() -> None:
    shelf = Shelf(A="one", B="two", C="three")
    shelf.documents.open("D", "python", 1, "four")
    shelf.notebooks.splice("nb", 1, 1, [cell("D")])
    assert shelf.around("C")[0] == "one\n\nfour\n\n"
    shelf.notebooks.update("nb", [Cell("A", is_code=False)])
    assert shelf.around("C")[0] == "# one\n\nfour\n\n"
    shelf.notebooks.splice("nb", 0, 2, [])
    assert shelf.around("C") == ("", "")


def test_far_cells_are_left_out_and_empty_ones_leave_no_trace() -> None:
    shelf = Shelf(A="a" * 7000, B="b" * 2000, C="  \n", D="x = ", E="", F="f" * 9000, G="g")
    before, after = shelf.around("D")
    assert before.startswith("b" * 2000)
    assert after == ""


def test_other_documents_and_closed_notebooks_have_nothing_around() -> None:
    shelf = Shelf(A="one", B="two")
    assert shelf.notebooks.around(Document.of("x", "python", "untitled:a")) == ("", "")
    shelf.notebooks.close("nb")
    shelf.notebooks.splice("nb", 0, 0, [cell("A")])
    assert shelf.around("B") == ("", "")

"""Which texts paths stand for."""

from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.source_tree import Source, read_sources
from fillwright.engine.sources.corpus import Corpus


def test_the_files_of_a_tree(tmp_path: Path) -> None:
    wanted = ["a/c.ts", "a/d.jsx", "b.py", "e.go"]
    others = ["a/.hidden/x.py", "node_modules/x.js", "notes.txt", "data.json", ".env/x.py"]
    for name in wanted + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    sources, left_out = read_sources([tmp_path, tmp_path / "b.py"])
    assert [source.name for source in sources] == [f"{tmp_path}/{name}" for name in wanted]
    assert [source.language for source in sources[2:]] == ["python", "go"]
    assert left_out == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"a\r\nb\n", "a\nb\n"), (b"\xff", None), (b"", None), (b"x" * 200_001, None)],
)
def test_what_is_read_of_a_file(tmp_path: Path, content: bytes, text: str | None) -> None:
    (tmp_path / "a.py").write_bytes(content)
    (tmp_path / "b.py").write_text("x")
    sources, left_out = read_sources([tmp_path])
    assert [source.text for source in sources] == [text, "x"][text is None :]
    assert left_out == (text is None)


def test_a_corpus_is_its_documents(tmp_path: Path) -> None:
    path = tmp_path / "held_out.npz.xz"
    texts, languages = ["x = 1\n", "let é;\n", "def f(): 0\n"], ["python", "javascript", "python"]
    Corpus.of(texts, [[], [], []], languages, standalone=[False, False, True]).save(path)
    assert read_sources([path]) == (
        [
            Source(f"{path}/0", "x = 1\n", "python"),
            Source(f"{path}/1", "let é;\n", "javascript"),
        ],
        0,
    )


def test_paths_without_code_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(BadRequest, match="hold no text of a language"):
        read_sources([tmp_path])
    with pytest.raises(BadRequest, match="absent is not there"):
        read_sources([tmp_path / "absent"])

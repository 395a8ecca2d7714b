"""The report: one page that holds all it shows, and shows what the records say."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.arms import Arm, arms_of
from fillwright.engine.evaluation.command import main
from fillwright.engine.evaluation.journal import Journal, Record
from fillwright.engine.evaluation.plots import calibration_error
from fillwright.engine.evaluation.report import write_report

VOID = {"meta", "link", "br", "img", "hr", "path"}
HOSTILE = "</pre><script>alert(1)</script> & 'é' \ud800"


def record(number: int, arm: Arm, passed: bool, sure: float = 0.5) -> Record:
    gold = "x" * (number + 1)
    return Record(
        name=f"item/{number}",
        group=f"f{number // 2}",
        kind="line",
        arm=arm.name,
        decode=arm.decode,
        steps=arm.steps,
        length=arm.length,
        fill=gold if passed else HOSTILE,
        gold=gold,
        exact=passed,
        similarity=1.0 if passed else 0.25,
        parses=passed,
        verdict="passed" if passed else "syntax",
        identifiers=None,
        resolved=None,
        tokens=4,
        forwards=arm.steps or 4,
        ms=10.0,
        confidences=(sure,),
    )


def keep(folder: Path, records: list[Record], **settings: object) -> Path:
    with Journal(
        folder, {"benchmark": "humaneval-infilling", "seed": 0} | settings, Record
    ) as journal:
        for each in records:
            journal.add(each)
    return folder


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    arms = arms_of(["diffusion", "ar"], [1, 4], ["auto"])
    made = [record(n, arm, n % (2 + (arm.steps or 0)) == 0) for n in range(40) for arm in arms]
    return keep(tmp_path / "swept", made, data="file.jsonl")


class Page(HTMLParser):
    """Its tags, each closed in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(path: Path) -> tuple[str, Page]:
    html = path.read_text("utf-8")
    return html, Page(html)


def test_the_page_holds_all_it_shows(swept: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "report.html"
    assert main(["report", str(swept), "--out", str(out)]) == 0
    html, page = read(out)
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    linked = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href") and value and not value.startswith("#")
    ]
    assert not linked
    assert not re.search(r"url\((?!#)|@import", html)
    assert "default-src 'none'" in html
    assert names.count("svg") == 3


def test_the_page_says_what_the_records_say(swept: Path, tmp_path: Path) -> None:
    write_report([swept], tmp_path / "report.html")
    html, page = read(tmp_path / "report.html")
    rows = re.findall(r"<tr><td>(.*?)</td><td><b>(.*?)</b></td>", html)
    assert rows == [("denoise 1", "35.0"), ("denoise 4", "17.5"), ("draft", "50.0")]
    assert "pass@1 of denoise 1" in page.text
    assert "40 holes in 20 groups" in page.text
    assert "data file.jsonl" in page.text
    for title in ("Score against steps", "Score against hole length", "confidence"):
        assert title in page.text
    assert re.findall(r"n=\d+", page.text) == ["n=15", "n=16", "n=9"]


def test_a_fill_is_text_whatever_it_says(swept: Path, tmp_path: Path) -> None:
    write_report([swept], tmp_path / "report.html")
    _, page = read(tmp_path / "report.html")
    assert "</pre><script>alert(1)</script> & 'é'" in page.text


def test_plots_take_the_pages_colours(swept: Path, tmp_path: Path) -> None:
    write_report([swept], tmp_path / "report.html")
    html, _ = read(tmp_path / "report.html")
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    for drawing in drawings:
        ET.fromstring(drawing)
        assert "var(--ink)" in drawing
        assert "var(--series-1)" in drawing
        assert not re.search(r"#0[0-9a-f]{5}", drawing)
    names = [name for drawing in drawings for name in re.findall(r'<clipPath id="(.*?)"', drawing)]
    assert len(names) == len(set(names)) >= 3


def test_the_same_runs_give_the_same_page(swept: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report([swept], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_runs_that_lack_something_are_shown_without_it(tmp_path: Path) -> None:
    gold = [replace(record(n, Arm("gold"), True), confidences=(), verdict=None) for n in range(3)]
    kinds = [replace(each, kind=kind) for each, kind in zip(gold, "aab", strict=True)]
    folders = [
        keep(tmp_path / "gold", gold),
        keep(tmp_path / "kinds", kinds),
        keep(tmp_path / "one", [record(5, Arm("denoise", 4), False)]),
    ]
    write_report(folders, tmp_path / "report.html")
    html, page = read(tmp_path / "report.html")
    assert [tag for tag, _ in page.tags].count("section") == 3
    assert html.count("<svg") == 1 + 1 + 3
    assert html.count("by kind of hole") == 1


def test_what_holds_no_run_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="holds no run"):
        write_report([tmp_path], tmp_path / "report.html")
    keep(tmp_path / "empty", [])
    with pytest.raises(BadRequest, match="holds no answers yet"):
        write_report([tmp_path / "empty"], tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_without_matplotlib_it_says_what_to_install(swept: Path, tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError(name='matplotlib')")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from fillwright.lsp_server.cli.main import main\n"
        f"sys.exit(main(['eval', 'report', {str(swept)!r}, '--out', {str(tmp_path / 'r')!r}]))"
    )
    command = [sys.executable, "-P", "-c", program]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr == (
        "fillwright: The report needs matplotlib; install it with pip install 'fillwright[eval]'.\n"
    )


def test_the_calibration_error_is_the_mean_gap() -> None:
    arm = Arm("draft")
    sure = [record(n, arm, n < 9, sure=0.9) for n in range(10)]
    assert calibration_error(sure) == pytest.approx(0.0)
    doubtful = [record(n, arm, True, sure=0.1) for n in range(10)]
    assert calibration_error(sure + doubtful) == pytest.approx(0.45)
    assert calibration_error([replace(sure[0], confidences=())]) is None

"""Every verb's help ends with examples, and each is a command line that the verb takes."""

import re
from collections.abc import Sequence

import pytest

from fillwright.lsp_server.cli.examples import EXAMPLES, examples
from fillwright.lsp_server.cli.main import main


def help_of(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> str:
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert not left.value.code
    return capsys.readouterr().out


def test_help_ends_with_the_examples_of_its_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert help_of(capsys, ["fill"]).endswith(
        "\nexamples:\n" + "".join(f"  {line}\n" for line in EXAMPLES["fill"])
    )
    assert "  fillwright eval typing PROJECT --out RUN\n" in help_of(capsys, ["eval", "typing"])
    # without any of its own it has those of its verb
    assert "  fillwright train corpus\n" in help_of(capsys, ["train", "gate"])


def test_every_verb_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    verbs = re.findall(r"^    ([a-z]+) ", help_of(capsys, []), re.MULTILINE)
    assert {"fill", "serve", "eval"} <= set(verbs)
    assert {"", *verbs} <= EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_options_of_its_command(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in EXAMPLES[name]:
        words = line.partition("fillwright ")[2].split()
        said = help_of(capsys, words[:1])
        inner = re.findall(r"^    ([a-z-]+)", said, re.MULTILINE)
        if len(words) > 1 and words[1] in inner:
            said += help_of(capsys, words[:2])
        options = re.findall(r"(?<![\w-])--[a-z-]+", line)
        own, _, _ = said.rpartition("\nexamples:")
        assert [option for option in options if option not in own] == [], line


def test_only_help_has_examples() -> None:
    assert examples(["fill", "shelf.py", "--body", "17"]) == ""
    assert examples([]) == ""

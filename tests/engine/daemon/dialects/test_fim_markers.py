"""Prompts with the marks of other models: taken apart, and never written."""

import pytest

from fillwright.engine.daemon.dialects.fim_markers import FAMILIES, Split, split, without_marks
from fillwright.engine.request import Hole

BEFORE, AFTER = "def f(x):\n    return ", "\n\nprint(f(1))\n"


@pytest.mark.parametrize(
    "prompt",
    [
        "<fim_prefix>{0}<fim_suffix>{1}<fim_middle>",
        "<fim-prefix>{0}<fim-suffix>{1}<fim-middle>",
        "<|fim_prefix|>{0}<|fim_suffix|>{1}<|fim_middle|>",
        "<PRE> {0} <SUF>{1} <MID>",
        "<PRE>{0}<SUF>{1}<MID>",
        "<s><PRE> {0} <SUF>{1} <MID>",
        "<｜fim▁begin｜>{0}<｜fim▁hole｜>{1}<｜fim▁end｜>",
        "[SUFFIX]{1}[PREFIX]{0}",
        "<s>[SUFFIX]{1}[PREFIX]{0}",
        "[PREFIX]{0}[SUFFIX]{1}[MIDDLE]",
        "<|code_prefix|>{0}<|code_suffix|>{1}<|code_middle|>",
        "<[fim-suffix]>{1}<[fim-prefix]>{0}<[fim-middle]>",
        "<fim_suffix>{1}<fim_prefix>{0}<fim_middle>",
        "<fim_prefix><fim_suffix>{1}<fim_middle>{0}",
    ],
)
def test_a_prompt_is_taken_apart_in_whichever_order(prompt: str) -> None:
    assert split(prompt.format(BEFORE, AFTER)) == Split(BEFORE, AFTER, "")
    assert split(prompt.format("", "")) == Split("", "", "")


@pytest.mark.parametrize(
    ("head", "file"),
    [
        ("<|repo_name|>shelf\n<|file_sep|>a.py\nx = 1\n<|file_sep|>src/b.rs\n", "src/b.rs"),
        ("<reponame>shelf<filename>lib/shelf.lua\n", "lib/shelf.lua"),
        ("<|endoftext|>", ""),
    ],
)
def test_the_head_may_name_the_file(head: str, file: str) -> None:
    marks = FAMILIES[0]
    prompt = f"{head}{marks.prefix}{BEFORE}{marks.suffix}{AFTER}{marks.middle}"
    assert split(prompt) == Split(BEFORE, AFTER, file)


@pytest.mark.parametrize(
    "prompt",
    [
        BEFORE,
        "marks = ['<fim_prefix>', '<fim_suffix>']\n",
        "x = parts[PREFIX] + parts[SUFFIX]\n",
        "<html><PRE>a</PRE><SUF><MID>",
        "<fim_prefix>a<|fim_suffix|>b<fim_middle>",
    ],
)
def test_code_that_speaks_of_marks_is_code(prompt: str) -> None:
    assert split(prompt) is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\n<fim_middle>b", "a\n"),
        ("\n<|fim_middle|>", "\n"),
        ("<｜fim▁hole｜>", ""),
        ("x<|endoftext|>y<fim_pad>", "x"),
        ("<PRE>a</PRE> [PREFIX] <filename>", "<PRE>a</PRE> [PREFIX] <filename>"),
    ],
)
def test_a_fill_ends_before_a_mark(written: str, kept: str) -> None:
    assert without_marks(written) == kept


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/fim/completions", "/completion"])
async def test_every_prompt_without_a_suffix_is_looked_at(http, infiller, path) -> None:
    body = {"prompt": f"<fim_prefix>{BEFORE}<fim_suffix>{AFTER}<fim_middle>"}
    assert (await http.post(path, json=body)).status_code == 200
    [request] = infiller.requests
    assert (request.document, request.language) == (BEFORE + AFTER, "python")
    assert request.holes == (Hole(len(BEFORE), len(BEFORE)),)


async def test_with_a_suffix_a_prompt_is_code_and_its_marks_are_not_written(http, infiller) -> None:
    code = "m = '<FIM_PREFIX> <FIM_SUFFIX> <FIM_MIDDLE>'\n".lower()
    answer = await http.post("/v1/completions", json={"prompt": code, "suffix": "x"})
    assert infiller.requests[0].document == code + "x"
    # the scripted model says the document in capitals
    assert answer.json()["choices"][0]["text"] == (code + "x").upper()

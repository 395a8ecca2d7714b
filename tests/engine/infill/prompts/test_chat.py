import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from fillwright.engine.infill.prompts.chat import CHATML, TASK, ChatPrompt
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import Snippet

SPECIAL = ("<pad>", "<eos>", "<bos>", "<|turn>", "<turn|>", "<|channel>", "<channel|>")
PAD, EOS, BOS, TURN, END_OF_TURN, *_ = range(len(SPECIAL))


@pytest.fixture(scope="module")
def letters() -> CodeTokenizer:
    """One token per byte, and the special tokens of instruction-tuned DiffusionGemma."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return CodeTokenizer(tokenizer)


def task(suffix: str, before: str = "", after: str = "") -> str:
    following = f"The text that follows the missing part:\n```python\n{suffix}\n```\n\n"
    return before + following + TASK + after


def test_the_answer_has_begun_with_the_prefix(letters: CodeTokenizer) -> None:
    encode = letters.encode
    assert ChatPrompt(letters).ids("def f():", "\nx = 1", "python") == [
        BOS,
        TURN,
        *encode("user\n" + task("\nx = 1")),
        END_OF_TURN,
        *encode("\n"),
        TURN,
        *encode("model\n```python\ndef f():"),
    ]


def test_context_comes_first_and_the_instruction_last_in_the_turn(letters: CodeTokenizer) -> None:
    ids = ChatPrompt(letters).ids(
        "x = ", "", "python", "use a set", (Snippet("shelf.py", "class Shelf: ..."),)
    )
    turn = ids[ids.index(TURN) + 1 : ids.index(END_OF_TURN)]
    assert letters.decode(turn) == "user\n" + task(
        "",
        before="From shelf.py:\n```\nclass Shelf: ...\n```\n\n",
        after="\n\nWhat the missing part must do: use a set",
    )


def test_turns_spelt_in_the_document_are_text(letters: CodeTokenizer) -> None:
    ids = ChatPrompt(letters).ids("<turn|><eos>", "<|turn>", "python", "<bos>")
    assert [i for i in ids if i in letters.special_ids] == [BOS, TURN, END_OF_TURN, TURN]


def test_a_turn_and_a_text_both_end_a_hole(letters: CodeTokenizer) -> None:
    assert ChatPrompt(letters).end_marks == (END_OF_TURN, EOS)


def test_typing_leaves_what_was_read(letters: CodeTokenizer) -> None:
    prompt = ChatPrompt(letters)
    before, after = prompt.ids("x", "\ny", "python"), prompt.ids("x = typed", "\ny", "python")
    assert after[: len(before)] == before


def test_only_the_text_nearest_the_hole_is_read(
    letters: CodeTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    encode = CodeTokenizer.encode

    def counted(self: CodeTokenizer, text: str) -> list[int]:
        read.append(len(text))
        return encode(self, text)

    monkeypatch.setattr(CodeTokenizer, "encode", counted)
    prompt = ChatPrompt(letters, prefix_tokens=200, suffix_tokens=100)
    prefix, suffix = "0123456789" * 100_000 + "here", "there" + "é" * 1_000_000
    ids = prompt.ids(prefix, suffix, "python")
    answer = letters.decode(ids[ids.index(TURN, 2) :])
    assert answer.startswith("model\n```python\n")
    assert prefix.endswith(answer.removeprefix("model\n```python\n"))
    assert answer.endswith("here")
    turn = letters.decode(ids[: ids.index(END_OF_TURN)])
    assert task("there" + "é" * 47) in turn
    assert len(ids) < 1000
    assert max(read) < 2000


def test_chatml_has_other_marks_and_nothing_before_them() -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate([*special, *alphabet])}, []))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = CodeTokenizer(tokenizer)
    prompt, encode = ChatPrompt(letters, turns=CHATML), letters.encode
    assert prompt.ids("def f():", "\nx = 1", "python") == [
        1,
        *encode("user\n" + task("\nx = 1")),
        2,
        *encode("\n"),
        1,
        *encode("assistant\n```python\ndef f():"),
    ]
    assert prompt.end_marks == (2, 0)

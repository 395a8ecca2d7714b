"""What a grammar would misread is put out of its sight, in a text of the same length."""

import pytest

from fillwright.engine.syntax.grammars import parser_for
from fillwright.engine.syntax.readable import readable


@pytest.mark.parametrize(
    ("language", "text", "read"),
    [
        ("html", "<p>{{ a > b }}</p>", "<p>{{ _ _ _ }}</p>"),
        ("vue", '<p>{{ a && "<" }}</p>', "<p>{{ _ __ ___ }}</p>"),
        ("html", "{% if n > 2 %}<b>{% endif %}", "{% __ _ _ _ %}<b>{% _____ %}"),
        ("html", "{# a < b #}", "{# _ _ _ #}"),
        ("html", "<p>{{ a > b\n</p>", "<p>{{ _ _ _\n</p>"),
        ("html", "<p>{ a }</p>", "<p>{ a }</p>"),
        ("svelte", "{#if a > {b: 1}.b}<p>{c}</p>", "{___ _ _ ___ ____}<p>{_}</p>"),
        ("svelte", "<script>if (a) { b }</script>{c}", "<script>if (a) { b }</script>{_}"),
        ("svelte", "<p>{a > b", "<p>{a > b"),
        ("shellscript", "x=${y//)/}; (a)", "x=${y//_/}; (a)"),
        ("shellscript", "x=${y%%(*}$(b)", "x=${y%%_*}$(b)"),
        ("javascript", "`${a//)}`", "`${a//)}`"),
    ],
)
def test_code_in_a_page_and_patterns_in_a_shell(language: str, text: str, read: str) -> None:
    assert readable(text, language) == read
    assert len(read) == len(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("vue", "<p>{{ n > 2 ? a : b }}</p>"),
        ("svelte", "<b onclick={() => {\n  if (a > b) c();\n}}>x</b>"),
        ("html", '<option {% if a > "b" %}selected{% endif %}>x</option>'),
        ("shellscript", "f() {\n  x=${y//)/}\n}"),
    ],
)
def test_the_grammar_has_nothing_against_it_then(language: str, text: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    assert parser.parse(text.encode()).root_node.has_error
    assert not parser.parse(readable(text, language).encode()).root_node.has_error

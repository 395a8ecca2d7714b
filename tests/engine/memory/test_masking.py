"""Keys of known forms, and what only looks like one. They are put together here, so that nobody's
scanner takes this file for a leak."""

import argparse
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.memory.masking import MASK, masked

LETTERS = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA"
KEYS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1" * 18,
    "github_pat_" + "A1b2" * 15,
    "glpat-" + "a1" * 10,
    "xoxb-" + "1234567890-abcdef",
    "AIza" + "a1B" * 11 + "ab",
    "sk_live_" + "a1b2c3d4e5",
    "sk-ant-" + "a1b2" * 6,
    "hf_" + "abcDEF" * 6,
    "npm_" + "a1b2" * 9,
    "eyJhbGciOiJI" + ".eyJzdWIiOiIx" + ".c2lnbmF0dXJl",
    LETTERS + LETTERS[::-1],
]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_masked(key: str) -> None:
    text = f'client = Client("{key}")  # the key\n'
    assert masked(text) == f'client = Client("{MASK}")  # the key\n'


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('PASSWORD = "correct-horse"', "correct-horse"),
        ("db_password: 'hunter2-hunter2'", "hunter2-hunter2"),
        ('apiKey: string = "abcdefgh1"', "abcdefgh1"),
        ('"client_secret": "abcdefgh"', "abcdefgh"),
        ("token => `abcdefgh`", "abcdefgh"),
        ("url = postgres://admin:s3cret@db/app", "s3cret"),
        ("  auth_token: 7f3b9c2e", "7f3b9c2e"),
        ("export AWS_SECRET_ACCESS_KEY=abc123def456", "abc123def456"),
    ],
)
def test_what_a_secret_is_assigned_to_tells(text: str, secret: str) -> None:
    assert masked(text) == text.replace(secret, MASK)


def test_a_private_key_goes_whole() -> None:
    key = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\nowIB\n-----END RSA " + "PRIVATE KEY-----\n"
    assert masked(f"a\n{key}b\n") == (
        f"a\n-----BEGIN RSA PRIVATE KEY-----{MASK}-----END RSA PRIVATE KEY-----\nb\n"
    )
    assert "owIB" not in masked(key.partition("-----END")[0])


@pytest.mark.parametrize(
    "text",
    [
        "token = next_token(text)",
        "password = getpass.getpass()",
        "secret: str",
        "def test_a_very_long_name_that_has_no_numbers_in_it_at_all() -> None:",
        "import numpy as np  # https://example.org/a/b:c@d",
        "return self._token == other._token",
        "from company.project2.ServiceModule.internal.v1beta2.HandlerFactory import x",
        "testParsesUtf16SurrogatePairsAtEndOfLine()",
        'open("/usr/share/Documents/Project7/src/main/resources/data3.csv")',
    ],
)
def test_code_is_left_alone(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("module", [argparse, textwrap])
def test_real_code_is_left_alone(module: ModuleType) -> None:
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert masked(source) == source


@given(st.text(st.sampled_from("aA1 =:\"'\n-_@/"), max_size=80), st.sampled_from(KEYS))
def test_a_key_is_found_in_any_text(text: str, key: str) -> None:
    assert key not in masked(f"{text}\n{key}\n{text}")


@given(st.text(max_size=200))
def test_masking_twice_masks_no_more(text: str) -> None:
    assert masked(masked(text)) == masked(text)

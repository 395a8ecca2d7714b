"""Keys and passwords inside ordinary text, masked before the text is remembered or shown as
context.

Text only. The forms of keys are those that their issuers publish, as gitleaks' rules have them;
what has no form is known by the name that it is assigned to, or by looking like noise. Masking too
much costs little: the text is only read by the model, never written.
"""

import re
from functools import partial
from itertools import pairwise

MASK = "********"
NAME = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api_?key|access_?key|auth_?key|credential)"
# the group, or all of it where there is none, is the secret
FORMS = [
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END|\Z)", re.DOTALL),
    re.compile(r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:gh[pousr]_\w{36,}|github_pat_\w{40,}|glpat-[\w-]{20,})"),
    re.compile(r"\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/([\w/]{20,})"),
    re.compile(r"\bAIza[\w-]{35}|\b[rs]k_(?:live|test)_\w{10,}|\bsk-[\w-]{20,}"),
    re.compile(r"\bhf_[A-Za-z]{30,}|\bnpm_\w{36,}|\bpypi-[\w-]{50,}|\bSG\.[\w.-]{32,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{5,}"),
    re.compile(r"://[^\s:/@'\"]+:([^\s@/'\"]{3,})@"),
    re.compile(
        rf"{NAME}\w*[\"']?\s*(?::\s*\w+\s*)?(?::|=>?|:=)\s*[\"'`]([^\"'`\s]{{8,}})[\"'`]",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^[ \t]*(?:export )?[\w.-]*{NAME}[\w.-]*[ \t]*[:=][ \t]*"
        r"(?=\S*\d)(?=\S*[a-z])([^\s\"'()\[\]{}]{8,})$",
        re.IGNORECASE | re.MULTILINE,
    ),
]
NOISE = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
# of the neighbouring characters of a word; words in camel case have a third
NOISY_CHANGES = 0.45


def masked(text: str, mask: str = MASK) -> str:
    """The text with `mask` in place of what looks like a secret."""
    for form in FORMS:
        text = form.sub(partial(_mask, mask), text)
    return NOISE.sub(lambda match: mask if _is_noise(match.group()) else match.group(), text)


def _mask(mask: str, match: re.Match[str]) -> str:
    start, end = (at - match.start() for at in match.span(match.lastindex or 0))
    return match.group()[:start] + mask + match.group()[end:]


def _is_noise(word: str) -> bool:
    """Whether a word has small and capital letters and digits, and changes between them often."""
    kinds = [_kind(character) for character in word]
    changes = sum(one != other for one, other in pairwise(kinds))
    return {"a", "A", "0"} <= set(kinds) and changes >= NOISY_CHANGES * len(word)


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character

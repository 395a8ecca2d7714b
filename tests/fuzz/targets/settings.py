"""The user's settings: an input is the JSON that an editor sends. Whatever it is, there are
settings, and a sentence for each value that was not usable."""

import json
import re

from fillwright.lsp_server.settings.reader import merged, read_settings
from fillwright.lsp_server.settings.settings import Settings

SENTENCE = re.compile(
    r"fillwright[\w.]* should be .+; using .+\.|fillwright.* using the .+\.", re.S
)


def run(data: bytes) -> None:
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return
    settings, complaints = read_settings(raw)
    assert isinstance(settings, Settings)
    for complaint in complaints:
        assert SENTENCE.fullmatch(complaint), complaint
    again, _ = read_settings(merged({"eagerness": "quiet"}, raw))
    if isinstance(raw, dict) and raw.get("eagerness") is not None:
        assert again == settings

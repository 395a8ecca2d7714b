"""Writes editors/vscode/l10n/bundle.l10n.json: what the VS Code extension says, for translators.

What its manifest says is in editors/vscode/package.nls.json, which is written by hand. Run `make
pages`; a test fails while the file is not what this writes, or a text is in neither.
"""

import json
import re
from pathlib import Path

EXTENSION = Path(__file__).parents[1] / "editors" / "vscode"
BUNDLE = EXTENSION / "l10n" / "bundle.l10n.json"
# prettier gives every call this form
TRANSLATED = re.compile(r'l10n\.t\(\s*("(?:[^"\\]|\\.)*")')


def strings() -> dict[str, str]:
    """Every text that a translation may replace, from the calls of `l10n.t`."""
    sources = [path.read_text(encoding="utf-8") for path in EXTENSION.glob("src/*.ts")]
    found = {json.loads(text) for source in sources for text in TRANSLATED.findall(source)}
    return {text: text for text in sorted(found)}


def write() -> str:
    return json.dumps(strings(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    BUNDLE.parent.mkdir(exist_ok=True)
    BUNDLE.write_text(write(), encoding="utf-8")

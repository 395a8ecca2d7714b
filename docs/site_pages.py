"""A hook of mkdocs: the pages at the repository's root are pages of the site, with their links."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
# the site's name of each
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "RELEASING.md": "releasing.md",
    "SECURITY.md": "security.md",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_for_the_site(text, config)))
    return files


def _for_the_site(text: str, config: MkDocsConfig) -> str:
    """Links from the root as links from docs/; what is no page is a link to the repository."""

    def moved(link: re.Match[str]) -> str:
        target = link.group(1)
        name, _, anchor = target.partition("#")
        if name in PAGES:
            return f"]({PAGES[name]}{'#' + anchor if anchor else ''})"
        if name.startswith("docs/"):
            return f"]({target.removeprefix('docs/')})"
        return f"]({config.extra['repository']}/blob/main/{target})"

    text = re.sub(r"\]\((?![a-z]+:|#)([^)\s]+)\)", moved, text)
    # Python's Markdown reads into HTML blocks only where it is told to
    return text.replace("<details>", '<details markdown="1">')

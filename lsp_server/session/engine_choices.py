"""What a picker of engines offers: the embedded model, folders that were pulled, and the engines
that the settings name. Starts none, and asks none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fillwright.engine.remote.settings import url_for
from fillwright.lsp_server.settings.settings import EMBEDDED, EngineSection, is_folder


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """One entry: `value` is what `fillwright.engine.use` is set to, None for nothing, `label` and
    `detail` are for people."""

    value: str | None
    label: str
    detail: str


def engine_choices(section: EngineSection, pulled: Sequence[Path]) -> list[EngineChoice]:
    """Every engine once: what `url` or `checkpoint` name, if they do, the embedded model, what has
    a name, and folders."""
    choices = []
    if (own := _where(section)) is not None:
        choices.append(EngineChoice(None, "default", own))
    choices.append(EngineChoice(EMBEDDED, EMBEDDED, "the small model that comes with Fillwright"))
    choices += [
        EngineChoice(name, name, _where(engine) or "the embedded model")
        for name, engine in section.engines.items()
        if name != EMBEDDED
    ]
    named = [name for name in (section.use, section.use_for_actions) if name and is_folder(name)]
    folders = dict.fromkeys([*map(str, pulled), *named])
    return choices + [EngineChoice(each, Path(each).name, each) for each in folders]


def _where(section: EngineSection) -> str | None:
    checkpoint = Path(section.checkpoint) if section.checkpoint else None
    if (url := url_for(section.url, checkpoint)) is not None:
        return f"{section.model} at {url}" if section.model else url
    return section.checkpoint

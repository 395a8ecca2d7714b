"""What a checkpoint's config.json says of finding unlikely places: which ranking was measured to be
the better one for its model, and from where on a place is told.

Knows numbers; knows no model.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from fillwright.engine.model.config_json import Section, read_config
from fillwright.engine.request import Ranking


@dataclass(frozen=True, slots=True)
class DoubtSettings:
    """Tokens are ranked `by` a head of the model. A place is told where other text makes its lines
    likelier by `gain` nats; what stands here is for a model that no threshold was chosen for."""

    by: Ranking
    gain: float = 5.0

    @classmethod
    def of(cls, ours: Section) -> "DoubtSettings | None":
        """By the entry `doubt` of config.json's "fillwright"; None where there is none, for nobody
        has measured what the model finds. Raises CheckpointError."""
        if ours.entries.get("doubt") is None:
            return None
        section = ours.section("doubt")
        by = cast(Ranking, section.choice("by", *get_args(Ranking)))
        return cls(by, section.number("gain"))

    @classmethod
    def of_checkpoint(cls, folder: Path) -> "DoubtSettings | None":
        """The same by a checkpoint's folder. Raises CheckpointError."""
        config = read_config(folder)
        return cls.of(Section("", config).section("fillwright")) if "fillwright" in config else None

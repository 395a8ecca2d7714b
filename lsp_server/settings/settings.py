"""The user's settings: nested frozen dataclasses. `docs/settings.md` is written from them.

Does not know how they are read (`reader`) or where from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.remote.settings import Kind
from fillwright.engine.request import Decode

SECTION = "fillwright"
EMBEDDED = "embedded"
Memory = Literal["on", "file", "off"]


@dataclass(frozen=True, slots=True)
class InlineCompletionSettings:
    """Ghost text at the cursor."""

    enabled: bool = True
    """Whether there is any."""

    candidates: int = field(default=3, metadata={"at_least": 1})
    """How many fills to cycle through when ghost text is asked for by hand; automatic ghost text
    is always one."""


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """An item in the completion popup."""

    enabled: bool = True
    """Whether there is one."""


@dataclass(frozen=True, slots=True)
class DraftSettings:
    """Drafts as they denoise, sent as `fillwright/draft`, for editors that can show them."""

    enabled: bool = False
    """Whether they are sent."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Unlikely places of a document, shown as hints with a likelier text."""

    on_save: bool = False
    """Whether they are looked for whenever a document is saved; else only when it is asked for."""


@dataclass(frozen=True, slots=True)
class FillSettings:
    """What one fill may cost and how it is made."""

    line_tokens: int = field(default=32, metadata={"at_least": 1})
    """Free tokens for the rest of a line."""

    block_tokens: int = field(default=128, metadata={"at_least": 1})
    """Free tokens for a function body or a selection."""

    steps: int | None = field(default=None, metadata={"at_least": 1})
    """Denoise steps per canvas; null is the checkpoint's own number."""

    seed: int = 0
    """The same seed gives the same fill. Another one gives another block, other lines and another
    denoised fill; the draft of one line stays."""

    decode: Decode = "auto"
    """How a fill is written: denoised from noise, drafted word by word, or denoised from a draft;
    `auto` is the checkpoint's own way."""


@dataclass(frozen=True, slots=True)
class ExclusionSettings:
    """Files that are neither filled in nor shown to the model."""

    secret_files: bool = True
    """Files that hold secrets, going by their names: `.env*`, keys, certificates, credentials in
    data files. Source code about secrets, such as `credentials.py`, is code."""

    ignored_files: bool = True
    """What `.gitignore` and `.fillwrightignore` exclude."""


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """What the model sees of other places than the hole's surroundings, where it can read it: the
    embedded model cannot."""

    enabled: bool = True
    """Whether it sees any."""

    characters: int = field(default=6000, metadata={"at_least": 1})
    """The most that is added to a request."""

    tokens: int = field(default=0, metadata={"at_least": 0})
    """Beside that, whole files, the open ones that were visited last, for at most so many tokens,
    counted as three characters each; 0 is none. Worth it with a model that reads long prompts
    fast; what is more than its window is left out."""


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What a model may see at most, wherever it runs."""

    context: Literal["none", "file", "project"] = "project"
    """Of what else than the hole's surroundings: `none` of anything, `file` of other places in the
    same file, `project` of other files too, those that were open or visited and those that are
    remembered."""


@dataclass(frozen=True, slots=True)
class EngineSection:
    """The engine daemon that this editor shares with the others."""

    preload: bool = True
    """Start the engine when the editor starts, so that the first fill does not wait for it."""

    checkpoint: str | None = None
    """Folder of the model to use; null is the embedded one."""

    device: str = "auto"
    """`cpu`, `cuda` or `cuda:N`; `auto` is the GPU where there is one."""

    idle_seconds: float = field(default=900.0, metadata={"at_least": 1})
    """The engine ends after so many seconds without work, and the next fill starts it."""

    url: str | None = None
    """The model server that fills instead of a model of Fillwright's own, such as
    `http://127.0.0.1:8012`; null is none, unless `FILLWRIGHT_ENGINE_URL` names one. Your code is
    sent there (see `docs/privacy.md`)."""

    kind: Kind = "auto"
    """What the server at `url` is; `auto` finds out by asking it."""

    model: str | None = None
    """The server's model, by the server's name for it; null is the only one it has."""

    template: str | None = None
    """How the model was taught to fill in: a family such as `qwen`, or a text with `{prefix}` and
    `{suffix}`; null goes by the model's name."""

    key_variable: str | None = None
    """The environment variable that holds the server's key; the key itself stands in no setting."""

    plain_http: bool = False
    """Let code and key travel unencrypted to another machine."""

    samples: int = field(default=2, metadata={"at_least": 1})
    """How many fills are asked for and compared where the server gives no probabilities; with 1
    whatever parses is shown."""

    instructions: bool = False
    """Whether the server's model does what it is told in words: rewrites and docstrings then go to
    its chat."""

    engines: Mapping[str, "EngineSection"] = field(default_factory=dict)
    """Engines to choose from, by names of your own, each with the settings of this section that
    differ from their defaults: `{"fast": {"url": "http://127.0.0.1:8012"}}`. What is named in an
    engine of these is not looked at again."""

    use: str | None = None
    """The engine that fills: a name in `engines`, a model's folder, or `embedded`; null is the one
    that the settings above name."""

    use_for_actions: str | None = None
    """The same for what is asked for by hand, such as bodies and rewrites; null is the one that
    fills otherwise."""

    def called(self, name: str | None) -> "EngineSection":
        """What holds for the engine of this name, as `use` gives it. Raises ValueError, which says
        what the name should have been."""
        if name is None:
            return self
        if name == EMBEDDED:
            chosen = EngineSection(device=self.device, idle_seconds=self.idle_seconds)
        elif name in self.engines:
            chosen = self.engines[name]
        elif is_folder(name):
            chosen = EngineSection(
                checkpoint=name, device=self.device, idle_seconds=self.idle_seconds
            )
        else:
            names = ", ".join(repr(each) for each in (EMBEDDED, *self.engines))
            raise ValueError(f"{names} or the path of a model's folder")
        if chosen.url is None and chosen.checkpoint is None:
            # named, so that the environment's server does not take its place
            chosen = replace(chosen, checkpoint=str(embedded_checkpoint()))
        return replace(chosen, preload=self.preload)


def is_folder(name: str) -> bool:
    """Whether an engine is named by a path, not by a name of the user's own."""
    return name.startswith("~") or Path(name).is_absolute()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything under the `fillwright` section."""

    show: Literal["both", "ghostText", "popup"] = field(
        default="both", metadata={"formerly": {"ghost only": "ghostText", "popup only": "popup"}}
    )
    """Where suggestions appear while typing: as ghost text, as items of the popup, or as both."""

    eagerness: Literal["eager", "normal", "quiet"] = "normal"
    """How sure the model must be of what appears by itself: `normal` shows what is right about two
    times in three, `quiet` less and surer, `eager` more and less sure. What is asked for by hand is
    always shown."""

    languages: Mapping[str, bool] = field(default_factory=dict)
    """Where suggestions appear by themselves, by language id: `{"go": true, "python": false}`. A
    language that is not named has them if the model has learnt it."""

    memory: Memory = "on"
    """What of the user's own code has a say in fills besides the text around the hole: the other
    files of the project, which the engine then keeps in its memory, the rest of the same `file`, or
    nothing."""

    adapter: str | None = None
    """Folder of an adapter that `fillwright tune` wrote, with which the embedded model, or another
    of Fillwright's own, fills in this workspace; null is none. A relative path is below the
    workspace's folder."""

    inline_completion: InlineCompletionSettings = InlineCompletionSettings()
    completion: CompletionSettings = CompletionSettings()
    drafts: DraftSettings = DraftSettings()
    check: CheckSettings = CheckSettings()
    fill: FillSettings = FillSettings()
    exclude: ExclusionSettings = ExclusionSettings()
    context: ContextSettings = ContextSettings()
    privacy: PrivacySettings = PrivacySettings()
    engine: EngineSection = EngineSection()

    @property
    def shows_other_files(self) -> bool:
        """Whether a model may see pieces of files that were not open."""
        bound = self.privacy.context
        return self.context.enabled and bound == "project" and self.memory == "on"

    @property
    def ghost_text(self) -> bool:
        """Whether ghost text is shown."""
        return self.inline_completion.enabled and self.show != "popup"

    @property
    def popup(self) -> bool:
        """Whether the popup gets items."""
        return self.completion.enabled and self.show != "ghostText"

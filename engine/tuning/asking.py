"""How a checkpoint is asked, and so what it is taught: its prompts, its noise and its rows.

Knows configuration files; knows no network.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.loading import PROMPTS
from fillwright.engine.infill.prompts.prompt import PromptForm
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.config_json import Section, read_config
from fillwright.engine.prompt_format import INSTRUCTED
from fillwright.engine.training.recipes import NoiseLaw, Recipe


@dataclass(frozen=True, slots=True)
class Asking:
    """The form of a checkpoint's prompts, and what its canvases are noised with and speak of."""

    form: PromptForm
    tokenizer: CodeTokenizer
    noise: NoiseLaw
    rows: RowConvention

    @classmethod
    def of(cls, checkpoint: Path) -> Self:
        """Raises CheckpointError for what is no DiffusionGemma."""
        config = read_config(checkpoint)
        if config.get("model_type") != "diffusion_gemma":
            raise CheckpointError(
                f"{checkpoint} is no DiffusionGemma, and nothing else is tuned here; give another "
                "--of."
            )
        ours = Section("", config).section("fillwright") if "fillwright" in config else None
        name = ours.choice("prompt", *PROMPTS, None) if ours else None
        rows = ours.choice("rows", *[each.value for each in RowConvention], None) if ours else None
        return cls(
            PROMPTS[name or INSTRUCTED],
            CodeTokenizer.from_checkpoint(checkpoint),
            "hybrid" if ours and ours.entries.get("noise") else "uniform",
            RowConvention(rows or "own"),
        )

    def recipe(self, of: Recipe) -> Recipe:
        """The recipe with this noise and these rows, and with room for what the prompt says beside
        the code."""
        prompt = self.form(self.tokenizer, 1, 1)
        said = len(prompt.ids("", "", "typescript")) if prompt.closing else 0
        joint = replace(of.joint, length=of.joint.length + said, said=said)
        return replace(of, joint=joint, noise=self.noise, rows=self.rows)

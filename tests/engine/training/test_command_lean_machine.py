"""A machine that only trains has torch, numpy, safetensors and tokenizers, and nothing else."""

import subprocess
import sys

ABSENT = ("tree_sitter", "tree_sitter_python", "pygls", "lsprotocol", "starlette", "rich")


def test_training_needs_neither_grammars_nor_an_editor() -> None:
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({ABSENT!r}))\n"
        "from fillwright.engine.training.command import main\n"
        "main(['run', '--help'])\n"
    )
    ran = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "--phase" in ran.stdout

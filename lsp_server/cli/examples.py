"""What `--help` says last: command lines to start from. Knows the verbs, not their options."""

from collections.abc import Mapping, Sequence

HELP = ("-h", "--help")
EXAMPLES: Mapping[str, Sequence[str]] = {
    "": (
        "fillwright doctor",
        "fillwright setup neovim --yes",
        "fillwright fill FILE --body LINE --watch",
    ),
    "fill": (
        "fillwright fill shelf.py --body 17",
        "fillwright fill shelf.py --body 10 --body 20 --watch",
        "fillwright fill shelf.py --at 14:9 --write",
        "fillwright fill shelf.py --range 3:1-5:1 --seed 1 --json",
        "fillwright fill shelf.py --at 14:9 --engine http://127.0.0.1:8080",
    ),
    "check": (
        "fillwright check shelf.py",
        "fillwright check *.py --gain 8 --json",
        "fillwright check shelf.py --by denoised",
    ),
    "serve": ("fillwright serve",),
    "engine": (
        "fillwright engine status",
        "fillwright engine stop",
        "FILLWRIGHT_TOKEN=... fillwright engine run --host 127.0.0.1 --port 8411",
        "fillwright engine probe http://127.0.0.1:8080",
    ),
    "engine run": (
        "fillwright engine run",
        "FILLWRIGHT_TOKEN=... fillwright engine run --host 127.0.0.1 --port 8411",
    ),
    "setup": (
        "fillwright setup",
        "fillwright setup vscode",
        "fillwright setup neovim --yes",
    ),
    "memory": ("fillwright memory status", "fillwright memory clear"),
    "doctor": ("fillwright doctor", "fillwright doctor --json"),
    "train": (
        "fillwright train corpus",
        "fillwright train run --phase causal --minutes 60",
        "fillwright train export",
    ),
    "train run": (
        "fillwright train run --phase causal --minutes 60",
        "fillwright train run --phase joint --minutes 40 --decay-minutes 20 --rate 0.5",
    ),
    "tune": (
        "fillwright tune run PROJECT --minutes 15",
        "fillwright tune merge fillwright-adapter FOLDER",
    ),
    "tune run": ("fillwright tune run PROJECT --minutes 15",),
    "tune export-data": (
        "fillwright tune export-data PROJECT --format trl --of CHECKPOINT --to data",
    ),
    "completion": (
        'eval "$(fillwright completion bash)"',
        "fillwright completion fish > ~/.config/fish/completions/fillwright.fish",
        "fillwright completion man | man -l -",
    ),
    "pull": ("fillwright pull OWNER/NAME --to FOLDER",),
    "quantize": ("fillwright quantize SRC DST --experts int4 --rest fp8",),
    "bench": ("fillwright bench engine --shape 26b --format int4",),
    "bench load": ("fillwright bench load --engine http://127.0.0.1:8080 --users 6 --minutes 1",),
    "eval": (
        "fillwright eval projects FOLDER",
        "fillwright eval typing FOLDER/* --out RUN",
        "fillwright eval report RUN --out report.html",
    ),
    "eval typing": (
        "fillwright eval typing PROJECT --out RUN",
        "fillwright eval typing PROJECT --eagerness eager --files 5",
        "fillwright eval typing PROJECT --memory off,on --out RUN",
    ),
    "eval holes": ("fillwright eval holes PROJECT --kinds line,body --out RUN",),
    "eval doubt": ("fillwright eval doubt PROJECT --items 200 --out RUN",),
    "eval humaneval-infilling": (
        "fillwright eval humaneval-infilling --data FILE.jsonl.gz --split dev",
    ),
}
"""By the words of the command; no command has none but those whose verb has some."""


def examples(argv: Sequence[str]) -> str:
    """The examples of the command that a command line asks help for, "" where it asks for none.

    The longest name wins: `eval typing --help` has its own, `train gate --help` those of `train`.
    """
    if not any(word in HELP for word in argv):
        return ""
    words = [word for word in argv if not word.startswith("-")]
    names = [*(f"{words[0]} {word}" for word in words[1:]), words[0]] if words else [""]
    lines = next((EXAMPLES[name] for name in names if name in EXAMPLES), ())
    return "\n".join(["\nexamples:", *(f"  {line}" for line in lines), ""]) if lines else ""

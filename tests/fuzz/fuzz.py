"""Fuzzes one target for some minutes: `python -P tests/fuzz/fuzz.py TARGET MINUTES`, by atheris.

A target is a file of `targets/` with a `run(data: bytes)`, which raises where something is wrong.
It starts from the inputs in `fixtures/fuzz/TARGET/`; those that reach new code are kept in
`build/fuzz/TARGET/` and go on from there the next time. An input that fails is written to
`build/fuzz/TARGET-crash-...`; once what it shows is corrected it belongs to the fixtures, which
`test_corpus.py` runs again. `make fuzz MINUTES=10` runs all targets, one after another.
"""

import json
import logging
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import atheris

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TARGETS = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
# what is JSON is changed as JSON: else most inputs would end in the parser of Python
OF_BYTES = {"carving", "documents"}
SECONDS_AN_INPUT, MEGABYTES = 20, 4096
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31 - 1, 2**31, 2**53, 2**63, 10**30, 0.5, -0.0, 1e308),
    *("", "x", "\ud800", "\r\n", "\0", "é𝄞", "../../x", "x" * 2000, [], {}, [[]], {"": None}),
]


def main(target: str, minutes: str) -> None:
    """Run until the time is over or something is found; then the exit status is not 0."""
    logging.disable(logging.CRITICAL)
    seeds = ROOT / "fixtures" / "fuzz" / target
    kept = ROOT / "build" / "fuzz" / target
    kept.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["fillwright"], enable_loader_override=False):
        run = runpy.run_path(str(HERE / "targets" / f"{target}.py"))["run"]
    options = [
        f"-max_total_time={int(float(minutes) * 60)}",
        f"-timeout={SECONDS_AN_INPUT}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-artifact_prefix={kept}-",
        "-max_len=20000",
        "-print_final_stats=1",
    ]
    mutator = {} if target in OF_BYTES else {"custom_mutator": mutator_of(words_in(seeds))}
    atheris.Setup([sys.argv[0], *options, str(kept), str(seeds)], run, **mutator)
    atheris.Fuzz()


def words_in(seeds: Path) -> list[Any]:
    """Every key and value of the seeds, small ones and large ones."""
    found: list[Any] = []
    for path in seeds.iterdir():
        for line in path.read_text("utf-8").splitlines():
            value = json.loads(line)
            found.append(value)
            found += (part for _, _, part in _parts(value))
            found += (key for _, key, _ in _parts(value) if isinstance(key, str))
    return found


def mutator_of(words: list[Any]) -> Callable[[bytes, int, int], bytes]:
    """Changes inputs of JSON lines: values for others, entries put in, taken out, said twice."""

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        chance = Random(seed)
        try:
            lines = [json.loads(line) for line in data.splitlines()]
        except (ValueError, RecursionError):
            lines = []
        if not lines or chance.random() < 0.1:
            return bytes(atheris.Mutate(data, size))
        for _ in range(chance.choice((1, 1, 2, 5))):
            _change(lines, words, chance)
        return "\n".join(json.dumps(line) for line in lines).encode()[:size]

    return mutate


def _change(lines: list[Any], words: list[Any], chance: Random) -> None:
    places = list(_parts(lines))
    if not places:
        lines.append(chance.choice(words))
        return
    inside, key, value = chance.choice(places)
    new = _word(words, chance)
    match chance.randrange(6):
        case 0:
            del inside[key]
        case 1 if isinstance(inside, list):
            inside.insert(key, new)
        case 1:
            inside[str(new)[:40]] = value
        case 2 if isinstance(value, str):
            at = chance.randrange(len(value) + 1)
            inside[key] = value[:at] + str(new) + value[at + chance.randrange(3) :]
        case 2 | 3 if isinstance(value, int | float):
            inside[key] = chance.choice((value + 1, value - 1, -value, value * 2, str(value)))
        case _:
            inside[key] = new


def _word(words: list[Any], chance: Random) -> Any:
    word = chance.choice(JUNK if chance.random() < 0.4 else words)
    # a copy: else two places of an input would be one
    return json.loads(json.dumps(word))


def _parts(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every entry at every depth: what it is in, its key there, and itself."""
    if not isinstance(value, dict | list):
        return
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key, inner
        yield from _parts(inner)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Compiles kernels for GPUs that are not here, in a process of its own: one JSON object per line,
in and out. Triton's wheel carries ptxas and cuobjdump; the interpreter must not be on here.
"""

import importlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

CUOBJDUMP = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"


def build(
    kernel: str,
    arch: int,
    types: dict[str, str],
    constants: dict[str, Any],
    aligned: list[str],
    **options: Any,
) -> dict[str, Any]:
    module, name = kernel.split(":")
    function = getattr(importlib.import_module(module), name)
    values = {
        key: getattr(tl, value[3:]) if isinstance(value, str) and value.startswith("tl.") else value
        for key, value in constants.items()
    }
    # what Triton would find out from real arguments; without it there are no vector loads
    multiples = {(function.arg_names.index(key),): [["tt.divisibility", 16]] for key in aligned}
    source = ASTSource(
        fn=function,
        signature=types | dict.fromkeys(constants, "constexpr"),
        constexprs=values,
        attrs=multiples,
    )
    compiled = triton.compile(source, target=GPUTarget("cuda", arch, 32), options=options)
    with tempfile.NamedTemporaryFile(suffix=".cubin") as cubin:
        cubin.write(compiled.asm["cubin"])
        cubin.flush()
        usage, assembly = _dump("-res-usage", cubin.name), _dump("-sass", cubin.name)
    resources = re.search(r"REG:(\d+)", usage)
    assert resources is not None, usage
    opcodes = re.findall(r"^\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+ )?([A-Z0-9]+)", assembly, re.M)
    return {
        "registers": int(resources[1]),
        "shared": compiled.metadata.shared,
        "instructions": {opcode: opcodes.count(opcode) for opcode in sorted(set(opcodes))},
    }


def _dump(flag: str, cubin: str) -> str:
    return subprocess.run(
        [CUOBJDUMP, flag, cubin], capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(build(**json.loads(line))), flush=True)

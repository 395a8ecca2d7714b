"""The cases of `adapters/test_vllm_diffusion_peer.py` before a real vLLM: `run.py PYTHON`, which is
that of the peer's environment. Writes the model, starts the server, runs pytest, stops the server.

In Triton's interpreter, with four layers of random weights: the same answers in form, slowly.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

HERE = Path(__file__).parent
CASES = HERE.parent / "adapters" / "test_vllm_diffusion_peer.py"
PORT = 8921
URL = f"http://127.0.0.1:{PORT}"
# most of it is importing; minutes on a machine that is busy
START_S = 1800
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(HERE / "every_process"),
    "TORCHDYNAMO_DISABLE": "1",
    "TRITON_INTERPRET": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
}
FLAGS = ["--max-model-len", "512", "--max-num-seqs", "4", "--dtype", "float32", "--enforce-eager"]


def main() -> int:
    """The exit code of pytest, or 3 where the server does not come up."""
    python, environment = sys.argv[1], os.environ | ENVIRONMENT
    with tempfile.TemporaryDirectory(prefix="fw-vllm-") as folder:
        checkpoint = [python, str(HERE / "checkpoint.py"), folder]
        subprocess.run(checkpoint, check=True, env=environment)
        where = ["--model", folder, "--served-model-name", "dg", "--host", "127.0.0.1"]
        command = [python, "-m", "vllm.entrypoints.openai.api_server", *where]
        log = Path(folder, "server.log")
        with log.open("wb") as out:
            server = subprocess.Popen(
                [*command, "--port", str(PORT), *FLAGS], env=environment, stdout=out, stderr=out
            )
        try:
            if not _comes_up(server):
                print(log.read_text("utf-8", "replace")[-4000:], file=sys.stderr)
                return 3
            ours = {"FILLWRIGHT_VLLM_PEER": URL, "FILLWRIGHT_VLLM_PEER_IS_OURS": "1"}
            pytest = [sys.executable, "-m", "pytest", "--durations", "5", str(CASES)]
            return subprocess.run(pytest, env=os.environ | ours).returncode
        finally:
            server.terminate()
            server.wait()


def _comes_up(server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            return httpx.get(f"{URL}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            time.sleep(1)
    return False


if __name__ == "__main__":
    sys.exit(main())

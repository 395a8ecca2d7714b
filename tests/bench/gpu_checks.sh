#!/bin/sh
# Every check and benchmark that wants a GPU, in one go (13 minutes at most); a short table last.
# tests/bench/gpu_checks.sh [python], which has torch, triton, rich, pytest, hypothesis and the package;
# without a grammar it leaves out requests.
cd "$(dirname "$0")/../.." || exit 2
python=${1:-.venv/bin/python}
log=${FILLWRIGHT_GPU_LOG:-$(mktemp)}
: > "$log"
command -v nvidia-smi > /dev/null || { echo "No NVIDIA GPU is here."; exit 2; }
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader | tee -a "$log"

summary=
check() {
    name=$1
    shift
    began=$(date +%s)
    if timeout "$LIMIT_S" "$@" >> "$log" 2>&1; then how=passed; else how="FAILED ($?)"; fi
    summary="$summary$(printf '%-40s %-12s %4s s' "$name" "$how" $(($(date +%s) - began)))
"
}

# what is only compiled needs no GPU
LIMIT_S=140
check "kernels and loop, natively" "$python" -P -m pytest -q -k 'not compiles' tests/kernels/gpu \
    tests/engine/model/test_gpu_network.py tests/engine/model/test_slot_cache.py \
    tests/engine/diffusion/test_gpu_denoise.py
LIMIT_S=40
if "$python" -c 'import tree_sitter' 2> /dev/null; then
    check "requests, natively" "$python" -P -m pytest -q tests/engine/infill/test_loading_gpu.py
fi
LIMIT_S=42
for format in int4 fp8 bf16; do
    for canvas in 64 256; do
        check "bench $format, canvas $canvas, 8192 tokens" \
            "$python" -P -m fillwright.engine.benchmark engine \
            --shape 26b --format "$format" --canvas "$canvas" --context 8192
    done
done
LIMIT_S=240
check "bench int4, canvas 64, 262144 tokens" "$python" -P -m fillwright.engine.benchmark engine \
    --shape 26b --format int4 --canvas 64 --context 262144
LIMIT_S=100
check "bench bf16 beside transformers" "$python" -P -m fillwright.engine.benchmark engine \
    --shape 26b --format bf16 --canvas 256 --context 2048 --beside eager compiled
grep -E "transformers,|│|relative error|peak memory|keys and values|passed|failed|GB/s" "$log"
printf '%s' "$summary"
case $summary in *FAILED*) exit 1 ;; esac

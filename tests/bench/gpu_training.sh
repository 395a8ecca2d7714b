#!/bin/sh
# The training recipe on one GPU, unattended: causal, then joint, then an int8 checkpoint in $OUT.
# tests/bench/gpu_training.sh FOLDER [CAUSAL_MINUTES [JOINT_MINUTES [python]]]; the defaults fit into one
# call of ten minutes. 0 minutes leave a phase out: two calls on one machine, `8 0` and then `0 4`.
# FOLDER is what `fillwright train part` wrote; python has torch, numpy, safetensors and tokenizers.
cd "$(dirname "$0")/../.." || exit 2
folder=${1:?the folder that fillwright train part wrote}
causal=${2:-5.5}
joint=${3:-2.5}
python=${4:-python3}
out=${OUT:-$folder/out}
device=${FILLWRIGHT_TRAINING_DEVICE:-cuda}
recipe=${FILLWRIGHT_TRAINING_RECIPE:-gpu}
mkdir -p .imports/fillwright "$out"
ln -sfn ../../engine ../../kernels .imports/fillwright/
export PYTHONPATH=.imports PYTHONUNBUFFERED=1

train() {
    "$python" -P -m fillwright.engine.training --folder "$folder" --recipe "$recipe" "$@" || exit 1
}
# a phase that ends with the run falls to rate zero, as the next one rises from there
phase() {
    [ "$2" = 0 ] && return
    train run --device "$device" --phase "$1" --minutes "$2" --decay-minutes "$3" --rate "$4" \
        --start-from engine/checkpoints/fillwright-small
}
phase causal "$causal" 2 0.6
phase joint "$joint" "$joint" 0.5
train export "$folder/checkpoint"
# files come back one by one, none larger than 16 MiB: cat model.safetensors.* > model.safetensors
split -b 15m "$folder/checkpoint/model.safetensors" "$out/model.safetensors."
cp "$folder/checkpoint/config.json" "$folder/run/curve.jsonl" "$out"

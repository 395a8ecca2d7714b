// A whole layer in one call: the operations one after another, what lies between them in memory
// that is given back.
#pragma once
#include "operations.h"

namespace fillwright {

// Attention, then two gated MLPs side by side, each between norms.
struct Layer {
    Heads heads;
    int32_t has_values;
    float eps;
    const float *before_attention, *head_gains, *after_attention, *closing, *after_mlps;
    Matrix qkv, out;
    const float* gains[2];
    Matrix gate_up[2], down[2];
};

// hidden [count, size] becomes the layer's result. The rows' keys and values go to own rows where
// there are any, else to shared positions, from `first` on.
struct Step {
    float* hidden;
    const float *cos, *sin;
    float scalar;
    int32_t count, into_own, first;
    float *shared_keys, *shared_values, *own_keys, *own_values;
    const int32_t *seen_first, *seen_past, *own_from, *own;
};

// False where there is no memory.
bool run_layer(const Operations&, Pool*, const Layer&, const Step&);

}  // namespace fillwright

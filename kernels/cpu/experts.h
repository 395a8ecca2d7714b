// The gated MLPs of several experts, each with rows of its own.
#pragma once
#include "operations.h"

namespace fillwright {

// Expert i takes the rows [from[i], from[i + 1]).
struct Experts {
    int32_t count;
    const Matrix *gate_up, *down;
    const int32_t* from;
};

// Rows as `gated_mlp` takes them -> out [rows, outputs of down]. A thread takes one expert after
// another. False where there is no memory.
bool run_experts(const Operations&, Pool*, const Experts&, const Rows&, float* out);

}  // namespace fillwright

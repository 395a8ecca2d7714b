#include "experts.h"

#include "pool.h"

namespace fillwright {

namespace {

struct Work {
    const Operations& operations;
    const Experts& experts;
    const Rows& rows;
    float* out;
    int32_t failed;
};

void take(void* data, int32_t expert, int32_t) {
    Work& work = *static_cast<Work*>(data);
    const Matrix &gate_up = work.experts.gate_up[expert], &down = work.experts.down[expert];
    const size_t first = static_cast<size_t>(work.experts.from[expert]);
    const Rows rows{work.rows.x + first * static_cast<size_t>(gate_up.inputs), work.rows.gain,
                    work.rows.eps, work.experts.from[expert + 1] - work.experts.from[expert]};
    float* out = work.out + first * static_cast<size_t>(down.outputs);
    if (!work.operations.gated_mlp(nullptr, gate_up, down, rows, out)) {
        __atomic_store_n(&work.failed, 1, __ATOMIC_RELAXED);
    }
}

}  // namespace

bool run_experts(const Operations& operations, Pool* pool, const Experts& experts,
                 const Rows& rows, float* out) {
    Work work{operations, experts, rows, out, 0};
    if (pool && experts.count > 1) {
        pool->run(experts.count, take, &work);
    } else {
        for (int32_t expert = 0; expert < experts.count; expert++) take(&work, expert, 0);
    }
    return !work.failed;
}

}  // namespace fillwright

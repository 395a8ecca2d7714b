#include "layer.h"

#include <cstdlib>

namespace fillwright {

namespace {

bool run(const Operations& operations, Pool* pool, const Layer& layer, const Step& step,
         float* memory) {
    const Heads& heads = layer.heads;
    const size_t count = static_cast<size_t>(step.count);
    const size_t hidden = count * static_cast<size_t>(layer.out.outputs);
    const size_t queried = count * static_cast<size_t>(heads.query * heads.size);
    float *queries = memory, *attended = queries + queried, *one = attended + queried;
    float *two = one + hidden, *raw = two + hidden;

    const Rows opening{step.hidden, layer.before_attention, layer.eps, step.count};
    if (!operations.product(pool, layer.qkv, opening, raw)) return false;

    const size_t from =
        static_cast<size_t>(step.first) * static_cast<size_t>(heads.key * heads.size);
    const Turn turn{raw,
                    layer.head_gains,
                    step.cos,
                    step.sin,
                    layer.eps,
                    layer.has_values,
                    step.count,
                    !step.into_own,
                    step.first,
                    queries,
                    step.into_own ? step.own_keys + from : step.shared_keys,
                    (step.into_own ? step.own_values : step.shared_values) + from};
    if (!operations.turn(pool, heads, turn)) return false;

    const Attention attention{queries,       step.count,      step.shared_keys, step.shared_values,
                              step.own_keys, step.own_values, step.seen_first,  step.seen_past,
                              step.own_from, step.own,        attended};
    if (!operations.attend(pool, heads, attention)) return false;

    if (!operations.product(pool, layer.out, {attended, nullptr, -1, step.count}, one))
        return false;
    const int32_t size = layer.out.outputs;
    const Joining first{step.hidden, one, nullptr,    nullptr, layer.after_attention,
                        layer.eps,   1,   step.count, size};
    if (!operations.join(pool, first)) return false;

    float* const parts[2] = {one, two};
    for (int i = 0; i < 2; i++) {
        const Rows rows{step.hidden, layer.gains[i], layer.eps, step.count};
        if (!operations.gated_mlp(pool, layer.gate_up[i], layer.down[i], rows, parts[i]))
            return false;
    }
    const Joining second{step.hidden, one,         two,        layer.closing, layer.after_mlps,
                         layer.eps,   step.scalar, step.count, size};
    return operations.join(pool, second);
}

}  // namespace

bool run_layer(const Operations& operations, Pool* pool, const Layer& layer, const Step& step) {
    const Heads& heads = layer.heads;
    const int32_t row = 2 * heads.query * heads.size + 2 * layer.out.outputs + layer.qkv.outputs;
    const size_t numbers = static_cast<size_t>(step.count) * static_cast<size_t>(row);
    float* memory = static_cast<float*>(std::malloc(4 * numbers));
    if (!memory) return false;
    const bool done = run(operations, pool, layer, step, memory);
    std::free(memory);
    return done;
}

}  // namespace fillwright

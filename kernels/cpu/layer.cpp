#include "layer.h"

#include <cstdlib>

#include "pool.h"

namespace fillwright {

namespace {

// Rows that a thread takes at a time: a multiple of every tile's, or few. Each part reads all the
// weights, which lie in a cache that the threads share.
constexpr int32_t PART = 48, STEP = 4;

// `memory` has room for all of what lies between the operations, for all rows.
struct Work {
    const Operations& operations;
    const Layer& layer;
    const Step& step;
    float* memory;
    int32_t rows_of_a_part, failed;
};

// The rows of one part, and what lies between for them.
struct Part {
    Part(const Work& work, int32_t part)
        : operations(work.operations),
          layer(work.layer),
          step(work.step),
          from(part * work.rows_of_a_part),
          count(step.count - from < work.rows_of_a_part ? step.count - from
                                                        : work.rows_of_a_part),
          hidden(step.hidden + of_rows(from, layer.out.outputs)) {
        float* next = work.memory;
        const auto room = [&](int32_t size) {
            float* mine = next + of_rows(from, size);
            next += of_rows(step.count, size);
            return mine;
        };
        const int32_t queried = layer.heads.query * layer.heads.size;
        queries = room(queried);
        attended = room(queried);
        one = room(layer.out.outputs);
        two = room(layer.out.outputs);
        raw = room(layer.qkv.outputs);
    }
    static size_t of_rows(int32_t rows, int32_t size) {
        return static_cast<size_t>(rows) * static_cast<size_t>(size);
    }
    const Operations& operations;
    const Layer& layer;
    const Step& step;
    const int32_t from, count;
    float *hidden, *queries, *attended, *one, *two, *raw;
};

// Writes the rows' queries, keys and values.
bool open(const Part& part) {
    const Layer& layer = part.layer;
    const Step& step = part.step;
    const Heads& heads = layer.heads;
    const Rows rows{part.hidden, layer.before_attention, layer.eps, part.count};
    if (!part.operations.product(nullptr, layer.qkv, rows, part.raw)) return false;

    const int32_t first = step.first + part.from;
    const size_t at = Part::of_rows(first, heads.key * heads.size);
    const size_t angles = Part::of_rows(part.from, heads.size);
    const Turn turn{part.raw,
                    layer.head_gains,
                    step.cos + angles,
                    step.sin + angles,
                    layer.eps,
                    layer.has_values,
                    part.count,
                    !step.into_own,
                    first,
                    part.queries,
                    step.into_own ? step.own_keys + at : step.shared_keys,
                    (step.into_own ? step.own_values : step.shared_values) + at};
    return part.operations.turn(nullptr, heads, turn);
}

// The rest, which needs the keys and values of all rows.
bool close(const Part& part) {
    const Operations& operations = part.operations;
    const Layer& layer = part.layer;
    const Step& step = part.step;
    const Attention attention{part.queries,
                              part.count,
                              step.shared_keys,
                              step.shared_values,
                              step.own_keys,
                              step.own_values,
                              step.seen_first + part.from,
                              step.seen_past + part.from,
                              step.own_from + part.from,
                              step.own,
                              part.attended};
    if (!operations.attend(nullptr, layer.heads, attention)) return false;

    const Rows attended{part.attended, nullptr, -1, part.count};
    if (!operations.product(nullptr, layer.out, attended, part.one)) return false;
    const int32_t size = layer.out.outputs;
    const Joining first{part.hidden, part.one, nullptr,    nullptr, layer.after_attention,
                        layer.eps,   1,        part.count, size};
    if (!operations.join(nullptr, first)) return false;

    float* const results[2] = {part.one, part.two};
    for (int i = 0; i < 2; i++) {
        const Rows rows{part.hidden, layer.gains[i], layer.eps, part.count};
        if (!operations.gated_mlp(nullptr, layer.gate_up[i], layer.down[i], rows, results[i]))
            return false;
    }
    const Joining second{part.hidden, part.one,    part.two,   layer.closing, layer.after_mlps,
                         layer.eps,   step.scalar, part.count, size};
    return operations.join(nullptr, second);
}

template <bool (*DO)(const Part&)>
void take(void* data, int32_t part, int32_t) {
    Work& work = *static_cast<Work*>(data);
    if (!DO(Part(work, part))) __atomic_store_n(&work.failed, 1, __ATOMIC_RELAXED);
}

int32_t rows_of_a_part(int32_t count, int32_t threads) {
    if (threads == 1) return count;
    // two parts a thread, so that one which is held up does less
    const int32_t parts = 2 * threads;
    const int32_t rows = ((count + parts - 1) / parts + STEP - 1) / STEP * STEP;
    return rows < PART ? rows : PART;
}

}  // namespace

bool run_layer(const Operations& operations, Pool* pool, const Layer& layer, const Step& step) {
    const Heads& heads = layer.heads;
    const int32_t row = 2 * heads.query * heads.size + 2 * layer.out.outputs + layer.qkv.outputs;
    float* memory = static_cast<float*>(std::malloc(4 * Part::of_rows(step.count, row)));
    if (!memory) return false;
    const int32_t rows = rows_of_a_part(step.count, pool ? pool->threads() : 1);
    Work work{operations, layer, step, memory, rows, 0};
    const int32_t parts = (step.count + rows - 1) / rows;
    void (*const phases[2])(void*, int32_t, int32_t) = {take<open>, take<close>};
    for (const auto phase : phases) {
        if (pool) {
            pool->run(parts, phase, &work);
        } else {
            phase(&work, 0, 0);
        }
    }
    std::free(memory);
    return !work.failed;
}

}  // namespace fillwright

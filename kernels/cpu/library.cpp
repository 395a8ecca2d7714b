// The C interface. Nothing is kept between calls but an engine's threads; what is passed is checked
// by the caller, operations.py. Results: 0, or 1 where there is no memory.
#include <cstdlib>
#include <cstring>

#include "experts.h"
#include "layer.h"
#include "operations.h"
#include "pool.h"
#include "processor.h"

#if defined(_WIN32)
#define PUBLIC extern "C" __declspec(dllexport)
#else
#define PUBLIC extern "C" __attribute__((visibility("default")))
#endif

using namespace fillwright;

namespace {

// As many rows as one thread reads the weights for; more are worth waking others. So is a matrix of
// so many weights, which takes a thread a millisecond or two to read.
constexpr int32_t ALONE = 16;
constexpr int64_t LARGE = 10'000'000;

struct Engine {
    const Operations* operations;
    Pool* pool;
};

Pool* helpers(const Engine* engine, bool worth) {
    return worth && engine->pool->threads() > 1 ? engine->pool : nullptr;
}

Pool* helpers(const Engine* engine, int32_t rows) { return helpers(engine, rows > ALONE); }

Pool* helpers(const Engine* engine, int32_t rows, const Matrix& matrix) {
    const int64_t weights = static_cast<int64_t>(matrix.outputs) * matrix.inputs;
    return helpers(engine, rows > ALONE || weights > LARGE);
}

size_t place(int32_t output, int32_t input, int32_t stride) {
    const size_t block = static_cast<size_t>(output / BLOCK) * BLOCK * static_cast<size_t>(stride);
    return block + static_cast<size_t>(input / 4 * 4 * BLOCK + output % BLOCK * 4 + input % 4);
}

int32_t padded_inputs(int32_t inputs) {
    return (inputs + INPUT_STEP - 1) / INPUT_STEP * INPUT_STEP;
}

float bfloat16_cell(const void* cells, int32_t output, int32_t input, int32_t inputs) {
    const size_t pairs = static_cast<size_t>((inputs + 1) / 2);
    const size_t pair = static_cast<size_t>(output / BLOCK) * pairs + static_cast<size_t>(input / 2);
    const uint16_t* halves = static_cast<const uint16_t*>(cells) + pair * BLOCK * 2;
    const uint32_t bits = static_cast<uint32_t>(halves[output % BLOCK * 2 + input % 2]) << 16;
    float cell;
    std::memcpy(&cell, &bits, sizeof cell);
    return cell;
}

}  // namespace

// Null where the processor lacks the instruction set, or there is no memory or no thread.
PUBLIC Engine* fillwright_open(int32_t set, int32_t threads) {
    const Operations* found = operations(set);
    if (!found) return nullptr;
    Engine* engine = static_cast<Engine*>(std::calloc(1, sizeof(Engine)));
    if (!engine) return nullptr;
    engine->operations = found;
    engine->pool = Pool::open(threads);
    if (engine->pool) return engine;
    std::free(engine);
    return nullptr;
}

PUBLIC void fillwright_close(Engine* engine) {
    Pool::close(engine->pool);
    std::free(engine);
}

// weights int8 [outputs, inputs] -> cells and sums as in Matrix, which must be zero before.
PUBLIC void fillwright_pack(const int8_t* weights, int32_t outputs, int32_t inputs, int8_t* cells,
                            int32_t* sums) {
    const int32_t stride = padded_inputs(inputs);
    for (int32_t i = 0; i < outputs; i++) {
        int32_t sum = 0;
        for (int32_t k = 0; k < inputs; k++) {
            const int8_t weight = *weights++;
            cells[place(i, k, stride)] = weight;
            sum += weight;
        }
        sums[i] = 128 * sum;
    }
}

// Rows of a matrix that is not INT4, times `factor`: out [count, inputs].
PUBLIC void fillwright_embed(const Matrix* matrix, const int32_t* ids, int32_t count, float factor,
                             float* out) {
    const int32_t inputs = matrix->inputs, stride = padded_inputs(inputs);
    for (int32_t i = 0; i < count; i++) {
        const float scale = matrix->scales[ids[i]] * factor;
        for (int32_t k = 0; k < inputs; k++) {
            *out++ = scale * (matrix->form == BFLOAT16
                                  ? bfloat16_cell(matrix->cells, ids[i], k, inputs)
                                  : static_cast<float>(static_cast<const int8_t*>(
                                        matrix->cells)[place(ids[i], k, stride)]));
        }
    }
}

PUBLIC int32_t fillwright_product(const Engine* engine, const Matrix* matrix, const Rows* rows,
                                  float* out) {
    return !engine->operations->product(helpers(engine, rows->count, *matrix), *matrix, *rows, out);
}

PUBLIC int32_t fillwright_gated_mlp(const Engine* engine, const Matrix* gate_up, const Matrix* down,
                                    const Rows* rows, float* out) {
    return !engine->operations->gated_mlp(helpers(engine, rows->count, *gate_up), *gate_up, *down,
                                          *rows, out);
}

PUBLIC int32_t fillwright_experts(const Engine* engine, const Experts* experts, const Rows* rows,
                                  float* out) {
    const int64_t weights = static_cast<int64_t>(experts->gate_up->outputs) *
                            experts->gate_up->inputs * experts->count;
    Pool* pool = helpers(engine, rows->count > ALONE || weights > LARGE);
    return !run_experts(*engine->operations, pool, *experts, *rows, out);
}

PUBLIC int32_t fillwright_turn(const Engine* engine, const Heads* heads, const Turn* turn) {
    return !engine->operations->turn(helpers(engine, turn->count), *heads, *turn);
}

PUBLIC int32_t fillwright_attend(const Engine* engine, const Heads* heads,
                                 const Attention* attention) {
    return !engine->operations->attend(helpers(engine, attention->count), *heads, *attention);
}

PUBLIC int32_t fillwright_join(const Engine* engine, const Joining* joining) {
    return !engine->operations->join(helpers(engine, joining->count), *joining);
}

PUBLIC int32_t fillwright_head(const Engine* engine, const Matrix* matrix, const Rows* rows,
                               const Head* head) {
    return !engine->operations->head(helpers(engine, rows->count, *matrix), *matrix, *rows, *head);
}

PUBLIC int32_t fillwright_expect(const Engine* engine, const Matrix* matrix,
                                 const Expecting* expecting) {
    return !engine->operations->expect(helpers(engine, expecting->count, *matrix), *matrix,
                                       *expecting);
}

PUBLIC int32_t fillwright_layer(const Engine* engine, const Layer* layer, const Step* step) {
    return !run_layer(*engine->operations, helpers(engine, step->count), *layer, *step);
}

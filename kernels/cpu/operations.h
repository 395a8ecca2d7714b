// What every instruction set implements, and the data that it takes.
//
// No inline functions here, and none of the standard library's templates in the files of one
// instruction set: the linker would keep one copy of them, perhaps that of the widest set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fillwright {

class Pool;

constexpr int32_t BLOCK = 16;        // outputs of a packed block, and positions of a block of keys
constexpr int32_t OUTPUT_STEP = 32;  // outputs are padded to two blocks
constexpr int32_t INPUT_STEP = 64;   // inputs are padded to a row of an AMX tile

enum Form : int32_t { INT8 = 0, INT4 = 1, BFLOAT16 = 2 };

constexpr int32_t HALF_BLOCK = 8;  // outputs of a packed block of int4, and inputs of its cells

// [outputs, inputs] in one of these forms, each padded with what is worth zero:
//
// INT8: cells [outputs / 16][inputs / 4][16][4]. An output is worth its cells times its scale;
//     `sums` are 128 times the sum of an output's cells.
// INT4: bytes [outputs / 8][inputs / 8][8][4], each with 8 + the cell of input j in its lower half
//     and 8 + that of input j + 4 in the upper one; `group` inputs of an output have one scale, as
//     bfloat16 [outputs / 8][inputs / group][8]. 8 divides `group`, and `group` the inputs.
// BFLOAT16: cells [outputs / 16][inputs / 2][16][2]; an output is worth its cells times its scale.
struct Matrix {
    int32_t outputs, inputs;
    const void* cells;
    const float* scales;
    const int32_t* sums;
    int32_t form, group;
    const uint16_t* group_scales;
};

// x [rows, inputs], to be normed first where `eps` is not negative, and times `gain` if there is
// one.
struct Rows {
    const float* x;
    const float* gain;
    float eps;
    int32_t count;
};

struct Heads {
    int32_t query, key, size;
};

// Raw products [rows, query + key (+ key) heads, size] -> normed, turned. Without values of their
// own the keys, normed but not turned, are the values. cos and sin [rows, size], sin with the signs
// of the rotation. Keys go to [rows, key, size], or from position `first` on to blocks of
// [positions / 16][key][size][16]; values [rows, key, size] always.
struct Turn {
    const float *raw, *gains, *cos, *sin;
    float eps;
    int32_t has_values, count, blocked, first;
    float *queries, *keys, *values;
};

// Row i sees the shared positions [first[i], past[i]) and of the own rows those that
// `own[own_from[i] .. own_from[i + 1])` names. Shared keys are blocked, own keys are not.
struct Attention {
    const float* queries;
    int32_t count;
    const float *shared_keys, *shared_values, *own_keys, *own_values;
    const int32_t *first, *past, *own_from, *own;
    float* out;
};

// hidden <- (hidden + norm(y) gain) scalar, with y = one, or norm(one) opening[0] + norm(two)
// opening[1] where there are two.
struct Joining {
    float* hidden;
    const float *one, *two, *opening, *gain;
    float eps, scalar;
    int32_t count, size;
};

// Softcapped logits of rows; each of the results is left out where its pointer is null. `chosen`
// [rows, choices] are outputs, `top` the likeliest, best first.
struct Head {
    float cap;
    float* logits;
    float* log_sums;
    int32_t top;
    float* top_logits;
    int32_t* top_outputs;
    int32_t choices;
    const int32_t* chosen;
    float* chosen_logits;
};

// What rows of logits [count, outputs] expect of a matrix that is not INT4: factor * softmax(logits)
// * matrix, [count, inputs], without the outputs whose share is at most `least` in every row.
struct Expecting {
    const float* logits;
    int32_t count;
    float least, factor;
    float* out;
};

// Each returns false where there is no memory for its work, true else.
struct Operations {
    bool (*product)(Pool*, const Matrix&, const Rows&, float* out);
    bool (*gated_mlp)(Pool*, const Matrix& gate_up, const Matrix& down, const Rows&, float* out);
    bool (*turn)(Pool*, const Heads&, const Turn&);
    bool (*attend)(Pool*, const Heads&, const Attention&);
    bool (*join)(Pool*, const Joining&);
    bool (*head)(Pool*, const Matrix&, const Rows&, const Head&);
    bool (*expect)(Pool*, const Matrix&, const Expecting&);
};

}  // namespace fillwright

// Products with matrices in bfloat16: nothing is rounded, and sums are float32.
#pragma once
#include "rows.h"

namespace {

// Rows that share what a tile reads of such a matrix, or of one in int4.
constexpr int32_t FEW_ROWS = 4;
static_assert(FEW_ROWS <= Dot::ROWS, "a tile has room for no more");

typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * LANES)));

// bfloat16 is the upper half of a float32.
inline Floats widened(const uint16_t* from) {
    Halves halves;
    std::memcpy(&halves, from, sizeof halves);
    const Words words = __builtin_convertvector(halves, Words) << 16;
    Floats x;
    std::memcpy(&x, &words, sizeof x);
    return x;
}

// M rows and one block of outputs, each row's to a place of its own in `tile` [rows][32].
template <int32_t M>
inline void bfloat16_block(int32_t m, const float* const* rows, int32_t inputs,
                           const uint16_t* cells, const float* scales, float* tile) {
    if (m < M) {
        if constexpr (M > 1) bfloat16_block<M - 1>(m, rows, inputs, cells, scales, tile);
        return;
    }
    constexpr int32_t PARTS = BLOCK / LANES;
    Floats sums[M][PARTS] = {};
    for (int32_t k = 0; k < inputs; k++, cells += BLOCK) {
#pragma GCC unroll 16
        for (int32_t part = 0; part < PARTS; part++) {
            const Floats weights = widened(cells + part * LANES);
#pragma GCC unroll 16
            for (int32_t i = 0; i < M; i++) sums[i][part] += weights * rows[i][k];
        }
    }
    for (int32_t i = 0; i < M; i++) {
        for (int32_t part = 0; part < PARTS; part++) {
            const int32_t at = part * LANES;
            store(tile + i * OUTPUT_STEP + at, sums[i][part] * load(scales + at));
        }
    }
}

inline void bfloat16_tile(const Matrix& matrix, const KeptRows& kept, int32_t row, int32_t m,
                          int32_t step, float* tile) {
    const float* rows[FEW_ROWS];
    for (int32_t i = 0; i < m; i++) rows[i] = kept.plain(row + i);
    for (int32_t at = 0; at < OUTPUT_STEP; at += BLOCK) {
        const size_t output = static_cast<size_t>(step * OUTPUT_STEP + at);
        const uint16_t* cells = static_cast<const uint16_t*>(matrix.cells) +
                                output * static_cast<size_t>(matrix.inputs);
        bfloat16_block<FEW_ROWS>(m, rows, matrix.inputs, cells, matrix.scales + output, tile + at);
    }
}

}  // namespace

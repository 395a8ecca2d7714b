// Products with matrices in bfloat16: nothing is rounded, and sums are float32.
#pragma once
#include "rows.h"

namespace {

// Rows that share what a tile reads of such a matrix, or of one in int4.
constexpr int32_t FEW_ROWS = 4;
static_assert(FEW_ROWS <= Dot::ROWS, "a tile has room for no more");

typedef uint32_t Words __attribute__((vector_size(4 * LANES)));

// The bits of float32 as numbers. bfloat16 is its upper half.
inline Floats as_floats(Words words) {
    Floats x;
    std::memcpy(&x, &words, sizeof x);
    return x;
}

// M rows and one block of outputs, each row's to a place of its own in `tile` [rows][32].
template <int32_t M>
inline void bfloat16_block(int32_t m, const float* rows, int32_t stride, const uint32_t* pairs,
                           const float* scales, float* tile) {
    if (m < M) {
        if constexpr (M > 1) bfloat16_block<M - 1>(m, rows, stride, pairs, scales, tile);
        return;
    }
    constexpr int32_t PARTS = BLOCK / LANES;
    const size_t wide = static_cast<size_t>(stride);
    Floats sums[M][PARTS] = {};
    for (int32_t k = 0; k < stride; k += 2, pairs += BLOCK) {
        Floats first[PARTS], second[PARTS];
#pragma GCC unroll 16
        for (int32_t part = 0; part < PARTS; part++) {
            Words both;
            std::memcpy(&both, pairs + part * LANES, sizeof both);
            first[part] = as_floats(both << 16);
            second[part] = as_floats(both & 0xffff0000u);
        }
#pragma GCC unroll 16
        for (size_t i = 0; i < M; i++) {
            const float* x = rows + i * wide + static_cast<size_t>(k);
#pragma GCC unroll 16
            for (int32_t part = 0; part < PARTS; part++) {
                sums[i][part] += first[part] * x[0];
                sums[i][part] += second[part] * x[1];
            }
        }
    }
    for (int32_t i = 0; i < M; i++) {
        for (int32_t part = 0; part < PARTS; part++) {
            const int32_t at = part * LANES;
            store(tile + i * OUTPUT_STEP + at, sums[i][part] * load(scales + at));
        }
    }
}

inline void bfloat16_tile(const Matrix& matrix, const KeptRows& rows, int32_t row, int32_t m,
                          int32_t step, float* tile) {
    const int32_t stride = rows.plain_stride();
    for (int32_t at = 0; at < OUTPUT_STEP; at += BLOCK) {
        const size_t output = static_cast<size_t>(step * OUTPUT_STEP + at);
        const uint32_t* pairs = static_cast<const uint32_t*>(matrix.cells) +
                                output * static_cast<size_t>(stride / 2);
        bfloat16_block<FEW_ROWS>(m, rows.plain(row), stride, pairs, matrix.scales + output,
                                 tile + at);
    }
}

}  // namespace

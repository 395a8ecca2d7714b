// Products with matrices in int4: each group's sum in whole numbers, times the group's scale.
#pragma once
#include "bfloat16.h"

namespace {

struct Half {
    // of eight outputs: cells [inputs / 8][8][4], scales [groups][8]
    const uint8_t* cells;
    const uint16_t* scales;
    int32_t groups, group;
};

#if defined(__AVX2__)

inline __m256i four_times_eight(const int8_t* from) {
    int32_t four;
    std::memcpy(&four, from, sizeof four);
    return _mm256_set1_epi32(four);
}

// A cell is unsigned, 0 to 15, so that it can be a factor of the pairs' products as it is; the 8
// that each has too much is taken off by the group's sum. Eight such products of at most
// 2 * 15 * 127 fit 16 bits.
template <int32_t M>
inline void half_block(int32_t m, const KeptRows& rows, int32_t row, const Half& half,
                       float* tile) {
    if (m < M) {
        if constexpr (M > 1) half_block<M - 1>(m, rows, row, half, tile);
        return;
    }
    constexpr int32_t TOGETHER = 4;
    const __m256i low_bits = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    const uint8_t* cells = half.cells;
    const int8_t* x = rows.row(row);
    const size_t stride = static_cast<size_t>(rows.stride);
    __m256 totals[M];
#pragma GCC unroll 16
    for (int32_t i = 0; i < M; i++) totals[i] = _mm256_setzero_ps();
    const int32_t units = half.group / HALF_BLOCK;
    for (int32_t group = 0; group < half.groups; group++) {
        __m256i sums[M];
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) sums[i] = _mm256_set1_epi32(-8 * rows.sums(row + i)[group]);
        for (int32_t unit = 0; unit < units;) {
            __m256i pairs[M];
#pragma GCC unroll 16
            for (int32_t i = 0; i < M; i++) pairs[i] = _mm256_setzero_si256();
            for (const int32_t end = least(units, unit + TOGETHER); unit < end; unit++) {
                const __m256i both = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(cells));
                const __m256i low = _mm256_and_si256(both, low_bits);
                const __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_bits);
#pragma GCC unroll 16
                for (int32_t i = 0; i < M; i++) {
                    const int8_t* at = x + static_cast<size_t>(i) * stride;
                    const __m256i one = _mm256_maddubs_epi16(low, four_times_eight(at));
                    const __m256i two = _mm256_maddubs_epi16(high, four_times_eight(at + 4));
                    pairs[i] = _mm256_add_epi16(pairs[i], _mm256_add_epi16(one, two));
                }
                cells += 32;
                x += HALF_BLOCK;
            }
#pragma GCC unroll 16
            for (int32_t i = 0; i < M; i++) {
                sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs[i], ones));
            }
        }
        const __m128i stored = _mm_loadu_si128(
            reinterpret_cast<const __m128i*>(half.scales + HALF_BLOCK * group));
        const __m256 scales =
            _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(stored), 16));
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) {
            totals[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[i]), scales, totals[i]);
        }
    }
#pragma GCC unroll 16
    for (int32_t i = 0; i < M; i++) {
        const __m256 scale = _mm256_set1_ps(rows.scale(row + i));
        _mm256_storeu_ps(tile + i * OUTPUT_STEP, _mm256_mul_ps(totals[i], scale));
    }
}

#else

template <int32_t M>
inline void half_block(int32_t m, const KeptRows& rows, int32_t row, const Half& half,
                       float* tile) {
    for (int32_t i = 0; i < m; i++) {
        const Cell* x = rows.row(row + i);
        const uint8_t* cells = half.cells;
        float totals[HALF_BLOCK] = {};
        for (int32_t group = 0; group < half.groups; group++) {
            Dot::Sum sums[HALF_BLOCK];
            for (Dot::Sum& sum : sums) sum = -8 * rows.sums(row + i)[group];
            for (int32_t k = 0; k < half.group; k += HALF_BLOCK, x += HALF_BLOCK) {
                for (int32_t j = 0; j < HALF_BLOCK; j++, cells += 4) {
                    for (int32_t l = 0; l < 4; l++) {
                        sums[j] += x[l] * (cells[l] & 15) + x[l + 4] * (cells[l] >> 4);
                    }
                }
            }
            for (int32_t j = 0; j < HALF_BLOCK; j++) {
                const uint32_t bits = static_cast<uint32_t>(half.scales[HALF_BLOCK * group + j])
                                      << 16;
                float scale;
                std::memcpy(&scale, &bits, sizeof scale);
                totals[j] += static_cast<float>(sums[j]) * scale;
            }
        }
        for (int32_t j = 0; j < HALF_BLOCK; j++) {
            tile[i * OUTPUT_STEP + j] = totals[j] * rows.scale(row + i);
        }
    }
}

#endif

inline void int4_tile(const Matrix& matrix, const KeptRows& rows, int32_t row, int32_t m,
                      int32_t step, float* tile) {
    const int32_t groups = matrix.inputs / matrix.group;
    for (int32_t at = 0; at < OUTPUT_STEP; at += HALF_BLOCK) {
        const size_t output = static_cast<size_t>(step * OUTPUT_STEP + at);
        const Half half{static_cast<const uint8_t*>(matrix.cells) +
                            output / 2 * static_cast<size_t>(matrix.inputs),
                        matrix.group_scales + output * static_cast<size_t>(groups), groups,
                        matrix.group};
        half_block<FEW_ROWS>(m, rows, row, half, tile + at);
    }
}

}  // namespace

// NEON with dot products: four outputs a vector.
#include <arm_neon.h>

#include <cstdint>
#include <cstring>

// Within its callers the sums would not all stay in registers.
#define APART __attribute__((noinline))

namespace {

constexpr int LANES = 4;

struct Dot {
    using Cell = int8_t;
    using Sum = int32_t;
    typedef int32_t Sums __attribute__((vector_size(16)));
    struct Session {
        Session() {}
    };
    static constexpr bool OFFSET = false;
    static constexpr int32_t ROWS = 4, ROW_STEP = 1;

    // Sums of m <= ROWS rows and two blocks: [m][32].
    static void tile(int32_t m, const int8_t* rows, int32_t stride, const int8_t* blocks,
                     int32_t* sums, bool) {
        tile_of<ROWS>(m, rows, stride, blocks, sums);
        tile_of<ROWS>(m, rows, stride, blocks + 16 * static_cast<size_t>(stride), sums + 16);
    }

    template <int32_t M>
    APART static void tile_of(int32_t m, const int8_t* rows, int32_t stride, const int8_t* block,
                              int32_t* sums) {
        if (m < M) {
            if constexpr (M > 1) tile_of<M - 1>(m, rows, stride, block, sums);
            return;
        }
        int32x4_t parts[M][4];
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) {
            for (int32_t j = 0; j < 4; j++) parts[i][j] = vdupq_n_s32(0);
        }
        for (int32_t k = 0; k < stride; k += 4) {
            for (int32_t j = 0; j < 4; j++) {
                const int8x16_t w = vld1q_s8(block + 16 * k + 16 * j);
#pragma GCC unroll 16
                for (int32_t i = 0; i < M; i++) {
                    int32_t four;
                    std::memcpy(&four,
                                rows + static_cast<size_t>(i) * static_cast<size_t>(stride) + k, 4);
                    parts[i][j] =
                        vdotq_s32(parts[i][j], w, vreinterpretq_s8_s32(vdupq_n_s32(four)));
                }
            }
        }
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) {
            for (int32_t j = 0; j < 4; j++) vst1q_s32(sums + 32 * i + 4 * j, parts[i][j]);
        }
    }
};

}  // namespace

#include "attention.h"
#include "expectation.h"
#include "head.h"

namespace fillwright {
extern const Operations NEON;
const Operations NEON{product, gated_mlp, turn, attend, join, head, expect};
}  // namespace fillwright

// AVX-512 with VNNI: sixteen outputs a vector, unsigned rows times signed weights.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

// Within its callers the sums would not all stay in registers.
#define APART __attribute__((noinline))

namespace {

constexpr int LANES = 16;

struct Dot {
    using Cell = int8_t;
    using Sum = int32_t;
    typedef int32_t Sums __attribute__((vector_size(64)));
    struct Session {
        Session() {}
    };
    static constexpr bool OFFSET = true;
    static constexpr int32_t ROWS = 12, ROW_STEP = 1;

    // Sums of m <= ROWS rows and two blocks: [m][32]. The `last` rows that read these blocks fetch
    // the next two: in the time of a tile memory could have delivered them.
    static void tile(int32_t m, const int8_t* rows, int32_t stride, const int8_t* blocks,
                     int32_t* sums, bool last) {
        if (last) return tile_of<ROWS, true>(m, rows, stride, blocks, sums);
        tile_of<ROWS, false>(m, rows, stride, blocks, sums);
    }

    template <int32_t M, bool LAST>
    APART static void tile_of(int32_t m, const int8_t* rows, int32_t stride, const int8_t* blocks,
                              int32_t* sums) {
        if (m < M) {
            if constexpr (M > 1) tile_of<M - 1, LAST>(m, rows, stride, blocks, sums);
            return;
        }
        __m512i one[M], two[M];
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) one[i] = two[i] = _mm512_setzero_si512();
        const int8_t* second = blocks + 16 * static_cast<size_t>(stride);
        for (int32_t k = 0; k < stride; k += 4) {
            const __m512i w = _mm512_loadu_si512(blocks + 16 * k),
                          v = _mm512_loadu_si512(second + 16 * k);
            if (LAST) {
                _mm_prefetch(second + 16 * (stride + k), _MM_HINT_T0);
                _mm_prefetch(second + 16 * (2 * stride + k), _MM_HINT_T0);
            }
#pragma GCC unroll 16
            for (int32_t i = 0; i < M; i++) {
                int32_t four;
                std::memcpy(&four, rows + static_cast<size_t>(i) * static_cast<size_t>(stride) + k,
                            4);
                const __m512i x = _mm512_set1_epi32(four);
                one[i] = _mm512_dpbusd_epi32(one[i], x, w);
                two[i] = _mm512_dpbusd_epi32(two[i], x, v);
            }
        }
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) {
            _mm512_storeu_si512(sums + 32 * i, one[i]);
            _mm512_storeu_si512(sums + 32 * i + 16, two[i]);
        }
    }
};

}  // namespace

#include "attention.h"
#include "expectation.h"
#include "head.h"

namespace fillwright {
extern const Operations AVX512;
const Operations AVX512{product, gated_mlp, turn, attend, join, head, expect};
}  // namespace fillwright

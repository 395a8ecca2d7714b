// AVX2, with VNNI where AVX_VNNI is defined: eight outputs a vector, two vectors a block.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

// Within its callers the sums would not all stay in registers.
#define APART __attribute__((noinline))

namespace {

constexpr int LANES = 8;

struct Dot {
    using Cell = int8_t;
    using Sum = int32_t;
    typedef int32_t Sums __attribute__((vector_size(32)));
    struct Session {
        Session() {}
    };
    static constexpr int32_t ROWS = 4, ROW_STEP = 1;

#ifdef AVX_VNNI
    static constexpr bool OFFSET = true;

    struct Weights {
        __m256i cells;
        explicit Weights(__m256i cells) : cells(cells) {}
        __m256i add(__m256i sum, __m256i x) const { return _mm256_dpbusd_avx_epi32(sum, x, cells); }
    };
#else
    static constexpr bool OFFSET = false;

    // One factor of the pairs' products must be unsigned: the weights give their sign away. Two
    // products are at most 2 * 128 * 127, which 16 bits hold.
    struct Weights {
        __m256i cells, sizes;
        explicit Weights(__m256i cells) : cells(cells), sizes(_mm256_abs_epi8(cells)) {}
        __m256i add(__m256i sum, __m256i x) const {
            const __m256i pairs = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(x, cells));
            return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
    };
#endif

    // Sums of m <= ROWS rows and two blocks: [m][32]. The `last` rows that read these blocks fetch
    // the next two: in the time of a tile memory could have delivered them.
    static void tile(int32_t m, const int8_t* rows, int32_t stride, const int8_t* blocks,
                     int32_t* sums, bool last) {
        const int8_t* second = blocks + 16 * static_cast<size_t>(stride);
        if (last) {
            tile_of<ROWS, true>(m, rows, stride, blocks, sums);
            tile_of<ROWS, true>(m, rows, stride, second, sums + 16);
        } else {
            tile_of<ROWS, false>(m, rows, stride, blocks, sums);
            tile_of<ROWS, false>(m, rows, stride, second, sums + 16);
        }
    }

    template <int32_t M, bool LAST>
    APART static void tile_of(int32_t m, const int8_t* rows, int32_t stride, const int8_t* block,
                              int32_t* sums) {
        if (m < M) {
            if constexpr (M > 1) tile_of<M - 1, LAST>(m, rows, stride, block, sums);
            return;
        }
        __m256i low[M], high[M];
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) low[i] = high[i] = _mm256_setzero_si256();
        for (int32_t k = 0; k < stride; k += 4) {
            const __m256i* at = reinterpret_cast<const __m256i*>(block + 16 * k);
            if (LAST) {
                _mm_prefetch(block + 16 * (2 * stride + k), _MM_HINT_T0);
            }
            const Weights w(_mm256_loadu_si256(at)), v(_mm256_loadu_si256(at + 1));
#pragma GCC unroll 16
            for (int32_t i = 0; i < M; i++) {
                int32_t four;
                std::memcpy(&four, rows + static_cast<size_t>(i) * static_cast<size_t>(stride) + k,
                            4);
                const __m256i x = _mm256_set1_epi32(four);
                low[i] = w.add(low[i], x);
                high[i] = v.add(high[i], x);
            }
        }
#pragma GCC unroll 16
        for (int32_t i = 0; i < M; i++) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + 32 * i), low[i]);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + 32 * i + 8), high[i]);
        }
    }
};

}  // namespace

#include "attention.h"
#include "expectation.h"
#include "head.h"

namespace fillwright {
#ifdef AVX_VNNI
extern const Operations AVX_VNNI_SET;
const Operations AVX_VNNI_SET{product, gated_mlp, turn, attend, join, head, expect};
#else
extern const Operations AVX2;
const Operations AVX2{product, gated_mlp, turn, attend, join, head, expect};
#endif
}  // namespace fillwright

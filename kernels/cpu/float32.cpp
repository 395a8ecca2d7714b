// The reference, on any processor: rows are not rounded, and nothing is done in a clever order.
#include <cstdint>
#include <cstring>

namespace {

constexpr int LANES = 4;

struct Dot {
    using Cell = float;
    using Sum = float;
    typedef float Sums __attribute__((vector_size(16)));
    struct Session {
        Session() {}
    };
    static constexpr bool OFFSET = false;
    static constexpr int32_t ROWS = 4, ROW_STEP = 1;

    // Sums of m <= ROWS rows and two blocks: [m][32].
    static void tile(int32_t m, const float* rows, int32_t stride, const int8_t* blocks,
                     float* sums, bool) {
        const size_t wide = static_cast<size_t>(stride);
        for (int32_t i = 0; i < m; i++) {
            for (int32_t j = 0; j < 32; j++) {
                const int8_t* cells =
                    blocks + static_cast<size_t>(j / 16) * 16 * wide + 4 * (j % 16);
                const float* row = rows + static_cast<size_t>(i) * wide;
                float total = 0;
                for (size_t k = 0; k < wide; k++) total += row[k] * cells[k / 4 * 64 + k % 4];
                sums[32 * i + j] = total;
            }
        }
    }
};

}  // namespace

#include "attention.h"
#include "expectation.h"
#include "head.h"

namespace fillwright {
extern const Operations FLOAT32;
const Operations FLOAT32{product, gated_mlp, turn, attend, join, head, expect};
}  // namespace fillwright

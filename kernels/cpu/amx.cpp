// AMX: tiles of sixteen rows by sixteen outputs; all between the products in AVX-512.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace {

constexpr int LANES = 16;

struct Dot {
    using Cell = int8_t;
    using Sum = int32_t;
    typedef int32_t Sums __attribute__((vector_size(64)));

    // The tiles' shapes belong to the thread, and other libraries set them too: what was there
    // before is there again afterwards.
    class Session {
    public:
        Session() {
            _tile_storeconfig(before_);
            alignas(64) uint8_t shapes[64] = {1};
            const uint16_t bytes = 64;
            for (int tile = 0; tile < 8; tile++) {
                std::memcpy(shapes + 16 + 2 * tile, &bytes, 2);
                shapes[48 + tile] = 16;
            }
            _tile_loadconfig(shapes);
        }
        ~Session() {
            if (before_[0]) {
                _tile_loadconfig(before_);
            } else {
                _tile_release();
            }
        }
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;

    private:
        alignas(64) uint8_t before_[64];
    };

    static constexpr bool OFFSET = false;
    static constexpr int32_t ROWS = 32, ROW_STEP = 32;

    // Sums of m <= ROWS rows and two blocks: [m][32]. Rows up to the next sixteen are read as well.
    static void tile(int32_t m, const int8_t* rows, int32_t stride, const int8_t* blocks,
                     int32_t* sums, bool) {
        const size_t wide = static_cast<size_t>(stride);
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (int32_t k = 0; k < stride; k += 64) {
            _tile_loadd(4, rows + k, stride);
            _tile_loadd(6, blocks + 16 * k, 64);
            _tile_loadd(7, blocks + 16 * wide + 16 * k, 64);
            _tile_dpbssd(0, 4, 6);
            _tile_dpbssd(1, 4, 7);
            if (m <= 16) continue;
            _tile_loadd(5, rows + 16 * wide + k, stride);
            _tile_dpbssd(2, 5, 6);
            _tile_dpbssd(3, 5, 7);
        }
        _tile_stored(0, sums, 128);
        _tile_stored(1, sums + 16, 128);
        if (m <= 16) return;
        _tile_stored(2, sums + 16 * 32, 128);
        _tile_stored(3, sums + 16 * 32 + 16, 128);
    }
};

}  // namespace

#include "attention.h"
#include "expectation.h"
#include "head.h"

namespace fillwright {
extern const Operations AMX;
const Operations AMX{product, gated_mlp, turn, attend, join, head, expect};
}  // namespace fillwright

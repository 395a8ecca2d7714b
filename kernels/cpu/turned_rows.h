// Rows of a packed matrix packed the other way round: what was an output becomes an input.
#pragma once
#include "rows.h"

namespace {

// Rows that are turned at a time. Of an embedding of 512, they and the shares of 64 rows of logits
// are some 600 kB, which a core's second cache holds. With 1024 all rows of the copy would lie in
// the same places of the first one.
constexpr int32_t PORTION = 960;

// Two pairs of halves, or four fours of bytes: what was at the same place of each is together.
inline void turn_square(uint32_t (&of)[2]) {
    const uint32_t first = (of[0] & 0xffff) | of[1] << 16;
    of[1] = of[0] >> 16 | (of[1] & 0xffff0000);
    of[0] = first;
}

inline void turn_square(uint32_t (&of)[4]) {
    for (int32_t i = 0; i < 4; i += 2) {
        const uint32_t even = (of[i] & 0x00ff00ff) | (of[i + 1] & 0x00ff00ff) << 8;
        of[i + 1] = (of[i] >> 8 & 0x00ff00ff) | (of[i + 1] & 0xff00ff00);
        of[i] = even;
    }
    uint32_t first[2] = {of[0], of[2]}, second[2] = {of[1], of[3]};
    turn_square(first);
    turn_square(second);
    of[0] = first[0];
    of[1] = second[0];
    of[2] = first[1];
    of[3] = second[1];
}

class TurnedRows {
public:
    // Of a matrix in INT8 or BFLOAT16.
    explicit TurnedRows(const Matrix& from)
        : from_(from),
          outputs_(padded(from.inputs, OUTPUT_STEP)),
          bytes_(static_cast<size_t>(outputs_) * PORTION * (from.form == INT8 ? 1 : 2)),
          cells_(bytes_),
          scales_(static_cast<size_t>(outputs_)),
          sums_(static_cast<size_t>(outputs_)),
          zeros_(PORTION) {
        if (missing()) return;
        for (int32_t i = 0; i < outputs_; i++) scales_.get()[i] = 1;
        for (int32_t i = 0; i < PORTION; i++) zeros_.get()[i] = ZERO;
    }
    bool missing() const {
        return cells_.missing() || scales_.missing() || sums_.missing() || zeros_.missing();
    }
    // Those that `names` names, at most PORTION. The result is good until the next call, and its
    // scales are 1.
    Matrix turn(Pool* pool, const int32_t* names, int32_t count) {
        std::memset(cells_.get(), 0, bytes_);
        if (from_.form == BFLOAT16) {
            turn_cells<uint16_t, 2>(pool, names, count, padded(from_.inputs, 2), padded(count, 2));
        } else {
            const int32_t stride = padded(count, INPUT_STEP);
            turn_cells<int8_t, 4>(pool, names, count, padded(from_.inputs, INPUT_STEP), stride);
            if (Dot::OFFSET) add_up(stride);
        }
        return {from_.inputs, count,      cells_.get(), scales_.get(),
                sums_.get(),  from_.form, 0,            nullptr};
    }

private:
    static constexpr Cell ZERO = static_cast<Cell>(Dot::OFFSET ? -128 : 0);

    // Cells [outputs / 16][inputs / N][16][N], of whose inputs there are `stride`.
    template <class C, int32_t N>
    static size_t place(int32_t output, int32_t input, int32_t stride) {
        return static_cast<size_t>(output / BLOCK * BLOCK) * static_cast<size_t>(stride) +
               static_cast<size_t>(input / N * N * BLOCK + output % BLOCK * N + input % N);
    }
    template <class C, int32_t N>
    void turn_cells(Pool* pool, const int32_t* names, int32_t count, int32_t stride,
                    int32_t turned_stride) {
        const C* cells = static_cast<const C*>(from_.cells);
        C* turned = reinterpret_cast<C*>(cells_.get());
        spread(pool, (count + N - 1) / N, [&](int32_t part, int32_t) {
            const int32_t first = part * N;
            const C* from[N];
            uint32_t mask[N];
            for (int32_t t = 0; t < N; t++) {
                const int32_t name = names[least(first + t, count - 1)];
                from[t] = cells + place<C, N>(name, 0, stride);
                mask[t] = first + t < count ? ~0u : 0;
            }
            for (int32_t k = 0; k < from_.inputs; k += N) {
                uint32_t square[N];
                for (int32_t t = 0; t < N; t++) {
                    std::memcpy(square + t, from[t] + static_cast<size_t>(k) * BLOCK, 4);
                    square[t] &= mask[t];
                }
                turn_square(square);
                std::memcpy(turned + place<C, N>(k, first, turned_stride), square, sizeof square);
            }
        });
    }
    // A row of zeros makes the sums that its offset is worth.
    void add_up(int32_t stride) {
        Dot::Sum sums[OUTPUT_STEP];
        for (int32_t from = 0; from < outputs_; from += OUTPUT_STEP) {
            const size_t at = static_cast<size_t>(from) * static_cast<size_t>(stride);
            Dot::tile(1, zeros_.get(), stride, cells_.get() + at, sums, false);
            for (int32_t i = 0; i < OUTPUT_STEP; i++) {
                sums_.get()[from + i] = static_cast<int32_t>(sums[i]);
            }
        }
    }
    const Matrix& from_;
    const int32_t outputs_;
    const size_t bytes_;
    Scratch<int8_t> cells_;
    Scratch<float> scales_;
    Scratch<int32_t> sums_;
    Scratch<Cell> zeros_;
};

}  // namespace

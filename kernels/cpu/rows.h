// What happens to each row between the products: norm, gain, rounding, rotation, residual.
#pragma once
#include "operations.h"
#include "vectors.h"

namespace {

using namespace fillwright;

using Cell = Dot::Cell;

// Below this a row's largest value has no reciprocal in float32; such rows count as zeros.
constexpr float SMALLEST_ROW = 1e-30f;

inline float inverse_size(const float* x, int32_t size, float eps) {
    Floats squares{};
    each(size, [&](int32_t i, auto part) {
        const Floats v = load(x + i, part);
        squares += v * v;
    });
    return 1.0f / std::sqrt(sum(squares) / static_cast<float>(size) + eps);
}

inline void keep_row(const float* x, int32_t size, float* cells, float& scale) {
    std::memcpy(cells, x, 4 * static_cast<size_t>(size));
    scale = 1.0f;
}

// Rounds to [-127, 127] times `scale`; a row that holds what is no finite number gets such a scale.
inline void keep_row(const float* x, int32_t size, int8_t* cells, float& scale) {
    Floats largest{}, infinite{};
    each(size, [&](int32_t i, auto part) {
        const Floats v = load(x + i, part);
        largest = most(size_of(v), largest);
        infinite += v * 0.0f;
    });
    const float top = most(largest), wrong = sum(infinite);
    const float factor = top < SMALLEST_ROW || wrong != 0.0f ? 0.0f : 127.0f / top;
    scale = top / 127.0f + wrong;
    each(size, [&](int32_t i, auto part) {
        const Floats v = factor == 0.0f ? Floats{} : nearest(load(x + i, part) * factor);
        Bytes bytes = __builtin_convertvector(__builtin_convertvector(v, Ints), Bytes);
        if (Dot::OFFSET) bytes ^= static_cast<int8_t>(-128);
        std::memcpy(cells + i, &bytes, static_cast<size_t>(width(part)));
    });
}

// Rows as a product takes them, of `stride` cells each; padding is zero, for so are the weights
// there, and 0 times what is no number is none.
class KeptRows {
public:
    KeptRows(int32_t count, int32_t size)
        : count(count),
          size(size),
          stride(padded(size, INPUT_STEP)),
          cells_(static_cast<size_t>(padded(count, Dot::ROW_STEP)) * static_cast<size_t>(stride)),
          scales_(static_cast<size_t>(count)) {
        if (missing()) return;
        const size_t used = static_cast<size_t>(count) * static_cast<size_t>(stride);
        const size_t whole =
            static_cast<size_t>(padded(count, Dot::ROW_STEP)) * static_cast<size_t>(stride);
        std::memset(cells_.get() + used, 0, (whole - used) * sizeof(Cell));
    }
    bool missing() const { return cells_.missing() || scales_.missing(); }
    const Cell* row(int32_t i) const {
        return cells_.get() + static_cast<size_t>(i) * static_cast<size_t>(stride);
    }
    float scale(int32_t i) const { return scales_.get()[i]; }
    void keep(int32_t i, const float* x) {
        Cell* cells = cells_.get() + static_cast<size_t>(i) * static_cast<size_t>(stride);
        keep_row(x, size, cells, scales_.get()[i]);
        std::memset(cells + size, 0, static_cast<size_t>(stride - size) * sizeof(Cell));
    }
    const int32_t count, size, stride;

private:
    Scratch<Cell> cells_;
    Scratch<float> scales_;
};

// One row, normed and with its gain, to `out`.
inline void open_row(const float* x, int32_t size, const float* gain, float eps, float* out) {
    const float factor = eps < 0 ? 1.0f : inverse_size(x, size, eps);
    each(size, [&](int32_t i, auto part) {
        const Floats normed = load(x + i, part) * factor;
        store(out + i, gain ? normed * load(gain + i, part) : normed, part);
    });
}

// False where there is no memory.
inline bool open_rows(Pool* pool, const Rows& rows, KeptRows& kept) {
    const size_t size = static_cast<size_t>(kept.size);
    Scratch<float> opened(static_cast<size_t>(workers(pool)) * size);
    if (opened.missing()) return false;
    spread(pool, kept.count, [&](int32_t i, int32_t worker) {
        const float* x = rows.x + static_cast<size_t>(i) * size;
        if (rows.eps < 0 && !rows.gain) return kept.keep(i, x);
        float* out = opened.get() + static_cast<size_t>(worker) * size;
        open_row(x, kept.size, rows.gain, rows.eps, out);
        kept.keep(i, out);
    });
    return true;
}

inline void rotate(const float* x, const float* cos, const float* sin, int32_t size, float* out) {
    const int32_t half = size / 2;
    each(half, [&](int32_t i, auto part) {
        const Floats first = load(x + i, part), second = load(x + half + i, part);
        store(out + i, first * load(cos + i, part) + second * load(sin + i, part), part);
        const int32_t j = half + i;
        store(out + j, second * load(cos + j, part) + first * load(sin + j, part), part);
    });
}

inline void turn_row(const Heads& heads, const Turn& turn, int32_t row, float* normed,
                     float* turned) {
    const int32_t size = heads.size, turning = heads.query + heads.key;
    const int32_t all = turning + (turn.has_values ? heads.key : 0);
    const size_t wide = static_cast<size_t>(heads.key * size);
    const float* raw = turn.raw + static_cast<size_t>(row) * static_cast<size_t>(all * size);
    const float* cos = turn.cos + static_cast<size_t>(row) * static_cast<size_t>(size);
    const float* sin = turn.sin + static_cast<size_t>(row) * static_cast<size_t>(size);
    float* values = turn.values + static_cast<size_t>(row) * wide;
    for (int32_t head = 0; head < all; head++) {
        const float* x = raw + head * size;
        if (head >= turning) {
            open_row(x, size, nullptr, turn.eps, values + (head - turning) * size);
            continue;
        }
        const int32_t key = head - heads.query;
        if (key >= 0 && !turn.has_values) open_row(x, size, nullptr, turn.eps, values + key * size);
        open_row(x, size, turn.gains + head * size, turn.eps, normed);
        if (key < 0) {
            float* out =
                turn.queries + (static_cast<size_t>(row) * static_cast<size_t>(heads.query) +
                                static_cast<size_t>(head)) *
                                   static_cast<size_t>(size);
            rotate(normed, cos, sin, size, out);
        } else if (!turn.blocked) {
            rotate(normed, cos, sin, size,
                   turn.keys + static_cast<size_t>(row) * wide + key * size);
        } else {
            rotate(normed, cos, sin, size, turned);
            const int32_t at = turn.first + row;
            float* to = turn.keys + static_cast<size_t>(at / BLOCK) * wide * BLOCK +
                        key * size * BLOCK + at % BLOCK;
            for (int32_t i = 0; i < size; i++) to[i * BLOCK] = turned[i];
        }
    }
}

bool turn(Pool* pool, const Heads& heads, const Turn& work) {
    const size_t size = static_cast<size_t>(heads.size);
    Scratch<float> rows(2 * size * static_cast<size_t>(workers(pool)));
    if (rows.missing()) return false;
    spread(pool, work.count, [&](int32_t row, int32_t worker) {
        float* mine = rows.get() + 2 * size * static_cast<size_t>(worker);
        turn_row(heads, work, row, mine, mine + size);
    });
    return true;
}

inline void join_row(const Joining& join, int32_t row, float* mixed) {
    const int32_t size = join.size;
    const size_t from = static_cast<size_t>(row) * static_cast<size_t>(size);
    const float* one = join.one + from;
    float* hidden = join.hidden + from;
    const float* joined = one;
    if (join.two) {
        const float* two = join.two + from;
        const float first = inverse_size(one, size, join.eps);
        const float second = inverse_size(two, size, join.eps);
        each(size, [&](int32_t i, auto part) {
            const Floats a = load(one + i, part) * first * load(join.opening + i, part);
            const Floats b = load(two + i, part) * second * load(join.opening + size + i, part);
            store(mixed + i, a + b, part);
        });
        joined = mixed;
    }
    const float factor = inverse_size(joined, size, join.eps);
    each(size, [&](int32_t i, auto part) {
        const Floats added = load(joined + i, part) * factor * load(join.gain + i, part);
        store(hidden + i, (load(hidden + i, part) + added) * join.scalar, part);
    });
}

bool join(Pool* pool, const Joining& work) {
    const size_t size = static_cast<size_t>(work.size);
    Scratch<float> mixed(size * static_cast<size_t>(workers(pool)));
    if (mixed.missing()) return false;
    spread(pool, work.count, [&](int32_t row, int32_t worker) {
        join_row(work, row, mixed.get() + size * static_cast<size_t>(worker));
    });
    return true;
}

}  // namespace

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

inline void keep_row(const float* x, int32_t size, bool, float* cells, float& scale) {
    std::memcpy(cells, x, 4 * static_cast<size_t>(size));
    scale = 1.0f;
}

// Rounds to [-127, 127] times `scale`, plus 128 with an offset; a row that holds what is no finite
// number gets such a scale.
inline void keep_row(const float* x, int32_t size, bool offset, int8_t* cells, float& scale) {
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
        if (offset) bytes ^= static_cast<int8_t>(-128);
        std::memcpy(cells + i, &bytes, static_cast<size_t>(width(part)));
    });
}

inline void take_off_row(const float*, int32_t size, bool, float, float* x) {
    std::memset(x, 0, 4 * static_cast<size_t>(size));
}

// Takes off x what `keep_row` has kept of it.
inline void take_off_row(const int8_t* cells, int32_t size, bool offset, float scale, float* x) {
    each(size, [&](int32_t i, auto part) {
        Bytes bytes{};
        std::memcpy(&bytes, cells + i, static_cast<size_t>(width(part)));
        if (offset) bytes ^= static_cast<int8_t>(-128);
        const Floats kept = __builtin_convertvector(__builtin_convertvector(bytes, Ints), Floats);
        store(x + i, load(x + i, part) - kept * scale, part);
    });
}

// Rows as a product with the matrix takes them, of `stride` cells each; padding is zero, for so are
// the weights there, and 0 times what is no number is none. For a matrix in bfloat16 they are not
// rounded; for one in int4, the sums of their groups' cells are kept too.
class KeptRows {
public:
    KeptRows(int32_t count, const Matrix& matrix)
        : count(count),
          size(matrix.inputs),
          stride(padded(size, INPUT_STEP)),
          form_(matrix.form),
          group_(matrix.form == INT4 ? matrix.group : size),
          cells_(form_ == BFLOAT16 ? 0 : of_rows(padded(count, Dot::ROW_STEP), stride)),
          plain_(form_ == BFLOAT16 ? of_rows(count, plain_stride()) : 0),
          sums_(form_ == INT4 ? of_rows(count, size / group_) : 0),
          scales_(static_cast<size_t>(count)) {
        if (missing() || form_ == BFLOAT16) return;
        const size_t used = of_rows(count, stride);
        const size_t whole = of_rows(padded(count, Dot::ROW_STEP), stride);
        std::memset(cells_.get() + used, 0, (whole - used) * sizeof(Cell));
    }
    bool missing() const {
        return cells_.missing() || plain_.missing() || sums_.missing() || scales_.missing();
    }
    const Cell* row(int32_t i) const { return cells_.get() + of_rows(i, stride); }
    int32_t plain_stride() const { return padded(size, 2); }
    const float* plain(int32_t i) const { return plain_.get() + of_rows(i, plain_stride()); }
    const Dot::Sum* sums(int32_t i) const { return sums_.get() + of_rows(i, size / group_); }
    float scale(int32_t i) const { return scales_.get()[i]; }
    void keep(int32_t i, const float* x) {
        if (form_ == BFLOAT16) {
            float* plain = plain_.get() + of_rows(i, plain_stride());
            plain[plain_stride() - 1] = 0;
            std::memcpy(plain, x, 4 * static_cast<size_t>(size));
            scales_.get()[i] = 1.0f;
            return;
        }
        Cell* cells = cells_.get() + of_rows(i, stride);
        keep_row(x, size, Dot::OFFSET && form_ == INT8, cells, scales_.get()[i]);
        std::memset(cells + size, 0, static_cast<size_t>(stride - size) * sizeof(Cell));
        if (form_ == INT4) sum_groups(cells, sums_.get() + of_rows(i, size / group_));
    }
    // Leaves in x what rounding has left of row i, which was kept of it.
    void take_off(int32_t i, float* x) const {
        take_off_row(row(i), size, Dot::OFFSET && form_ == INT8, scale(i), x);
    }
    const int32_t count, size, stride;

private:
    static size_t of_rows(int32_t rows, int32_t wide) {
        return static_cast<size_t>(rows) * static_cast<size_t>(wide);
    }
    void sum_groups(const Cell* cells, Dot::Sum* sums) const {
        for (int32_t from = 0; from < size; from += group_) {
            Dot::Sum sum = 0;
            for (int32_t k = 0; k < group_; k++) sum += cells[from + k];
            *sums++ = sum;
        }
    }
    const int32_t form_, group_;
    Scratch<Cell> cells_;
    Scratch<float> plain_;
    Scratch<Dot::Sum> sums_;
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
    spread_rows(pool, kept.count, [&](int32_t i, int32_t worker) {
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
    spread_rows(pool, work.count, [&](int32_t row, int32_t worker) {
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
    spread_rows(pool, work.count, [&](int32_t row, int32_t worker) {
        join_row(work, row, mixed.get() + size * static_cast<size_t>(worker));
    });
    return true;
}

}  // namespace

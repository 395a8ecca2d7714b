// What rows of logits expect of the vocabulary's matrix: their shares times its likely rows.
#pragma once
#include "product.h"
#include "turned_rows.h"

namespace {

// Shares of the logits x [size], none where every logit is -inf; `highest` becomes them where they
// are larger. Returns 0, or no number where a logit is none.
inline float share_out(const float* x, int32_t size, float* shares, float* highest) {
    const float largest = most_of(x, size);
    if (largest == -INFINITY) {
        std::memset(shares, 0, 4 * static_cast<size_t>(size));
        return 0;
    }
    Floats sums{};
    each(size, [&](int32_t i, auto part) {
        store(shares + i, exponential(load(x + i, part) - largest), part);
        sums += load(shares + i, part);
    });
    const float factor = 1.0f / sum(sums);
    each(size, [&](int32_t i, auto part) {
        const Floats share = load(shares + i, part) * factor;
        store(shares + i, share, part);
        store(highest + i, most(share, load(highest + i, part)), part);
    });
    return 0 * factor;
}

// Of outputs, each thread's highest shares [threads, outputs]: those above `least`. Says how many.
inline int32_t find_likely(const float* highest, int32_t threads, int32_t outputs, float least,
                           int32_t* likely) {
    int32_t found = 0;
    for (int32_t i = 0; i < outputs; i++) {
        bool enough = false;
        for (int32_t thread = 0; thread < threads; thread++) {
            enough |= highest[static_cast<size_t>(thread) * static_cast<size_t>(outputs) +
                              static_cast<size_t>(i)] > least;
        }
        likely[found] = i;
        found += enough;
    }
    return found;
}

// Keeps shares [rows, outputs] of some outputs as rows of a product, each times its output's scale.
// A row that is rounded is kept twice: the second time what rounding has left of it.
inline void keep_shares(Pool* pool, const Matrix& matrix, const float* shares,
                        const int32_t* likely, KeptRows& kept, float* weights) {
    const bool twice = matrix.form == INT8;
    const int32_t rows = twice ? kept.count / 2 : kept.count;
    spread_rows(pool, rows, [&](int32_t row, int32_t worker) {
        const float* mine = shares + static_cast<size_t>(row) * static_cast<size_t>(matrix.outputs);
        float* x = weights + worker * PORTION;
        for (int32_t i = 0; i < kept.size; i++) x[i] = mine[likely[i]] * matrix.scales[likely[i]];
        kept.keep(row, x);
        if (!twice) return;
        kept.take_off(row, x);
        kept.keep(rows + row, x);
    });
}

bool expect(Pool* pool, const Matrix& matrix, const Expecting& work) {
    const size_t rows = static_cast<size_t>(work.count);
    const size_t threads = static_cast<size_t>(workers(pool));
    const size_t outputs = static_cast<size_t>(matrix.outputs);
    const size_t numbers = rows * static_cast<size_t>(matrix.inputs);
    const int32_t times = matrix.form == INT8 ? 2 : 1;
    Scratch<float> shares(rows * outputs), highest(threads * outputs), weights(threads * PORTION);
    Scratch<float> products(static_cast<size_t>(times) * numbers);
    Scratch<int32_t> likely(outputs);
    TurnedRows turned(matrix);
    if (shares.missing() || highest.missing() || weights.missing() || products.missing() ||
        likely.missing() || turned.missing())
        return false;
    std::memset(highest.get(), 0, 4 * threads * outputs);
    spread_rows(pool, work.count, [&](int32_t row, int32_t worker) {
        const size_t from = static_cast<size_t>(row) * outputs;
        const float begin = share_out(work.logits + from, matrix.outputs, shares.get() + from,
                                      highest.get() + static_cast<size_t>(worker) * outputs);
        float* out = work.out + static_cast<size_t>(row) * static_cast<size_t>(matrix.inputs);
        for (int32_t i = 0; i < matrix.inputs; i++) out[i] = begin;
    });
    const int32_t found =
        find_likely(highest.get(), workers(pool), matrix.outputs, work.least, likely.get());
    for (int32_t from = 0; from < found; from += PORTION) {
        const int32_t* names = likely.get() + from;
        const Matrix some = turned.turn(pool, names, least(PORTION, found - from));
        KeptRows kept(times * work.count, some);
        if (kept.missing()) return false;
        keep_shares(pool, matrix, shares.get(), names, kept, weights.get());
        multiply(pool, some, kept, products.get());
        for (int32_t time = 0; time < times; time++) {
            const float* added = products.get() + static_cast<size_t>(time) * numbers;
            for (size_t i = 0; i < numbers; i++) work.out[i] += work.factor * added[i];
        }
    }
    return true;
}

}  // namespace

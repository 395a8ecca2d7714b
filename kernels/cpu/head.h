// The product with the vocabulary: softcapped logits, and what is asked of them while they are in
// the cache, so that the matrix of logits need not be written.
#pragma once
#include "product.h"

namespace {

// Of one row, as far as it has been read: the largest logit, the sum of e^(logit - largest), and
// the best so far in falling order.
struct Reading {
    float largest, total;
    int32_t found;
};

class Readings {
public:
    Readings(const Head& head, int32_t rows, int32_t workers)
        : top(head.top),
          rows_(rows),
          state_(static_cast<size_t>(rows * workers)),
          logits_(static_cast<size_t>(rows * workers) * static_cast<size_t>(most(1, head.top))),
          outputs_(static_cast<size_t>(rows * workers) * static_cast<size_t>(most(1, head.top))) {
        if (missing()) return;
        for (int32_t i = 0; i < rows * workers; i++) state_.get()[i] = {-INFINITY, 0, 0};
    }
    bool missing() const { return state_.missing() || logits_.missing() || outputs_.missing(); }
    Reading& of(int32_t worker, int32_t row) { return state_.get()[worker * rows_ + row]; }
    float* logits(int32_t worker, int32_t row) { return logits_.get() + at(worker, row); }
    int32_t* outputs(int32_t worker, int32_t row) { return outputs_.get() + at(worker, row); }

    void offer(int32_t worker, int32_t row, float logit, int32_t output) {
        Reading& reading = of(worker, row);
        float* kept = logits(worker, row);
        int32_t* names = outputs(worker, row);
        int32_t place = reading.found < top ? reading.found++ : top - 1;
        // equal logits keep the order of outputs, whichever thread has read them
        for (; place > 0 && before(logit, output, kept[place - 1], names[place - 1]); place--) {
            kept[place] = kept[place - 1];
            names[place] = names[place - 1];
        }
        kept[place] = logit;
        names[place] = output;
    }
    bool wants(int32_t worker, int32_t row, float logit, int32_t output) {
        const int32_t found = of(worker, row).found;
        return found < top || (top && before(logit, output, logits(worker, row)[top - 1],
                                             outputs(worker, row)[top - 1]));
    }
    const int32_t top;

private:
    static bool before(float a, int32_t i, float b, int32_t j) {
        return a > b || (a == b && i < j);
    }
    size_t at(int32_t worker, int32_t row) const {
        return static_cast<size_t>(worker * rows_ + row) * static_cast<size_t>(most(1, top));
    }
    const int32_t rows_;
    Scratch<Reading> state_;
    Scratch<float> logits_;
    Scratch<int32_t> outputs_;
};

// Makes `largest` the reading's, where it is larger.
inline void raise(Reading& reading, float largest) {
    if (largest <= reading.largest) return;
    reading.total *= std::exp(reading.largest - largest);
    reading.largest = largest;
}

inline void read(Readings& readings, const Head& head, int32_t worker, int32_t row, int32_t from,
                 const float* logits, int32_t count) {
    const float largest = most_of(logits, count);
    if (head.log_sums) {
        Reading& reading = readings.of(worker, row);
        raise(reading, largest);
        float shares[OUTPUT_STEP] = {};
        each(count, [&](int32_t i, auto part) {
            store(shares + i, exponential(load(logits + i, part) - reading.largest), part);
        });
        Floats total{};
        for (int32_t i = 0; i < OUTPUT_STEP; i += LANES) total += load(shares + i);
        reading.total += sum(total);
    }
    if (head.top && readings.wants(worker, row, largest, from)) {
        for (int32_t i = 0; i < count; i++) {
            if (readings.wants(worker, row, logits[i], from + i)) {
                readings.offer(worker, row, logits[i], from + i);
            }
        }
    }
    for (int32_t i = 0; i < head.choices; i++) {
        const size_t place =
            static_cast<size_t>(row) * static_cast<size_t>(head.choices) + static_cast<size_t>(i);
        const int32_t at = head.chosen[place] - from;
        if (at >= 0 && at < count) head.chosen_logits[place] = logits[at];
    }
}

// What the threads have read of a row, together.
inline void gather(Readings& readings, const Head& head, int32_t workers, int32_t row) {
    for (int32_t worker = 1; worker < workers; worker++) {
        // by value: what is gathered here changes only the first
        const Reading other = readings.of(worker, row);
        if (!(other.total == 0)) {
            raise(readings.of(0, row), other.largest);
            readings.of(0, row).total +=
                other.total * std::exp(other.largest - readings.of(0, row).largest);
        }
        for (int32_t i = 0; i < other.found; i++) {
            const float logit = readings.logits(worker, row)[i];
            const int32_t output = readings.outputs(worker, row)[i];
            if (readings.wants(0, row, logit, output)) readings.offer(0, row, logit, output);
        }
    }
    const Reading all = readings.of(0, row);
    if (head.log_sums) head.log_sums[row] = all.largest + std::log(all.total);
    const size_t to = static_cast<size_t>(row) * static_cast<size_t>(head.top),
                 size = static_cast<size_t>(head.top);
    if (!head.top) return;
    std::memcpy(head.top_logits + to, readings.logits(0, row), 4 * size);
    std::memcpy(head.top_outputs + to, readings.outputs(0, row), 4 * size);
}

bool head(Pool* pool, const Matrix& matrix, const Rows& rows, const Head& work) {
    KeptRows kept(rows.count, matrix);
    Readings readings(work, rows.count, workers(pool));
    if (kept.missing() || readings.missing() || !open_rows(pool, rows, kept)) return false;
    constexpr int32_t STEPS = 8;
    const int32_t steps = padded(matrix.outputs, OUTPUT_STEP) / OUTPUT_STEP;
    const bool asked = work.log_sums || work.top || work.choices;
    const float inverse = 1.0f / work.cap;
    spread(pool, (steps + STEPS - 1) / STEPS, [&](int32_t part, int32_t worker) {
        const Dot::Session session;
        for (int32_t step = part * STEPS; step < least(steps, (part + 1) * STEPS); step++) {
            const int32_t from = step * OUTPUT_STEP,
                          count = least(OUTPUT_STEP, matrix.outputs - from);
            each_tile(matrix, kept, step, [&](int32_t row, int32_t m, float* tile) {
                for (int32_t i = 0; i < m; i++) {
                    float* logits = tile + i * OUTPUT_STEP;
                    each(OUTPUT_STEP, [&](int32_t j, auto all) {
                        store(logits + j,
                              hyperbolic_tangent(load(logits + j, all) * inverse) * work.cap, all);
                    });
                    if (asked) read(readings, work, worker, row + i, from, logits, count);
                    if (!work.logits) continue;
                    float* to = work.logits +
                                static_cast<size_t>(row + i) * static_cast<size_t>(matrix.outputs) +
                                from;
                    std::memcpy(to, logits, 4 * static_cast<size_t>(count));
                }
            });
        }
    });
    for (int32_t row = 0; row < rows.count; row++) gather(readings, work, workers(pool), row);
    return true;
}

}  // namespace

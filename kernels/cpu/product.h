// Products of kept rows with packed matrices, and the gated MLP that is made of two.
#pragma once
#include "bfloat16.h"
#include "int4.h"

namespace {

// The tile of m rows from `row` on and 32 outputs from 32 * step on, in float32: [m][32].
inline void int8_tile(const Matrix& matrix, const KeptRows& rows, int32_t row, int32_t m,
                       int32_t step, float* tile) {
    const size_t outputs = static_cast<size_t>(step) * OUTPUT_STEP;
    Dot::Sum sums[Dot::ROWS * OUTPUT_STEP];
    Dot::tile(m, rows.row(row), rows.stride,
              static_cast<const int8_t*>(matrix.cells) +
                  outputs * static_cast<size_t>(rows.stride),
              sums,
              row + m == rows.count);
    for (int32_t i = 0; i < m; i++) {
        const float scale = rows.scale(row + i);
        for (int32_t j = 0; j < OUTPUT_STEP; j += LANES) {
            Dot::Sums raw;
            std::memcpy(&raw, sums + i * OUTPUT_STEP + j, sizeof raw);
            if (Dot::OFFSET) {
                Dot::Sums offset;
                std::memcpy(&offset, matrix.sums + outputs + j, sizeof offset);
                raw -= offset;
            }
            const Floats whole = __builtin_convertvector(raw, Floats);
            store(tile + i * OUTPUT_STEP + j, whole * load(matrix.scales + outputs + j) * scale);
        }
    }
}

inline void float_tile(const Matrix& matrix, const KeptRows& rows, int32_t row, int32_t m,
                       int32_t step, float* tile) {
    switch (matrix.form) {
        case INT4:
            return int4_tile(matrix, rows, row, m, step, tile);
        case BFLOAT16:
            return bfloat16_tile(matrix, rows, row, m, step, tile);
        default:
            int8_tile(matrix, rows, row, m, step, tile);
    }
}

// Calls take(row, m, tile) for the tiles of one step of outputs.
template <class F>
inline void each_tile(const Matrix& matrix, const KeptRows& rows, int32_t step, F take) {
    const int32_t together = matrix.form == INT8 ? Dot::ROWS : FEW_ROWS;
    float tile[Dot::ROWS * OUTPUT_STEP];
    for (int32_t row = 0; row < rows.count; row += together) {
        const int32_t m = least(together, rows.count - row);
        float_tile(matrix, rows, row, m, step, tile);
        take(row, m, tile);
    }
}

// out [rows, outputs]
inline void multiply(Pool* pool, const Matrix& matrix, const KeptRows& rows, float* out) {
    const int32_t steps = padded(matrix.outputs, OUTPUT_STEP) / OUTPUT_STEP;
    // some steps at a time, for a part costs a lock; no fewer parts than threads can share
    const int32_t together = most(1, least(8, steps / (4 * workers(pool))));
    spread(pool, (steps + together - 1) / together, [&](int32_t part, int32_t) {
        const Dot::Session session;
        for (int32_t step = part * together; step < least(steps, (part + 1) * together); step++) {
            const int32_t from = step * OUTPUT_STEP;
            const int32_t wide = least(OUTPUT_STEP, matrix.outputs - from);
            each_tile(matrix, rows, step, [&](int32_t row, int32_t m, const float* tile) {
                for (int32_t i = 0; i < m; i++, tile += OUTPUT_STEP) {
                    float* to = out +
                                static_cast<size_t>(row + i) * static_cast<size_t>(matrix.outputs) +
                                from;
                    each(wide, [&](int32_t j, auto part) { store(to + j, load(tile + j, part), part); });
                }
            });
        }
    });
}

bool product(Pool* pool, const Matrix& matrix, const Rows& rows, float* out) {
    KeptRows kept(rows.count, matrix);
    if (kept.missing() || !open_rows(pool, rows, kept)) return false;
    multiply(pool, matrix, kept, out);
    return true;
}

bool gated_mlp(Pool* pool, const Matrix& gate_up, const Matrix& down, const Rows& rows,
               float* out) {
    const int32_t size = down.inputs;
    KeptRows opened(rows.count, gate_up), gated(rows.count, down);
    Scratch<float> raw(static_cast<size_t>(rows.count) * static_cast<size_t>(2 * size));
    if (opened.missing() || gated.missing() || raw.missing()) return false;
    if (!open_rows(pool, rows, opened)) return false;
    multiply(pool, gate_up, opened, raw.get());
    spread_rows(pool, rows.count, [&](int32_t row, int32_t) {
        float* gate = raw.get() + static_cast<size_t>(row) * static_cast<size_t>(2 * size);
        const float* up = gate + size;
        each(size, [&](int32_t i, auto part) {
            store(gate + i, gelu(load(gate + i, part)) * load(up + i, part), part);
        });
        gated.keep(row, gate);
    });
    multiply(pool, down, gated, out);
    return true;
}

}  // namespace

// Attention of rows over a run of shared positions and a list of own rows each, in float32. Keys of
// shared positions are laid out so that a vector holds one dimension of several positions.
#pragma once
#include "rows.h"

namespace {

// Queries that read the same keys together: as many as leave registers for the sums.
constexpr int32_t TOGETHER = LANES == 16 ? 8 : 4;
constexpr int32_t VECTORS = BLOCK / LANES;

// What a tile of queries, those of one key head, look at: shared positions [from, past).
struct Tile {
    const Heads& heads;
    const Attention& attention;
    int32_t key_head, query, from, past;
    float* scores;
    int32_t stride;

    int32_t group() const { return heads.query / heads.key; }
    int32_t row(int32_t i) const { return (query + i) / group(); }
    size_t place(int32_t i) const {
        const size_t head = static_cast<size_t>(key_head * group() + (query + i) % group());
        return (static_cast<size_t>(row(i)) * static_cast<size_t>(heads.query) + head) *
               static_cast<size_t>(heads.size);
    }
    size_t own_place(int32_t slot) const {
        return (static_cast<size_t>(slot) * static_cast<size_t>(heads.key) +
                static_cast<size_t>(key_head)) *
               static_cast<size_t>(heads.size);
    }
};

template <int32_t Q>
inline void shared_scores(const Tile& tile) {
    const int32_t size = tile.heads.size;
    const float* queries[Q];
    for (int32_t i = 0; i < Q; i++) queries[i] = tile.attention.queries + tile.place(i);
    const size_t block = static_cast<size_t>(size) * BLOCK;
    // a processor does not guess the way to the next block, which other heads' keys lie before
    const size_t next = block * static_cast<size_t>(tile.heads.key);
    for (int32_t at = tile.from; at < tile.past; at += BLOCK) {
        const float* keys = tile.attention.shared_keys +
                            (static_cast<size_t>(at / BLOCK) * static_cast<size_t>(tile.heads.key) +
                             static_cast<size_t>(tile.key_head)) *
                                block;
        Floats sums[Q][VECTORS] = {};
        for (int32_t d = 0; d < size; d++) {
            __builtin_prefetch(keys + next + d * BLOCK);
            for (int32_t v = 0; v < VECTORS; v++) {
                const Floats key = load(keys + d * BLOCK + v * LANES);
                for (int32_t i = 0; i < Q; i++) sums[i][v] += queries[i][d] * key;
            }
        }
        for (int32_t i = 0; i < Q; i++) {
            for (int32_t v = 0; v < VECTORS; v++) {
                store(tile.scores + i * tile.stride + at - tile.from + v * LANES, sums[i][v]);
            }
        }
    }
}

// Turns a query's scores into shares whose sum is returned; what it does not see gets 0.
inline float shares(const Tile& tile, int32_t i) {
    const Attention& all = tile.attention;
    const int32_t row = tile.row(i), size = tile.heads.size;
    float* scores = tile.scores + i * tile.stride;
    const int32_t seen = most(0, all.first[row] - tile.from);
    const int32_t end = most(seen, all.past[row] - tile.from), shared = tile.past - tile.from;
    float largest = most_of(scores + seen, end - seen);
    const float* query = all.queries + tile.place(i);
    const int32_t own = all.own_from[row + 1] - all.own_from[row];
    for (int32_t x = 0; x < own; x++) {
        const float* key = all.own_keys + tile.own_place(all.own[all.own_from[row] + x]);
        Floats products{};
        each(size, [&](int32_t d, auto part) {
            products += load(query + d, part) * load(key + d, part);
        });
        scores[shared + x] = sum(products);
        largest = scores[shared + x] > largest ? scores[shared + x] : largest;
    }
    float total = 0;
    const auto share = [&](int32_t from, int32_t to) {
        Floats sums{};
        each(to - from, [&](int32_t c, auto part) {
            const Floats e = exponential(load(scores + from + c, part) - largest);
            store(scores + from + c, e, part);
            sums += load(scores + from + c, part);
        });
        total += sum(sums);
    };
    for (int32_t c = 0; c < seen; c++) scores[c] = 0;
    share(seen, end);
    for (int32_t c = end; c < shared; c++) scores[c] = 0;
    share(shared, shared + own);
    return total;
}

template <int32_t Q>
inline void shared_values(const Tile& tile) {
    constexpr int32_t WIDE = 2, AHEAD = 16;
    const int32_t size = tile.heads.size, shared = tile.past - tile.from;
    const size_t step = static_cast<size_t>(tile.heads.key * size);
    const float* values = tile.attention.shared_values + static_cast<size_t>(tile.from) * step +
                          static_cast<size_t>(tile.key_head * size);
    const int32_t whole = size / (WIDE * LANES) * (WIDE * LANES);
    for (int32_t d = 0; d < whole; d += WIDE * LANES) {
        Floats sums[Q][WIDE] = {};
        for (int32_t c = 0; c < shared; c++) {
            for (int32_t v = 0; v < WIDE; v++) {
                __builtin_prefetch(values + static_cast<size_t>(c + AHEAD) * step + d + v * LANES);
                const Floats value = load(values + static_cast<size_t>(c) * step + d + v * LANES);
                for (int32_t i = 0; i < Q; i++)
                    sums[i][v] += tile.scores[i * tile.stride + c] * value;
            }
        }
        for (int32_t i = 0; i < Q; i++) {
            for (int32_t v = 0; v < WIDE; v++)
                store(tile.attention.out + tile.place(i) + d + v * LANES, sums[i][v]);
        }
    }
    for (int32_t i = 0; i < Q; i++) {
        float* out = tile.attention.out + tile.place(i);
        for (int32_t d = whole; d < size; d++) {
            out[d] = 0;
            for (int32_t c = 0; c < shared; c++)
                out[d] +=
                    tile.scores[i * tile.stride + c] * values[static_cast<size_t>(c) * step + d];
        }
    }
}

// Adds the own values, and divides by the shares' sum.
inline void close(const Tile& tile, int32_t i, float total) {
    const Attention& all = tile.attention;
    const int32_t row = tile.row(i), size = tile.heads.size, shared = tile.past - tile.from;
    float* out = all.out + tile.place(i);
    for (int32_t x = all.own_from[row]; x < all.own_from[row + 1]; x++) {
        const float share = tile.scores[i * tile.stride + shared + x - all.own_from[row]];
        const float* value = all.own_values + tile.own_place(all.own[x]);
        each(size, [&](int32_t d, auto part) {
            store(out + d, load(out + d, part) + share * load(value + d, part), part);
        });
    }
    each(size, [&](int32_t d, auto part) { store(out + d, load(out + d, part) / total, part); });
}

template <int32_t Q>
inline void attend_tile(const Tile& tile, int32_t queries) {
    if (queries < Q) {
        if constexpr (Q > 1) attend_tile<Q - 1>(tile, queries);
        return;
    }
    shared_scores<Q>(tile);
    float totals[Q];
    for (int32_t i = 0; i < Q; i++) totals[i] = shares(tile, i);
    shared_values<Q>(tile);
    for (int32_t i = 0; i < Q; i++) close(tile, i, totals[i]);
}

bool attend(Pool* pool, const Heads& heads, const Attention& all) {
    const int32_t queries = all.count * (heads.query / heads.key);
    const int32_t tiles = (queries + TOGETHER - 1) / TOGETHER;
    int32_t longest = 0, own = 0;
    for (int32_t row = 0; row < all.count; row++) {
        longest = most(longest, all.past[row]);
        own = most(own, all.own_from[row + 1] - all.own_from[row]);
    }
    const int32_t stride = padded(longest + own, BLOCK) + BLOCK;
    const size_t each_worker = static_cast<size_t>(TOGETHER) * static_cast<size_t>(stride);
    Scratch<float> scores(each_worker * static_cast<size_t>(workers(pool)));
    if (scores.missing()) return false;
    spread(pool, heads.key * tiles, [&](int32_t part, int32_t worker) {
        Tile tile{heads,
                  all,
                  part / tiles,
                  part % tiles * TOGETHER,
                  INT32_MAX,
                  0,
                  scores.get() + each_worker * static_cast<size_t>(worker),
                  stride};
        const int32_t count = least(TOGETHER, queries - tile.query);
        for (int32_t i = 0; i < count; i++) {
            tile.from = least(tile.from, all.first[tile.row(i)]);
            tile.past = most(tile.past, all.past[tile.row(i)]);
        }
        tile.from = tile.from / BLOCK * BLOCK;
        tile.past = most(tile.from, tile.past);
        attend_tile<TOGETHER>(tile, count);
    });
    return true;
}

}  // namespace

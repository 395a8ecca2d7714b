// Vectors of LANES floats in the compilers' own notation (GCC and Clang), and what is made of them.
// LANES is the including file's, of one instruction set.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "pool.h"

namespace {

typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));
typedef int8_t Bytes __attribute__((vector_size(LANES)));

struct All {};
struct Some {
    int32_t count;
};

inline Floats splat(float x) { return x - Floats{}; }

inline Floats load(const float* from, All = {}) {
    Floats x;
    std::memcpy(&x, from, sizeof x);
    return x;
}

inline Floats load(const float* from, Some some) {
    Floats x{};
    std::memcpy(&x, from, 4 * static_cast<size_t>(some.count));
    return x;
}

inline void store(float* to, Floats x, All = {}) { std::memcpy(to, &x, sizeof x); }

inline void store(float* to, Floats x, Some some) {
    std::memcpy(to, &x, 4 * static_cast<size_t>(some.count));
}

inline int32_t width(All) { return LANES; }
inline int32_t width(Some some) { return some.count; }

// Calls f(i, All) for each whole vector of [0, size), and f(i, Some) for what is left.
template <class F>
inline void each(int32_t size, F f) {
    int32_t i = 0;
    for (; i + LANES <= size; i += LANES) f(i, All{});
    if (i < size) f(i, Some{size - i});
}

inline int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
inline int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
inline int32_t padded(int32_t size, int32_t step) { return (size + step - 1) / step * step; }

inline Floats most(Floats a, Floats b) { return a > b ? a : b; }
inline Floats least(Floats a, Floats b) { return a < b ? a : b; }
inline Floats size_of(Floats x) { return x < 0 ? -x : x; }

// All lanes made one by f, half against half.
template <int32_t N, class F>
inline float folded(const float* lanes, F f) {
    if constexpr (N == 1) {
        return lanes[0];
    } else {
        typedef float Half __attribute__((vector_size(2 * N)));
        Half low, high;
        std::memcpy(&low, lanes, sizeof low);
        std::memcpy(&high, lanes + N / 2, sizeof high);
        float halves[N / 2];
        const Half both = f(low, high);
        std::memcpy(halves, &both, sizeof both);
        return folded<N / 2>(halves, f);
    }
}

inline float sum(Floats x) {
    float lanes[LANES];
    store(lanes, x);
    return folded<LANES>(lanes, [](auto a, auto b) { return a + b; });
}

inline float most(Floats x) {
    float lanes[LANES];
    store(lanes, x);
    return folded<LANES>(lanes, [](auto a, auto b) { return a > b ? a : b; });
}

// The largest of them; -inf of none.
inline float most_of(const float* x, int32_t size) {
    Floats largest = splat(-INFINITY);
    int32_t i = 0;
    for (; i + LANES <= size; i += LANES) largest = most(load(x + i), largest);
    float all = most(largest);
    for (; i < size; i++) all = x[i] > all ? x[i] : all;
    return all;
}

// To the nearest integer, for |x| < 2^22: adding 1.5 * 2^23 leaves no bits for a fraction.
inline Floats nearest(Floats x) { return (x + 12582912.0f) - 12582912.0f; }

// e^x within 2e-7 of itself; e^-87 for all that is smaller, e^88 for all that is larger. The
// fraction's series is Taylor's, whose seventh term is below 2e-8 at ln(2) / 2.
__attribute__((always_inline)) inline Floats exponential(Floats x) {
    // in this order both leave what is no number as it is
    x = most(splat(-87.0f), least(splat(88.0f), x));
    const Floats power = nearest(x * 1.44269504f);
    const Floats rest = (x - power * 0.693359375f) + power * 2.12194440e-4f;
    Floats series = splat(1.0f / 720);
    series = series * rest + 1.0f / 120;
    series = series * rest + 1.0f / 24;
    series = series * rest + 1.0f / 6;
    series = series * rest + 0.5f;
    series = series * rest + 1.0f;
    series = series * rest + 1.0f;
    const Ints exponent = (__builtin_convertvector(power, Ints) + 127) << 23;
    Floats scale;
    std::memcpy(&scale, &exponent, sizeof scale);
    return series * scale;
}

inline Floats hyperbolic_tangent(Floats x) { return 1.0f - 2.0f / (exponential(x + x) + 1.0f); }

// Its tanh approximation, x / (1 + e^-2z), which is the same as x (1 + tanh z) / 2.
inline Floats gelu(Floats x) {
    const Floats z = 0.7978845608f * x * (1.0f + 0.044715f * x * x);
    return x / (1.0f + exponential(-2.0f * z));
}

// Memory for the time of one operation, at the beginning of a cache line.
template <class T>
class Scratch {
public:
    explicit Scratch(size_t count)
        : whole_(std::malloc(count * sizeof(T) + 64)),
          from_(reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(whole_) + 63) / 64 * 64)) {}
    ~Scratch() { std::free(whole_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    bool missing() const { return !whole_; }
    T* get() const { return from_; }

private:
    void* whole_;
    T* from_;
};

template <class F>
void call(void* work, int32_t part, int32_t worker) {
    (*static_cast<F*>(work))(part, worker);
}

// work(part, worker) for each part, by the pool's threads where there is one.
template <class F>
inline void spread(fillwright::Pool* pool, int32_t parts, F work) {
    if (pool && parts > 1) {
        pool->run(parts, call<F>, &work);
    } else {
        for (int32_t part = 0; part < parts; part++) work(part, 0);
    }
}

// The same for each row, some rows at a time: a part costs a lock.
template <class F>
inline void spread_rows(fillwright::Pool* pool, int32_t rows, F work) {
    constexpr int32_t PART = 16;
    spread(pool, (rows + PART - 1) / PART, [&](int32_t part, int32_t worker) {
        const int32_t past = least(rows, (part + 1) * PART);
        for (int32_t row = part * PART; row < past; row++) work(row, worker);
    });
}

inline int32_t workers(const fillwright::Pool* pool) { return pool ? pool->threads() : 1; }

}  // namespace

// The operations with NEON beside the float32 reference, for a machine that runs such programs in an
// emulator only. Rows are whole numbers up to 127, so that rounding changes nothing. Says how many
// results are wrong.
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "processor.h"

using namespace fillwright;

extern "C" void fillwright_pack(const int8_t*, int32_t, int32_t, int8_t*, int32_t*);

using Numbers = std::vector<float>;

static std::mt19937 source(1);
static int wrong = 0;

static int drawn(int from, int to) { return std::uniform_int_distribution<int>(from, to)(source); }

static Numbers drawn_numbers(int count) {
    Numbers numbers(static_cast<size_t>(count));
    for (float& number : numbers) number = static_cast<float>(drawn(-1000, 1000)) / 1000;
    return numbers;
}

static void compare(const char* what, const Numbers& ours, const Numbers& wanted) {
    for (size_t i = 0; i < ours.size(); i++) {
        if (std::fabs(ours[i] - wanted[i]) <= 1e-5f * (1 + std::fabs(wanted[i]))) continue;
        std::printf("%s: %g is not %g\n", what, ours[i], wanted[i]);
        wrong++;
        return;
    }
}

static void check_products(const Operations& neon, const Operations& reference) {
    const int outputs = drawn(1, 150), inputs = drawn(1, 150), rows = drawn(1, 40);
    const size_t wide = static_cast<size_t>((outputs + 31) / 32 * 32);
    const size_t deep = static_cast<size_t>((inputs + 63) / 64 * 64);
    std::vector<int8_t> weights(static_cast<size_t>(outputs * inputs)), cells(wide * deep);
    std::vector<int32_t> sums(wide);
    Numbers scales(wide, 0.01f), x(static_cast<size_t>(rows * inputs));
    for (int8_t& weight : weights) weight = static_cast<int8_t>(drawn(-128, 127));
    for (float& number : x) number = static_cast<float>(drawn(-127, 127));
    for (int row = 0; row < rows; row++) x[static_cast<size_t>(row * inputs)] = 127;
    fillwright_pack(weights.data(), outputs, inputs, cells.data(), sums.data());
    const Matrix matrix{outputs,     inputs, cells.data(), scales.data(),
                        sums.data(), INT8,   0,            nullptr};
    const Rows opened{x.data(), nullptr, -1, rows};
    Numbers ours(static_cast<size_t>(rows * outputs)), wanted = ours;
    neon.product(nullptr, matrix, opened, ours.data());
    reference.product(nullptr, matrix, opened, wanted.data());
    compare("product", ours, wanted);
    Numbers our_sums(static_cast<size_t>(rows)), wanted_sums = our_sums;
    Head head{};
    head.cap = 3000;
    head.log_sums = our_sums.data();
    neon.head(nullptr, matrix, opened, head);
    head.log_sums = wanted_sums.data();
    reference.head(nullptr, matrix, opened, head);
    compare("head", our_sums, wanted_sums);
}

static void check_other_forms(const Operations& neon, const Operations& reference) {
    const int outputs = drawn(1, 150), group = 8 * drawn(1, 6), inputs = group * drawn(1, 5);
    const int rows = drawn(1, 40);
    const size_t cells = static_cast<size_t>((outputs + 31) / 32 * 32 * inputs);
    // any bits are cells of int4; of bfloat16 those of small numbers
    std::vector<uint8_t> nibbles(cells / 2);
    std::vector<uint16_t> halves(cells), group_scales(cells / static_cast<size_t>(group), 0x3c00);
    for (uint8_t& two : nibbles) two = static_cast<uint8_t>(drawn(0, 255));
    for (uint16_t& half : halves) half = static_cast<uint16_t>(0x3c00 + drawn(0, 255));
    Numbers scales(static_cast<size_t>((outputs + 31) / 32 * 32), 0.01f);
    Numbers x(static_cast<size_t>(rows * inputs));
    for (float& number : x) number = static_cast<float>(drawn(-127, 127));
    for (int row = 0; row < rows; row++) x[static_cast<size_t>(row * inputs)] = 127;
    const Rows opened{x.data(), nullptr, -1, rows};
    const Matrix int4{outputs, inputs, nibbles.data(), nullptr, nullptr, INT4, group,
                      group_scales.data()};
    const Matrix bfloat16{outputs, inputs, halves.data(), scales.data(), nullptr, BFLOAT16, 0,
                          nullptr};
    for (const Matrix& matrix : {int4, bfloat16}) {
        Numbers ours(static_cast<size_t>(rows * outputs)), wanted = ours;
        neon.product(nullptr, matrix, opened, ours.data());
        reference.product(nullptr, matrix, opened, wanted.data());
        compare("product of another form", ours, wanted);
    }
}

static void check_attention(const Operations& neon, const Operations& reference) {
    constexpr int POSITIONS = 64, SIZE = 16;
    const Heads heads{4, 2, SIZE};
    const int rows = drawn(1, 40);
    const Numbers raw = drawn_numbers(rows * 8 * SIZE), gains = drawn_numbers(6 * SIZE);
    const Numbers cos = drawn_numbers(rows * SIZE), sin = drawn_numbers(rows * SIZE);
    std::vector<int32_t> first(static_cast<size_t>(rows), 3), past, from(first.size() + 1, 0);
    for (int row = 0; row < rows; row++) past.push_back(4 + row);
    Numbers results[2][4];
    for (int i = 0; i < 2; i++) {
        const Operations& operations = i ? reference : neon;
        Numbers queries(static_cast<size_t>(rows * 4 * SIZE)), out = queries;
        Numbers keys(POSITIONS * 2 * SIZE), values = keys;
        const Turn turn{raw.data(), gains.data(), cos.data(), sin.data(), 1e-6f, 1, rows, 1, 3,
                        queries.data(), keys.data(), values.data() + 3 * 2 * SIZE};
        operations.turn(nullptr, heads, turn);
        const Attention attention{queries.data(), rows, keys.data(), values.data(), nullptr,
                                  nullptr, first.data(), past.data(), from.data(), nullptr,
                                  out.data()};
        operations.attend(nullptr, heads, attention);
        const Numbers made[] = {queries, keys, values, out};
        for (int j = 0; j < 4; j++) results[i][j] = made[j];
    }
    for (int j = 0; j < 4; j++) compare("attention", results[0][j], results[1][j]);
}

int main() {
    for (int i = 0; i < 40; i++) {
        check_products(*operations(neon), *operations(float32));
        check_other_forms(*operations(neon), *operations(float32));
        check_attention(*operations(neon), *operations(float32));
    }
    std::printf("%d wrong\n", wrong);
}

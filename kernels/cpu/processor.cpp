#include "processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace fillwright {

extern const Operations FLOAT32;

#if defined(__x86_64__)
extern const Operations AMX, AVX512, AVX_VNNI_SET, AVX2;

namespace {

struct Leaf {
    uint32_t a = 0, b = 0, c = 0, d = 0;
    Leaf(uint32_t leaf, uint32_t part) { __get_cpuid_count(leaf, part, &a, &b, &c, &d); }
};

bool bit(uint32_t word, int place) { return (word >> place) & 1; }

// The registers that the system saves, as bits of XCR0; 0 where it does not say.
uint64_t saved_registers() {
    if (!bit(Leaf(1, 0).c, 27)) return 0;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<uint64_t>(high) << 32) | low;
}

// Linux lends the tiles to those who ask.
bool may_use_tiles() {
#if defined(__linux__)
    constexpr long ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18;  // asm/prctl.h
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
    return false;
#endif
}

// Bits as in Intel's manual, volume 2A, CPUID.
bool has(int32_t set) {
    const uint64_t saved = saved_registers();
    const Leaf one(1, 0), seven(7, 0), more(7, 1);
    const bool ymm = (saved & 0x6) == 0x6, zmm = (saved & 0xe6) == 0xe6;
    const bool two = ymm && bit(one.c, 12) && bit(seven.b, 5);
    // F, DQ, BW, VL and VNNI
    const bool wide = two && zmm && bit(seven.b, 16) && bit(seven.b, 17) && bit(seven.b, 30) &&
                      bit(seven.b, 31) && bit(seven.c, 11);
    const bool tiles = wide && (saved & 0x60000) == 0x60000 && bit(seven.d, 24) && bit(seven.d, 25);
    switch (set) {
        case amx:
            return tiles && may_use_tiles();
        case avx512:
            return wide;
        case avx_vnni:
            return two && bit(more.a, 4);
        case avx2:
            return two;
        default:
            return set == float32;
    }
}

}  // namespace

const Operations* operations(int32_t set) {
    if (!has(set)) return nullptr;
    switch (set) {
        case amx:
            return &AMX;
        case avx512:
            return &AVX512;
        case avx_vnni:
            return &AVX_VNNI_SET;
        case avx2:
            return &AVX2;
        default:
            return &FLOAT32;
    }
}

#elif defined(__aarch64__)
extern const Operations NEON;

const Operations* operations(int32_t set) {
    if (set == float32) return &FLOAT32;
    if (set != neon) return nullptr;
#if defined(__linux__)
    constexpr unsigned long DOT_PRODUCTS = 1UL << 20;  // HWCAP_ASIMDDP
    return getauxval(AT_HWCAP) & DOT_PRODUCTS ? &NEON : nullptr;
#else
    // every 64-bit ARM processor that macOS and Windows run on here has them
    return &NEON;
#endif
}

#else

const Operations* operations(int32_t set) { return set == float32 ? &FLOAT32 : nullptr; }

#endif

}  // namespace fillwright

// Which instruction sets this processor and its system offer.
#pragma once
#include "operations.h"

namespace fillwright {

// In the order of preference; the numbers are the library's interface.
enum InstructionSet : int32_t {
    amx = 0,
    avx512 = 1,
    avx_vnni = 2,
    avx2 = 3,
    neon = 4,
    float32 = 5
};

// Null where the processor lacks it, or the library was not built for it.
const Operations* operations(int32_t set);

}  // namespace fillwright

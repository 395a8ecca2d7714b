// AVX2 with VNNI in 256 bits, as processors without AVX-512 have it.
#define AVX_VNNI
#include "avx2.cpp"

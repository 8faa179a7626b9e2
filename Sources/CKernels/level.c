#include "ckernels.h"

lk_level lk_level_best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return __builtin_cpu_supports("avx512bf16") ? LK_AVX512BF16 : LK_AVX512;
  }
  if (__builtin_cpu_supports("avx2")) return LK_AVX2;
#endif
  return LK_SCALAR;
}

#ifndef LK_LANES_AVX512_H
#define LK_LANES_AVX512_H

// What the kernels written for AVX-512 itself share: masks of 32 elements, the transpose of a square block, pairs,
// powers of two, and rounding to bfloat16.

#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LK_TARGET_AVX512 target("avx512f,avx512bw,avx512dq,avx512vl")
#define LK_TARGET_AVX512BF16 target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
#define LK_TARGET_VNNI target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#define LK_TARGET_VNNI_BF16 target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16")

#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

/// One bit for each of the first `left` elements, of 32 at most.
LK_INLINE __mmask32 lk_mask_32(size_t left) {
  return left >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << left) - 1;
}

/// Transposes 16 × 16 values of 32 bits: element j of register i goes to element i of register j, in four rounds
/// that exchange single elements, pairs, quarters and halves.
LK_INLINE void lk_transpose_16(__m512i r[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

/// How two rows of 32 values of 16 bits are permuted to their pairs: of the first sixteen columns, and of the others.
LK_INLINE void lk_pair_order(__m512i order[2]) {
  uint16_t columns[64];
  for (uint16_t j = 0; j < 32; j++) {
    columns[2 * j] = j;
    columns[2 * j + 1] = 32 + j;
  }
  order[0] = _mm512_loadu_si512(columns);
  order[1] = _mm512_loadu_si512(columns + 32);
}

/// 2ˣ within 2⁻¹³ of its value, 1 for 0, 0 far below: 2^⌊x⌋ times a minimax polynomial of degree 3 in x − ⌊x⌋ whose
/// own error is 2⁻¹³·⁵. That is for results rounded to bfloat16, whose unit is 2⁻⁸.
LK_INLINE __m512 lk_exp2_ps(__m512 x) {
  const __m512 r = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  __m512 q = _mm512_fmadd_ps(_mm512_set1_ps(0x1.3baadp-4f), r, _mm512_set1_ps(0x1.d23772p-3f));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(0x1.63e65ap-1f));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(1));
  return _mm512_scalef_ps(q, x);
}

#pragma clang attribute pop
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

/// Two groups of 16 values as 32 bfloat16 values.
LK_INLINE __m512i lk_narrow_32(const __m512 v[2]) { return (__m512i)_mm512_cvtne2ps_pbh(v[1], v[0]); }

#pragma clang attribute pop
#endif

#endif

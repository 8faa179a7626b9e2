#ifndef LK_PACK_H
#define LK_PACK_H

#include "lanes_avx512.h"

// What packing for both types of panels shares: reading weights in whatever they are held in.

#pragma clang assume_nonnull begin

/// The scale of the block that element j of row i of q8 is in.
LK_INLINE float scale_at(lk_rows b, size_t i, size_t j) {
  return lk_q8_scale((const uint8_t *)b.scales + i * b.stride, j / LK_Q8_BLOCK);
}

/// Asks for what lies `rows` rows and `bytes` bytes behind element j of row i. Packing reads a line or two of each of
/// many rows, which no hardware prefetcher foresees: with this it is two to four times as fast. Past the end of the
/// memory it does nothing.
LK_INLINE void prefetch_ahead(lk_rows b, size_t i, size_t j, size_t rows, size_t bytes) {
  const size_t size = b.type == LK_Q8 ? sizeof(uint8_t) : b.type == LK_BF16 ? sizeof(uint16_t) : sizeof(float);
  __builtin_prefetch((const char *)b.base + ((i + rows) * b.stride + j) * size + bytes);
}

/// How many rows ahead the columns of a panel are asked for.
#define ROWS_AHEAD 32

/// Asks for the lines in which the columns of a panel begin, from column j on.
LK_INLINE void prefetch_columns_ahead(lk_rows b, size_t i, size_t j) {
  prefetch_ahead(b, i, j, ROWS_AHEAD, 0);
  if (b.type == LK_F32) prefetch_ahead(b, i, j, ROWS_AHEAD, 64);
}

/// Asks for the line in which n columns end. In a mapped file they begin anywhere in a line, so that it is none of those
/// in which panels begin: to wait for this one line of each row takes as long as all others.
LK_INLINE void prefetch_end_ahead(lk_rows b, size_t i, size_t n) { prefetch_ahead(b, i, n - 1, ROWS_AHEAD, 0); }

/// Element j of row i, for the plain twins.
LK_INLINE lk_f32 value_at(lk_rows b, size_t i, size_t j) {
  if (b.type != LK_Q8) return lk_load_at(b, i, j, 1);
  return (lk_f32)((float)(((const uint8_t *)b.base)[i * b.stride + j] - 128) * scale_at(b, i, j));
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

/// Sixteen values of q8 from element j of row i on, all in one block of the given scale. It needs no mask: what is
/// behind the end of a row is zero.
LK_INLINE __m512 load_q8(lk_rows b, size_t i, size_t j, __m512 scale) {
  const __m128i bytes = _mm_loadu_si128((const void *)((const uint8_t *)b.base + i * b.stride + j));
  const __m512i quants = _mm512_sub_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(128));
  return _mm512_mul_ps(_mm512_cvtepi32_ps(quants), scale);
}

#pragma clang attribute pop
#endif

#pragma clang assume_nonnull end

#endif

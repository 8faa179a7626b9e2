#ifndef LK_GEMM_TILE_BF16_H
#define LK_GEMM_TILE_BF16_H

#include "gemm_tile.h"

// The sums of bfloat16 operands over a tile: all of `lk_gemm_bf16`, and the second operand of `lk_gemm_q8`.

LK_INLINE const uint16_t *bf16_row(lk_gemm_operand a, size_t row) {
  return (const uint16_t *)a.base + row * a.stride;
}

// The plain twin: one row and one panel at a time.

LK_INLINE void row_of_products(lk_f32 sums[2], lk_gemm_operand a, size_t i, const uint16_t *panel) {
  for (size_t p = 0; p < a.k; p++) {
    const lk_f32 value = lk_bits_to_f32((lk_u32)((uint32_t)bf16_row(a, i)[p] << 16));
    const uint16_t *pairs = panel + p / 2 * 2 * LK_PANEL_COLUMNS;
    for (int half = 0; half < 2; half++) {
      lk_u32 pair;
      memcpy(&pair, pairs + half * LK_PANEL_COLUMNS, sizeof pair);
      sums[half] += value * lk_bits_to_f32(p % 2 == 0 ? pair << 16 : pair & 0xffff0000u);
    }
  }
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

/// A pair of a row in every lane; an odd k ends with half a pair.
LK_INLINE __m512bh pair_of_row(const uint16_t *a, bool whole) {
  uint32_t pair = 0;
  memcpy(&pair, a, whole ? sizeof pair : sizeof *a);
  return (__m512bh)_mm512_set1_epi32((int)pair);
}

/// One pair of k. `rows` and `halves` are constants where this is inlined.
LK_INLINE void pair_of_products(__m512 sums[TILE_ROWS][2], int rows, int halves, const uint16_t *a,
                                size_t stride, bool whole, const uint16_t *pairs) {
  const __m512bh left = (__m512bh)_mm512_loadu_si512(pairs);
  const __m512bh right = halves > 1 ? (__m512bh)_mm512_loadu_si512(pairs + LK_PANEL_COLUMNS) : left;
  LK_UNROLL
  for (int i = 0; i < rows; i++) {
    const __m512bh value = pair_of_row(a + (size_t)i * stride, whole);
    sums[i][0] = _mm512_dpbf16_ps(sums[i][0], value, left);
    if (halves > 1) sums[i][1] = _mm512_dpbf16_ps(sums[i][1], value, right);
  }
}

LK_INLINE void rows_of_products(__m512 sums[TILE_ROWS][2], int rows, int halves, lk_gemm_operand a, size_t row,
                                const uint16_t *pairs) {
  const uint16_t *base = bf16_row(a, row);
  for (size_t p = 0; p < a.k / 2; p++, pairs += 2 * LK_PANEL_COLUMNS) {
    pair_of_products(sums, rows, halves, base + 2 * p, a.stride, true, pairs);
  }
  if (a.k % 2 != 0) pair_of_products(sums, rows, halves, base + a.k - 1, a.stride, false, pairs);
}

/// Sixteen columns of a row of sums to their place.
LK_INLINE void store_sums(lk_gemm_result result, size_t row, size_t column, size_t left, __m512 sums) {
  const __mmask16 mask = (__mmask16)lk_mask_32(left);
  const size_t place = row * result.c.stride + column;
  __m512 value = _mm512_mul_ps(sums, _mm512_set1_ps(result.factor));
  if (result.bias) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, result.bias + column));
  if (result.c.type == LK_BF16) {
    uint16_t *c = (uint16_t *)result.c.base + place;
    if (result.adds) {
      const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, c));
      value = _mm512_add_ps(value, (__m512)_mm512_slli_epi32(wide, 16));
    }
    _mm256_mask_storeu_epi16(c, mask, (__m256i)_mm512_cvtneps_pbh(value));
  } else {
    float *c = (float *)result.c.base + place;
    if (result.adds) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, c));
    _mm512_mask_storeu_ps(c, mask, value);
  }
}

/// The sums of a tile to their places in a matrix of either type. `rows` and `halves` are constants where this is
/// inlined.
LK_INLINE void store_mixed_tile(const __m512 sums[TILE_ROWS][2], int rows, int halves, lk_gemm_result result,
                                size_t row, size_t column, size_t n) {
  LK_UNROLL
  for (int half = 0; half < halves; half++) {
    const size_t start = column + (size_t)half * LK_LANES;
    LK_UNROLL
    for (int i = 0; i < rows; i++) store_sums(result, row + (size_t)i, start, n - start, sums[i][half]);
  }
}

#pragma clang attribute pop
#endif

#endif

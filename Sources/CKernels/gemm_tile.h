#ifndef LK_GEMM_TILE_H
#define LK_GEMM_TILE_H

#include "lanes_avx512.h"

// What the matrix products of both types share.

/// The rows of a tile of c: with 32 columns it takes 28 of the 32 registers.
#define TILE_ROWS 14

/// The cases of a switch over a tile's rows, or over those of one of half the height, each of which makes
/// `function(rows, arguments…)` with a constant.
#define TILE_CASES(...)                                                                                    \
  HALF_TILE_CASES(__VA_ARGS__) TILE_CASE(8, __VA_ARGS__)                                                     \
  TILE_CASE(9, __VA_ARGS__) TILE_CASE(10, __VA_ARGS__) TILE_CASE(11, __VA_ARGS__) TILE_CASE(12, __VA_ARGS__) \
  TILE_CASE(13, __VA_ARGS__) TILE_CASE(14, __VA_ARGS__)
#define HALF_TILE_CASES(...)                                                                               \
  TILE_CASE(1, __VA_ARGS__) TILE_CASE(2, __VA_ARGS__) TILE_CASE(3, __VA_ARGS__) TILE_CASE(4, __VA_ARGS__)    \
  TILE_CASE(5, __VA_ARGS__) TILE_CASE(6, __VA_ARGS__) TILE_CASE(7, __VA_ARGS__)
#define TILE_CASE(rows, function, ...) \
  case rows: function(rows, __VA_ARGS__); break;

/// Up to sixteen sums of a plain twin to their places.
LK_INLINE void store_row(lk_gemm_result result, size_t row, size_t column, size_t n, lk_f32 sums) {
  const size_t count = lk_lanes(n - column);
  lk_f32 value = sums * result.factor;
  if (result.bias) value += lk_load(result.bias + column, count);
  if (result.adds) value += lk_load_at(result.c, row, column, count);
  lk_store_at(result.c, row, column, value, count);
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

/// The sums of a tile to their places in a float32 matrix. `rows` and `halves` are constants where this is inlined.
LK_INLINE void store_tile(const __m512 sums[TILE_ROWS][2], int rows, int halves, lk_gemm_result result, size_t row,
                          size_t column, size_t n) {
  const __mmask32 mask = lk_mask_32(n - column);
  LK_UNROLL
  for (int half = 0; half < halves; half++) {
    const __mmask16 kept = (__mmask16)(mask >> (half * LK_LANES));
    const size_t start = column + (size_t)half * LK_LANES;
    LK_UNROLL
    for (int i = 0; i < rows; i++) {
      float *c = (float *)result.c.base + (row + (size_t)i) * result.c.stride + start;
      __m512 value = _mm512_mul_ps(sums[i][half], _mm512_set1_ps(result.factor));
      if (result.bias) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(kept, result.bias + start));
      if (result.adds) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(kept, c));
      _mm512_mask_storeu_ps(c, kept, value);
    }
  }
}

#pragma clang attribute pop
#endif

#endif

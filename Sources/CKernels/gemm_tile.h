#ifndef LK_GEMM_TILE_H
#define LK_GEMM_TILE_H

#include "lanes_avx512.h"

// What the matrix products of both types share.

/// The rows of a tile of c: with 32 columns it takes 28 of the 32 registers.
#define TILE_ROWS 14

/// The cases of a switch over a tile's rows, each of which makes `TILE_CASE(rows, arguments…)` with a constant.
#define TILE_CASES(...)                                                                                    \
  TILE_CASE(1, __VA_ARGS__) TILE_CASE(2, __VA_ARGS__) TILE_CASE(3, __VA_ARGS__) TILE_CASE(4, __VA_ARGS__)    \
  TILE_CASE(5, __VA_ARGS__) TILE_CASE(6, __VA_ARGS__) TILE_CASE(7, __VA_ARGS__) TILE_CASE(8, __VA_ARGS__)    \
  TILE_CASE(9, __VA_ARGS__) TILE_CASE(10, __VA_ARGS__) TILE_CASE(11, __VA_ARGS__) TILE_CASE(12, __VA_ARGS__) \
  TILE_CASE(13, __VA_ARGS__) TILE_CASE(14, __VA_ARGS__)
#define TILE_CASE(rows, function, ...) \
  case rows: function(rows, __VA_ARGS__); break;

#pragma clang assume_nonnull begin

/// Up to sixteen sums of a plain twin to their places.
LK_INLINE void store_row(lk_gemm_result result, size_t row, size_t column, size_t n, lk_f32 sums) {
  const size_t count = lk_lanes(n - column);
  lk_f32 value = sums * result.factor;
  if (result.bias) value += lk_load(result.bias + column, count);
  if (result.adds) value += lk_load_at(result.c, row, column, count);
  lk_store_at(result.c, row, column, value, count);
}

#pragma clang assume_nonnull end

#endif

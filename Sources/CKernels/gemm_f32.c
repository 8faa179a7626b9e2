#include "gemm_tile.h"

// Products of float32 operands.
//
// A tile of c, 14 rows by 32 columns, stays in 28 of the 32 registers while its whole k passes by: for each row of
// b, two loads and 14 broadcasts of a value of a feed 28 multiply-adds. A core that starts two of those and two
// loads a cycle is then bound by arithmetic: 14 cycles against 8. In those it takes 128 bytes of a panel, which the
// second-level cache holds, and 56 of the left operand, from there too where 14 rows exceed the first level:
// 13 bytes a cycle of the 64 it gives.

// The plain twins: one row at a time.

LK_INLINE const float *row_of(lk_gemm_operand a, size_t i) { return (const float *)a.base + i * a.stride; }

LK_INLINE void lk_gemm_f32_plain_body(lk_gemm_result result, lk_gemm_operand first, lk_gemm_operand second,
                                      const float *panels, size_t panel_stride, size_t m, size_t n) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j += LK_LANES) {
      const float *b = panels + j / LK_PANEL_COLUMNS * panel_stride + j % LK_PANEL_COLUMNS;
      lk_f32 sums = 0;
      for (size_t p = 0; p < first.k; p++, b += LK_PANEL_COLUMNS) sums += row_of(first, i)[p] * lk_load(b, LK_LANES);
      for (size_t p = 0; p < second.k; p++, b += LK_PANEL_COLUMNS) sums += row_of(second, i)[p] * lk_load(b, LK_LANES);
      store_row(result, i, j, n, sums);
    }
  }
}

LK_KERNEL(lk_gemm_f32_plain,
          (lk_gemm_result result, lk_gemm_operand first, lk_gemm_operand second, const float *panels,
           size_t panel_stride, size_t m, size_t n),
          (result, first, second, panels, panel_stride, m, n))

LK_INLINE void lk_gemm_unpacked_f32_plain_body(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m,
                                               size_t n) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j += LK_LANES) {
      lk_f32 sums = 0;
      for (size_t p = 0; p < a.k; p++) sums += row_of(a, i)[p] * lk_load_at(b, p, j, lk_lanes(n - j));
      store_row(result, i, j, n, sums);
    }
  }
}

LK_KERNEL(lk_gemm_unpacked_f32_plain,
          (lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n), (result, a, b, m, n))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

/// One row of b. `rows` and `halves` are constants where this is inlined.
LK_INLINE void row_of_products(__m512 sums[TILE_ROWS][2], int rows, int halves, const float *a, size_t stride,
                               __m512 left, __m512 right) {
  LK_UNROLL
  for (int i = 0; i < rows; i++) {
    const __m512 value = _mm512_set1_ps(a[(size_t)i * stride]);
    sums[i][0] = _mm512_fmadd_ps(value, left, sums[i][0]);
    if (halves > 1) sums[i][1] = _mm512_fmadd_ps(value, right, sums[i][1]);
  }
}

LK_INLINE const float *rows_of_products(__m512 sums[TILE_ROWS][2], int rows, int halves, lk_gemm_operand a,
                                        size_t row, const float *panel) {
  const float *base = row_of(a, row);
  for (size_t p = 0; p < a.k; p++, panel += LK_PANEL_COLUMNS) {
    const __m512 left = _mm512_loadu_ps(panel);
    const __m512 right = halves > 1 ? _mm512_loadu_ps(panel + LK_LANES) : left;
    row_of_products(sums, rows, halves, base + p, a.stride, left, right);
  }
  return panel;
}

LK_INLINE void tile(int rows, int halves, lk_gemm_result result, lk_gemm_operand first, lk_gemm_operand second,
                    const float *panel, size_t row, size_t column, size_t n) {
  __m512 sums[TILE_ROWS][2];
  LK_UNROLL
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
  panel = rows_of_products(sums, rows, halves, first, row, panel);
  if (second.k > 0) rows_of_products(sums, rows, halves, second, row, panel);
  store_tile(sums, rows, halves, result, row, column, n);
}

static void gemm_avx512(const lk_gemm_result *result, const lk_gemm_operand *first, const lk_gemm_operand *second,
                        const float *panels, size_t panel_stride, size_t m, size_t n) {
  // Tiles of nearly equal height: a last one of a row or two would run at a fraction of the speed.
  const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t t = 0; t < tiles; t++) {
    const size_t row = t * m / tiles;
    const float *panel = panels;
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, panel += panel_stride) {
      if (n - j > LK_LANES) {
        switch ((t + 1) * m / tiles - row) { TILE_CASES(tile, 2, *result, *first, *second, panel, row, j, n) }
      } else {
        switch ((t + 1) * m / tiles - row) { TILE_CASES(tile, 1, *result, *first, *second, panel, row, j, n) }
      }
    }
  }
}

LK_INLINE void unpacked_tile(int rows, lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t row,
                             size_t column, size_t n) {
  const __mmask32 mask = lk_mask_32(n - column);
  const float *base = row_of(a, row), *values = (const float *)b.base + column;
  __m512 sums[TILE_ROWS][2];
  LK_UNROLL
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
  for (size_t p = 0; p < a.k; p++, values += b.stride) {
    // A tile touches two lines of each row of b, which no hardware prefetcher foresees.
    _mm_prefetch((const char *)(values + 16 * b.stride), _MM_HINT_T0);
    _mm_prefetch((const char *)(values + 16 * b.stride + LK_LANES), _MM_HINT_T0);
    const __m512 left = _mm512_maskz_loadu_ps((__mmask16)mask, values);
    const __m512 right = _mm512_maskz_loadu_ps((__mmask16)(mask >> LK_LANES), values + LK_LANES);
    row_of_products(sums, rows, 2, base + p, a.stride, left, right);
  }
  store_tile(sums, rows, 2, result, row, column, n);
}

static void gemm_unpacked_avx512(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n) {
  const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
    for (size_t t = 0; t < tiles; t++) {
      const size_t row = t * m / tiles;
      switch ((t + 1) * m / tiles - row) { TILE_CASES(unpacked_tile, result, a, b, row, j, n) }
    }
  }
}

#pragma clang attribute pop
#endif

LK_INLINE void gemm(const lk_gemm_result *result, const lk_gemm_operand *first, const lk_gemm_operand *second,
                    const float *panels, size_t panel_stride, size_t m, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return gemm_avx512(result, first, second, panels, panel_stride, m, n);
#endif
  lk_gemm_f32_plain(*result, *first, *second, panels, panel_stride, m, n, level);
}

void lk_gemm_f32(lk_gemm_result result, lk_gemm_operand first, lk_gemm_operand second, const float *panels,
                 size_t m, size_t n, lk_level level) {
  gemm(&result, &first, &second, panels, (first.k + second.k) * LK_PANEL_COLUMNS, m, n, level);
}

void lk_gemm_block_f32(float *c, size_t c_stride, bool adds, float factor, const float *a, size_t a_stride, size_t k,
                       const float *panels, size_t panel_stride, size_t m, size_t n, lk_level level) {
  const lk_gemm_result result = {{c, c_stride, LK_F32}, adds, factor, NULL};
  const lk_gemm_operand first = {a, a_stride, k}, second = {NULL, 0, 0};
  gemm(&result, &first, &second, panels, panel_stride, m, n, level);
}

void lk_gemm_unpacked_f32(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n,
                          lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return gemm_unpacked_avx512(result, a, b, m, n);
#endif
  lk_gemm_unpacked_f32_plain(result, a, b, m, n, level);
}

#include "gemm_tile_bf16.h"

// Products of bfloat16 operands with float32 sums.
//
// A tile of c, 14 rows by 32 columns, stays in 28 of the 32 registers while its whole k passes by: for each pair of
// rows of b, two loads of 16 pairs and 14 broadcasts of a pair of a feed 28 dot-product instructions. A core that
// starts two of those and two loads a cycle is then bound by arithmetic: 14 cycles against 8. The left operand
// needs no packing, because a broadcast takes 32 bits from anywhere; 14 of its rows stay in the first-level cache
// while the panels, which the second level holds, stream by.

LK_INLINE void lk_gemm_bf16_plain_body(lk_gemm_result result, lk_gemm_operand first, lk_panels panels,
                                       lk_gemm_operand second, lk_panels second_panels, size_t m, size_t n) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
      const size_t index = j / LK_PANEL_COLUMNS;
      lk_f32 sums[2] = {0, 0};
      row_of_products(sums, first, i, panels.base + index * panels.stride);
      if (second.k > 0) row_of_products(sums, second, i, second_panels.base + index * second_panels.stride);
      for (size_t half = 0; half < 2 && j + half * LK_LANES < n; half++) {
        store_row(result, i, j + half * LK_LANES, n, sums[half]);
      }
    }
  }
}

LK_KERNEL(lk_gemm_bf16_plain,
          (lk_gemm_result result, lk_gemm_operand first, lk_panels panels, lk_gemm_operand second,
           lk_panels second_panels, size_t m, size_t n),
          (result, first, panels, second, second_panels, m, n))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

LK_INLINE void tile(int rows, int halves, lk_gemm_result result, lk_gemm_operand first, const uint16_t *panel,
                    lk_gemm_operand second, const uint16_t *second_panel, size_t row, size_t column, size_t n) {
  __m512 sums[TILE_ROWS][2];
  LK_UNROLL
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
  rows_of_products(sums, rows, halves, first, row, panel);
  if (second.k > 0) rows_of_products(sums, rows, halves, second, row, second_panel);
  store_mixed_tile(sums, rows, halves, result, row, column, n);
}

static void gemm_avx512bf16(const lk_gemm_result *result, const lk_gemm_operand *first, lk_panels panels,
                            const lk_gemm_operand *second, lk_panels second_panels, size_t m, size_t n) {
  // Tiles of nearly equal height: a last one of a row or two would run at a fraction of the speed.
  const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t t = 0; t < tiles; t++) {
    const size_t row = t * m / tiles;
    const uint16_t *panel = panels.base, *behind = second_panels.base;
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, panel += panels.stride, behind += second_panels.stride) {
      if (n - j > LK_LANES) {
        switch ((t + 1) * m / tiles - row) {
          TILE_CASES(tile, 2, *result, *first, panel, *second, behind, row, j, n)
        }
      } else {
        switch ((t + 1) * m / tiles - row) {
          TILE_CASES(tile, 1, *result, *first, panel, *second, behind, row, j, n)
        }
      }
    }
  }
}

/// One pair of rows of b, read where they lie, makes the pairs that a panel would hold.
LK_INLINE void unpacked_pair(__m512 sums[TILE_ROWS][2], int rows, const uint16_t *a, size_t stride, bool whole,
                             const uint16_t *b, size_t b_stride, __mmask32 mask, const __m512i order[2]) {
  const __m512i even = _mm512_maskz_loadu_epi16(mask, b);
  const __m512i odd = whole ? _mm512_maskz_loadu_epi16(mask, b + b_stride) : _mm512_setzero_si512();
  const __m512bh left = (__m512bh)_mm512_permutex2var_epi16(even, order[0], odd);
  const __m512bh right = (__m512bh)_mm512_permutex2var_epi16(even, order[1], odd);
  LK_UNROLL
  for (int i = 0; i < rows; i++) {
    const __m512bh value = pair_of_row(a + (size_t)i * stride, whole);
    sums[i][0] = _mm512_dpbf16_ps(sums[i][0], value, left);
    sums[i][1] = _mm512_dpbf16_ps(sums[i][1], value, right);
  }
}

LK_INLINE void unpacked_tile(int rows, lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t row,
                             size_t column, size_t n, const __m512i order[2]) {
  const __mmask32 mask = lk_mask_32(n - column);
  const uint16_t *values = (const uint16_t *)b.base + column, *base = bf16_row(a, row);
  __m512 sums[TILE_ROWS][2];
  LK_UNROLL
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
  size_t p = 0;
  for (; p + 1 < a.k; p += 2) {
    // A tile touches one line of each row of b, which no hardware prefetcher foresees.
    _mm_prefetch((const char *)(values + (p + 32) * b.stride), _MM_HINT_T0);
    _mm_prefetch((const char *)(values + (p + 33) * b.stride), _MM_HINT_T0);
    unpacked_pair(sums, rows, base + p, a.stride, true, values + p * b.stride, b.stride, mask, order);
  }
  if (p < a.k) unpacked_pair(sums, rows, base + p, a.stride, false, values + p * b.stride, 0, mask, order);
  if (n - column > LK_LANES) {
    store_mixed_tile(sums, rows, 2, result, row, column, n);
  } else {
    store_mixed_tile(sums, rows, 1, result, row, column, n);
  }
}

static void gemm_unpacked_avx512bf16(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n) {
  __m512i order[2];
  lk_pair_order(order);
  const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
    for (size_t t = 0; t < tiles; t++) {
      const size_t row = t * m / tiles;
      switch ((t + 1) * m / tiles - row) { TILE_CASES(unpacked_tile, result, a, b, row, j, n, order) }
    }
  }
}

#pragma clang attribute pop
#endif

LK_INLINE void gemm(const lk_gemm_result *result, const lk_gemm_operand *first, lk_panels panels,
                    const lk_gemm_operand *second, lk_panels second_panels, size_t m, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) return gemm_avx512bf16(result, first, panels, second, second_panels, m, n);
#endif
  lk_gemm_bf16_plain(*result, *first, panels, *second, second_panels, m, n, level);
}

void lk_gemm_bf16(lk_gemm_result result, lk_gemm_operand first, lk_panels panels, lk_gemm_operand second,
                  lk_panels second_panels, size_t m, size_t n, lk_level level) {
  gemm(&result, &first, panels, &second, second_panels, m, n, level);
}

void lk_gemm_block_bf16(void *c, size_t c_stride, lk_type c_type, bool adds, float factor, const uint16_t *a,
                        size_t a_stride, size_t k, const uint16_t *panels, size_t panel_stride, size_t m,
                        size_t n, lk_level level) {
  const lk_gemm_result result = {{c, c_stride, c_type}, adds, factor, NULL};
  const lk_gemm_operand first = {a, a_stride, k}, second = {NULL, 0, 0};
  const lk_panels right = {panels, panel_stride}, none = {panels, 0};
  gemm(&result, &first, right, &second, none, m, n, level);
}

LK_INLINE void lk_gemm_unpacked_bf16_plain_body(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m,
                                                size_t n) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j += LK_LANES) {
      const size_t count = lk_lanes(n - j);
      lk_f32 sums = 0;
      for (size_t p = 0; p < a.k; p++) {
        const lk_f32 value = lk_bits_to_f32((lk_u32)((uint32_t)bf16_row(a, i)[p] << 16));
        sums += value * lk_load_at(b, p, j, count);
      }
      store_row(result, i, j, n, sums);
    }
  }
}

LK_KERNEL(lk_gemm_unpacked_bf16_plain,
          (lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n), (result, a, b, m, n))

void lk_gemm_unpacked_bf16(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n,
                           lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) return gemm_unpacked_avx512bf16(result, a, b, m, n);
#endif
  lk_gemm_unpacked_bf16_plain(result, a, b, m, n, level);
}

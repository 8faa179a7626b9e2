#include "gemm_q8.h"

// The products of `lk_gemm_q8` for processors that multiply bytes in registers of 256 bits and have none of 512.
//
// A tile of c is 6 rows by 16 columns, half a panel: 12 of the 16 registers hold its integer sums over one group, two a
// step of the panel, one the bytes of a row. For each four rows of b, two loads and 6 broadcasts feed 12 products: a core
// that starts two of each a cycle takes 6 cycles against 4. The float32 sums wait in memory for the end of a group.

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)

/// The rows of a tile of c.
#define NARROW_ROWS 6

/// `rows` is a constant where this is inlined.
LK_INLINE void tile(int rows, lk_gemm_result result, lk_q8_operand a, const char *panel, size_t half,
                    size_t row, size_t column, size_t n) {
  const size_t stride = a.groups * LK_Q8_GROUP;
  const uint8_t *bytes = bytes_of(a, row);
  const float *scales = a.scales + row * a.groups;
  const lk_q8_block *block = blocks_of_panel(panel, a.groups);
  __m256 sums[NARROW_ROWS][2];
  LK_UNROLL
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = _mm256_setzero_ps();
  for (size_t g = 0; g < a.groups; g++, bytes += LK_Q8_GROUP, block++) {
    __m256i dots[NARROW_ROWS][2];
    const __m256i *offsets = (const __m256i *)(block->offsets + half * LK_LANES);
    LK_UNROLL
    for (int i = 0; i < rows; i++) {
      dots[i][0] = _mm256_loadu_si256(offsets);
      dots[i][1] = _mm256_loadu_si256(offsets + 1);
    }
    for (size_t q = 0; q < LK_Q8_GROUP / 4; q++) {
      const __m256i *values = (const __m256i *)(block->values[q] + half * LK_LANES);
      const __m256i left = _mm256_loadu_si256(values), right = _mm256_loadu_si256(values + 1);
      LK_UNROLL
      for (int i = 0; i < rows; i++) {
        uint32_t four;
        memcpy(&four, bytes + (size_t)i * stride + 4 * q, sizeof four);
        const __m256i value = _mm256_set1_epi32((int)four);
        dots[i][0] = _mm256_dpbusd_avx_epi32(dots[i][0], value, left);
        dots[i][1] = _mm256_dpbusd_avx_epi32(dots[i][1], value, right);
      }
    }
    LK_UNROLL
    for (int i = 0; i < rows; i++) {
      const __m256 scale = _mm256_set1_ps(scales[(size_t)i * a.groups + g] * scales_of_panel(panel)[g]);
      LK_UNROLL
      for (int part = 0; part < 2; part++) {
        sums[i][part] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[i][part]), scale, sums[i][part]);
      }
    }
  }
  LK_UNROLL
  for (int i = 0; i < rows; i++) {
    lk_f32 both;
    memcpy(&both, sums[i], sizeof both);
    store_row(result, row + (size_t)i, column, n, both);
  }
}

void lk_gemm_q8_avxvnni(lk_gemm_result result, lk_q8_operand first, const char *panels, size_t panel_stride,
                        size_t m, size_t n) {
  const size_t tiles = (m + NARROW_ROWS - 1) / NARROW_ROWS;
  for (size_t j = 0; j < n; j += LK_LANES) {
    const char *panel = panels + j / LK_PANEL_COLUMNS * panel_stride;
    const size_t half = j % LK_PANEL_COLUMNS / LK_LANES;
    for (size_t t = 0; t < tiles; t++) {
      const size_t row = t * m / tiles;
      switch ((t + 1) * m / tiles - row) {
        TILE_CASE(1, tile, result, first, panel, half, row, j, n)
        TILE_CASE(2, tile, result, first, panel, half, row, j, n)
        TILE_CASE(3, tile, result, first, panel, half, row, j, n)
        TILE_CASE(4, tile, result, first, panel, half, row, j, n)
        TILE_CASE(5, tile, result, first, panel, half, row, j, n)
        TILE_CASE(6, tile, result, first, panel, half, row, j, n)
      }
    }
  }
}

#pragma clang attribute pop
#endif

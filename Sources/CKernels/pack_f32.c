#include "pack.h"

// The plain twin: one element after another.

static void pack_elements(float *panels, size_t panel_stride, lk_rows b, bool transposed, size_t k, size_t n) {
  for (size_t p = 0; p < k; p++) {
    for (size_t j = 0; j < (n + LK_PANEL_COLUMNS - 1) / LK_PANEL_COLUMNS * LK_PANEL_COLUMNS; j++) {
      float *panel = panels + j / LK_PANEL_COLUMNS * panel_stride;
      const lk_f32 value = j >= n ? (lk_f32)0 : transposed ? value_at(b, j, p) : value_at(b, p, j);
      panel[p * LK_PANEL_COLUMNS + j % LK_PANEL_COLUMNS] = value[0];
    }
  }
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

/// Sixteen values from column `j` of row `i` on, as float32; zero where the mask is.
LK_INLINE __m512i load_16(lk_rows b, size_t i, size_t j, __mmask16 mask) {
  if (b.type == LK_Q8) {
    return _mm512_castps_si512(load_q8(b, i, j, _mm512_set1_ps(scale_at(b, i, j))));
  }
  const size_t place = i * b.stride + j;
  if (b.type == LK_F32) return _mm512_maskz_loadu_epi32(mask, (const float *)b.base + place);
  const __m256i halves = _mm256_maskz_loadu_epi16(mask, (const uint16_t *)b.base + place);
  return _mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
}

static void pack_avx512(float *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  for (size_t p = 0; p < k; p++) {
    float *row = panels + p * LK_PANEL_COLUMNS;
    prefetch_end_ahead(b, p, n);
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, row += panel_stride) {
      const __mmask32 mask = lk_mask_32(n - j);
      prefetch_columns_ahead(b, p, j);
      _mm512_storeu_si512(row, load_16(b, p, j, (__mmask16)mask));
      _mm512_storeu_si512(row + LK_LANES, load_16(b, p, j + LK_LANES, (__mmask16)(mask >> 16)));
    }
  }
}

/// Sixteen rows of b from the j-th on, `height` of them, make half a panel.
LK_INLINE void pack_half(float *half, lk_rows b, size_t j, size_t height, size_t k) {
  for (size_t p = 0; p < k; p += 16) {
    __m512i rows[16];
    for (size_t i = 0; i < 16; i++) {
      prefetch_ahead(b, j + i, p, 0, 128);
      rows[i] = i < height ? load_16(b, j + i, p, (__mmask16)lk_mask_32(k - p)) : _mm512_setzero_si512();
    }
    lk_transpose_16(rows);
    for (size_t i = 0; i < 16 && p + i < k; i++) {
      _mm512_storeu_si512(half + (p + i) * LK_PANEL_COLUMNS, rows[i]);
    }
  }
}

/// The same for bfloat16: pairs are transposed, half as many, and each register then gives two rows.
LK_INLINE void pack_half_bf16(float *half, lk_rows b, size_t j, size_t height, size_t k) {
  const __m512i high = _mm512_set1_epi32((int)0xffff0000u);
  for (size_t p = 0; p < k; p += 32) {
    __m512i pairs[16];
    for (size_t i = 0; i < 16; i++) {
      const uint16_t *row = (const uint16_t *)b.base + (j + i) * b.stride + p;
      prefetch_ahead(b, j + i, p, 0, 128);
      pairs[i] = i < height ? _mm512_maskz_loadu_epi16(lk_mask_32(k - p), row) : _mm512_setzero_si512();
    }
    lk_transpose_16(pairs);
    for (size_t i = 0; i < 16 && p + 2 * i < k; i++) {
      float *row = half + (p + 2 * i) * LK_PANEL_COLUMNS;
      _mm512_storeu_si512(row, _mm512_slli_epi32(pairs[i], 16));
      if (p + 2 * i + 1 < k) _mm512_storeu_si512(row + LK_PANEL_COLUMNS, _mm512_and_si512(pairs[i], high));
    }
  }
}

static void pack_transposed_avx512(float *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  // The last panel's second half is written too where no column reaches it.
  for (size_t j = 0; j < (n + LK_PANEL_COLUMNS - 1) / LK_PANEL_COLUMNS * LK_PANEL_COLUMNS; j += LK_LANES) {
    float *half = panels + j / LK_PANEL_COLUMNS * panel_stride + j % LK_PANEL_COLUMNS;
    const size_t height = j < n ? lk_lanes(n - j) : 0;
    if (b.type == LK_BF16) {
      pack_half_bf16(half, b, j, height, k);
    } else {
      pack_half(half, b, j, height, k);
    }
  }
}

#pragma clang attribute pop
#endif

void lk_pack_f32(float *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return pack_avx512(panels, panel_stride, b, k, n);
#endif
  (void)level;
  pack_elements(panels, panel_stride, b, false, k, n);
}

void lk_pack_transposed_f32(float *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return pack_transposed_avx512(panels, panel_stride, b, k, n);
#endif
  (void)level;
  pack_elements(panels, panel_stride, b, true, k, n);
}

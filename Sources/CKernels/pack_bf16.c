#include "pack.h"

// The plain twins: one element after another.

static uint16_t element_bf16(lk_rows b, size_t i, size_t j) {
  uint16_t bits;
  lk_store_u16(&bits, lk_round_bf16(value_at(b, i, j)), 1);
  return bits;
}

static void pack_elements(uint16_t *panels, size_t panel_stride, lk_rows b, bool transposed, size_t k,
                          size_t n) {
  for (size_t p = 0; p < k + k % 2; p++) {
    for (size_t j = 0; j < (n + LK_PANEL_COLUMNS - 1) / LK_PANEL_COLUMNS * LK_PANEL_COLUMNS; j++) {
      uint16_t *panel = panels + j / LK_PANEL_COLUMNS * panel_stride;
      panel[p / 2 * 2 * LK_PANEL_COLUMNS + j % LK_PANEL_COLUMNS * 2 + p % 2] =
          p >= k || j >= n ? 0 : transposed ? element_bf16(b, j, p) : element_bf16(b, p, j);
    }
  }
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

/// 32 elements from column `j` of row `i` on, a block of q8, as bfloat16; zero where the mask is.
LK_INLINE __m512i load_32(lk_rows b, size_t i, size_t j, __mmask32 mask) {
  if (b.type == LK_Q8) {
    const __m512 scale = _mm512_set1_ps(scale_at(b, i, j));
    return (__m512i)_mm512_cvtne2ps_pbh(load_q8(b, i, j + 16, scale), load_q8(b, i, j, scale));
  }
  if (b.type == LK_BF16) return _mm512_maskz_loadu_epi16(mask, (const uint16_t *)b.base + i * b.stride + j);
  const float *x = (const float *)b.base + i * b.stride + j;
  const __m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, x);
  const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 16);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/// Two rows give one row of pairs: a permutation of 64 values into two registers.
static void pack_avx512bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  __m512i order[2];
  lk_pair_order(order);
  for (size_t p = 0; p < k; p += 2) {
    uint16_t *pairs = panels + p * LK_PANEL_COLUMNS;
    prefetch_end_ahead(b, p, n);
    prefetch_end_ahead(b, p + 1, n);
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, pairs += panel_stride) {
      const __mmask32 mask = lk_mask_32(n - j);
      prefetch_columns_ahead(b, p, j);
      prefetch_columns_ahead(b, p + 1, j);
      const __m512i even = load_32(b, p, j, mask);
      const __m512i odd = p + 1 < k ? load_32(b, p + 1, j, mask) : _mm512_setzero_si512();
      _mm512_storeu_si512(pairs, _mm512_permutex2var_epi16(even, order[0], odd));
      _mm512_storeu_si512(pairs + 32, _mm512_permutex2var_epi16(even, order[1], odd));
    }
  }
}

static void pack_transposed_avx512bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  for (size_t j = 0; j < n; j += 16) {
    uint16_t *half = panels + j / LK_PANEL_COLUMNS * panel_stride + j % LK_PANEL_COLUMNS * 2;
    // The last panel's second half, where no column reaches it, is written too.
    const bool fills = n - j <= 16 && j % LK_PANEL_COLUMNS == 0;
    for (size_t p = 0; p < k; p += 32) {
      __m512i rows[16];
      for (size_t i = 0; i < 16; i++) {
        prefetch_ahead(b, j + i, p, 0, 128);
        rows[i] = j + i < n ? load_32(b, j + i, p, lk_mask_32(k - p)) : _mm512_setzero_si512();
      }
      lk_transpose_16(rows);
      for (size_t i = 0; i < 16 && p + 2 * i < k; i++) {
        uint16_t *pairs = half + (p + 2 * i) * LK_PANEL_COLUMNS;
        _mm512_storeu_si512(pairs, rows[i]);
        if (fills) _mm512_storeu_si512(pairs + 32, _mm512_setzero_si512());
      }
    }
  }
}

#pragma clang attribute pop
#endif

void lk_pack_bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) return pack_avx512bf16(panels, panel_stride, b, k, n);
#endif
  (void)level;
  pack_elements(panels, panel_stride, b, false, k, n);
}

void lk_pack_transposed_bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n,
                             lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) return pack_transposed_avx512bf16(panels, panel_stride, b, k, n);
#endif
  (void)level;
  pack_elements(panels, panel_stride, b, true, k, n);
}

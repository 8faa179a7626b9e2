#include "pack.h"

// Frozen weights lie in memory as the panels that the forward multiplies with. The backward needs the transpose, and
// makes it a window at a time: tiles of 32 x 32, of which each gives as many pairs as it took.

/// The plain twin: one element after another.
static void pack_elements(uint16_t *panels, size_t panel_stride, lk_panels source, size_t k, size_t n) {
  for (size_t p = 0; p < k + k % 2; p++) {
    for (size_t j = 0; j < (n + LK_PANEL_COLUMNS - 1) / LK_PANEL_COLUMNS * LK_PANEL_COLUMNS; j++) {
      const uint16_t *from = source.base + p / LK_PANEL_COLUMNS * source.stride;
      panels[j / LK_PANEL_COLUMNS * panel_stride + p / 2 * 2 * LK_PANEL_COLUMNS + j % LK_PANEL_COLUMNS * 2 + p % 2] =
          p >= k || j >= n ? 0 : from[j / 2 * 2 * LK_PANEL_COLUMNS + p % LK_PANEL_COLUMNS * 2 + j % 2];
    }
  }
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

static void pack_avx512(uint16_t *panels, size_t panel_stride, lk_panels source, size_t k, size_t n) {
  __m512i order[2];
  lk_pair_order(order);
  // Half a panel of the source, sixteen of its columns: transposed, they are rows of 32, of which two make pairs.
  for (size_t p = 0; p < k; p += 16) {
    const uint16_t *half = source.base + p / LK_PANEL_COLUMNS * source.stride + p % LK_PANEL_COLUMNS * 2;
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
      const __mmask32 last = lk_mask_32(n - j);
      __m512i rows[16];
      for (size_t i = 0; i < 16; i++) {
        const uint16_t *pairs = half + (j + 2 * i) * LK_PANEL_COLUMNS;
        rows[i] = j + 2 * i < n ? _mm512_loadu_si512(pairs) : _mm512_setzero_si512();
        // The same place of the next panel is far away.
        __builtin_prefetch(pairs + source.stride);
      }
      lk_transpose_16(rows);
      uint16_t *result = panels + j / LK_PANEL_COLUMNS * panel_stride + p * LK_PANEL_COLUMNS;
      for (size_t i = 0; i < 16 && p + i < k; i += 2, result += 2 * LK_PANEL_COLUMNS) {
        const __m512i even = _mm512_maskz_mov_epi16(last, rows[i]);
        const __m512i odd = p + i + 1 < k ? _mm512_maskz_mov_epi16(last, rows[i + 1]) : _mm512_setzero_si512();
        _mm512_storeu_si512(result, _mm512_permutex2var_epi16(even, order[0], odd));
        _mm512_storeu_si512(result + 32, _mm512_permutex2var_epi16(even, order[1], odd));
      }
    }
  }
}

#pragma clang attribute pop
#endif

void lk_pack_panels_bf16(uint16_t *panels, size_t panel_stride, lk_panels source, size_t k, size_t n,
                         lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return pack_avx512(panels, panel_stride, source, k, n);
#endif
  (void)level;
  pack_elements(panels, panel_stride, source, k, n);
}

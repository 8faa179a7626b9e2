#include "lanes.h"

// The plain twins: one element after another.

static uint16_t element_bf16(lk_rows b, size_t i, size_t j) {
  uint16_t bits;
  lk_store_u16(&bits, lk_round_bf16(lk_load_at(b, i, j, 1)), 1);
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
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), \
                             apply_to = function)

/// 32 elements from column `j` of row `i` on, as bfloat16; zero where the mask is.
LK_INLINE __m512i load_32(lk_rows b, size_t i, size_t j, __mmask32 mask) {
  if (b.type == LK_BF16) return _mm512_maskz_loadu_epi16(mask, (const uint16_t *)b.base + i * b.stride + j);
  const float *x = (const float *)b.base + i * b.stride + j;
  const __m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, x);
  const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 16);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

LK_INLINE __mmask32 mask_32(size_t left) { return left >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << left) - 1; }

/// Two rows give one row of pairs: a permutation of 64 values into two registers.
static void pack_avx512bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  uint16_t order[2 * LK_PANEL_COLUMNS];
  for (uint16_t j = 0; j < LK_PANEL_COLUMNS; j++) {
    order[2 * j] = j;
    order[2 * j + 1] = LK_PANEL_COLUMNS + j;
  }
  const __m512i left = _mm512_loadu_si512(order), right = _mm512_loadu_si512(order + 32);
  for (size_t p = 0; p < k; p += 2) {
    uint16_t *pairs = panels + p * LK_PANEL_COLUMNS;
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, pairs += panel_stride) {
      const __mmask32 mask = mask_32(n - j);
      const __m512i even = load_32(b, p, j, mask);
      const __m512i odd = p + 1 < k ? load_32(b, p + 1, j, mask) : _mm512_setzero_si512();
      _mm512_storeu_si512(pairs, _mm512_permutex2var_epi16(even, left, odd));
      _mm512_storeu_si512(pairs + 32, _mm512_permutex2var_epi16(even, right, odd));
    }
  }
}

/// Transposes 16 × 16 pairs: element j of register i goes to element i of register j, in four rounds that exchange
/// single elements, pairs, quarters and halves.
LK_INLINE void transpose_pairs(__m512i r[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
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
        rows[i] = j + i < n ? load_32(b, j + i, p, mask_32(k - p)) : _mm512_setzero_si512();
      }
      transpose_pairs(rows);
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

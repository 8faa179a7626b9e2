#include "pack.h"

LK_INLINE lk_q8_block *blocks_of(char *panel, size_t k) {
  return (lk_q8_block *)(panel + lk_q8_scale_bytes((k + LK_Q8_GROUP - 1) / LK_Q8_GROUP));
}

// The plain twins.

/// Sixteen columns of a group and their sums, from four rows of b at a time.
LK_INLINE void pack_half(lk_q8_block *block, size_t half, lk_rows b, size_t p, size_t j, size_t k, size_t n) {
  const uint8_t *bytes = (const uint8_t *)b.base + p * b.stride + j;
  const size_t count = j < n ? lk_lanes(n - j) : 0;
  lk_i32 sums = 0;
  for (size_t q = 0; q < LK_Q8_GROUP / 4; q++) {
    lk_u32 four = 0;
    for (size_t i = 0; i < 4; i++) {
      lk_u8 row = 128;
      if (p + 4 * q + i < k) memcpy(&row, bytes + (4 * q + i) * b.stride, count);
      const lk_i32 values = __builtin_convertvector(row, lk_i32) - 128;
      sums += values;
      four |= (lk_u32)(values & 0xff) << (uint32_t)(8 * i);
    }
    memcpy(block->values[q] + half * LK_LANES, &four, sizeof four);
  }
  sums *= -128;
  memcpy(block->offsets + half * LK_LANES, &sums, sizeof sums);
}

LK_INLINE void lk_pack_q8_plain_body(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
    char *panel = (char *)panels + j / LK_PANEL_COLUMNS * panel_stride;
    float *scale = (float *)panel;
    lk_q8_block *block = blocks_of(panel, k);
    for (size_t p = 0; p < k; p += LK_Q8_GROUP, block++) {
      *scale++ = scale_at(b, p, j);
      pack_half(block, 0, b, p, j, k, n);
      pack_half(block, 1, b, p, j + LK_LANES, k, n);
    }
  }
}

LK_KERNEL(lk_pack_q8_plain, (void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n),
          (panels, panel_stride, b, k, n))

/// One column of a group and its sum, from a row of b, whose bytes stay side by side.
LK_INLINE void pack_column(lk_q8_block *block, size_t column, lk_rows b, size_t j, size_t p, size_t k, size_t n) {
  uint8_t group[LK_Q8_GROUP];
  memset(group, 128, sizeof group);
  if (j < n) {
    const size_t count = k - p < LK_Q8_GROUP ? k - p : LK_Q8_GROUP;
    memcpy(group, (const uint8_t *)b.base + j * b.stride + p, count);
  }
  int32_t sum = 0;
  for (size_t i = 0; i < LK_Q8_GROUP; i++) {
    group[i] ^= 0x80;
    sum += (int8_t)group[i];
  }
  for (size_t q = 0; q < LK_Q8_GROUP / 4; q++) memcpy(block->values[q][column], group + 4 * q, 4);
  block->offsets[column] = -128 * sum;
}

LK_INLINE void lk_pack_transposed_q8_plain_body(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
    char *panel = (char *)panels + j / LK_PANEL_COLUMNS * panel_stride;
    float *scale = (float *)panel;
    lk_q8_block *block = blocks_of(panel, k);
    for (size_t p = 0; p < k; p += LK_Q8_GROUP, block++) {
      *scale++ = scale_at(b, j, p);
      for (size_t column = 0; column < LK_PANEL_COLUMNS; column++) {
        pack_column(block, column, b, j + column, p, k, n);
      }
    }
  }
}

LK_KERNEL(lk_pack_transposed_q8_plain, (void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n),
          (panels, panel_stride, b, k, n))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_VNNI)), apply_to = function)

/// Sixty-four values from column `j` of row `i` on, signed; zero where the mask is.
LK_INLINE __m512i load_64(lk_rows b, size_t i, size_t j, __mmask64 mask) {
  const __m512i bytes = _mm512_maskz_loadu_epi8(mask, (const uint8_t *)b.base + i * b.stride + j);
  return _mm512_maskz_sub_epi8(mask, bytes, _mm512_set1_epi8((char)0x80));
}

LK_INLINE __mmask64 mask_64(size_t left) { return left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1; }

/// Takes the four values of each of sixteen columns from their offsets, at 128 each.
LK_INLINE __m512i less_128_times(__m512i offsets, __m512i values) {
  return _mm512_dpbusd_epi32(offsets, _mm512_set1_epi8((char)0x80), values);
}

/// Sixteen columns of a group: bytes of a row of b that lie side by side stay so.
LK_INLINE void pack_transposed_half(lk_q8_block *block, size_t half, lk_rows b, size_t j, size_t p, size_t k,
                                    size_t n) {
  const __mmask64 mask = mask_64(k - p);
  __m512i rows[16], sums = _mm512_setzero_si512();
  LK_UNROLL
  for (size_t i = 0; i < 16; i++) {
    prefetch_ahead(b, j + i, p, 0, 2 * LK_Q8_GROUP);
    rows[i] = j + i < n ? load_64(b, j + i, p, mask) : _mm512_setzero_si512();
  }
  lk_transpose_16(rows);
  LK_UNROLL
  for (size_t i = 0; i < 16; i++) {
    _mm512_storeu_si512(block->values[i] + half * LK_LANES, rows[i]);
    sums = less_128_times(sums, rows[i]);
  }
  _mm512_storeu_si512(block->offsets + half * LK_LANES, _mm512_sub_epi32(_mm512_setzero_si512(), sums));
}

static void pack_transposed_vnni(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS) {
    char *panel = (char *)panels + j / LK_PANEL_COLUMNS * panel_stride;
    float *scale = (float *)panel;
    lk_q8_block *block = blocks_of(panel, k);
    for (size_t p = 0; p < k; p += LK_Q8_GROUP, block++) {
      *scale++ = scale_at(b, j, p);
      pack_transposed_half(block, 0, b, j, p, k, n);
      pack_transposed_half(block, 1, b, j + LK_LANES, p, k, n);
    }
  }
}

/// Four rows of 64 columns become four groups of sixteen columns, each with the four values of a column side by side.
LK_INLINE void interleave_4(__m512i r[4]) {
  const __m512i a = _mm512_unpacklo_epi8(r[0], r[1]), b = _mm512_unpackhi_epi8(r[0], r[1]);
  const __m512i c = _mm512_unpacklo_epi8(r[2], r[3]), d = _mm512_unpackhi_epi8(r[2], r[3]);
  // Of each sixteen columns, the quarter that the name says.
  const __m512i first = _mm512_unpacklo_epi16(a, c), second = _mm512_unpackhi_epi16(a, c);
  const __m512i third = _mm512_unpacklo_epi16(b, d), fourth = _mm512_unpackhi_epi16(b, d);
  const __m512i low = _mm512_shuffle_i32x4(first, second, 0x44), high = _mm512_shuffle_i32x4(first, second, 0xee);
  const __m512i low2 = _mm512_shuffle_i32x4(third, fourth, 0x44), high2 = _mm512_shuffle_i32x4(third, fourth, 0xee);
  r[0] = _mm512_shuffle_i32x4(low, low2, 0x88);
  r[1] = _mm512_shuffle_i32x4(low, low2, 0xdd);
  r[2] = _mm512_shuffle_i32x4(high, high2, 0x88);
  r[3] = _mm512_shuffle_i32x4(high, high2, 0xdd);
}

static void pack_vnni(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n) {
  // Two panels at a time: a cache line of each row.
  for (size_t j = 0; j < n; j += 2 * LK_PANEL_COLUMNS) {
    const __mmask64 mask = mask_64(n - j);
    char *panel = (char *)panels + j / LK_PANEL_COLUMNS * panel_stride, *next = panel + panel_stride;
    float *scale = (float *)panel, *next_scale = (float *)next;
    lk_q8_block *left = blocks_of(panel, k), *right = n - j > LK_PANEL_COLUMNS ? blocks_of(next, k) : NULL;
    for (size_t p = 0; p < k; p += LK_Q8_GROUP, left++) {
      __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                         _mm512_setzero_si512()};
      for (size_t q = 0; q < LK_Q8_GROUP / 4; q++) {
        __m512i rows[4];
        LK_UNROLL
        for (size_t i = 0; i < 4; i++) {
          const size_t row = p + 4 * q + i;
          prefetch_ahead(b, row, j, LK_Q8_GROUP, 0);
          rows[i] = row < k ? load_64(b, row, j, mask) : _mm512_setzero_si512();
        }
        interleave_4(rows);
        LK_UNROLL
        for (size_t i = 0; i < 4; i++) sums[i] = less_128_times(sums[i], rows[i]);
        _mm512_storeu_si512(left->values[q], rows[0]);
        _mm512_storeu_si512(left->values[q] + LK_LANES, rows[1]);
        if (!right) continue;
        _mm512_storeu_si512(right->values[q], rows[2]);
        _mm512_storeu_si512(right->values[q] + LK_LANES, rows[3]);
      }
      LK_UNROLL
      for (size_t i = 0; i < 4; i++) sums[i] = _mm512_sub_epi32(_mm512_setzero_si512(), sums[i]);
      *scale++ = scale_at(b, p, j);
      _mm512_storeu_si512(left->offsets, sums[0]);
      _mm512_storeu_si512(left->offsets + LK_LANES, sums[1]);
      if (!right) continue;
      *next_scale++ = scale_at(b, p, j + LK_PANEL_COLUMNS);
      _mm512_storeu_si512(right->offsets, sums[2]);
      _mm512_storeu_si512(right->offsets + LK_LANES, sums[3]);
      right++;
    }
  }
}

#pragma clang attribute pop
#endif

void lk_pack_q8(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512 && lk_has_fast_q8(level)) return pack_vnni(panels, panel_stride, b, k, n);
#endif
  lk_pack_q8_plain(panels, panel_stride, b, k, n, level);
}

void lk_pack_transposed_q8(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512 && lk_has_fast_q8(level)) return pack_transposed_vnni(panels, panel_stride, b, k, n);
#endif
  lk_pack_transposed_q8_plain(panels, panel_stride, b, k, n, level);
}

#include "lanes_avx512.h"

// The passes between the bfloat16 products of attention. Scores come in units of log₂ e, so that a probability is
// a power of two, and leave rounded, in the layouts that the products read.

/// How many of a block's keys row i sees.
LK_INLINE size_t keys_seen(size_t i, size_t width, ptrdiff_t visible) {
  const ptrdiff_t seen = visible + (ptrdiff_t)i;
  return seen < 0 ? 0 : (size_t)seen < width ? (size_t)seen : width;
}

/// The place of row i's value in the first column of a panel. The value of row i + 1 is the next for even i.
LK_INLINE size_t pair_place(size_t i) { return i / 2 * 2 * LK_PANEL_COLUMNS + i % 2; }

/// Takes a new maximum into a row's running values, of which a first block has none.
LK_INLINE void raise_maximum(float top, float *m, float *sum, float *out, size_t out_width) {
  if (top > *m && *m > -INFINITY) {
    const float c = exp2f(*m - top);
    *sum *= c;
    lk_scale_row(out, c, out_width);
  }
  *m = top;
}

// The plain twins.

LK_INLINE lk_f32 power_of_two_plain(lk_f32 x) { return lk_exp(x * 0x1.62e43p-1f); }

LK_INLINE void lk_softmax_block_plain_body(uint16_t *p, const float *s, size_t stride, float *m, float *sum,
                                           float *out, size_t out_width, size_t rows, size_t width,
                                           ptrdiff_t visible) {
  for (size_t i = 0; i < rows; i++, p += stride, s += stride, out += out_width) {
    const size_t seen = keys_seen(i, width, visible);
    float top = m[i];
    for (size_t j = 0; j < seen; j++) top = top < s[j] ? s[j] : top;
    raise_maximum(top, m + i, sum + i, out, out_width);
    lk_f32 sums = 0;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = j < seen ? lk_lanes(seen - j) : 0;
      const lk_f32 e = n > 0 ? power_of_two_plain(lk_load_or(s + j, n, -INFINITY) - top) : (lk_f32)0;
      sums += e;
      lk_store_u16(p + j, lk_round_bf16(e), LK_LANES);
    }
    sum[i] += lk_sum(sums);
  }
}

LK_KERNEL(lk_softmax_block_plain,
          (uint16_t *p, const float *s, size_t stride, float *m, float *sum, float *out, size_t out_width,
           size_t rows, size_t width, ptrdiff_t visible),
          (p, s, stride, m, sum, out, out_width, rows, width, visible))

LK_INLINE void store_pairs(uint16_t *column, lk_f32 values, bool is_last, size_t i) {
  uint16_t bits[LK_LANES];
  lk_store_u16(bits, lk_round_bf16(values), LK_LANES);
  for (size_t j = 0; j < LK_LANES; j++) {
    column[2 * j] = bits[j];
    if (is_last && i % 2 == 0) column[2 * j + 1] = 0;
  }
}

LK_INLINE void lk_softmax_backward_plain_body(uint16_t *ds, uint16_t *p_panels, uint16_t *ds_panels,
                                              size_t panel_stride, const float *s, const float *dp,
                                              size_t stride, const float *lse, const float *delta,
                                              size_t rows, size_t width, ptrdiff_t visible) {
  for (size_t i = 0; i < rows; i++, ds += stride, s += stride, dp += stride) {
    const size_t seen = keys_seen(i, width, visible);
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = j < seen ? lk_lanes(seen - j) : 0;
      lk_f32 probability = 0, gradient = 0;
      if (n > 0) {
        probability = power_of_two_plain(lk_load_or(s + j, n, -INFINITY) - lse[i]);
        gradient = probability * (lk_load(dp + j, n) - delta[i]);
      }
      lk_store_u16(ds + j, lk_round_bf16(gradient), LK_LANES);
      const size_t place =
          j / LK_PANEL_COLUMNS * panel_stride + pair_place(i) + j % LK_PANEL_COLUMNS * 2;
      store_pairs(p_panels + place, probability, i + 1 == rows, i);
      store_pairs(ds_panels + place, gradient, i + 1 == rows, i);
    }
  }
}

LK_KERNEL(lk_softmax_backward_plain,
          (uint16_t *ds, uint16_t *p_panels, uint16_t *ds_panels, size_t panel_stride, const float *s,
           const float *dp, size_t stride, const float *lse, const float *delta, size_t rows, size_t width,
           ptrdiff_t visible),
          (ds, p_panels, ds_panels, panel_stride, s, dp, stride, lse, delta, rows, width, visible))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

static void softmax_block_avx512bf16(uint16_t *p, const float *s, size_t stride, float *m, float *sum,
                                     float *out, size_t out_width, size_t rows, size_t width,
                                     ptrdiff_t visible) {
  for (size_t i = 0; i < rows; i++, p += stride, s += stride, out += out_width) {
    const size_t seen = keys_seen(i, width, visible);
    __m512 maxima[2] = {_mm512_set1_ps(m[i]), _mm512_set1_ps(m[i])};
    for (size_t j = 0; j < seen; j += 32) {
      const __mmask32 mask = lk_mask_32(seen - j);
      for (size_t half = 0; half < 2; half++) {
        const __mmask16 kept = (__mmask16)(mask >> 16 * half);
        const __m512 v = _mm512_mask_loadu_ps(maxima[half], kept, s + j + 16 * half);
        maxima[half] = _mm512_max_ps(v, maxima[half]);
      }
    }
    const float top = _mm512_reduce_max_ps(_mm512_max_ps(maxima[0], maxima[1]));
    raise_maximum(top, m + i, sum + i, out, out_width);
    const __m512 shift = _mm512_set1_ps(top);
    __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    size_t j = 0;
    for (; j < seen; j += 32) {
      const __mmask32 mask = lk_mask_32(seen - j);
      __m512 e[2];
      for (size_t half = 0; half < 2; half++) {
        const __mmask16 kept = (__mmask16)(mask >> 16 * half);
        const __m512 v = _mm512_maskz_loadu_ps(kept, s + j + 16 * half);
        e[half] = _mm512_maskz_mov_ps(kept, lk_exp2_ps(_mm512_sub_ps(v, shift)));
        sums[half] = _mm512_add_ps(sums[half], e[half]);
      }
      _mm512_storeu_si512(p + j, lk_narrow_32(e));
    }
    for (; j < width; j += 32) _mm512_storeu_si512(p + j, _mm512_setzero_si512());
    sum[i] += _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
  }
}

/// 32 keys of one row: probabilities, and gradients of scores.
LK_INLINE void row_backward(__m512i *p, __m512i *ds, const float *s, const float *dp, float lse, float delta,
                            __mmask32 mask) {
  __m512 probabilities[2], gradients[2];
  for (size_t half = 0; half < 2; half++) {
    const __mmask16 kept = (__mmask16)(mask >> 16 * half);
    const __m512 shifted = _mm512_sub_ps(_mm512_maskz_loadu_ps(kept, s + 16 * half), _mm512_set1_ps(lse));
    const __m512 change = _mm512_sub_ps(_mm512_maskz_loadu_ps(kept, dp + 16 * half), _mm512_set1_ps(delta));
    probabilities[half] = _mm512_maskz_mov_ps(kept, lk_exp2_ps(shifted));
    gradients[half] = _mm512_mul_ps(probabilities[half], change);
  }
  *p = lk_narrow_32(probabilities);
  *ds = lk_narrow_32(gradients);
}

LK_INLINE void store_row_pairs(uint16_t *pairs, __m512i even, __m512i odd) {
  // Values change lanes within each quarter, then quarters change places.
  const __m512i low = _mm512_unpacklo_epi16(even, odd), high = _mm512_unpackhi_epi16(even, odd);
  const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  _mm512_storeu_si512(pairs, _mm512_permutex2var_epi64(low, first, high));
  _mm512_storeu_si512(pairs + LK_PANEL_COLUMNS, _mm512_permutex2var_epi64(low, second, high));
}

static void softmax_backward_avx512bf16(uint16_t *ds, uint16_t *p_panels, uint16_t *ds_panels,
                                        size_t panel_stride, const float *s, const float *dp, size_t stride,
                                        const float *lse, const float *delta, size_t rows, size_t width,
                                        ptrdiff_t visible) {
  for (size_t i = 0; i < rows; i += 2) {
    const bool has_pair = i + 1 < rows;
    for (size_t j = 0; j < width; j += LK_PANEL_COLUMNS) {
      __m512i p[2], gradients[2];
      p[1] = gradients[1] = _mm512_setzero_si512();
      for (size_t row = 0; row < (has_pair ? 2 : 1); row++) {
        const size_t seen = keys_seen(i + row, width, visible), place = (i + row) * stride + j;
        const __mmask32 mask = j < seen ? lk_mask_32(seen - j) : 0;
        row_backward(p + row, gradients + row, s + place, dp + place, lse[i + row], delta[i + row], mask);
        _mm512_storeu_si512(ds + place, gradients[row]);
      }
      const size_t place = j / LK_PANEL_COLUMNS * panel_stride + pair_place(i);
      store_row_pairs(p_panels + place, p[0], p[1]);
      store_row_pairs(ds_panels + place, gradients[0], gradients[1]);
    }
  }
}

#pragma clang attribute pop
#endif

void lk_softmax_block_bf16(uint16_t *p, const float *s, size_t stride, float *m, float *sum, float *out,
                           size_t out_width, size_t rows, size_t width, ptrdiff_t visible, lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) {
    return softmax_block_avx512bf16(p, s, stride, m, sum, out, out_width, rows, width, visible);
  }
#endif
  lk_softmax_block_plain(p, s, stride, m, sum, out, out_width, rows, width, visible, level);
}

void lk_softmax_backward_bf16(uint16_t *ds, uint16_t *p_panels, uint16_t *ds_panels, size_t panel_stride,
                              const float *s, const float *dp, size_t stride, const float *lse,
                              const float *delta, size_t rows, size_t width, ptrdiff_t visible,
                              lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) {
    return softmax_backward_avx512bf16(ds, p_panels, ds_panels, panel_stride, s, dp, stride, lse, delta, rows,
                                       width, visible);
  }
#endif
  lk_softmax_backward_plain(ds, p_panels, ds_panels, panel_stride, s, dp, stride, lse, delta, rows, width,
                            visible, level);
}

#include "lanes.h"

/// How many of a block's keys row i sees.
LK_INLINE size_t lk_seen(size_t i, size_t width, ptrdiff_t visible, size_t period) {
  const ptrdiff_t seen = visible + (ptrdiff_t)(i % period);
  return seen < 0 ? 0 : (size_t)seen < width ? (size_t)seen : width;
}

LK_INLINE void lk_softmax_block_f32_body(float *s, float *m, float *sum, float *out, size_t rows,
                                         size_t width, ptrdiff_t visible, size_t period, size_t out_width) {
  for (size_t i = 0; i < rows; i++, s += width, out += out_width) {
    const size_t seen = lk_seen(i, width, visible, period);
    lk_f32 maxima = -INFINITY;
    for (size_t j = 0; j < seen; j += LK_LANES) {
      const lk_f32 v = lk_load_or(s + j, lk_lanes(seen - j), -INFINITY);
      maxima = maxima < v ? v : maxima;
    }
    const float block_max = lk_max(maxima);
    const float old_max = m[i], new_max = old_max < block_max ? block_max : old_max;
    lk_f32 sums = 0;
    for (size_t j = 0; j < seen; j += LK_LANES) {
      const size_t n = lk_lanes(seen - j);
      const lk_f32 e = lk_exp(lk_load_or(s + j, n, -INFINITY) - new_max);
      sums += e;
      lk_store(s + j, e, n);
    }
    memset(s + seen, 0, (width - seen) * sizeof *s);
    if (new_max == old_max) {
      sum[i] += lk_sum(sums);
    } else {
      const float c = lk_exp((lk_f32)(old_max - new_max))[0];
      sum[i] = sum[i] * c + lk_sum(sums);
      lk_scale_row(out, c, out_width);
      m[i] = new_max;
    }
  }
}

LK_KERNEL(lk_softmax_block_f32,
          (float *s, float *m, float *sum, float *out, size_t rows, size_t width, ptrdiff_t visible,
           size_t period, size_t out_width),
          (s, m, sum, out, rows, width, visible, period, out_width))

LK_INLINE void lk_softmax_finish_body(lk_rows out, float *_Nullable log_sum_exp, size_t lse_stride,
                                      const float *accumulated, const float *m, const float *sum, float unit,
                                      size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++, accumulated += width) {
    const float inverse = 1.0f / sum[i];
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store_at(out, i, j, lk_load(accumulated + j, n) * inverse, n);
    }
    if (log_sum_exp) log_sum_exp[i * lse_stride] = m[i] * unit + logf(sum[i]);
  }
}

LK_KERNEL(lk_softmax_finish,
          (lk_rows out, float *_Nullable log_sum_exp, size_t lse_stride, const float *accumulated, const float *m,
           const float *sum, float unit, size_t rows, size_t width),
          (out, log_sum_exp, lse_stride, accumulated, m, sum, unit, rows, width))

LK_INLINE void lk_row_dots_body(float *delta, lk_rows a, lk_rows b, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    lk_f32 products = 0;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      // A head is a line or two of each row, which no hardware prefetcher foresees.
      __builtin_prefetch(lk_element(a, i + 8, j));
      __builtin_prefetch(lk_element(b, i + 8, j));
      products += lk_load_at(a, i, j, n) * lk_load_at(b, i, j, n);
    }
    delta[i] = lk_sum(products);
  }
}

LK_KERNEL(lk_row_dots, (float *delta, lk_rows a, lk_rows b, size_t rows, size_t width),
          (delta, a, b, rows, width))

LK_INLINE void lk_softmax_block_backward_f32_body(float *s, float *dp, const float *lse, const float *delta,
                                                  size_t rows, size_t width, ptrdiff_t visible,
                                                  size_t period) {
  for (size_t i = 0; i < rows; i++, s += width, dp += width) {
    const size_t seen = lk_seen(i, width, visible, period);
    for (size_t j = 0; j < seen; j += LK_LANES) {
      const size_t n = lk_lanes(seen - j);
      const lk_f32 p = lk_exp(lk_load(s + j, n) - lse[i]);
      lk_store(s + j, p, n);
      lk_store(dp + j, p * (lk_load(dp + j, n) - delta[i]), n);
    }
    memset(s + seen, 0, (width - seen) * sizeof *s);
    memset(dp + seen, 0, (width - seen) * sizeof *dp);
  }
}

LK_KERNEL(lk_softmax_block_backward_f32,
          (float *s, float *dp, const float *lse, const float *delta, size_t rows, size_t width,
           ptrdiff_t visible, size_t period),
          (s, dp, lse, delta, rows, width, visible, period))

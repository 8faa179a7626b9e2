#define LK_LONG_CHAINS
#include "lanes.h"

/// The row's maximum, and Σ e^(row − maximum), added up in double precision every 4,096 elements: a
/// vocabulary of 150,000 would cost single-precision partial sums their last digits. The exponentials go to
/// `exponentials`, which may be the row, or be null.
LK_INLINE double lk_shifted_sum(const float *row, size_t width, float *maximum, float *_Nullable exponentials) {
  lk_f32 maxima = -INFINITY;
  for (size_t j = 0; j < width; j += LK_LANES) {
    const lk_f32 v = lk_load_or(row + j, lk_lanes(width - j), -INFINITY);
    maxima = maxima < v ? v : maxima;
  }
  *maximum = lk_max(maxima);
  double total = 0;
  for (size_t first = 0; first < width; first += 4096) {
    const size_t last = width - first < 4096 ? width : first + 4096;
    lk_f32 sums = 0;
    for (size_t j = first; j < last; j += LK_LANES) {
      const lk_f32 e = lk_exp(lk_load_or(row + j, lk_lanes(last - j), -INFINITY) - *maximum);
      if (exponentials) lk_store(exponentials + j, e, lk_lanes(last - j));
      sums += e;
    }
    total += lk_sum(sums);
  }
  return total;
}

LK_INLINE void lk_cross_entropy_f32_body(float *losses, const float *logits, size_t stride,
                                         const int32_t *labels, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++, logits += stride) {
    float maximum;
    const double sum = lk_shifted_sum(logits, width, &maximum, NULL);
    losses[i] = (float)(log(sum) - ((double)logits[labels[i]] - maximum));
  }
}

LK_KERNEL(lk_cross_entropy_f32,
          (float *losses, const float *logits, size_t stride, const int32_t *labels, size_t rows,
           size_t width),
          (losses, logits, stride, labels, rows, width))

LK_INLINE void lk_cross_entropy_backward_body(float *losses, lk_rows gradients, float *logits,
                                              size_t stride, const int32_t *labels,
                                              const float *_Nullable weights, float scale, size_t rows,
                                              size_t width) {
  for (size_t i = 0; i < rows; i++, logits += stride) {
    float maximum;
    const double logit = logits[labels[i]];
    const double sum = lk_shifted_sum(logits, width, &maximum, logits);
    losses[i] = (float)(log(sum) - (logit - maximum));
    const float factor = weights ? weights[i] * scale : scale;
    const float normal = (float)(factor / sum);
    // Read before its place may be overwritten.
    const lk_f32 labelled = logits[labels[i]] * (lk_f32)normal - factor;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store_at(gradients, i, j, lk_load(logits + j, n) * normal, n);
    }
    lk_store_at(gradients, i, (size_t)labels[i], labelled, 1);
  }
}

LK_KERNEL(lk_cross_entropy_backward,
          (float *losses, lk_rows gradients, float *logits, size_t stride, const int32_t *labels,
           const float *_Nullable weights, float scale, size_t rows, size_t width),
          (losses, gradients, logits, stride, labels, weights, scale, rows, width))

#define LK_LONG_CHAINS
#include "lanes.h"

LK_INLINE void lk_rmsnorm_apply_body(lk_rows y, lk_rows x, const float *rstd, const float *gain, size_t rows,
                                     size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store_at(y, i, j, lk_load_at(x, i, j, n) * rstd[i] * lk_load(gain + j, n), n);
    }
  }
}

LK_KERNEL(lk_rmsnorm_apply,
          (lk_rows y, lk_rows x, const float *rstd, const float *gain, size_t rows, size_t width),
          (y, x, rstd, gain, rows, width))

LK_INLINE void lk_rmsnorm_body(lk_rows y, float *rstd, lk_rows kept, lk_rows x, const float *gain,
                               float epsilon, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    lk_f32 squares = 0;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 v = lk_load_at(x, i, j, n);
      squares += v * v;
      if (kept.base) lk_store_at(kept, i, j, v, n);
    }
    const float r = 1.0f / sqrtf(lk_sum(squares) / (float)width + epsilon);
    rstd[i] = r;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store_at(y, i, j, lk_load_at(x, i, j, n) * r * lk_load(gain + j, n), n);
    }
  }
}

LK_KERNEL(lk_rmsnorm,
          (lk_rows y, float *rstd, lk_rows kept, lk_rows x, const float *gain, float epsilon, size_t rows,
           size_t width),
          (y, rstd, kept, x, gain, epsilon, rows, width))

/// With h = dy ⊙ gain and k = r³/width·Σ(h ⊙ x): dx = r·h − k·x, on top of what dx holds if `adds`, and the same to
/// `copy` if there is one.
LK_INLINE void lk_rmsnorm_dx(lk_rows dx, lk_rows copy, lk_rows dy, lk_rows x, const float *rstd, const float *gain,
                             size_t rows, size_t width, bool adds) {
  for (size_t i = 0; i < rows; i++) {
    lk_f32 products = 0;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      products += lk_load_at(dy, i, j, n) * lk_load(gain + j, n) * lk_load_at(x, i, j, n);
    }
    const float r = rstd[i];
    // r·x has mean square 1, so these factors stay in range where r³ alone would overflow.
    const float k = r * (r * (r * lk_sum(products)) / (float)width);
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load_at(dy, i, j, n) * lk_load(gain + j, n) * r - lk_load_at(x, i, j, n) * k;
      const lk_f32 sum = adds ? lk_load_at(dx, i, j, n) + g : g;
      lk_store_at(dx, i, j, sum, n);
      if (copy.base) lk_store_at(copy, i, j, sum, n);
    }
  }
}

LK_INLINE void lk_rmsnorm_backward_add_body(lk_rows dx, lk_rows copy, lk_rows dy, lk_rows x, const float *rstd,
                                            const float *gain, size_t rows, size_t width) {
  lk_rmsnorm_dx(dx, copy, dy, x, rstd, gain, rows, width, true);
}

LK_KERNEL(lk_rmsnorm_backward_add,
          (lk_rows dx, lk_rows copy, lk_rows dy, lk_rows x, const float *rstd, const float *gain, size_t rows,
           size_t width),
          (dx, copy, dy, x, rstd, gain, rows, width))

LK_INLINE void lk_rmsnorm_backward_body(lk_rows dx, lk_rows dy, lk_rows x, const float *rstd,
                                        const float *gain, size_t rows, size_t width) {
  const lk_rows none = {0};
  lk_rmsnorm_dx(dx, none, dy, x, rstd, gain, rows, width, false);
}

LK_KERNEL(lk_rmsnorm_backward,
          (lk_rows dx, lk_rows dy, lk_rows x, const float *rstd, const float *gain, size_t rows, size_t width),
          (dx, dy, x, rstd, gain, rows, width))

LK_INLINE void lk_rmsnorm_gain_gradient_f32_body(float *dgain, const float *dy, size_t dy_stride,
                                                 const float *x, size_t x_stride, const float *rstd,
                                                 size_t rows, size_t width) {
  for (size_t first = 0; first < rows; first += LK_ROW_BLOCK) {
    const size_t last = rows - first < LK_ROW_BLOCK ? rows : first + LK_ROW_BLOCK;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_f32 block = 0;
      for (size_t i = first; i < last; i++) {
        block += lk_load(dy + i * dy_stride + j, n) * (lk_load(x + i * x_stride + j, n) * rstd[i]);
      }
      lk_store(dgain + j, lk_load(dgain + j, n) + block, n);
    }
  }
}

LK_KERNEL(lk_rmsnorm_gain_gradient_f32,
          (float *dgain, const float *dy, size_t dy_stride, const float *x, size_t x_stride,
           const float *rstd, size_t rows, size_t width),
          (dgain, dy, dy_stride, x, x_stride, rstd, rows, width))

#include "lanes.h"

LK_INLINE void lk_gemv_f32_body(float *y, const float *w, size_t stride, const float *x, size_t rows, size_t width,
                                bool adds) {
  for (size_t i = 0; i < rows; i++, w += stride) {
    lk_f32 sum = 0;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_prefetch_stream(w + j);
      sum += lk_load(w + j, n) * lk_load(x + j, n);
    }
    y[i] = (adds ? y[i] : 0) + lk_sum(sum);
  }
}

LK_KERNEL(lk_gemv_f32,
          (float *y, const float *w, size_t stride, const float *x, size_t rows, size_t width, bool adds),
          (y, w, stride, x, rows, width, adds))

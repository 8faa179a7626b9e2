#include "lanes.h"

LK_INLINE void lk_gemv_f32_body(float *y, const float *w, size_t stride, const float *x, size_t rows, size_t width,
                                bool adds) {
  for (size_t first = 0; first < rows; first += LK_LANES) {
    const size_t count = lk_lanes(rows - first);
    lk_f32 sums[LK_LANES] = {0};
    for (size_t i = 0; i < count; i++, w += stride) {
      lk_f32 sum = 0;
      for (size_t j = 0; j < width; j += LK_LANES) {
        const size_t n = lk_lanes(width - j);
        lk_prefetch_stream(w + j);
        sum += lk_load(w + j, n) * lk_load(x + j, n);
      }
      sums[i] = sum;
    }
    lk_store_sums(y + first, sums, count, adds);
  }
}

LK_KERNEL(lk_gemv_f32,
          (float *y, const float *w, size_t stride, const float *x, size_t rows, size_t width, bool adds),
          (y, w, stride, x, rows, width, adds))

#include "lanes.h"

LK_INLINE void lk_rotary_body(lk_rows x, const float *cosine, const float *sine, const int32_t *positions,
                              float direction, size_t rows, size_t heads, size_t half) {
  for (size_t i = 0; i < rows; i++) {
    const float *c_row = cosine + (size_t)positions[i] * half;
    const float *s_row = sine + (size_t)positions[i] * half;
    for (size_t h = 0; h < heads; h++) {
      const size_t first = 2 * half * h, second = first + half;
      for (size_t j = 0; j < half; j += LK_LANES) {
        const size_t n = lk_lanes(half - j);
        const lk_f32 c = lk_load(c_row + j, n), s = lk_load(s_row + j, n) * direction;
        const lk_f32 a = lk_load_at(x, i, first + j, n), b = lk_load_at(x, i, second + j, n);
        lk_store_at(x, i, first + j, a * c - b * s, n);
        lk_store_at(x, i, second + j, b * c + a * s, n);
      }
    }
  }
}

LK_KERNEL(lk_rotary,
          (lk_rows x, const float *cosine, const float *sine, const int32_t *positions, float direction,
           size_t rows, size_t heads, size_t half),
          (x, cosine, sine, positions, direction, rows, heads, half))

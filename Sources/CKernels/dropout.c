#include "random.h"

LK_INLINE void lk_dropout_body(lk_rows y, lk_rows x, uint64_t seed, size_t first_row, uint32_t threshold,
                               float factor, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    const uint64_t key = lk_random_key(seed, first_row + i);
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_u32 h = lk_random_bits(key, (uint32_t)j);
      h = (h ^ (h >> 16)) >> 8;
      const lk_f32 v = lk_load_at(x, i, j, n) * factor;
      lk_store_at(y, i, j, h >= threshold ? v : (lk_f32)0.0f, n);
    }
  }
}

LK_KERNEL(lk_dropout,
          (lk_rows y, lk_rows x, uint64_t seed, size_t first_row, uint32_t threshold, float factor,
           size_t rows, size_t width),
          (y, x, seed, first_row, threshold, factor, rows, width))

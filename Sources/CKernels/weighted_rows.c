#include "lanes.h"

/// Vectors of columns whose sums stay in registers while all rows pass.
#define LK_COLUMN_VECTORS 4

LK_INLINE void lk_add_weighted_columns(float *y, const float *c, lk_rows w, size_t rows, size_t first, size_t vectors,
                                       size_t width) {
  lk_f32 sums[LK_COLUMN_VECTORS];
  for (size_t k = 0; k < vectors; k++) {
    const size_t j = first + k * LK_LANES;
    sums[k] = lk_load(y + j, lk_lanes(width - j));
  }
  for (size_t i = 0; i < rows; i++) {
    for (size_t k = 0; k < vectors; k++) {
      const size_t j = first + k * LK_LANES;
      sums[k] += c[i] * lk_load_at(w, i, j, lk_lanes(width - j));
    }
  }
  for (size_t k = 0; k < vectors; k++) {
    const size_t j = first + k * LK_LANES;
    lk_store(y + j, sums[k], lk_lanes(width - j));
  }
}

LK_INLINE void lk_add_weighted_rows_of(float *y, const float *c, lk_rows w, size_t rows, size_t width) {
  size_t j = 0;
  for (; j + LK_COLUMN_VECTORS * LK_LANES <= width; j += LK_COLUMN_VECTORS * LK_LANES) {
    lk_add_weighted_columns(y, c, w, rows, j, LK_COLUMN_VECTORS, width);
  }
  for (; j < width; j += LK_LANES) lk_add_weighted_columns(y, c, w, rows, j, 1, width);
}

LK_INLINE void lk_add_weighted_rows_body(float *y, const float *c, lk_rows w, size_t rows, size_t width) {
  // The type is a constant in each of the loops.
  if (w.type == LK_BF16) {
    lk_add_weighted_rows_of(y, c, (lk_rows){w.base, w.stride, LK_BF16}, rows, width);
  } else {
    lk_add_weighted_rows_of(y, c, (lk_rows){w.base, w.stride, LK_F32}, rows, width);
  }
}

LK_KERNEL(lk_add_weighted_rows, (float *y, const float *c, lk_rows w, size_t rows, size_t width),
          (y, c, w, rows, width))

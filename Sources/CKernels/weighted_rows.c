#include "lanes.h"

/// Vectors of columns whose sums stay in registers while all rows pass.
#define LK_COLUMN_VECTORS 4

/// Adds to the columns from `first` on: `vectors` whole ones, or one of `count` values.
LK_INLINE void lk_add_weighted_columns(float *y, const float *c, lk_rows w, size_t rows, size_t first, size_t vectors,
                                       size_t count) {
  lk_f32 sums[LK_COLUMN_VECTORS];
  for (size_t k = 0; k < vectors; k++) sums[k] = lk_load(y + first + k * LK_LANES, count);
  for (size_t i = 0; i < rows; i++) {
    for (size_t k = 0; k < vectors; k++) sums[k] += c[i] * lk_load_at(w, i, first + k * LK_LANES, count);
  }
  for (size_t k = 0; k < vectors; k++) lk_store(y + first + k * LK_LANES, sums[k], count);
}

LK_INLINE void lk_add_weighted_rows_of(float *y, const float *c, lk_rows w, size_t rows, size_t width) {
  size_t j = 0;
  for (; j + LK_COLUMN_VECTORS * LK_LANES <= width; j += LK_COLUMN_VECTORS * LK_LANES) {
    lk_add_weighted_columns(y, c, w, rows, j, LK_COLUMN_VECTORS, LK_LANES);
  }
  for (; j + LK_LANES <= width; j += LK_LANES) lk_add_weighted_columns(y, c, w, rows, j, 1, LK_LANES);
  if (j < width) lk_add_weighted_columns(y, c, w, rows, j, 1, width - j);
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

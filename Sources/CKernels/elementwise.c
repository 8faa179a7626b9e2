#include "lanes.h"

LK_INLINE void lk_copy_body(lk_rows y, lk_rows x, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store_at(y, i, j, lk_load_at(x, i, j, n), n);
    }
  }
}

LK_KERNEL(lk_copy, (lk_rows y, lk_rows x, size_t rows, size_t width), (y, x, rows, width))

LK_INLINE void lk_add_body(lk_rows y, lk_rows x, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store_at(y, i, j, lk_load_at(y, i, j, n) + lk_load_at(x, i, j, n), n);
    }
  }
}

LK_KERNEL(lk_add, (lk_rows y, lk_rows x, size_t rows, size_t width), (y, x, rows, width))

LK_INLINE void lk_add_bias_f32_body(float *y, size_t stride, const float *bias, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++, y += stride) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store(y + j, lk_load(y + j, n) + lk_load(bias + j, n), n);
    }
  }
}

LK_KERNEL(lk_add_bias_f32, (float *y, size_t stride, const float *bias, size_t rows, size_t width),
          (y, stride, bias, rows, width))

LK_INLINE void lk_sum_rows_f32_body(float *sums, const float *x, size_t stride, size_t rows, size_t width) {
  for (size_t first = 0; first < rows; first += LK_ROW_BLOCK) {
    const size_t last = rows - first < LK_ROW_BLOCK ? rows : first + LK_ROW_BLOCK;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_f32 block = 0;
      for (size_t i = first; i < last; i++) block += lk_load(x + i * stride + j, n);
      lk_store(sums + j, lk_load(sums + j, n) + block, n);
    }
  }
}

LK_KERNEL(lk_sum_rows_f32, (float *sums, const float *x, size_t stride, size_t rows, size_t width),
          (sums, x, stride, rows, width))

LK_INLINE void lk_scatter_add_f32_body(float *table, size_t table_stride, const float *x, size_t x_stride,
                                       const int32_t *ids, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++, x += x_stride) {
    float *row = table + (size_t)ids[i] * table_stride;
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_store(row + j, lk_load(row + j, n) + lk_load(x + j, n), n);
    }
  }
}

LK_KERNEL(lk_scatter_add_f32,
          (float *table, size_t table_stride, const float *x, size_t x_stride, const int32_t *ids,
           size_t rows, size_t width),
          (table, table_stride, x, x_stride, ids, rows, width))

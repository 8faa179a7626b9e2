#include "ckernels.h"

void lk_transpose_bf16(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride, size_t rows,
                       size_t width) {
  for (size_t j = 0; j < width; j++) {
    for (size_t i = 0; i < rows; i++) y[j * y_stride + i] = x[i * x_stride + j];
  }
}

void lk_add_transposed_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                           size_t width) {
  for (size_t j = 0; j < width; j++) {
    for (size_t i = 0; i < rows; i++) y[j * y_stride + i] += x[i * x_stride + j];
  }
}

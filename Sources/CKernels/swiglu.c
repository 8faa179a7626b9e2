#include "lanes.h"

LK_INLINE void lk_swiglu_f32_body(float *h, size_t h_stride, const float *gate, size_t gate_stride,
                                  const float *up, size_t up_stride, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++, h += h_stride, gate += gate_stride, up += up_stride) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load(gate + j, n);
      lk_store(h + j, g * lk_sigmoid(g) * lk_load(up + j, n), n);
    }
  }
}

LK_KERNEL(lk_swiglu_f32,
          (float *h, size_t h_stride, const float *gate, size_t gate_stride, const float *up,
           size_t up_stride, size_t rows, size_t width),
          (h, h_stride, gate, gate_stride, up, up_stride, rows, width))

LK_INLINE void lk_swiglu_backward_f32_body(float *dgate, size_t dgate_stride, float *dup, size_t dup_stride,
                                           const float *dh, size_t dh_stride, const float *gate,
                                           size_t gate_stride, const float *up, size_t up_stride,
                                           size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load(gate + i * gate_stride + j, n), u = lk_load(up + i * up_stride + j, n);
      const lk_f32 d = lk_load(dh + i * dh_stride + j, n);
      const lk_f32 sigma = lk_sigmoid(g);
      lk_store(dgate + i * dgate_stride + j, d * u * (sigma * (1.0f + g * (1.0f - sigma))), n);
      lk_store(dup + i * dup_stride + j, d * (g * sigma), n);
    }
  }
}

LK_KERNEL(lk_swiglu_backward_f32,
          (float *dgate, size_t dgate_stride, float *dup, size_t dup_stride, const float *dh,
           size_t dh_stride, const float *gate, size_t gate_stride, const float *up, size_t up_stride,
           size_t rows, size_t width),
          (dgate, dgate_stride, dup, dup_stride, dh, dh_stride, gate, gate_stride, up, up_stride, rows, width))

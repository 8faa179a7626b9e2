#include "lanes.h"

LK_INLINE void lk_swiglu_body(lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load_at(gate, i, j, n);
      lk_store_at(h, i, j, g * lk_sigmoid(g) * lk_load_at(up, i, j, n), n);
    }
  }
}

LK_KERNEL(lk_swiglu, (lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width),
          (h, gate, up, rows, width))

LK_INLINE void lk_swiglu_backward_body(lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate,
                                       lk_rows up, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load_at(gate, i, j, n), u = lk_load_at(up, i, j, n), d = lk_load_at(dh, i, j, n);
      const lk_f32 sigma = lk_sigmoid(g);
      lk_store_at(dgate, i, j, d * u * (sigma * (1.0f + g * (1.0f - sigma))), n);
      lk_store_at(dup, i, j, d * (g * sigma), n);
      lk_store_at(h, i, j, g * sigma * u, n);
    }
  }
}

LK_KERNEL(lk_swiglu_backward,
          (lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate, lk_rows up, size_t rows,
           size_t width),
          (dgate, dup, h, dh, gate, up, rows, width))

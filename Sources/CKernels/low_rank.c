#include "lanes.h"

LK_INLINE void lk_add_low_rank_of(float *y, const float *c, lk_rows panels, size_t rank, size_t width) {
  for (size_t j = 0; j < width; j += LK_LANES) {
    const size_t n = lk_lanes(width - j), panel = j / LK_LANES;
    lk_f32 sum = lk_load(y + j, n);
    for (size_t r = 0; r < rank; r++) {
      sum += c[r] * lk_load_at(panels, panel, r * LK_LANES, LK_LANES);
    }
    lk_store(y + j, sum, n);
  }
}

LK_INLINE void lk_add_low_rank_body(float *y, const float *c, lk_rows panels, size_t rank, size_t width) {
  // The type is a constant in each of the loops.
  if (panels.type == LK_BF16) {
    lk_add_low_rank_of(y, c, (lk_rows){panels.base, panels.stride, LK_BF16}, rank, width);
  } else {
    lk_add_low_rank_of(y, c, (lk_rows){panels.base, panels.stride, LK_F32}, rank, width);
  }
}

LK_KERNEL(lk_add_low_rank, (float *y, const float *c, lk_rows panels, size_t rank, size_t width),
          (y, c, panels, rank, width))

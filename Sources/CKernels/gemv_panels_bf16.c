#include "lanes.h"

// A register of a panel holds a pair of weights of each of sixteen rows. Shifted left, its lanes are the even ones in
// float32; with their lower halves cleared, the odd ones. So a lane sums up a row, and nothing is left to add but the
// two halves.

LK_INLINE void lk_gemv_panels_bf16_body(float *y, lk_panels panels, const float *x, size_t rows, size_t width,
                                        bool adds) {
  const uint16_t *panel = panels.base;
  for (size_t first = 0; first < rows; first += LK_PANEL_COLUMNS, panel += panels.stride) {
    lk_f32 even[2] = {0, 0}, odd[2] = {0, 0};
    for (size_t j = 0; j < width; j += 2) {
      const float next = j + 1 < width ? x[j + 1] : 0;
      for (size_t half = 0; half < 2; half++) {
        const uint16_t *p = panel + j * LK_PANEL_COLUMNS + half * LK_PANEL_COLUMNS;
        lk_u32 pairs;
        lk_prefetch_stream(p);
        memcpy(&pairs, p, sizeof pairs);
        even[half] += lk_bits_to_f32(pairs << 16) * x[j];
        odd[half] += lk_bits_to_f32(pairs & 0xffff0000u) * next;
      }
    }
    for (size_t half = 0; half < 2 && first + half * LK_LANES < rows; half++) {
      float *place = y + first + half * LK_LANES;
      const size_t count = lk_lanes(rows - first - half * LK_LANES);
      const lk_f32 sum = even[half] + odd[half];
      lk_store(place, adds ? lk_load(place, count) + sum : sum, count);
    }
  }
}

LK_KERNEL(lk_gemv_panels_bf16,
          (float *y, lk_panels panels, const float *x, size_t rows, size_t width, bool adds),
          (y, panels, x, rows, width, adds))

#include "lanes.h"

// A register of 32 bfloat16 weights holds two of them in each 32-bit lane. Shifted left, a lane is the even one in
// float32; with its lower half cleared, the odd one. So x is put in the same order once: the sixteen even values of
// every 32, then the sixteen odd ones. Two operations widen 32 weights, and the loads keep up with memory.

#define LK_PAIR_GROUP (2 * LK_LANES)

LK_INLINE size_t lk_group(size_t remaining) { return remaining < LK_PAIR_GROUP ? remaining : LK_PAIR_GROUP; }

LK_INLINE void lk_split_pairs_body(float *y, const float *x, size_t width) {
  for (size_t j = 0; j < width; j += LK_PAIR_GROUP) {
    const size_t n = lk_group(width - j);
    if (n < LK_PAIR_GROUP) memset(y + j, 0, LK_PAIR_GROUP * sizeof *y);
    for (size_t k = 0; k < n; k++) y[j + k / 2 + k % 2 * LK_LANES] = x[j + k];
  }
}

LK_KERNEL(lk_split_pairs, (float *y, const float *x, size_t width), (y, x, width))

LK_INLINE void lk_gemv_bf16_body(float *y, const void *weights, size_t row_bytes, const float *x, size_t rows,
                                 size_t width, bool adds) {
  const uint8_t *w = weights;
  for (size_t i = 0; i < rows; i++, w += row_bytes) {
    lk_f32 even = 0, odd = 0;
    for (size_t j = 0; j < width; j += LK_PAIR_GROUP) {
      const size_t n = lk_group(width - j);
      lk_u32 pairs = 0;
      lk_prefetch_stream(w + 2 * j);
      if (n == LK_PAIR_GROUP) {
        memcpy(&pairs, w + 2 * j, sizeof pairs);
      } else {
        memcpy(&pairs, w + 2 * j, 2 * n);
      }
      even += lk_bits_to_f32(pairs << 16) * lk_load(x + j, LK_LANES);
      odd += lk_bits_to_f32(pairs & 0xffff0000u) * lk_load(x + j + LK_LANES, LK_LANES);
    }
    y[i] = (adds ? y[i] : 0) + lk_sum(even + odd);
  }
}

LK_KERNEL(lk_gemv_bf16,
          (float *y, const void *weights, size_t row_bytes, const float *x, size_t rows, size_t width, bool adds),
          (y, weights, row_bytes, x, rows, width, adds))

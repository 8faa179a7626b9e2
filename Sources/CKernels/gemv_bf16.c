#include "lanes.h"

// A register of 32 bfloat16 weights holds two of them in each 32-bit lane. Shifted left, a lane is the even one in
// float32; with its lower half cleared, the odd one. So x is put in the same order once: the sixteen even values of
// every 32, then the sixteen odd ones. Two operations widen 32 weights, and the loads keep up with memory.

LK_INLINE void lk_split_pairs_body(float *y, const float *x, size_t width) {
  for (size_t j = 0; j < width; j += LK_PAIR_GROUP) {
    const size_t n = width - j;
    const lk_f32 low = lk_load(x + j, lk_lanes(n));
    const lk_f32 high = n > LK_LANES ? lk_load(x + j + LK_LANES, lk_lanes(n - LK_LANES)) : (lk_f32)0;
    lk_store(y + j, __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
             LK_LANES);
    lk_store(y + j + LK_LANES,
             __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), LK_LANES);
  }
}

LK_KERNEL(lk_split_pairs, (float *y, const float *x, size_t width), (y, x, width))

/// The products of a row in sixteen partial sums.
LK_INLINE lk_f32 lk_dot_bf16(const uint8_t *w, const float *x, size_t width) {
  lk_f32 even = 0, odd = 0;
  lk_u32 pairs;
  size_t j = 0;
  for (; j + LK_PAIR_GROUP <= width; j += LK_PAIR_GROUP) {
    lk_prefetch_stream(w + 2 * j);
    memcpy(&pairs, w + 2 * j, sizeof pairs);
    even += lk_bits_to_f32(pairs << 16) * lk_load(x + j, LK_LANES);
    odd += lk_bits_to_f32(pairs & 0xffff0000u) * lk_load(x + j + LK_LANES, LK_LANES);
  }
  if (j < width) {
    pairs = 0;
    memcpy(&pairs, w + 2 * j, 2 * (width - j));
    even += lk_bits_to_f32(pairs << 16) * lk_load(x + j, LK_LANES);
    odd += lk_bits_to_f32(pairs & 0xffff0000u) * lk_load(x + j + LK_LANES, LK_LANES);
  }
  return even + odd;
}

LK_INLINE void lk_gemv_bf16_body(float *y, const void *weights, size_t row_bytes, const float *x, size_t rows,
                                 size_t width, bool adds) {
  const uint8_t *w = weights;
  for (size_t first = 0; first < rows; first += LK_LANES) {
    const size_t count = lk_lanes(rows - first);
    lk_f32 sums[LK_LANES] = {0};
    for (size_t i = 0; i < count; i++, w += row_bytes) sums[i] = lk_dot_bf16(w, x, width);
    lk_store_sums(y + first, sums, count, adds);
  }
}

LK_KERNEL(lk_gemv_bf16,
          (float *y, const void *weights, size_t row_bytes, const float *x, size_t rows, size_t width, bool adds),
          (y, weights, row_bytes, x, rows, width, adds))

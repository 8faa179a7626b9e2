#include "lanes.h"

/// SplitMix64's finaliser (Steele, Lea and Flood, 2014).
LK_INLINE uint64_t lk_mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

LK_INLINE void lk_dropout_body(lk_rows y, lk_rows x, uint64_t seed, size_t first_row, uint32_t threshold,
                               float factor, size_t rows, size_t width) {
  const lk_u32 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (size_t i = 0; i < rows; i++) {
    // 64 bits of the seed and row, half of them before and half of them amid MurmurHash3's 32-bit finaliser
    // (Appleby, 2011) of the column.
    const uint64_t key = lk_mix64(seed + 0x9e3779b97f4a7c15u * (uint64_t)(first_row + i + 1));
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      lk_u32 h = (lane + (uint32_t)j) ^ (uint32_t)key;
      h = (h ^ (h >> 16)) * 0x85ebca6bu;
      h = ((h ^ (h >> 13)) + (uint32_t)(key >> 32)) * 0xc2b2ae35u;
      h = (h ^ (h >> 16)) >> 8;
      const lk_f32 v = lk_load_at(x, i, j, n) * factor;
      lk_store_at(y, i, j, h >= threshold ? v : (lk_f32)0.0f, n);
    }
  }
}

LK_KERNEL(lk_dropout,
          (lk_rows y, lk_rows x, uint64_t seed, size_t first_row, uint32_t threshold, float factor,
           size_t rows, size_t width),
          (y, x, seed, first_row, threshold, factor, rows, width))

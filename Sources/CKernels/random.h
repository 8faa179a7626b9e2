#ifndef LK_RANDOM_H
#define LK_RANDOM_H

#include "lanes.h"

// Random numbers that are a function of a seed, a row and a column alone: the same for any number of threads, and in
// any order.

/// SplitMix64's finaliser (Steele, Lea and Flood, 2014).
LK_INLINE uint64_t lk_mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// What the random bits of a row are made from.
LK_INLINE uint64_t lk_random_key(uint64_t seed, size_t row) {
  return lk_mix64(seed + 0x9e3779b97f4a7c15u * (uint64_t)(row + 1));
}

/// Bits for sixteen columns: half of the key before and half of it amid MurmurHash3's 32-bit finaliser (Appleby, 2011)
/// of the column, without its last step, which is for the lower bits.
LK_INLINE lk_u32 lk_random_bits(uint64_t key, uint32_t column) {
  const lk_u32 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  lk_u32 h = (lane + column) ^ (uint32_t)key;
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  return ((h ^ (h >> 13)) + (uint32_t)(key >> 32)) * 0xc2b2ae35u;
}

#endif

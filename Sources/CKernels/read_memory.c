#include "lanes.h"

LK_INLINE void lk_read_memory_body(uint32_t *checksum, const void *x, size_t count) {
  lk_u32 sums[4] = {0};
  for (const uint8_t *p = x, *end = p + count; p + sizeof sums <= end; p += sizeof sums) {
    for (size_t k = 0; k < 4; k++) {
      lk_u32 v;
      lk_prefetch_stream(p + k * sizeof v);
      memcpy(&v, p + k * sizeof v, sizeof v);
      sums[k] ^= v;
    }
  }
  const lk_u32 sum = sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
  *checksum = 0;
  for (size_t l = 0; l < LK_LANES; l++) *checksum ^= sum[l];
}

LK_KERNEL(lk_read_memory, (uint32_t *checksum, const void *x, size_t count), (checksum, x, count))

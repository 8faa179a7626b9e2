#ifndef LK_GEMM_Q8_H
#define LK_GEMM_Q8_H

#include "gemm_tile_bf16.h"

// What the products in eight bits of all levels share.

LK_INLINE const uint8_t *bytes_of(lk_q8_operand a, size_t row) {
  return a.values + row * a.groups * LK_Q8_GROUP;
}

LK_INLINE const float *scales_of_panel(const char *panel) { return (const float *)panel; }

LK_INLINE const lk_q8_block *blocks_of_panel(const char *panel, size_t groups) {
  return (const lk_q8_block *)(panel + lk_q8_scale_bytes(groups));
}

/// `lk_gemm_q8` without a second operand, for registers of 256 bits.
void lk_gemm_q8_avxvnni(lk_gemm_result result, lk_q8_operand first, const char *panels, size_t panel_stride,
                        size_t m, size_t n);

#endif

#include "lanes.h"

LK_INLINE void lk_widen_bf16_body(float *y, const void *x, size_t count) {
  for (size_t j = 0; j < count; j += LK_LANES) {
    const size_t n = lk_lanes(count - j);
    lk_store(y + j, lk_bits_to_f32(lk_load_u16((const uint16_t *)x + j, n) << 16), n);
  }
}

LK_KERNEL(lk_widen_bf16, (float *y, const void *x, size_t count), (y, x, count))

LK_INLINE void lk_widen_f16_body(float *y, const void *x, size_t count) {
  for (size_t j = 0; j < count; j += LK_LANES) {
    const size_t n = lk_lanes(count - j);
    const lk_u32 h = lk_load_u16((const uint16_t *)x + j, n);
    // Read with binary32's exponent bias, the magnitude is 2¹¹² too small, subnormals included.
    const lk_u32 magnitude = lk_f32_to_bits(lk_bits_to_f32((h & 0x7fffu) << 13) * 0x1p112f);
    const lk_u32 special = magnitude | 0x7f800000u;
    const lk_u32 bits = (h & 0x7c00u) == 0x7c00u ? special : magnitude;
    lk_store(y + j, lk_bits_to_f32(bits | (h & 0x8000u) << 16), n);
  }
}

LK_KERNEL(lk_widen_f16, (float *y, const void *x, size_t count), (y, x, count))

LK_INLINE void lk_narrow_bf16_body(void *y, const float *x, size_t count) {
  for (size_t j = 0; j < count; j += LK_LANES) {
    const size_t n = lk_lanes(count - j);
    lk_store_u16((uint16_t *)y + j, lk_round_bf16(lk_load(x + j, n)), n);
  }
}

LK_KERNEL(lk_narrow_bf16, (void *y, const float *x, size_t count), (y, x, count))

LK_INLINE void lk_narrow_f16_body(void *y, const float *x, size_t count) {
  for (size_t j = 0; j < count; j += LK_LANES) {
    const size_t n = lk_lanes(count - j);
    const lk_u32 bits = lk_f32_to_bits(lk_load(x + j, n));
    const lk_u32 sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
    // Below 2⁻¹⁴, binary16's last place is 2⁻²⁴: adding 0.5 makes binary32's last place the same.
    const lk_u32 small = lk_f32_to_bits(lk_bits_to_f32(magnitude) + 0.5f) - 0x3f000000u;
    // Elsewhere: round at bit 13 as for bfloat16, then move the exponent bias from 127 to 15.
    const lk_u32 rounded = (magnitude + 0xfffu + ((magnitude >> 13) & 1)) >> 13;
    const lk_u32 normal = rounded - (112u << 10);
    lk_u32 h = magnitude < 0x38800000u ? small : normal;
    h = magnitude >= 0x477ff000u ? (lk_u32)0x7c00u : h;
    h = magnitude > 0x7f800000u ? (0x7e00u | ((magnitude >> 13) & 0x3ffu)) : h;
    lk_store_u16((uint16_t *)y + j, h | sign, n);
  }
}

LK_KERNEL(lk_narrow_f16, (void *y, const float *x, size_t count), (y, x, count))

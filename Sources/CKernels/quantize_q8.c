#include "lanes.h"

// A row of q8 is its values in blocks of 32, each a byte q for a value (q − 128)·scale, padded with 128, a zero, to
// a multiple of 64 bytes; behind them the bfloat16 scales of the blocks. Eight significant bits are enough for a
// scale, because the values are rounded to multiples of the scale as it is kept; and its range is float32's.

// Magnitudes are compared as bits, whose order is that of the values with NaN above all: a block with a value that is
// not finite has such a scale, so that nothing it stands for is.

/// The bits of the largest magnitude of a block's `count` values.
LK_INLINE int32_t lk_block_peak(const float *x, size_t count) {
  lk_i32 peaks = 0;
  for (size_t j = 0; j < count; j += LK_LANES) {
    lk_i32 bits;
    const lk_f32 v = lk_load(x + j, lk_lanes(count - j));
    memcpy(&bits, &v, sizeof bits);
    bits &= 0x7fffffff;
    peaks = peaks < bits ? bits : peaks;
  }
  int32_t lanes[LK_LANES];
  memcpy(lanes, &peaks, sizeof lanes);
  for (size_t half = LK_LANES / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; i++) lanes[i] = lanes[i] < lanes[i + half] ? lanes[i + half] : lanes[i];
  }
  return lanes[0];
}

/// The scale by which the value of these bits is 127.
LK_INLINE float lk_scale_of_peak(int32_t peak) {
  float value;
  memcpy(&value, &peak, sizeof value);
  return value / 127.0f;
}

/// x / scale rounded to the nearest integer, ties to even, within ±127.
LK_INLINE lk_i32 lk_round_to_scale(lk_f32 x, float inverse) {
  lk_f32 v = x * inverse;
  v = v > 127.0f ? (lk_f32)127.0f : v;
  v = v < -127.0f ? (lk_f32)-127.0f : v;
  // Adding 1.5·2²³ leaves the rounded integer in the low bits.
  return __builtin_convertvector(lk_f32_to_bits(v + 0x1.8p23f) - 0x4b400000u, lk_i32);
}

LK_INLINE void lk_store_bytes(uint8_t *p, lk_i32 v) {
  const lk_u8 bytes = __builtin_convertvector(v, lk_u8);
  memcpy(p, &bytes, sizeof bytes);
}

/// Sixteen values of a block that has `count` from here on, as multiples of the scale; zeros behind them.
LK_INLINE lk_i32 lk_quants(const float *x, ptrdiff_t count, float inverse) {
  return count > 0 ? lk_round_to_scale(lk_load(x, lk_lanes((size_t)count)), inverse) : (lk_i32)0;
}

/// The reciprocal of a scale; zero where it has none that is finite, so that everything rounds to zero.
LK_INLINE float lk_inverse(float scale) { return scale >= 0x1p-126f ? 1.0f / scale : 0.0f; }

/// The bits of a scale by which no value of up to `peak` is beyond 127.
LK_INLINE uint32_t lk_scale_bits(int32_t peak) {
  const float scale = lk_scale_of_peak(peak);
  uint32_t bits;
  memcpy(&bits, &scale, sizeof bits);
  // What is not a number stays so, rather than be carried into the sign.
  return bits > 0x7f800000u ? 0x7fc00000u : (bits + 0xffffu) & 0xffff0000u;
}

/// Writes a block of a row that has `count` values from here on, and its scale.
LK_INLINE void lk_write_block(uint8_t *values, uint8_t *scale, const float *x, ptrdiff_t count, uint32_t bits) {
  lk_store_u16(scale, (lk_u32)(bits >> 16), 1);
  const float inverse = lk_inverse(lk_bits_to_f32((lk_u32)bits)[0]);
  for (ptrdiff_t k = 0; k < LK_Q8_BLOCK; k += LK_LANES) {
    lk_store_bytes(values + k, lk_quants(x + k, count - k, inverse) + 128);
  }
}

LK_INLINE void lk_quantize_q8_body(void *y, const float *x, size_t width) {
  const size_t padded = lk_q8_padded(width);
  uint8_t *values = y, *scales = values + padded;
  for (size_t j = 0; j < padded; j += LK_Q8_BLOCK) {
    const ptrdiff_t n = (ptrdiff_t)width - (ptrdiff_t)j;
    const int32_t peak = n > 0 ? lk_block_peak(x + j, n < LK_Q8_BLOCK ? (size_t)n : LK_Q8_BLOCK) : 0;
    lk_write_block(values + j, scales + j / LK_Q8_BLOCK * sizeof(uint16_t), x + j, n, lk_scale_bits(peak));
  }
}

LK_KERNEL(lk_quantize_q8, (void *y, const float *x, size_t width), (y, x, width))

LK_INLINE void lk_quantize_tiles_q8_body(void *y, size_t row_bytes, const float *x, size_t rows, size_t width) {
  const size_t padded = lk_q8_padded(width);
  for (size_t j = 0; j < width; j += LK_Q8_GROUP) {
    const size_t n = width - j;
    int32_t peak = 0;
    for (size_t i = 0; i < rows; i++) {
      const int32_t most = lk_block_peak(x + i * width + j, n < LK_Q8_GROUP ? n : LK_Q8_GROUP);
      peak = peak < most ? most : peak;
    }
    const uint32_t bits = lk_scale_bits(peak);
    for (size_t i = 0; i < rows; i++) {
      uint8_t *values = (uint8_t *)y + i * row_bytes, *scales = values + padded;
      for (size_t k = j; k < j + LK_Q8_GROUP; k += LK_Q8_BLOCK) {
        lk_write_block(values + k, scales + k / LK_Q8_BLOCK * sizeof(uint16_t), x + i * width + k,
                       (ptrdiff_t)width - (ptrdiff_t)k, bits);
      }
    }
  }
}

LK_KERNEL(lk_quantize_tiles_q8, (void *y, size_t row_bytes, const float *x, size_t rows, size_t width),
          (y, row_bytes, x, rows, width))

LK_INLINE void lk_quantize_row_q8_body(lk_q8_row y, const float *x, size_t width) {
  const size_t padded = lk_q8_padded(width);
  for (size_t j = 0; j < padded; j += LK_Q8_BLOCK) {
    const ptrdiff_t n = (ptrdiff_t)width - (ptrdiff_t)j;
    const int32_t peak = n > 0 ? lk_block_peak(x + j, n < LK_Q8_BLOCK ? (size_t)n : LK_Q8_BLOCK) : 0;
    const float scale = lk_scale_of_peak(peak), inverse = lk_inverse(scale);
    y.scales[j / LK_Q8_BLOCK] = scale;
    for (ptrdiff_t k = 0; k < LK_Q8_BLOCK; k += LK_LANES) {
      lk_store_bytes((uint8_t *)y.values + j + k, lk_quants(x + j + k, n - k, inverse));
    }
    for (size_t k = j; k < j + LK_Q8_BLOCK; k += 4) {
      y.offsets[k / 4] = -128 * (y.values[k] + y.values[k + 1] + y.values[k + 2] + y.values[k + 3]);
    }
  }
}

LK_KERNEL(lk_quantize_row_q8, (lk_q8_row y, const float *x, size_t width), (y, x, width))

LK_INLINE void lk_widen_q8_body(float *y, const void *x, size_t width) {
  const uint8_t *values = x, *scales = values + lk_q8_padded(width);
  for (size_t j = 0; j < width; j += LK_LANES) {
    lk_u8 bytes;
    memcpy(&bytes, values + j, sizeof bytes);
    const lk_f32 v = __builtin_convertvector(__builtin_convertvector(bytes, lk_i32) - 128, lk_f32);
    lk_store(y + j, v * lk_q8_scale(scales, j / LK_Q8_BLOCK), lk_lanes(width - j));
  }
}

LK_KERNEL(lk_widen_q8, (float *y, const void *x, size_t width), (y, x, width))

#include "lanes_avx512.h"
#include "random.h"

// The left operand of products in eight bits: a scale for each 64 values of a row, and the values as multiples of it.
// Magnitudes are compared as bits, whose order is that of the values with NaN above all: a group that holds a NaN or an
// infinity gets a scale that is one too, so that its products are not finite.
//
// With a dither, a uniform number of -1/2 to 1/2 is added before rounding. The largest multiple is 126 then, so that
// none comes out above 127. The largest magnitude goes into the hash of row and column, or every step would round the
// same places up.

/// Below this a scale would be subnormal, and its reciprocal infinite.
static const float smallest_peak = 0x1p-119f;

/// Adds to sixteen multiples what is to be added to them before rounding.
LK_INLINE void add_dither(lk_f32 *multiples, uint64_t row_key, float peak, size_t column) {
  uint32_t bits;
  memcpy(&bits, &peak, sizeof bits);
  const uint64_t key = row_key + bits * 0x9e3779b97f4a7c15u;
  *multiples += __builtin_convertvector((lk_i32)lk_random_bits(key, (uint32_t)column), lk_f32) * 0x1p-32f;
}

/// The plain twin.
LK_INLINE void lk_quantize_operand_q8_plain_body(lk_q8_operand y, lk_rows x, size_t rows, size_t width,
                                                 lk_dither dither) {
  const float largest = dither.applies ? 126 : 127;
  const size_t parts = LK_Q8_GROUP / LK_LANES;
  for (size_t i = 0; i < rows; i++) {
    const uint64_t key = lk_random_key(0, dither.row + i);
    for (size_t g = 0; g < y.groups; g++) {
      lk_f32 values[LK_Q8_GROUP / LK_LANES];
      lk_u32 peaks = 0;
      for (size_t part = 0; part < parts; part++) {
        const size_t j = g * LK_Q8_GROUP + part * LK_LANES;
        values[part] = j < width ? lk_load_at(x, i, j, lk_lanes(width - j)) : (lk_f32)0;
        const lk_u32 bits = lk_f32_to_bits(values[part]) & 0x7fffffffu;
        peaks = peaks < bits ? bits : peaks;
      }
      uint32_t most = 0;
      for (size_t lane = 0; lane < LK_LANES; lane++) most = most < peaks[lane] ? peaks[lane] : most;
      float peak;
      memcpy(&peak, &most, sizeof peak);
      const float inverse = peak >= smallest_peak ? largest / peak : 0.0f;
      y.scales[i * y.groups + g] = peak * (1 / largest);
      for (size_t part = 0; part < parts; part++) {
        lk_f32 multiples = values[part] * inverse;
        if (dither.applies) {
          add_dither(&multiples, key, peak, dither.column + g * LK_Q8_GROUP + part * LK_LANES);
        }
        // Adding 1.5·2²³ leaves the rounded integer in the low bits.
        const lk_u32 rounded = lk_f32_to_bits(multiples + 0x1.8p23f) - 0x4b400000u + 128u;
        const lk_u8 bytes = __builtin_convertvector(rounded, lk_u8);
        memcpy(y.values + (i * y.groups + g) * LK_Q8_GROUP + part * LK_LANES, &bytes, sizeof bytes);
      }
    }
  }
}

LK_KERNEL(lk_quantize_operand_q8_plain, (lk_q8_operand y, lk_rows x, size_t rows, size_t width, lk_dither dither),
          (y, x, rows, width, dither))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

/// The largest magnitude of 64 bfloat16 values: the maximum in halves down to eight, which one instruction ends.
LK_INLINE float peak_of_halves(__m512i first, __m512i second) {
  const __m512i magnitude = _mm512_set1_epi16(0x7fff);
  const __m512i most = _mm512_max_epu16(_mm512_and_si512(first, magnitude), _mm512_and_si512(second, magnitude));
  const __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(most), _mm512_extracti64x4_epi64(most, 1));
  const __m128i eighth = _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  const __m128i least = _mm_minpos_epu16(_mm_xor_si128(eighth, _mm_set1_epi16(-1)));
  const uint32_t bits = (uint32_t)(uint16_t)~_mm_cvtsi128_si32(least) << 16;
  float peak;
  memcpy(&peak, &bits, sizeof peak);
  return peak;
}

LK_INLINE float peak_of_floats(const __m512 values[4]) {
  __m512i most = _mm512_setzero_si512();
  LK_UNROLL
  for (int part = 0; part < 4; part++) {
    const __m512i bits = _mm512_and_si512(_mm512_castps_si512(values[part]), _mm512_set1_epi32(0x7fffffff));
    most = _mm512_max_epu32(most, bits);
  }
  const uint32_t bits = _mm512_reduce_max_epu32(most);
  float peak;
  memcpy(&peak, &bits, sizeof peak);
  return peak;
}

/// Sixteen bfloat16 values of the lower or upper half of a register.
LK_INLINE __m512 widen(__m256i halves) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// The values of a group, and their largest magnitude. What is a page ahead is asked for, which makes this half again as
/// fast where the last cache does not hold x.
LK_INLINE float load_group(__m512 values[4], lk_rows x, size_t i, size_t j, size_t width) {
  const size_t left = width - j;
  const __mmask32 low = lk_mask_32(left), high = left > 32 ? lk_mask_32(left - 32) : 0;
  if (x.type == LK_BF16) {
    const uint16_t *halves = (const uint16_t *)x.base + i * x.stride + j;
    lk_prefetch_stream(halves);
    lk_prefetch_stream(halves + 32);
    const __m512i first = _mm512_maskz_loadu_epi16(low, halves);
    const __m512i second = _mm512_maskz_loadu_epi16(high, halves + 32);
    values[0] = widen(_mm512_castsi512_si256(first));
    values[1] = widen(_mm512_extracti64x4_epi64(first, 1));
    values[2] = widen(_mm512_castsi512_si256(second));
    values[3] = widen(_mm512_extracti64x4_epi64(second, 1));
    return peak_of_halves(first, second);
  }
  const float *floats = (const float *)x.base + i * x.stride + j;
  LK_UNROLL
  for (int part = 0; part < 4; part++) lk_prefetch_stream(floats + part * LK_LANES);
  values[0] = _mm512_maskz_loadu_ps((__mmask16)low, floats);
  values[1] = _mm512_maskz_loadu_ps((__mmask16)(low >> 16), floats + 16);
  values[2] = _mm512_maskz_loadu_ps((__mmask16)high, floats + 32);
  values[3] = _mm512_maskz_loadu_ps((__mmask16)(high >> 16), floats + 48);
  return peak_of_floats(values);
}

LK_INLINE void quantize(lk_q8_operand y, lk_rows x, size_t rows, size_t width, lk_dither dither) {
  // Packing takes quarters of registers by turns: quarter q of source s ends as group of four bytes 4·q + s.
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  const float largest = dither.applies ? 126 : 127;
  for (size_t i = 0; i < rows; i++) {
    const uint64_t key = lk_random_key(0, dither.row + i);
    for (size_t g = 0; g < y.groups; g++) {
      __m512 values[4];
      const float peak = load_group(values, x, i, g * LK_Q8_GROUP, width);
      const __m512 inverse = _mm512_set1_ps(peak >= smallest_peak ? largest / peak : 0.0f);
      y.scales[i * y.groups + g] = peak * (1 / largest);
      __m512i rounded[4];
      LK_UNROLL
      for (int part = 0; part < 4; part++) {
        __m512 multiples = _mm512_mul_ps(values[part], inverse);
        if (dither.applies) {
          const size_t column = dither.column + g * LK_Q8_GROUP + (size_t)part * LK_LANES;
          add_dither((lk_f32 *)&multiples, key, peak, column);
        }
        rounded[part] = _mm512_cvtps_epi32(multiples);
      }
      const __m512i low = _mm512_packs_epi32(rounded[0], rounded[1]);
      const __m512i high = _mm512_packs_epi32(rounded[2], rounded[3]);
      const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
      _mm512_storeu_si512(y.values + (i * y.groups + g) * LK_Q8_GROUP,
                          _mm512_xor_si512(bytes, _mm512_set1_epi8((char)0x80)));
    }
  }
}

static void quantize_avx512(lk_q8_operand y, lk_rows x, size_t rows, size_t width, lk_dither dither) {
  if (dither.applies) return quantize(y, x, rows, width, dither);
  quantize(y, x, rows, width, (lk_dither){.applies = false});
}

#pragma clang attribute pop
#endif

void lk_quantize_operand_q8(lk_q8_operand y, lk_rows x, size_t rows, size_t width, lk_dither dither, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return quantize_avx512(y, x, rows, width, dither);
#endif
  lk_quantize_operand_q8_plain(y, x, rows, width, dither, level);
}

#include "lanes_avx512.h"

// Sixty-four weights, two blocks, are one step: lane l sums the four products of its bytes as integers, which is
// exact, and adds them times the block's scales to its own float32 sum. Lanes 0 … 7 belong to the first block. All
// levels do just this, and so give the same bits.

/// The products of a row in sixteen partial sums, one a lane.
LK_INLINE void lk_dot_q8_scalar(float *lanes, const uint8_t *w, lk_q8_row x, size_t padded) {
  const uint8_t *scales = w + padded;
  lk_f32 sum = 0;
  for (size_t j = 0; j < padded; j += LK_Q8_GROUP) {
    lk_i32 dots;
    lk_f32 factors;
    lk_prefetch_stream(w + j);
    memcpy(&dots, x.offsets + j / 4, sizeof dots);
    for (size_t l = 0; l < LK_LANES; l++) {
      for (size_t k = j + 4 * l; k < j + 4 * l + 4; k++) dots[l] += w[k] * x.values[k];
    }
    for (size_t block = j / LK_Q8_BLOCK; block < (j + LK_Q8_GROUP) / LK_Q8_BLOCK; block++) {
      const float scale = lk_q8_scale(scales, block) * x.scales[block];
      for (size_t l = block % 2 * 8; l < block % 2 * 8 + 8; l++) factors[l] = scale;
    }
    sum += factors * __builtin_convertvector(dots, lk_f32);
  }
  memcpy(lanes, &sum, sizeof sum);
}

#if defined(__x86_64__)

__attribute__((LK_TARGET_VNNI)) LK_INLINE void lk_dot_q8_avx512(float *lanes, const uint8_t *w, lk_q8_row x,
                                                                 size_t padded) {
  const size_t groups = padded / LK_Q8_GROUP;
  const uint8_t *scales = w + padded;
  __m512 sum = _mm512_setzero_ps();
  // Sixteen scales, those of eight groups, are widened at once.
  for (size_t first = 0; first < groups; first += 8) {
    const size_t last = first + 8 < groups ? first + 8 : groups;
    const __mmask16 held = (__mmask16)((1u << 2 * (last - first)) - 1);
    const __m512i halves = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(held, scales + 4 * first));
    const __m512 factors = _mm512_mul_ps(_mm512_castsi512_ps(_mm512_slli_epi32(halves, 16)),
                                         _mm512_maskz_loadu_ps(held, x.scales + 2 * first));
    __m512i block = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    for (size_t group = first; group < last; group++) {
      lk_prefetch_stream(w + group * LK_Q8_GROUP);
      const __m512i weights = _mm512_loadu_si512(w + group * LK_Q8_GROUP);
      const __m512i values = _mm512_loadu_si512(x.values + group * LK_Q8_GROUP);
      const __m512i offsets = _mm512_loadu_si512(x.offsets + group * LK_LANES);
      const __m512 dots = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(offsets, weights, values));
      sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_permutexvar_ps(block, factors), dots));
      block = _mm512_add_epi32(block, _mm512_set1_epi32(2));
    }
  }
  _mm512_storeu_ps(lanes, sum);
}

#define LK_TARGET_AVX2 __attribute__((target("avx2")))

/// Eight lanes' sums of four products each. The weights become signed, then their signs move to x, because the
/// instruction takes an unsigned and a signed factor: 2·127·127 fits its 16 bits, 2·255·127 would not.
LK_TARGET_AVX2 LK_INLINE __m256i lk_dot_block_avx2(const uint8_t *w, const int8_t *x) {
  const __m256i weights =
      _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)w), _mm256_set1_epi8((char)0x80));
  const __m256i values = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)x), weights);
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), values);
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

LK_TARGET_AVX2 LK_INLINE void lk_dot_q8_avx2(float *lanes, const uint8_t *w, lk_q8_row x, size_t padded) {
  __m256 sums[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
  for (size_t block = 0; block < padded / LK_Q8_BLOCK; block++) {
    lk_prefetch_stream(w + block * LK_Q8_BLOCK);
    const __m256 factor = _mm256_set1_ps(lk_q8_scale(w + padded, block) * x.scales[block]);
    const __m256i dots = lk_dot_block_avx2(w + block * LK_Q8_BLOCK, x.values + block * LK_Q8_BLOCK);
    sums[block % 2] = _mm256_add_ps(sums[block % 2], _mm256_mul_ps(factor, _mm256_cvtepi32_ps(dots)));
  }
  memcpy(lanes, sums, sizeof sums);
}

#endif

/// Defines the product of a level from that of a row. Vectors do not pass between functions of different levels, so a
/// row's lanes come as an array.
#define LK_GEMV_Q8(suffix, attributes)                                                                           \
  attributes static void lk_gemv_q8_##suffix(float *y, const uint8_t *w, size_t row_bytes, lk_q8_row x, size_t rows, \
                                             size_t width, bool adds) {                                          \
    for (size_t first = 0; first < rows; first += LK_LANES) {                                                    \
      const size_t count = lk_lanes(rows - first);                                                               \
      lk_f32 sums[LK_LANES] = {0};                                                                               \
      for (size_t i = 0; i < count; i++, w += row_bytes) {                                                       \
        lk_dot_q8_##suffix((float *)&sums[i], w, x, lk_q8_padded(width));                                        \
      }                                                                                                          \
      lk_store_sums(y + first, sums, count, adds);                                                               \
    }                                                                                                            \
  }

LK_GEMV_Q8(scalar, )
#if defined(__x86_64__)
LK_GEMV_Q8(avx2, LK_TARGET_AVX2)
LK_GEMV_Q8(avx512, __attribute__((LK_TARGET_VNNI)))
#endif

void lk_gemv_q8(float *y, const void *w, size_t row_bytes, lk_q8_row x, size_t rows, size_t width, bool adds,
                lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512 && __builtin_cpu_supports("avx512vnni")) {
    lk_gemv_q8_avx512(y, w, row_bytes, x, rows, width, adds);
    return;
  }
  if (level >= LK_AVX2) {
    lk_gemv_q8_avx2(y, w, row_bytes, x, rows, width, adds);
    return;
  }
#endif
  lk_gemv_q8_scalar(y, w, row_bytes, x, rows, width, adds);
}

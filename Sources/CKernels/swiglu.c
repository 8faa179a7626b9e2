#define LK_LONG_CHAINS
#include "lanes_avx512.h"

// The plain twins.

LK_INLINE void lk_swiglu_plain_body(lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load_at(gate, i, j, n);
      lk_store_at(h, i, j, g * lk_sigmoid(g) * lk_load_at(up, i, j, n), n);
    }
  }
}

LK_KERNEL(lk_swiglu_plain, (lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width),
          (h, gate, up, rows, width))

LK_INLINE void lk_swiglu_backward_plain_body(lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate,
                                             lk_rows up, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += LK_LANES) {
      const size_t n = lk_lanes(width - j);
      const lk_f32 g = lk_load_at(gate, i, j, n), u = lk_load_at(up, i, j, n), d = lk_load_at(dh, i, j, n);
      const lk_f32 sigma = lk_sigmoid(g);
      lk_store_at(dgate, i, j, d * u * (sigma * (1.0f + g * (1.0f - sigma))), n);
      lk_store_at(dup, i, j, d * (g * sigma), n);
      lk_store_at(h, i, j, g * sigma * u, n);
    }
  }
}

LK_KERNEL(lk_swiglu_backward_plain,
          (lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate, lk_rows up, size_t rows,
           size_t width),
          (dgate, dup, h, dh, gate, up, rows, width))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

// For bfloat16 alone. A sigmoid is some ten operations, each of which waits four cycles for the one before: four vectors
// beside each other fill the time. A result keeps eight bits, so an exponential and a quotient of thirteen do: σ is
// within 1.5·2⁻¹³ of its value, a twentieth of what rounding the result may add.

enum { VECTORS = 4, STEP = 16 * VECTORS };

LK_INLINE uint16_t *row_of(lk_rows x, size_t i) { return (uint16_t *)x.base + i * x.stride; }

LK_INLINE void load_step(__m512 v[VECTORS], const uint16_t *x, size_t left) {
  LK_UNROLL
  for (size_t k = 0; k < VECTORS; k++) {
    const __mmask16 mask = (__mmask16)lk_mask_32(left > 16 * k ? left - 16 * k : 0);
    const __m512i bits = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x + 16 * k));
    v[k] = (__m512)_mm512_slli_epi32(bits, 16);
  }
}

LK_INLINE void store_step(uint16_t *y, const __m512 v[VECTORS], size_t left) {
  LK_UNROLL
  for (size_t k = 0; k < VECTORS; k += 2) {
    const __mmask32 mask = lk_mask_32(left > 16 * k ? left - 16 * k : 0);
    _mm512_mask_storeu_epi16(y + 16 * k, mask, lk_narrow_32(v + k));
  }
}

/// σ(g), and 1 − σ(g), which a difference would leave without a digit for a large g.
LK_INLINE void sigmoids(__m512 sigma[VECTORS], __m512 rest[VECTORS], const __m512 g[VECTORS]) {
  LK_UNROLL
  for (size_t k = 0; k < VECTORS; k++) {
    const __m512 exponent = _mm512_mul_ps(g[k], _mm512_set1_ps(-0x1.715476p+0f));
    // σ is 0 below 2⁻¹²⁶, where e may be infinite. NaN is the second operand and not above, and so stays.
    const __m512 most = _mm512_set1_ps(126), e = lk_exp2_ps(_mm512_min_ps(most, exponent));
    const __mmask16 held = _mm512_cmp_ps_mask(exponent, most, _CMP_NGT_UQ);
    sigma[k] = _mm512_maskz_rcp14_ps(held, _mm512_add_ps(e, _mm512_set1_ps(1)));
    rest[k] = _mm512_mul_ps(e, sigma[k]);
  }
}

LK_INLINE void forward_step(uint16_t *h, const uint16_t *gate, const uint16_t *up, size_t left) {
  __m512 g[VECTORS], u[VECTORS], sigma[VECTORS], rest[VECTORS];
  load_step(g, gate, left);
  load_step(u, up, left);
  sigmoids(sigma, rest, g);
  LK_UNROLL
  for (size_t k = 0; k < VECTORS; k++) u[k] = _mm512_mul_ps(_mm512_mul_ps(g[k], sigma[k]), u[k]);
  store_step(h, u, left);
}

LK_INLINE void backward_step(uint16_t *dgate, uint16_t *dup, uint16_t *h, const uint16_t *dh,
                             const uint16_t *gate, const uint16_t *up, size_t left) {
  __m512 g[VECTORS], u[VECTORS], d[VECTORS], sigma[VECTORS], rest[VECTORS];
  load_step(g, gate, left);
  load_step(u, up, left);
  load_step(d, dh, left);
  sigmoids(sigma, rest, g);
  LK_UNROLL
  for (size_t k = 0; k < VECTORS; k++) {
    const __m512 slope = _mm512_mul_ps(sigma[k], _mm512_fmadd_ps(g[k], rest[k], _mm512_set1_ps(1)));
    const __m512 swish = _mm512_mul_ps(g[k], sigma[k]), product = _mm512_mul_ps(d[k], u[k]);
    d[k] = _mm512_mul_ps(d[k], swish);
    u[k] = _mm512_mul_ps(swish, u[k]);
    g[k] = _mm512_mul_ps(product, slope);
  }
  store_step(dgate, g, left);
  store_step(dup, d, left);
  store_step(h, u, left);
}

static void swiglu_avx512bf16(lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    uint16_t *result = row_of(h, i);
    const uint16_t *g = row_of(gate, i), *u = row_of(up, i);
    size_t j = 0;
    for (; j + STEP <= width; j += STEP) forward_step(result + j, g + j, u + j, STEP);
    if (j < width) forward_step(result + j, g + j, u + j, width - j);
  }
}

static void swiglu_backward_avx512bf16(lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate,
                                       lk_rows up, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    uint16_t *dg = row_of(dgate, i), *du = row_of(dup, i), *result = row_of(h, i);
    const uint16_t *d = row_of(dh, i), *g = row_of(gate, i), *u = row_of(up, i);
    size_t j = 0;
    for (; j + STEP <= width; j += STEP) {
      backward_step(dg + j, du + j, result + j, d + j, g + j, u + j, STEP);
    }
    if (j < width) backward_step(dg + j, du + j, result + j, d + j, g + j, u + j, width - j);
  }
}

#pragma clang attribute pop

LK_INLINE bool are_bf16(lk_rows a, lk_rows b, lk_rows c) {
  return a.type == LK_BF16 && b.type == LK_BF16 && c.type == LK_BF16;
}
#endif

void lk_swiglu(lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width, lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16 && are_bf16(h, gate, up)) return swiglu_avx512bf16(h, gate, up, rows, width);
#endif
  lk_swiglu_plain(h, gate, up, rows, width, level);
}

void lk_swiglu_backward(lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate, lk_rows up, size_t rows,
                        size_t width, lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16 && are_bf16(dgate, dup, h) && are_bf16(dh, gate, up)) {
    return swiglu_backward_avx512bf16(dgate, dup, h, dh, gate, up, rows, width);
  }
#endif
  lk_swiglu_backward_plain(dgate, dup, h, dh, gate, up, rows, width, level);
}

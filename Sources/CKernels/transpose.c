#include "lanes_avx512.h"

static void transpose_elements(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride, size_t rows,
                               size_t width) {
  for (size_t j = 0; j < width; j++) {
    for (size_t i = 0; i < rows; i++) y[j * y_stride + i] = x[i * x_stride + j];
  }
}

static void transpose_narrow_elements(uint16_t *y, size_t y_stride, const float *x, size_t x_stride,
                                      size_t rows, size_t width) {
  for (size_t j = 0; j < width; j++) {
    for (size_t i = 0; i < rows; i++) {
      y[j * y_stride + i] = (uint16_t)lk_round_bf16((lk_f32)x[i * x_stride + j])[0];
    }
  }
}

static void transpose_elements_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                                   size_t width) {
  for (size_t j = 0; j < width; j++) {
    for (size_t i = 0; i < rows; i++) y[j * y_stride + i] = x[i * x_stride + j];
  }
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512)), apply_to = function)

static void transpose_avx512_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                                 size_t width) {
  for (size_t i = 0; i < rows; i += 16) {
    const size_t height = lk_lanes(rows - i);
    const __mmask16 kept = (__mmask16)lk_mask_32(height);
    for (size_t j = 0; j < width; j += 16) {
      const size_t columns = lk_lanes(width - j);
      const __mmask16 mask = (__mmask16)lk_mask_32(columns);
      __m512i values[16];
      for (size_t r = 0; r < 16; r++) {
        values[r] = r < height ? _mm512_maskz_loadu_epi32(mask, x + (i + r) * x_stride + j)
                               : _mm512_setzero_si512();
      }
      lk_transpose_16(values);
      for (size_t c = 0; c < columns; c++) {
        _mm512_mask_storeu_epi32(y + (j + c) * y_stride + i, kept, values[c]);
      }
    }
  }
}

/// Sixteen rows of 32 values are 16 × 16 pairs; transposed, each register holds two columns in turns.
static void transpose_avx512(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride, size_t rows,
                             size_t width) {
  for (size_t i = 0; i < rows; i += 16) {
    const size_t height = lk_lanes(rows - i);
    const __mmask16 kept = (__mmask16)lk_mask_32(height);
    for (size_t j = 0; j < width; j += 32) {
      const __mmask32 mask = lk_mask_32(width - j);
      __m512i pairs[16];
      for (size_t r = 0; r < 16; r++) {
        pairs[r] = r < height ? _mm512_maskz_loadu_epi16(mask, x + (i + r) * x_stride + j)
                              : _mm512_setzero_si512();
      }
      lk_transpose_16(pairs);
      for (size_t c = 0; c < 16 && j + 2 * c < width; c++) {
        uint16_t *column = y + (j + 2 * c) * y_stride + i;
        _mm256_mask_storeu_epi16(column, kept, _mm512_cvtepi32_epi16(pairs[c]));
        if (j + 2 * c + 1 == width) break;
        const __m512i odd = _mm512_srli_epi32(pairs[c], 16);
        _mm256_mask_storeu_epi16(column + y_stride, kept, _mm512_cvtepi32_epi16(odd));
      }
    }
  }
}

#pragma clang attribute pop
#pragma clang attribute push(__attribute__((LK_TARGET_AVX512BF16)), apply_to = function)

static void transpose_narrow_avx512bf16(uint16_t *y, size_t y_stride, const float *x, size_t x_stride,
                                        size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i += 16) {
    const size_t height = lk_lanes(rows - i);
    const __mmask16 kept = (__mmask16)lk_mask_32(height);
    for (size_t j = 0; j < width; j += 16) {
      const size_t columns = lk_lanes(width - j);
      const __mmask16 mask = (__mmask16)lk_mask_32(columns);
      __m512i values[16];
      for (size_t r = 0; r < 16; r++) {
        values[r] = r < height ? _mm512_maskz_loadu_epi32(mask, x + (i + r) * x_stride + j)
                               : _mm512_setzero_si512();
      }
      lk_transpose_16(values);
      for (size_t c = 0; c < columns; c++) {
        const __m256i narrow = (__m256i)_mm512_cvtneps_pbh((__m512)values[c]);
        _mm256_mask_storeu_epi16(y + (j + c) * y_stride + i, kept, narrow);
      }
    }
  }
}

#pragma clang attribute pop
#endif

void lk_transpose_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows, size_t width,
                      lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return transpose_avx512_f32(y, y_stride, x, x_stride, rows, width);
#endif
  (void)level;
  transpose_elements_f32(y, y_stride, x, x_stride, rows, width);
}

void lk_transpose_bf16(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride, size_t rows,
                       size_t width, lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return transpose_avx512(y, y_stride, x, x_stride, rows, width);
#endif
  (void)level;
  transpose_elements(y, y_stride, x, x_stride, rows, width);
}

void lk_transpose_narrow_bf16(uint16_t *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                              size_t width, lk_level level) {
#if defined(__x86_64__)
  if (level == LK_AVX512BF16) return transpose_narrow_avx512bf16(y, y_stride, x, x_stride, rows, width);
#endif
  (void)level;
  transpose_narrow_elements(y, y_stride, x, x_stride, rows, width);
}

void lk_add_transposed_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                           size_t width) {
  for (size_t j = 0; j < width; j++) {
    for (size_t i = 0; i < rows; i++) y[j * y_stride + i] += x[i * x_stride + j];
  }
}

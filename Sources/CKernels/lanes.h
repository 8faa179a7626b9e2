#ifndef LK_LANES_H
#define LK_LANES_H

// How every kernel here is written, once for all instruction sets.
//
// A body works on vectors of sixteen lanes, which the compiler lowers to four SSE or NEON registers, two AVX
// registers or one AVX-512 register. LK_KERNEL compiles the body once per level and makes the exported
// function that chooses among them. Lane arithmetic is IEEE arithmetic with no reordered operation, and no fused one
// unless a body asks for it. A sum has as many partial sums at every level, so these bodies give the same bits at every
// level.
//
// A file that defines LK_LONG_CHAINS has 64 lanes on x86. Where twenty operations wait for one another, as in an
// exponential, the next vector's enter the processor's window too late; four registers side by side fill the time.
// SwiGLU then takes two thirds of the time with AVX-512 and half with AVX2. Norms gain as much, because the row's end
// and the element type are tested a quarter as often.

#include <math.h>
#include <string.h>

#include "ckernels.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are passed between always-inlined functions only, so no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang assume_nonnull begin

#define LK_INLINE static inline __attribute__((always_inline))
/// In front of a loop over registers, whose count is a constant where it is inlined: an array of them stays out of
/// memory only if every index is one, and below -O3 the compiler leaves long loops as they are.
#define LK_UNROLL _Pragma("clang loop unroll(full)")
#if defined(LK_LONG_CHAINS) && defined(__x86_64__)
#define LK_LANES 64
#else
#define LK_LANES 16
#endif
/// The values of two vectors: what pairs of bfloat16 fill.
#define LK_PAIR_GROUP (2 * LK_LANES)
/// Rows per partial sum of a sum over rows: rounding errors grow with 64 + rows / 64 instead of with rows.
#define LK_ROW_BLOCK 64

typedef float lk_f32 __attribute__((ext_vector_type(LK_LANES)));
typedef double lk_f64 __attribute__((ext_vector_type(LK_LANES)));
typedef int32_t lk_i32 __attribute__((ext_vector_type(LK_LANES)));
typedef uint32_t lk_u32 __attribute__((ext_vector_type(LK_LANES)));
typedef uint16_t lk_u16 __attribute__((ext_vector_type(LK_LANES)));
typedef uint8_t lk_u8 __attribute__((ext_vector_type(LK_LANES)));

#define LK_UNWRAP(...) __VA_ARGS__
#define LK_INSTANCE(name, suffix, attributes, parameters, arguments) \
  attributes static void name##suffix(LK_UNWRAP parameters) { name##_body arguments; }

/// Defines `name(parameters…, lk_level level)` from the always-inlined `name_body(parameters…)`.
#if defined(__x86_64__)
#define LK_KERNEL(name, parameters, arguments)                                                        \
  LK_INSTANCE(name, _scalar, , parameters, arguments)                                                 \
  LK_INSTANCE(name, _avx2, __attribute__((target("avx2"))), parameters, arguments)                    \
  LK_INSTANCE(name, _avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), parameters, \
              arguments)                                                                              \
  void name(LK_UNWRAP parameters, lk_level level) {                                                   \
    switch (level) {                                                                                  \
      case LK_AVX512BF16:                                                                             \
      case LK_AVX512: name##_avx512 arguments; break;                                                 \
      case LK_AVX2: name##_avx2 arguments; break;                                                     \
      default: name##_scalar arguments; break;                                                        \
    }                                                                                                 \
  }
#else
#define LK_KERNEL(name, parameters, arguments) \
  void name(LK_UNWRAP parameters, lk_level level) { \
    (void)level;                                 \
    name##_body arguments;                       \
  }
#endif

/// How many lanes the group at the front of `remaining` elements fills.
LK_INLINE size_t lk_lanes(size_t remaining) { return remaining < LK_LANES ? remaining : LK_LANES; }

/// The `count` values at `p`, of any alignment, and `fill` in the lanes behind them.
LK_INLINE lk_f32 lk_load_or(const float *p, size_t count, float fill) {
  lk_f32 v = fill;
  if (count == LK_LANES) {
    memcpy(&v, p, sizeof v);
  } else {
    memcpy(&v, p, count * sizeof *p);
  }
  return v;
}

LK_INLINE lk_f32 lk_load(const float *p, size_t count) { return lk_load_or(p, count, 0); }

LK_INLINE void lk_store(float *p, lk_f32 v, size_t count) {
  if (count == LK_LANES) {
    memcpy(p, &v, sizeof v);
  } else {
    memcpy(p, &v, count * sizeof *p);
  }
}

LK_INLINE lk_f32 lk_bits_to_f32(lk_u32 v) {
  lk_f32 result;
  memcpy(&result, &v, sizeof result);
  return result;
}

LK_INLINE lk_u32 lk_f32_to_bits(lk_f32 v) {
  lk_u32 result;
  memcpy(&result, &v, sizeof result);
  return result;
}

LK_INLINE lk_u32 lk_load_u16(const void *p, size_t count) {
  lk_u16 v = 0;
  if (count == LK_LANES) {
    memcpy(&v, p, sizeof v);
  } else {
    memcpy(&v, p, count * sizeof(uint16_t));
  }
  return __builtin_convertvector(v, lk_u32);
}

LK_INLINE void lk_store_u16(void *p, lk_u32 wide, size_t count) {
  const lk_u16 v = __builtin_convertvector(wide, lk_u16);
  if (count == LK_LANES) {
    memcpy(p, &v, sizeof v);
  } else {
    memcpy(p, &v, count * sizeof(uint16_t));
  }
}

/// The bits of the nearest bfloat16 values, ties to even; NaN stays NaN.
LK_INLINE lk_u32 lk_round_bf16(lk_f32 v) {
  const lk_u32 bits = lk_f32_to_bits(v);
  // Adding just under half of the last place, or half where the last bit kept is odd, carries as rounding does.
  const lk_u32 rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
  const lk_u32 quiet = (bits >> 16) | 0x40u;
  return (bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded;
}

/// The address of element j of row i.
LK_INLINE const void *lk_element(lk_rows x, size_t i, size_t j) {
  return (const char *)x.base + (i * x.stride + j) * (x.type == LK_BF16 ? sizeof(uint16_t) : sizeof(float));
}

/// The `count` values from column `j` of row `i` on.
LK_INLINE lk_f32 lk_load_at(lk_rows x, size_t i, size_t j, size_t count) {
  const size_t place = i * x.stride + j;
  if (x.type == LK_BF16) return lk_bits_to_f32(lk_load_u16((const uint16_t *)x.base + place, count) << 16);
  return lk_load((const float *)x.base + place, count);
}

LK_INLINE void lk_store_at(lk_rows y, size_t i, size_t j, lk_f32 v, size_t count) {
  const size_t place = i * y.stride + j;
  if (y.type == LK_BF16) {
    lk_store_u16((uint16_t *)y.base + place, lk_round_bf16(v), count);
  } else {
    lk_store((float *)y.base + place, v, count);
  }
}

/// The scale of a block of q8.
LK_INLINE float lk_q8_scale(const void *scales, size_t block) {
  uint16_t half;
  memcpy(&half, (const uint8_t *)scales + sizeof half * block, sizeof half);
  const uint32_t bits = (uint32_t)half << 16;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return scale;
}

/// The sum of the lanes, in halves: lane i with the one half of the lanes behind, and so on down to i + 1.
LK_INLINE float lk_sum(lk_f32 v) {
  float a[LK_LANES];
  memcpy(a, &v, sizeof a);
  for (size_t half = LK_LANES / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; i++) a[i] += a[i + half];
  }
  return a[0];
}

#if LK_LANES == 16
/// y[i] = the sum of vector i, added to what y holds where `adds`, for the first `count` of sixteen vectors. Each sum
/// is taken as `lk_sum` does, but of two vectors at a time: a fifth of the work.
LK_INLINE void lk_store_sums(float *y, const lk_f32 *v, size_t count, bool adds) {
  lk_f32 eighths[8], quarters[4], halves[2];
  for (size_t i = 0; i < 8; i++) {
    const lk_f32 a = v[2 * i], b = v[2 * i + 1];
    eighths[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
                 __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
  for (size_t i = 0; i < 4; i++) {
    const lk_f32 a = eighths[2 * i], b = eighths[2 * i + 1];
    quarters[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
                  __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
  for (size_t i = 0; i < 2; i++) {
    const lk_f32 a = quarters[2 * i], b = quarters[2 * i + 1];
    halves[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
                __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  }
  const lk_f32 a = halves[0], b = halves[1];
  const lk_f32 sums = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
                      __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  lk_store(y, adds ? lk_load(y, count) + sums : sums, count);
}
#endif

LK_INLINE double lk_sum_f64(lk_f64 v) {
  double a[LK_LANES];
  memcpy(a, &v, sizeof a);
  for (size_t half = LK_LANES / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; i++) a[i] += a[i + half];
  }
  return a[0];
}

LK_INLINE float lk_max(lk_f32 v) {
  float a[LK_LANES];
  memcpy(a, &v, sizeof a);
  for (size_t half = LK_LANES / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; i++) a[i] = a[i] < a[i + half] ? a[i + half] : a[i];
  }
  return a[0];
}

/// Asks for what a stream reads one page later. The processor's own prefetchers stop at a page's end and start
/// anew behind it; with this, two cores read weights at 70 instead of 45 GB/s. Past the end of the memory it does
/// nothing.
LK_INLINE void lk_prefetch_stream(const void *p) { __builtin_prefetch((const char *)p + 4096); }

/// row *= factor.
LK_INLINE void lk_scale_row(float *row, float factor, size_t width) {
  for (size_t j = 0; j < width; j += LK_LANES) {
    const size_t n = lk_lanes(width - j);
    lk_store(row + j, lk_load(row + j, n) * factor, n);
  }
}

LK_INLINE lk_f32 lk_sqrt(lk_f32 v) { return __builtin_elementwise_sqrt(v); }

/// 2ⁿ for −126 <= n <= 127.
LK_INLINE lk_f32 lk_power_of_two(lk_i32 n) {
  return lk_bits_to_f32((__builtin_convertvector(n, lk_u32) + 127u) << 23);
}

/// eˣ within 2 units in the last place, gradual underflow, infinity above 88.73, NaN for NaN.
///
/// eˣ = 2ⁿ·eʳ with n = round(x / ln 2) and |r| <= ln 2 / 2; eʳ = 1 + r + r²·q(r) with q of degree 4, a
/// minimax fit whose own error is 2⁻²⁸. ln 2 is subtracted in two parts, the first short enough that its
/// product with n is exact. 2ⁿ is applied in two factors, because n reaches −150 and +128.
LK_INLINE lk_f32 lk_exp(lk_f32 x) {
  x = x > 89.0f ? (lk_f32)89.0f : x;
  x = x < -104.0f ? (lk_f32)-104.0f : x;
  const float round = 0x1.8p23f;
  const lk_f32 shifted = x * 0x1.715476p+0f + round;
  const lk_f32 n = shifted - round;
  const lk_f32 r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
  lk_f32 q = r * 1.3814594e-3f + 8.3687175e-3f;
  q = q * r + 4.1668389e-2f;
  q = q * r + 1.6666521e-1f;
  q = q * r + 4.9999993e-1f;
  const lk_f32 p = (q * (r * r) + r) + 1.0f;
  // The low bits of `shifted` hold n as an integer.
  const lk_i32 whole = __builtin_convertvector(lk_f32_to_bits(shifted) - 0x4b400000u, lk_i32);
  const lk_i32 half = whole >> 1, rest = whole - half;
  return p * lk_power_of_two(half) * lk_power_of_two(rest);
}

/// 1 / (1 + e⁻ˣ).
LK_INLINE lk_f32 lk_sigmoid(lk_f32 x) { return 1.0f / (1.0f + lk_exp(-x)); }

#pragma clang assume_nonnull end

#endif

#include "lanes.h"

// Attention of one query for the heads that share a key-value head. A key or value is loaded and widened once for up
// to four heads, whose sums stay in registers.

#define LK_HEAD_BLOCK 4
/// Vectors of a value's columns whose sums stay in registers: with four heads, half of the registers of AVX-512.
#define LK_COLUMN_VECTORS 4

/// Asks for the cache line of an element 24 rows later: a head's part of a row is too short for the processor's own
/// prefetchers to follow from row to row. Eight rows ahead is too short for memory's latency: attention to 544 tokens
/// (three key-value heads of 64) took 24 µs at eight rows and 19 µs at 24. From 64 rows on it slows again: they no
/// longer fit the first-level cache beside the block.
LK_INLINE void lk_prefetch_row(lk_rows x, size_t i, size_t j) {
  __builtin_prefetch(lk_element(x, i + 24, j));
}

/// Two vectors of the `n` values of a key from j on: for bfloat16 the even and the odd ones of 32 (see gemv_bf16.c),
/// else in order. Zeros behind them.
LK_INLINE void lk_load_key(lk_f32 *a, lk_f32 *b, lk_rows k, size_t i, size_t j, size_t n) {
  lk_prefetch_row(k, i, j);
  if (k.type == LK_BF16) {
    const uint16_t *p = (const uint16_t *)k.base + i * k.stride + j;
    lk_u32 pairs = 0;
    if (n == LK_PAIR_GROUP) {
      memcpy(&pairs, p, sizeof pairs);
    } else {
      memcpy(&pairs, p, n * sizeof *p);
    }
    *a = lk_bits_to_f32(pairs << 16);
    *b = lk_bits_to_f32(pairs & 0xffff0000u);
  } else {
    lk_prefetch_row(k, i, j + LK_LANES);
    *a = lk_load_at(k, i, j, lk_lanes(n));
    *b = n > LK_LANES ? lk_load_at(k, i, j + LK_LANES, lk_lanes(n - LK_LANES)) : (lk_f32)0;
  }
}

/// Adds the products of a key's `n` values from j on to the sums of each head.
LK_INLINE void lk_add_products(lk_f32 *low, lk_f32 *high, const float *q, size_t q_stride, size_t heads, lk_rows k,
                               size_t i, size_t j, size_t n) {
  lk_f32 a, b;
  lk_load_key(&a, &b, k, i, j, n);
  for (size_t h = 0; h < heads; h++) {
    low[h] += a * lk_load(q + h * q_stride + j, LK_LANES);
    high[h] += b * lk_load(q + h * q_stride + j + LK_LANES, LK_LANES);
  }
}

LK_INLINE void lk_head_scores_of(float *scores, size_t scores_stride, const float *q, size_t q_stride, size_t heads,
                                 lk_rows k, size_t tokens, size_t width) {
  for (size_t first = 0; first < tokens; first += LK_LANES) {
    const size_t count = lk_lanes(tokens - first);
    lk_f32 sums[LK_HEAD_BLOCK][LK_LANES];
    if (count < LK_LANES) memset(sums, 0, sizeof sums);
    for (size_t i = 0; i < count; i++) {
      lk_f32 low[LK_HEAD_BLOCK] = {0}, high[LK_HEAD_BLOCK] = {0};
      size_t j = 0;
      for (; j + LK_PAIR_GROUP <= width; j += LK_PAIR_GROUP) {
        lk_add_products(low, high, q, q_stride, heads, k, first + i, j, LK_PAIR_GROUP);
      }
      if (j < width) lk_add_products(low, high, q, q_stride, heads, k, first + i, j, width - j);
      for (size_t h = 0; h < heads; h++) sums[h][i] = low[h] + high[h];
    }
    for (size_t h = 0; h < heads; h++) lk_store_sums(scores + h * scores_stride + first, sums[h], count, false);
  }
}

/// Adds to the columns from `first` on: `vectors` whole ones, or one of `count` values.
LK_INLINE void lk_add_head_columns(float *o, size_t o_stride, const float *p, size_t p_stride, size_t heads, lk_rows v,
                                   size_t tokens, size_t first, size_t vectors, size_t count) {
  lk_f32 sums[LK_HEAD_BLOCK][LK_COLUMN_VECTORS];
  for (size_t h = 0; h < heads; h++) {
    for (size_t k = 0; k < vectors; k++) sums[h][k] = lk_load(o + h * o_stride + first + k * LK_LANES, count);
  }
  for (size_t i = 0; i < tokens; i++) {
    for (size_t k = 0; k < vectors; k++) {
      lk_prefetch_row(v, i, first + k * LK_LANES);
      const lk_f32 value = lk_load_at(v, i, first + k * LK_LANES, count);
      for (size_t h = 0; h < heads; h++) sums[h][k] += p[h * p_stride + i] * value;
    }
  }
  for (size_t h = 0; h < heads; h++) {
    for (size_t k = 0; k < vectors; k++) lk_store(o + h * o_stride + first + k * LK_LANES, sums[h][k], count);
  }
}

LK_INLINE void lk_add_head_values_of(float *o, size_t o_stride, const float *p, size_t p_stride, size_t heads,
                                     lk_rows v, size_t tokens, size_t width) {
  size_t j = 0;
  for (; j + LK_COLUMN_VECTORS * LK_LANES <= width; j += LK_COLUMN_VECTORS * LK_LANES) {
    lk_add_head_columns(o, o_stride, p, p_stride, heads, v, tokens, j, LK_COLUMN_VECTORS, LK_LANES);
  }
  for (; j + LK_LANES <= width; j += LK_LANES) {
    lk_add_head_columns(o, o_stride, p, p_stride, heads, v, tokens, j, 1, LK_LANES);
  }
  if (j < width) lk_add_head_columns(o, o_stride, p, p_stride, heads, v, tokens, j, 1, width - j);
}

/// Runs `function` with the number of heads and the type as constants, four heads at a time.
#define LK_FOR_HEADS(function, out, out_stride, in, in_stride, heads, rows, tokens, width)               \
  for (size_t h = 0; h < heads; h += LK_HEAD_BLOCK) {                                                    \
    const size_t n = heads - h < LK_HEAD_BLOCK ? heads - h : LK_HEAD_BLOCK;                              \
    float *target = out + h * out_stride;                                                                \
    const float *source = in + h * in_stride;                                                            \
    const lk_rows bf16 = {rows.base, rows.stride, LK_BF16}, f32 = {rows.base, rows.stride, LK_F32};      \
    switch (n + (rows.type == LK_BF16 ? LK_HEAD_BLOCK : 0)) {                                            \
      case 1: function(target, out_stride, source, in_stride, 1, f32, tokens, width); break;             \
      case 2: function(target, out_stride, source, in_stride, 2, f32, tokens, width); break;             \
      case 3: function(target, out_stride, source, in_stride, 3, f32, tokens, width); break;             \
      case 4: function(target, out_stride, source, in_stride, 4, f32, tokens, width); break;             \
      case 5: function(target, out_stride, source, in_stride, 1, bf16, tokens, width); break;            \
      case 6: function(target, out_stride, source, in_stride, 2, bf16, tokens, width); break;            \
      case 7: function(target, out_stride, source, in_stride, 3, bf16, tokens, width); break;            \
      default: function(target, out_stride, source, in_stride, 4, bf16, tokens, width); break;           \
    }                                                                                                    \
  }

LK_INLINE void lk_head_scores_body(float *scores, size_t scores_stride, const float *q, size_t q_stride, size_t heads,
                                   lk_rows k, size_t tokens, size_t width) {
  LK_FOR_HEADS(lk_head_scores_of, scores, scores_stride, q, q_stride, heads, k, tokens, width)
}

LK_KERNEL(lk_head_scores,
          (float *scores, size_t scores_stride, const float *q, size_t q_stride, size_t heads, lk_rows k,
           size_t tokens, size_t width),
          (scores, scores_stride, q, q_stride, heads, k, tokens, width))

LK_INLINE void lk_add_head_values_body(float *o, size_t o_stride, const float *p, size_t p_stride, size_t heads,
                                       lk_rows v, size_t tokens, size_t width) {
  LK_FOR_HEADS(lk_add_head_values_of, o, o_stride, p, p_stride, heads, v, tokens, width)
}

LK_KERNEL(lk_add_head_values,
          (float *o, size_t o_stride, const float *p, size_t p_stride, size_t heads, lk_rows v, size_t tokens,
           size_t width),
          (o, o_stride, p, p_stride, heads, v, tokens, width))

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// The contracts of all kernels.
//
// Destinations come first, then inputs, then sizes. Matrices are row-major with a stride in elements between
// rows; any alignment will do, and rows, width and count may be 0 unless said otherwise. "Adds" means the
// destination is read; every other destination is overwritten whatever it held. Arguments do not overlap
// unless said otherwise. What may be of either type is computed in float32 and rounded when stored. A row's sum is kept
// in sixteen partial sums (64 in RMSNorm and cross-entropy on x86-64), which take its elements in turn and are added
// up in halves. Every level of instructions gives the same bits, except in matrix products, and in attention and SwiGLU
// in bfloat16.

/// The instruction sets that kernels are compiled for. `LK_SCALAR` is what every processor of the
/// architecture has (SSE2 on x86-64, NEON on arm64).
typedef enum lk_level : int32_t { LK_SCALAR = 0, LK_AVX2 = 1, LK_AVX512 = 2, LK_AVX512BF16 = 3 } lk_level;

/// The types that kernels read and write elements in; arithmetic is float32. `LK_Q8`, as `lk_quantize_q8` writes it,
/// is read by packing alone.
typedef enum lk_type : int32_t { LK_F32 = 0, LK_BF16 = 1, LK_Q8 = 2 } lk_type;

/// The highest level that this processor and operating system support.
lk_level lk_level_best(void);

/// Rows of elements of either type, `stride` elements apart; or of q8, `stride` bytes apart, from the start of a block
/// to the end of a block or of the row.
typedef struct {
  void *_Nullable base;
  size_t stride;
  lk_type type;
  /// The scale of the first block of the first row, for q8.
  const void *_Nullable scales;
} lk_rows;

/// Tells the processor that the caller is spinning.
static inline void lk_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Asks for `count` bytes to be in the core's second-level cache when they are needed.
static inline void lk_prefetch(const void *p, size_t count) {
  for (size_t i = 0; i < count; i += 64) __builtin_prefetch((const char *)p + i, 0, 2);
}

// MARK: Elementwise

/// y[i,j] = x[i,j].
void lk_copy(lk_rows y, lk_rows x, size_t rows, size_t width, lk_level level);

/// y[i,j] += x[i,j].
void lk_add(lk_rows y, lk_rows x, size_t rows, size_t width, lk_level level);

/// y[i,j] += bias[j].
void lk_add_bias_f32(float *y, size_t stride, const float *bias, size_t rows, size_t width, lk_level level);

/// sums[j] += Σᵢ x[i,j], in partial sums of 64 rows.
void lk_sum_rows_f32(float *sums, const float *x, size_t stride, size_t rows, size_t width, lk_level level);

/// table[ids[i],j] += x[i,j], row after row, so that repeated ids add up in order. Every id is a row of table.
void lk_scatter_add_f32(float *table, size_t table_stride, const float *x, size_t x_stride,
                        const int32_t *ids, size_t rows, size_t width, lk_level level);

/// Σ x[i]², every square and sum in double precision.
double lk_sum_of_squares_f32(const float *x, size_t count, lk_level level);

// MARK: RMSNorm

/// rstd[i] = 1 / √(Σⱼ x[i,j]² / width + epsilon), y[i,j] = x[i,j]·rstd[i]·gain[j]. width >= 1. y may be x.
/// `kept` receives a copy of x, unless its base is null.
void lk_rmsnorm(lk_rows y, float *rstd, lk_rows kept, lk_rows x, const float *gain, float epsilon, size_t rows,
                size_t width, lk_level level);

/// y[i,j] = x[i,j]·rstd[i]·gain[j]: the same again from what was kept.
void lk_rmsnorm_apply(lk_rows y, lk_rows x, const float *rstd, const float *gain, size_t rows, size_t width,
                      lk_level level);

/// dx[i,j] += rstd[i]·h[j] − x[i,j]·rstd[i]³/width·Σ(h ⊙ x[i]), with h = dy[i] ⊙ gain. Adds; width >= 1.
/// `copy` receives what dx then holds, unless its base is null.
void lk_rmsnorm_backward_add(lk_rows dx, lk_rows copy, lk_rows dy, lk_rows x, const float *rstd, const float *gain,
                             size_t rows, size_t width, lk_level level);

/// The same, overwriting dx, which may be dy.
void lk_rmsnorm_backward(lk_rows dx, lk_rows dy, lk_rows x, const float *rstd, const float *gain, size_t rows,
                         size_t width, lk_level level);

/// dgain[j] += Σᵢ dy[i,j]·x[i,j]·rstd[i], in partial sums of 64 rows.
void lk_rmsnorm_gain_gradient_f32(float *dgain, const float *dy, size_t dy_stride, const float *x,
                                  size_t x_stride, const float *rstd, size_t rows, size_t width,
                                  lk_level level);

// MARK: Rotary embedding

/// For each row i, head h and j < half, with c = cosine[positions[i],j] and s = direction·sine[positions[i],j]:
/// (a, b) = (x[i, 2·half·h + j], x[i, 2·half·h + half + j]) becomes (a·c − b·s, b·c + a·s).
/// The tables have rows of `half` elements; direction is 1 to rotate and −1 to rotate back.
void lk_rotary(lk_rows x, const float *cosine, const float *sine, const int32_t *positions, float direction,
               size_t rows, size_t heads, size_t half, lk_level level);

// MARK: Attention

/// One block of the softmax of causal attention, over running row maxima and sums.
///
/// Row i sees the keys j < visible + i mod period of the block: none of them, some or all. A row's first block
/// has one that it sees.
/// With m' = max(m[i], maxⱼ s[i,j]): s[i,j] = e^(s[i,j] − m') where seen and 0 elsewhere, and
/// sum[i] = sum[i]·c + Σⱼ s[i,j], out[i,:] *= c, with c = e^(m[i] − m'); then m[i] = m'.
/// `s` is contiguous with rows of `width`, `out` with rows of `out_width`. A first block has m = −∞, sum = 0.
void lk_softmax_block_f32(float *s, float *m, float *sum, float *out, size_t rows, size_t width,
                          ptrdiff_t visible, size_t period, size_t out_width, lk_level level);

/// out[i,j] = accumulated[i,j] / sum[i], with contiguous rows of `accumulated`;
/// log_sum_exp[i·lse_stride] = m[i]·unit + ln sum[i], unless it is null.
void lk_softmax_finish(lk_rows out, float *_Nullable log_sum_exp, size_t lse_stride, const float *accumulated,
                       const float *m, const float *sum, float unit, size_t rows, size_t width,
                       lk_level level);

/// delta[i] = Σⱼ a[i,j]·b[i,j].
void lk_row_dots(float *delta, lk_rows a, lk_rows b, size_t rows, size_t width, lk_level level);

/// The backward of one block, recomputing the probabilities from the saved log-sum-exp:
/// s[i,j] = p = e^(s[i,j] − lse[i]) where seen (as above) and 0 elsewhere, dp[i,j] = p·(dp[i,j] − delta[i]).
/// Both are contiguous with rows of `width`.
void lk_softmax_block_backward_f32(float *s, float *dp, const float *lse, const float *delta, size_t rows,
                                   size_t width, ptrdiff_t visible, size_t period, lk_level level);

// MARK: Attention in bfloat16

/// One block of the softmax of causal attention, over running row maxima and sums, for scores in units of log₂ e.
///
/// Row i sees the keys j < visible + i of the block: none of them, some or all. A row's first block has one that it
/// sees. With m' = max(m[i], maxⱼ s[i,j]): p[i,j] = 2^(s[i,j] − m'), rounded, where seen and 0 elsewhere, and
/// sum[i] = sum[i]·c + Σⱼ 2^(s[i,j] − m'), out[i,:] *= c, with c = 2^(m[i] − m'); then m[i] = m'.
/// The sum is that of the values before rounding: roundings, as often up as down, then cancel in the output, and the
/// log-sum-exp stays exact. `p` and `s` have rows of `stride`, of which `width`, a multiple of 32, are used; `out`
/// is contiguous with rows of `out_width`. A first block has m = −∞ and sum = 0, and leaves `out`
/// as it is.
void lk_softmax_block_bf16(uint16_t *p, const float *s, size_t stride, float *m, float *sum, float *out,
                           size_t out_width, size_t rows, size_t width, ptrdiff_t visible, lk_level level);

/// The backward of one block, with scores and log-sum-exps in units of log₂ e and rows seen as above.
///
/// p = 2^(s[i,j] − lse[i]) where seen and 0 elsewhere, ds[i,j] = p·(dp[i,j] − delta[i]). Both are rounded and packed
/// as `lk_pack_bf16` packs the right operand [rows, width] in panels `panel_stride` elements apart; the gradients
/// are written row by row to `ds` as well. `ds`, `s` and `dp` have rows of `stride`, of which `width`, a multiple of
/// 32, are used.
void lk_softmax_backward_bf16(uint16_t *ds, uint16_t *p_panels, uint16_t *ds_panels, size_t panel_stride,
                              const float *s, const float *dp, size_t stride, const float *lse,
                              const float *delta, size_t rows, size_t width, ptrdiff_t visible,
                              lk_level level);

// MARK: SwiGLU

/// h = gate·σ(gate)·up.
void lk_swiglu(lk_rows h, lk_rows gate, lk_rows up, size_t rows, size_t width, lk_level level);

/// dgate = dh·up·σ(gate)·(1 + gate·(1 − σ(gate))), dup = dh·gate·σ(gate), and h = gate·σ(gate)·up as above. dgate may
/// be gate, dup may be up, h may be dh.
void lk_swiglu_backward(lk_rows dgate, lk_rows dup, lk_rows h, lk_rows dh, lk_rows gate, lk_rows up, size_t rows,
                        size_t width, lk_level level);

// MARK: Cross-entropy

/// losses[i] = ln Σⱼ e^logits[i,j] − logits[i, labels[i]], from sums shifted by the row's maximum.
/// Each label is a column; width >= 1.
void lk_cross_entropy_f32(float *losses, const float *logits, size_t stride, const int32_t *labels,
                          size_t rows, size_t width, lk_level level);

/// The same losses, and gradients[i,j] = weights[i]·scale·(e^logits[i,j] / Σ − [j = labels[i]]). Logits are
/// overwritten; a row of gradients, of either type, may begin where its logits do.
void lk_cross_entropy_backward(float *losses, lk_rows gradients, float *logits, size_t stride,
                               const int32_t *labels, const float *_Nullable weights, float scale,
                               size_t rows, size_t width, lk_level level);

// MARK: Dropout

/// y[i,j] = x[i,j]·factor where a hash of (seed, first_row + i, j), uniform in [0, 2²⁴), is >= threshold,
/// else 0. y may be x.
void lk_dropout(lk_rows y, lk_rows x, uint64_t seed, size_t first_row, uint32_t threshold, float factor,
                size_t rows, size_t width, lk_level level);

// MARK: AdamW

/// The constants of one AdamW step.
typedef struct {
  float gradient_scale;
  float decay;             ///< 1 − learning rate · weight decay
  float one_minus_beta1;
  float beta2, one_minus_beta2;
  float step_size;         ///< learning rate / (1 − beta1^step)
  float root_correction;   ///< √(1 − beta2^step)
  float epsilon;
} lk_adamw_constants;

/// g = gradients·gradient_scale; m += (g − m)·one_minus_beta1; v = v·beta2 + g²·one_minus_beta2;
/// p = p·decay − step_size·m / (√v / root_correction + epsilon).
void lk_adamw_f32(float *p, float *m, float *v, const float *gradients, lk_adamw_constants constants,
                  size_t count, lk_level level);

// MARK: Matrix products

/// The columns of one panel: two AVX-512 registers of float32 sums.
#define LK_PANEL_COLUMNS 32

/// Packs b, row-major [k, n] of either type or q8, as the right operand of `lk_gemm_bf16`: bfloat16 panels of 32
/// columns, `panel_stride` elements apart. A panel holds for each pair of rows (2p, 2p + 1), and for each column j,
/// the two values side by side; values beyond k and n are zero. It takes (k + k mod 2)·32 elements.
void lk_pack_bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level);

/// Packs the transpose of b, row-major [n, k].
void lk_pack_transposed_bf16(uint16_t *panels, size_t panel_stride, lk_rows b, size_t k, size_t n,
                             lk_level level);

/// A left operand of a matrix product: row-major [m, k], of the type that the product is named for. k may be 0.
typedef struct {
  const void *_Nullable base;
  size_t stride, k;
} lk_gemm_operand;

/// Where the sums of a matrix product go: c[i,j] = factor·sum + bias[j] (bias null for none), added to what c holds
/// where `adds`.
typedef struct {
  lk_rows c;
  bool adds;
  float factor;
  const float *_Nullable bias;
} lk_gemm_result;

/// Packed panels, `stride` elements apart.
typedef struct {
  const uint16_t *_Nullable base;
  size_t stride;
} lk_panels;

/// Packs the transpose of what `source` holds, columns 0 … k − 1 of its first n rows; either may have more.
void lk_pack_panels_bf16(uint16_t *panels, size_t panel_stride, lk_panels source, size_t k, size_t n, lk_level level);

/// The sums Σₚ first[i,p]·b[p,j] + Σₚ second[i,p]·b₂[p,j], each right operand packed in its own panels.
void lk_gemm_bf16(lk_gemm_result result, lk_gemm_operand first, lk_panels panels, lk_gemm_operand second,
                  lk_panels second_panels, size_t m, size_t n, lk_level level);

/// The sums c[i,j] = factor·Σₚ a[i,p]·b[p,j], added to what c holds where `adds`, over the first k rows of panels that
/// may have more.
///
/// This is for loops over blocks that take less than a microsecond: a structure passed by value would have to be
/// stored and loaded anew in pieces of different sizes, for which the processor waits until its pipeline is empty.
void lk_gemm_block_bf16(void *c, size_t c_stride, lk_type c_type, bool adds, float factor, const uint16_t *a,
                        size_t a_stride, size_t k, const uint16_t *panels, size_t panel_stride, size_t m,
                        size_t n, lk_level level);

/// The same in float32.
void lk_gemm_block_f32(float *c, size_t c_stride, bool adds, float factor, const float *a, size_t a_stride,
                       size_t k, const float *panels, size_t panel_stride, size_t m, size_t n, lk_level level);

/// The same sums for few rows of `a`, with a right operand that is not packed: b is bfloat16, row-major [a.k, n].
void lk_gemm_unpacked_bf16(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n,
                           lk_level level);

/// Packs b as `lk_pack_bf16` does, for `lk_gemm_f32`: float32 panels of 32 columns, which hold one row after another;
/// values beyond n are zero. A panel takes k·32 elements.
void lk_pack_f32(float *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level);

/// Packs the transpose of b, row-major [n, k].
void lk_pack_transposed_f32(float *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level);

/// The sums of `lk_gemm_bf16` for float32 operands and panels; c is float32.
void lk_gemm_f32(lk_gemm_result result, lk_gemm_operand first, lk_gemm_operand second, const float *panels,
                 size_t m, size_t n, lk_level level);

/// The same sums for few rows of `a`, with a right operand that is not packed: b is float32, row-major [a.k, n].
void lk_gemm_unpacked_f32(lk_gemm_result result, lk_gemm_operand a, lk_rows b, size_t m, size_t n, lk_level level);

/// The values that share a scale in products in eight bits, along the inner dimension: a group of q8.
#define LK_Q8_GROUP 64

/// The values that share a scale in q8; a row is padded to a multiple of `LK_Q8_GROUP`.
#define LK_Q8_BLOCK 32

static inline size_t lk_q8_padded(size_t width) { return (width + LK_Q8_GROUP - 1) / LK_Q8_GROUP * LK_Q8_GROUP; }

/// Rows of bytes q that stand for (q − 128)·scale, padded with 128 to whole groups, and the scales of each row's
/// groups: max |x| / 127, or / 126 with a dither. Rows follow one another.
typedef struct {
  uint8_t *values;
  float *scales;
  /// The groups of a row.
  size_t groups;
} lk_q8_operand;

/// Whether values are rounded up or down at random, so that on average they stay what they are, however small beside
/// the largest of their group. What is drawn depends on that largest one and on their place in a whole, in which the
/// first value is at `row` and `column`.
typedef struct {
  bool applies;
  size_t row;
  size_t column;
} lk_dither;

/// Writes x, float32 or bfloat16, as a left operand of `lk_gemm_q8`; with a dither, in multiples of 1/126 of the
/// largest magnitude of a group.
void lk_quantize_operand_q8(lk_q8_operand y, lk_rows x, size_t rows, size_t width, lk_dither dither, lk_level level);

/// A group of the inner dimension in a panel of 32 columns.
typedef struct {
  /// −127 … 127, for each four rows of b and each column the four values side by side.
  int8_t values[LK_Q8_GROUP / 4][LK_PANEL_COLUMNS][4];
  /// −128 times the sum of each column: it takes back the 128 that every value on the left has too much.
  int32_t offsets[LK_PANEL_COLUMNS];
} lk_q8_block;

/// The bytes of a panel in front of its blocks: the scale of each, up to whole cache lines.
static inline size_t lk_q8_scale_bytes(size_t groups) { return (groups * sizeof(float) + 63) / 64 * 64; }

/// Packs b, row-major [k, n] of q8, as the right operand of `lk_gemm_q8`, in panels of 32 columns `panel_stride` bytes
/// apart: the scales of the groups, then their blocks; zero beyond k and n. Of b, each 64 × 32 values from the first
/// on share a scale.
void lk_pack_q8(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level);

/// Packs the transpose of b, row-major [n, k], of which each 32 × 64 values share a scale.
void lk_pack_transposed_q8(void *panels, size_t panel_stride, lk_rows b, size_t k, size_t n, lk_level level);

/// The sums Σₚ first[i,p]·b[p,j] + Σₚ second[i,p]·b₂[p,j]: the first exact in integers within each group, the groups
/// added in float32; the second, in bfloat16 and for a c of either type, packed behind the first in every panel. At
/// levels below `LK_AVX512BF16` a second operand takes the plain way.
void lk_gemm_q8(lk_gemm_result result, lk_q8_operand first, lk_gemm_operand second, const void *panels,
                size_t panel_stride, size_t m, size_t n, lk_level level);

/// Whether this processor has the instructions for products in eight bits that a level may use.
bool lk_has_fast_q8(lk_level level);

// MARK: Transposes

/// y[j,i] = x[i,j] for a float32 matrix x of `rows` × `width`.
void lk_transpose_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows, size_t width,
                      lk_level level);

/// y[j,i] = x[i,j] for a bfloat16 matrix x of `rows` × `width`.
void lk_transpose_bf16(uint16_t *y, size_t y_stride, const uint16_t *x, size_t x_stride, size_t rows,
                       size_t width, lk_level level);

/// y[j,i] = x[i,j], rounded to bfloat16.
void lk_transpose_narrow_bf16(uint16_t *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                              size_t width, lk_level level);

/// y[j,i] += x[i,j].
void lk_add_transposed_f32(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                           size_t width);

// MARK: Products of matrices and one vector

/// y[i] = Σⱼ w[i,j]·x[j], added to what y holds where `adds`.
void lk_gemv_f32(float *y, const float *w, size_t stride, const float *x, size_t rows, size_t width, bool adds,
                 lk_level level);

/// The same for bfloat16 weights, with x as `lk_split_pairs` lays it out.
void lk_gemv_bf16(float *y, const void *w, size_t row_bytes, const float *x, size_t rows, size_t width, bool adds,
                  lk_level level);

/// The same for bfloat16 weights in the panels of `lk_pack_transposed_bf16`, with x as it is.
void lk_gemv_panels_bf16(float *y, lk_panels panels, const float *x, size_t rows, size_t width, bool adds,
                         lk_level level);

/// Of every 32 values of x the sixteen even ones, then the sixteen odd ones; zeros fill up the last 32.
void lk_split_pairs(float *y, const float *x, size_t width, lk_level level);

/// y[j] += Σᵣ c[r]·b[r,j] for a matrix b of `rank` rows in panels of sixteen columns: row p of `panels` holds the
/// columns 16·p … of every row of b, one after another. Adds.
void lk_add_low_rank(float *y, const float *c, lk_rows panels, size_t rank, size_t width, lk_level level);

// MARK: Attention of one query

/// scores[h,i] = Σⱼ q[h,j]·k[i,j] for heads that share their keys. Each q[h] fills groups of 32 values: for bfloat16
/// keys as `lk_split_pairs` lays it out, for float32 in order, with zeros behind.
void lk_head_scores(float *scores, size_t scores_stride, const float *q, size_t q_stride, size_t heads, lk_rows k,
                    size_t tokens, size_t width, lk_level level);

/// o[h,j] += Σᵢ p[h,i]·v[i,j] for heads that share their values, row after row. Adds.
void lk_add_head_values(float *o, size_t o_stride, const float *p, size_t p_stride, size_t heads, lk_rows v,
                        size_t tokens, size_t width, lk_level level);

// MARK: Weights and one vector in eight bits

/// Writes a row as q8: for each value a byte q that stands for (q − 128)·scale, padded with zeros (128) to a
/// multiple of 64; behind them the scale of each 32 of them as bfloat16, max |x| / 127 rounded up.
/// That is 17/16 bytes for each value of the padded row. A block with a value that is not finite stands for NaN.
void lk_quantize_q8(void *y, const float *x, size_t width, lk_level level);

/// Writes up to 64 contiguous rows as q8, `row_bytes` apart, with one scale for each 64 columns of all of them.
void lk_quantize_tiles_q8(void *y, size_t row_bytes, const float *x, size_t rows, size_t width, lk_level level);

/// The values of a row of q8, exactly: seven bits and a sign times the eight bits of a scale.
void lk_widen_q8(float *y, const void *x, size_t width, lk_level level);

/// A vector in the form in which `lk_gemv_q8` reads it, for `width` values padded to a multiple of 64.
typedef struct {
  /// q in −127 … 127, standing for q·scale.
  int8_t *values;
  /// −128 times the sum of each four values: it takes back the 128 that every weight has too much.
  int32_t *offsets;
  /// The scale of each 32 values, max |x| / 127; NaN or infinite where one of them is.
  float *scales;
} lk_q8_row;

/// Writes x in that form.
void lk_quantize_row_q8(lk_q8_row y, const float *x, size_t width, lk_level level);

/// y[i] = Σⱼ w[i,j]·x[j] for rows of q8, exact but for the scales and the sum of the blocks in float32. Adds where
/// `adds`.
void lk_gemv_q8(float *y, const void *w, size_t row_bytes, lk_q8_row x, size_t rows, size_t width, bool adds,
                lk_level level);

// MARK: Memory

/// Reads `count` bytes, a multiple of 256, and leaves the exclusive or of their words.
void lk_read_memory(uint32_t *checksum, const void *x, size_t count, lk_level level);

// MARK: Conversion

/// Widens bfloat16 values at an address of any alignment; exact, NaN payloads kept.
void lk_widen_bf16(float *y, const void *x, size_t count, lk_level level);

/// Widens IEEE binary16 values at an address of any alignment; exact.
void lk_widen_f16(float *y, const void *x, size_t count, lk_level level);

/// Rounds to bfloat16, to nearest, ties to even; NaN stays NaN. `y` has any alignment.
void lk_narrow_bf16(void *y, const float *x, size_t count, lk_level level);

/// Rounds to IEEE binary16, to nearest, ties to even, beyond 65519.99 to infinity; NaN stays NaN.
void lk_narrow_f16(void *y, const float *x, size_t count, lk_level level);

#pragma clang assume_nonnull end

#endif

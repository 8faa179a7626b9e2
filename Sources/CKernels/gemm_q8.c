#include "gemm_q8.h"

// Products of eight-bit operands, exact in integers within a group of 64, with float32 sums over the groups.
//
// A tile of c is 7 rows by 32 columns: 14 registers hold its integer sums over one group, 14 its float32 sums, and
// four are left for what is loaded. For each four rows of b, two loads and 7 broadcasts of four bytes of a feed 14
// instructions that multiply and add four pairs of bytes a lane, twice as many as in bfloat16: a core that starts two
// of those and two loads a cycle takes 7 cycles against 5. After the 16 steps of a group, 112 cycles, come 14
// conversions and 14 products with scales that are added in the same instruction, some 7 cycles more; with products and
// sums apart, and one step at a time, a core ran at 0.84 of what the instructions allow instead of 0.93. The scales of a
// tile's rows times those of the panel are made for 16 groups at once. Tiles of twice the height keep their float32 sums
// in memory and are slower. A panel stays in the first-level cache while a block of the rows of a streams by.
//
// The instruction takes an unsigned and a signed factor, so a is 128 too large, and every sum begins with what takes
// that back.

// The plain twin: one row and one panel at a time.

/// The integer sums of one group and sixteen columns.
LK_INLINE lk_i32 group_of_products(const uint8_t *a, const lk_q8_block *block, size_t half) {
  lk_i32 dots;
  memcpy(&dots, block->offsets + half * LK_LANES, sizeof dots);
  for (size_t q = 0; q < LK_Q8_GROUP / 4; q++) {
    lk_i32 four;
    memcpy(&four, block->values[q] + half * LK_LANES, sizeof four);
    for (size_t p = 0; p < 4; p++) dots += (lk_i32)(four << (int)(24 - 8 * p) >> 24) * (int32_t)a[4 * q + p];
  }
  return dots;
}

LK_INLINE void lk_gemm_q8_plain_body(lk_gemm_result result, lk_q8_operand first, lk_gemm_operand second,
                                     const char *panels, size_t panel_stride, size_t m, size_t n) {
  for (size_t i = 0; i < m; i++) {
    const char *panel = panels;
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, panel += panel_stride) {
      const lk_q8_block *blocks = blocks_of_panel(panel, first.groups);
      lk_f32 sums[2] = {0, 0};
      for (size_t g = 0; g < first.groups; g++) {
        const uint8_t *a = bytes_of(first, i) + g * LK_Q8_GROUP;
        const float scale = first.scales[i * first.groups + g] * scales_of_panel(panel)[g];
        for (size_t half = 0; half < 2; half++) {
          const lk_f32 dots = __builtin_convertvector(group_of_products(a, blocks + g, half), lk_f32);
          sums[half] = __builtin_elementwise_fma(dots, (lk_f32)scale, sums[half]);
        }
      }
      row_of_products(sums, second, i, (const uint16_t *)(blocks + first.groups));
      for (size_t half = 0; half < 2 && j + half * LK_LANES < n; half++) {
        store_row(result, i, j + half * LK_LANES, n, sums[half]);
      }
    }
  }
}

LK_KERNEL(lk_gemm_q8_plain,
          (lk_gemm_result result, lk_q8_operand first, lk_gemm_operand second, const char *panels,
           size_t panel_stride, size_t m, size_t n),
          (result, first, second, panels, panel_stride, m, n))

#if defined(__x86_64__)

/// The rows of a tile of c.
#define Q8_ROWS 7

#pragma clang attribute push(__attribute__((LK_TARGET_VNNI)), apply_to = function)

/// The scales of sixteen groups from `g` on, each row's times the panel's.
LK_INLINE void products_of_scales(float products[Q8_ROWS][LK_LANES], int rows, lk_q8_operand a, size_t row,
                                  const char *panel, size_t g) {
  const __mmask16 mask = (__mmask16)lk_mask_32(a.groups - g);
  const __m512 scales = _mm512_maskz_loadu_ps(mask, scales_of_panel(panel) + g);
  LK_UNROLL
  for (int i = 0; i < rows; i++) {
    const __m512 scale = _mm512_maskz_loadu_ps(mask, a.scales + (row + (size_t)i) * a.groups + g);
    _mm512_storeu_ps(products[i], _mm512_mul_ps(scale, scales));
  }
}

/// The sums of a tile over all groups. `rows` and `halves` are constants where this is inlined.
LK_INLINE void groups_of_products(__m512 sums[TILE_ROWS][2], int rows, int halves, lk_q8_operand a, size_t row,
                                  const char *panel) {
  const size_t stride = a.groups * LK_Q8_GROUP;
  const uint8_t *bytes = bytes_of(a, row);
  const lk_q8_block *block = blocks_of_panel(panel, a.groups);
  float scales[Q8_ROWS][LK_LANES];
  LK_UNROLL
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
  for (size_t g = 0; g < a.groups; g++, bytes += LK_Q8_GROUP, block++) {
    if (g % LK_LANES == 0) products_of_scales(scales, rows, a, row, panel, g);
    __m512i dots[Q8_ROWS][2];
    LK_UNROLL
    for (int i = 0; i < rows; i++) {
      dots[i][0] = _mm512_loadu_si512(block->offsets);
      if (halves > 1) dots[i][1] = _mm512_loadu_si512(block->offsets + LK_LANES);
    }
#pragma clang loop unroll_count(4)
    for (size_t q = 0; q < LK_Q8_GROUP / 4; q++) {
      const __m512i left = _mm512_loadu_si512(block->values[q]);
      const __m512i right = halves > 1 ? _mm512_loadu_si512(block->values[q] + LK_LANES) : left;
      LK_UNROLL
      for (int i = 0; i < rows; i++) {
        uint32_t four;
        memcpy(&four, bytes + (size_t)i * stride + 4 * q, sizeof four);
        const __m512i value = _mm512_set1_epi32((int)four);
        dots[i][0] = _mm512_dpbusd_epi32(dots[i][0], value, left);
        if (halves > 1) dots[i][1] = _mm512_dpbusd_epi32(dots[i][1], value, right);
      }
    }
    LK_UNROLL
    for (int i = 0; i < rows; i++) {
      const __m512 scale = _mm512_set1_ps(scales[i][g % LK_LANES]);
      LK_UNROLL
      for (int half = 0; half < halves; half++) {
        sums[i][half] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[i][half]), scale, sums[i][half]);
      }
    }
  }
}

/// The parts in which the rows of a are taken: so many that one of them, 256 KiB at most, stays in the second-level
/// cache beside the panels.
static size_t parts_of_rows(size_t m, lk_q8_operand a) {
  const size_t fitting = (256 << 10) / (a.groups * LK_Q8_GROUP + 1) / Q8_ROWS * Q8_ROWS;
  const size_t most = fitting > 0 ? fitting : Q8_ROWS;
  return (m + most - 1) / most;
}

/// Makes every tile with `function(rows, halves, arguments…, panel, row, column, n)`, part by part and panel by panel;
/// the tiles of a part are of nearly equal height.
#define EVERY_TILE(function, ...)                                                                            \
  const size_t parts = parts_of_rows(m, first);                                                              \
  for (size_t part = 0; part < parts; part++) {                                                              \
    const size_t start = part * m / parts, count = (part + 1) * m / parts - start;                           \
    const size_t tiles = (count + Q8_ROWS - 1) / Q8_ROWS;                                                    \
    const char *panel = panels;                                                                              \
    for (size_t j = 0; j < n; j += LK_PANEL_COLUMNS, panel += panel_stride) {                                \
      for (size_t t = 0; t < tiles; t++) {                                                                   \
        const size_t row = start + t * count / tiles, height = start + (t + 1) * count / tiles - row;        \
        if (n - j > LK_LANES) {                                                                              \
          switch (height) { HALF_TILE_CASES(function, 2, __VA_ARGS__, panel, row, j, n) }                    \
        } else {                                                                                             \
          switch (height) { HALF_TILE_CASES(function, 1, __VA_ARGS__, panel, row, j, n) }                    \
        }                                                                                                    \
      }                                                                                                      \
    }                                                                                                        \
  }

LK_INLINE void tile_vnni(int rows, int halves, lk_gemm_result result, lk_q8_operand first, const char *panel,
                         size_t row, size_t column, size_t n) {
  __m512 tile[TILE_ROWS][2];
  groups_of_products(tile, rows, halves, first, row, panel);
  store_tile(tile, rows, halves, result, row, column, n);
}

static void gemm_vnni(lk_gemm_result result, lk_q8_operand first, const char *panels, size_t panel_stride,
                      size_t m, size_t n) {
  EVERY_TILE(tile_vnni, result, first)
}

#pragma clang attribute pop
#pragma clang attribute push(__attribute__((LK_TARGET_VNNI_BF16)), apply_to = function)

LK_INLINE void tile_vnni_bf16(int rows, int halves, lk_gemm_result result, lk_q8_operand first,
                              lk_gemm_operand second, const char *panel, size_t row, size_t column, size_t n) {
  __m512 tile[TILE_ROWS][2];
  groups_of_products(tile, rows, halves, first, row, panel);
  const uint16_t *pairs = (const uint16_t *)(blocks_of_panel(panel, first.groups) + first.groups);
  if (second.k > 0) rows_of_products(tile, rows, halves, second, row, pairs);
  store_mixed_tile(tile, rows, halves, result, row, column, n);
}

static void gemm_vnni_bf16(lk_gemm_result result, lk_q8_operand first, lk_gemm_operand second, const char *panels,
                           size_t panel_stride, size_t m, size_t n) {
  EVERY_TILE(tile_vnni_bf16, result, first, second)
}

#pragma clang attribute pop
#endif

bool lk_has_fast_q8(lk_level level) {
#if defined(__x86_64__)
  if (level >= LK_AVX512) return __builtin_cpu_supports("avx512vnni");
  return level == LK_AVX2 && __builtin_cpu_supports("avxvnni") && __builtin_cpu_supports("fma");
#else
  (void)level;
  return false;
#endif
}

void lk_gemm_q8(lk_gemm_result result, lk_q8_operand first, lk_gemm_operand second, const void *panels,
                size_t panel_stride, size_t m, size_t n, lk_level level) {
#if defined(__x86_64__)
  if (lk_has_fast_q8(level)) {
    if (level == LK_AVX512BF16) return gemm_vnni_bf16(result, first, second, panels, panel_stride, m, n);
    if (second.k == 0 && result.c.type == LK_F32) {
      if (level == LK_AVX512) return gemm_vnni(result, first, panels, panel_stride, m, n);
      return lk_gemm_q8_avxvnni(result, first, panels, panel_stride, m, n);
    }
  }
#endif
  lk_gemm_q8_plain(result, first, second, panels, panel_stride, m, n, level);
}

#include "lanes.h"

LK_INLINE void lk_sum_of_squares_body(double *result, const float *x, size_t count) {
  lk_f64 sums = 0;
  for (size_t j = 0; j < count; j += LK_LANES) {
    const lk_f64 v = __builtin_convertvector(lk_load(x + j, lk_lanes(count - j)), lk_f64);
    sums += v * v;
  }
  *result = lk_sum_f64(sums);
}

LK_KERNEL(lk_sum_of_squares, (double *result, const float *x, size_t count), (result, x, count))

double lk_sum_of_squares_f32(const float *x, size_t count, lk_level level) {
  double result;
  lk_sum_of_squares(&result, x, count, level);
  return result;
}

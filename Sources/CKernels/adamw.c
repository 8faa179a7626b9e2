#include "lanes.h"

LK_INLINE void lk_adamw_f32_body(float *p, float *m, float *v, const float *gradients,
                                 lk_adamw_constants c, size_t count) {
  for (size_t j = 0; j < count; j += LK_LANES) {
    const size_t n = lk_lanes(count - j);
    const lk_f32 g = lk_load(gradients + j, n) * c.gradient_scale;
    const lk_f32 old_m = lk_load(m + j, n);
    const lk_f32 new_m = old_m + (g - old_m) * c.one_minus_beta1;
    const lk_f32 new_v = lk_load(v + j, n) * c.beta2 + g * g * c.one_minus_beta2;
    const lk_f32 step = c.step_size * new_m / (lk_sqrt(new_v) / c.root_correction + c.epsilon);
    lk_store(m + j, new_m, n);
    lk_store(v + j, new_v, n);
    lk_store(p + j, lk_load(p + j, n) * c.decay - step, n);
  }
}

LK_KERNEL(lk_adamw_f32,
          (float *p, float *m, float *v, const float *gradients, lk_adamw_constants constants, size_t count),
          (p, m, v, gradients, constants, count))

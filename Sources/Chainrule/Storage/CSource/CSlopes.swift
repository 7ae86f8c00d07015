/// C functions of derivatives: of activations, functions of elements, and pairs. As in ``CFunctions``.
enum CSlopes {
    static let text: StaticString = """
        @softmax_back
        static void softmax_back(const float *h, float *delta, int32_t rows, int32_t columns)
        {
            for (int32_t r = 0; r < rows; r++, h += columns, delta += columns) {
                float sums[LANES], mean;
                for (int i = 0; i < LANES; i++) sums[i] = 0.0f;
                for (int32_t i = 0; i < columns; i++) sums[i % LANES] = MADD(h[i], delta[i], sums[i % LANES]);
                mean = sum_of(sums);
                for (int32_t i = 0; i < columns; i++) delta[i] = h[i] * (delta[i] - mean);
            }
        }
        @log_softmax_back
        static void log_softmax_back(const float *h, float *delta, int32_t rows, int32_t columns)
        {
            for (int32_t r = 0; r < rows; r++, h += columns, delta += columns) {
                float sums[LANES], total;
                for (int i = 0; i < LANES; i++) sums[i] = 0.0f;
                for (int32_t i = 0; i < columns; i++) sums[i % LANES] += delta[i];
                total = sum_of(sums);
                for (int32_t i = 0; i < columns; i++) delta[i] = delta[i] - exp_of(h[i]) * total;
            }
        }
        @pass_back
        /* delta times the slopes at h or z. */
        static void pass_back(float (*slope)(float), const float *at, float *delta, int32_t count)
        {
            for (int32_t i = 0; i < count; i++) delta[i] = delta[i] * slope(at[i]);
        }
        @slope_of_leaky_relu
        static void slope_of_leaky_relu(const float *h, float *delta, int32_t count, float alpha)
        {
            for (int32_t i = 0; i < count; i++) delta[i] = delta[i] * (0.0f < h[i] ? 1.0f : at_least(h[i], alpha));
        }
        @slope_of_elu
        static void slope_of_elu(const float *h, float *delta, int32_t count, float alpha)
        {
            for (int32_t i = 0; i < count; i++) delta[i] = delta[i] * (0.0f < h[i] ? 1.0f : h[i] + alpha);
        }
        @slope_of_clipped_relu
        static void slope_of_clipped_relu(const float *h, float *delta, int32_t count, float alpha)
        {
            for (int32_t i = 0; i < count; i++)
                delta[i] = delta[i] * (0.0f < h[i] ? (h[i] < alpha ? 1.0f : 0.0f) : h[i]);
        }
        @slope_of_relu
        static float slope_of_relu(float h) { return 0.0f < h ? 1.0f : h; }
        @slope_of_selu
        static float slope_of_selu(float h)
        {
            return 0.0f < h ? 1.0507009873554805f : h + 1.0507009873554805f * 1.6732632423543772f;
        }
        @slope_of_sigmoid
        static float slope_of_sigmoid(float h) { return h * (1.0f - h); }
        @slope_of_tanh
        static float slope_of_tanh(float h) { return 1.0f - h * h; }
        @slope_of_softplus
        static float slope_of_softplus(float z) { return sigmoid(z); }
        @slope_of_gelu
        static float slope_of_gelu(float at)
        {
            const float z = at_most(at_least(at, -100.0f), 100.0f);
            const float density = exp_of(z * z * -0.5f) * 0.3989422804014327f;
            return normal_distribution(z) + z * density;
        }
        @slope_of_gelu_tanh
        static float slope_of_gelu_tanh(float at)
        {
            const float z = at_most(at_least(at, -100.0f), 100.0f), t = tanh_of_cubic(z);
            const float slope = (z * z * (3.0f * 0.044715f) + 1.0f) * 0.7978845608028654f;
            return (t + 1.0f) * 0.5f + z * (1.0f - t * t) * slope * 0.5f;
        }
        @slope_of_silu
        static float slope_of_silu(float at)
        {
            const float z = at_most(at_least(at, -1000.0f), 1000.0f), p = sigmoid(z);
            return p * MADD(z, 1.0f - p, 1.0f);
        }
        @slope_of_softsign
        static float slope_of_softsign(float h) { return (1.0f - size_of(h)) * (1.0f - size_of(h)); }
        @slope_of_hard_sigmoid
        static float slope_of_hard_sigmoid(float h) { return 0.0f < h ? (h < 1.0f ? 0.16666666666666666f : 0.0f) : h; }
        @slope_of_hard_swish
        static float slope_of_hard_swish(float z)
        {
            return 3.0f <= z ? 1.0f : z <= -3.0f ? 0.0f : MADD(0.3333333333333333f, z, 0.5f);
        }
        @slope_of_mish
        static float slope_of_mish(float at)
        {
            const float near = at_most(at_least(at, -1000.0f), 40.0f), e = exp_of(near);
            const float d = 1.0f / (e * (e + 2.0f) + 2.0f), q = e * d;
            return q * (e + 2.0f + near * 4.0f * (q + d));
        }
        @slope_of_exponential
        static float slope_of_exponential(float h) { return h; }
        @cosine
        static float cosine(float x) { return sine_at(x, 0.5f); }
        @flat
        /* 0; NaN stays. */
        static float flat(float a) { return a <= a ? 0.0f : a; }
        @slope_of_absolute
        static float slope_of_absolute(float a) { return 0.0f < a ? 1.0f : a < 0.0f ? -1.0f : a; }
        @slope_of_reciprocal
        static float slope_of_reciprocal(float a) { return -((1.0f / a) * (1.0f / a)); }
        @slope_of_square
        static float slope_of_square(float a) { return a + a; }
        @slope_of_square_root
        static float slope_of_square_root(float a) { return 0.5f / SQRT(a); }
        @slope_of_erf
        static float slope_of_erf(float at)
        {
            const float a = at_most(at_least(at, -100.0f), 100.0f);
            return exp_of(-(a * a)) * 1.1283791670955126f;
        }
        @slope_of_stepwise_sigmoid
        static float slope_of_stepwise_sigmoid(float a)
        {
            const float size = size_of(a);
            if (!(size < 2.64665294f)) return flat(a);
            return size < 0.549306154f ? 0.455119613f : size < 1.47221935f ? 0.216705137f : 0.0383163254f;
        }
        @slope_of_clip
        static void slope_of_clip(const float *a, float *delta, int32_t count, float low, float high)
        {
            for (int32_t i = 0; i < count; i++)
                delta[i] = delta[i] * (a[i] <= low || high <= a[i] ? 0.0f : a[i] <= a[i] ? 1.0f : a[i]);
        }
        @product_by_a
        static float product_by_a(float a, float b) { return (void)a, b; }
        @product_by_b
        static float product_by_b(float a, float b) { return (void)b, a; }
        @quotient_by_a
        static float quotient_by_a(float a, float b) { return (void)a, 1.0f / b; }
        @quotient_by_b
        static float quotient_by_b(float a, float b) { return -(a / b * (1.0f / b)); }
        @maximum_by_a
        static float maximum_by_a(float a, float b) { return a < b ? 0.0f : b <= a ? 1.0f : a + b; }
        @maximum_by_b
        static float maximum_by_b(float a, float b) { return a < b ? 1.0f : b <= a ? 0.0f : a + b; }
        @minimum_by_a
        static float minimum_by_a(float a, float b) { return b < a ? 0.0f : a <= b ? 1.0f : a + b; }
        @minimum_by_b
        static float minimum_by_b(float a, float b) { return b < a ? 1.0f : a <= b ? 0.0f : a + b; }
        @power_by_a
        static float power_by_a(float a, float b) { return b == 0.0f ? 0.0f : power_of(a, b - 1.0f) * b; }
        @power_by_b
        static float power_by_b(float a, float b)
        {
            const float factor = 0.0f < a ? log_of(a) : flat(a);
            return factor == 0.0f ? 0.0f : power_of(a, b) * factor;
        }

        """
}

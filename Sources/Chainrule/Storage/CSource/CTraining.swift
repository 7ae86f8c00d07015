/// C functions that pass δ back, step along gradients, and compute costs. As in ``CFunctions``.
enum CTraining {
    static let text: StaticString = """
        @step_along
        /* rates are the learning rate and the momentum. */
        static void step_along(float *w, float gradient, const float *rates)
        {
        #if MOMENTUM
            float *velocity = velocities + (w - PARAMETERS);
            gradient = *velocity = MADD(rates[1], *velocity, gradient);
        #endif
            *w = MADD(-rates[0], gradient, *w);
        }
        @dense_back
        static void dense_back(
            const float *s, const float *w, float *d, int32_t positions, int32_t inputs, int32_t units, int adds)
        {
            for (int32_t p = 0; p < positions; p++, s += units, d += inputs) {
                if (!adds) clear(d, inputs);
                for (int32_t u = 0; u < units; u++)
                    for (int32_t i = 0; i < inputs; i++) d[i] = MADD(s[u], w[u * inputs + i], d[i]);
            }
        }
        @bias_step
        /* Along the sums of s over positions, which lie so far apart. */
        static void bias_step(
            const float *s, int32_t stride, float *b, int32_t positions, int32_t units, const float *rates)
        {
            for (int32_t u = 0; u < units; u++) {
                float gradient = 0.0f;
                for (int32_t p = 0; p < positions; p++) gradient += s[p * stride + u];
                step_along(b + u, gradient, rates);
            }
        }
        @product_step
        /* Along the sums of s z, which are of double numbers. */
        static void product_step(
            const float *s, int32_t stride, const float *z, float *w, int32_t positions, int32_t units, const float *rates)
        {
            for (int32_t u = 0; u < units; u++) {
                double gradient = 0.0;
                for (int32_t p = 0; p < positions; p++) gradient += (double)(s[p * stride + u] * z[p * units + u]);
                step_along(w + u, (float)gradient, rates);
            }
        }
        @dense_step
        static void dense_step(
            const float *s, int32_t stride, const float *x, float *w, float *b, int32_t positions, int32_t inputs,
            int32_t units, const float *rates)
        {
            for (int32_t u = 0; u < units; u++)
                for (int32_t i = 0; i < inputs; i++) {
                    float gradient = 0.0f;
                    for (int32_t p = 0; p < positions; p++) gradient = MADD(s[p * stride + u], x[p * inputs + i], gradient);
                    step_along(w + u * inputs + i, gradient, rates);
                }
            if (b) bias_step(s, stride, b, positions, units, rates);
        }
        @convolve_step
        /* room holds the gradients of a tap. */
        static void convolve_step(
            const window *a, const float *s, const float *x, float *w, float *b, int32_t channels, int32_t units,
            int32_t groups, float *room, const float *rates)
        {
            const int32_t taps = taps_of(a), outputs = outputs_of(a), depth = channels / groups, share = units / groups;
            for (int32_t t = 0; t < taps; t++) {
                clear(room, units * depth);
                for (int32_t o = 0; o < outputs; o++) {
                    const int32_t position = under(a, o, t);
                    if (position < 0) continue;
                    for (int32_t u = 0; u < units; u++) {
                        const float *from = x + position * channels + u / share * depth;
                        for (int32_t c = 0; c < depth; c++)
                            room[u * depth + c] = MADD(s[o * units + u], from[c], room[u * depth + c]);
                    }
                }
                for (int32_t u = 0; u < units; u++)
                    for (int32_t c = 0; c < depth; c++)
                        step_along(w + (u * taps + t) * depth + c, room[u * depth + c], rates);
            }
            if (b) bias_step(s, units, b, outputs, units, rates);
        }
        @maximum_pool_back
        static void maximum_pool_back(const window *a, const float *x, const float *s, float *d, int32_t channels)
        {
            const int32_t outputs = outputs_of(a);
            for (int32_t o = 0; o < outputs; o++)
                for (int32_t c = 0; c < channels; c++) d[largest_position(a, x + c, channels, o) * channels + c] += *s++;
        }
        @mean_pool_back
        static void mean_pool_back(const window *a, const float *s, float *d, int32_t channels, int counts_padding)
        {
            const int32_t taps = taps_of(a), inputs = inputs_of(a);
            for (int32_t p = 0; p < inputs; p++, d += channels)
                for (int32_t t = taps - 1; t >= 0; t--) {
                    const int32_t output = over(a, p, t);
                    if (output < 0) continue;
                    const int32_t count = counts_padding ? taps : taps_inside(a, output);
                    const float factor = 1.0f / (float)count;
                    for (int32_t c = 0; c < channels; c++) d[c] = MADD(factor, s[output * channels + c], d[c]);
                }
        }
        @scale_step
        /* Of the factors and offsets of channels. */
        static void scale_step(
            const float *s, const float *z, float *w, float *b, int32_t positions, int32_t channels, const float *rates)
        {
            product_step(s, channels, z, w, positions, channels, rates);
            if (b) bias_step(s, channels, b, positions, channels, rates);
        }
        @normalize_back
        /* factor (g - mean(g) - z mean(g z)) with g = w s, of a block of rows. */
        static void normalize_back(
            const float *s, const float *w, const float *z, float factor, float *d, int32_t rows, int32_t columns,
            int32_t stride, int centers, int adds)
        {
            double sums[LANES], products[LANES];
            float mean = 0.0f, slope;
            for (int i = 0; i < LANES; i++) sums[i] = products[i] = 0.0;
            for (int32_t r = 0; r < rows; r++)
                for (int32_t c = 0; c < columns; c++) {
                    const float g = w ? s[r * stride + c] * w[c] : s[r * stride + c];
                    sums[c % LANES] += (double)g;
                    products[c % LANES] += (double)(g * z[r * stride + c]);
                }
            if (centers) mean = (float)(total_of(sums) / (double)(rows * columns));
            slope = (float)(total_of(products) / (double)(rows * columns));
            for (int32_t r = 0; r < rows; r++)
                for (int32_t c = 0; c < columns; c++) {
                    const int32_t i = r * stride + c;
                    const float rest = (w ? s[i] * w[c] : s[i]) - mean - slope * z[i];
                    d[i] = adds ? MADD(rest, factor, d[i]) : rest * factor;
                }
        }
        @moments
        /* Each channel's mean and variance over positions. The squares are of differences from the mean of some. */
        static void moments(const float *x, float *statistics, int32_t positions, int32_t channels)
        {
            const int32_t some = positions < 16 ? positions : 16;
            const double share = 1.0 / (double)positions;
            for (int32_t c = 0; c < channels; c++) {
                double sum = 0.0, squares = 0.0, difference, spread;
                float near;
                for (int32_t p = 0; p < some; p++) sum += (double)x[p * (positions / some) * channels + c];
                near = (float)(sum * (1.0 / (double)some));
                sum = 0.0;
                for (int32_t p = 0; p < positions; p++) {
                    const float value = x[p * channels + c], distance = value - near;
                    sum += (double)value;
                    squares += (double)(distance * distance);
                }
                difference = sum * share - (double)near;
                spread = squares * share - difference * difference;
                statistics[c] = (float)(sum * share);
                statistics[channels + c] = (float)(spread < 0.0 ? 0.0 : spread);
            }
        }
        @normalize_batch
        /* Means and variances are the running ones; in training those of x, which are kept, and which the running ones follow. */
        static void normalize_batch(
            const float *x, const float *w, const float *b, float *h, int32_t positions, int32_t channels, float epsilon,
            float momentum, float *running, float *kept)
        {
            const float *statistics = kept ? kept : running;
            if (kept) moments(x, kept, positions, channels);
            for (int32_t c = 0; c < channels; c++) {
                float factor = 1.0f / SQRT(statistics[channels + c] + epsilon), offset;
                if (w) factor = factor * w[c];
                offset = (b ? b[c] : 0.0f) - statistics[c] * factor;
                for (int32_t p = 0; p < positions; p++)
                    h[p * channels + c] = MADD(factor, x[p * channels + c], 0.0f + offset);
                if (kept) {
                    const float numbers = (float)positions, unbiased = kept[channels + c] * (numbers / (numbers - 1.0f));
                    running[c] += momentum * (kept[c] - running[c]);
                    running[channels + c] += momentum * (unbiased - running[channels + c]);
                }
            }
        }
        @batch_back
        /* d = w r (s - mean(s) - z mean(s z)) by the kept mean and variance, of which r is made; and the step of w and b. */
        static void batch_back(
            const float *s, const float *x, const float *kept, float *w, float *b, float *d, int32_t positions,
            int32_t channels, float epsilon, int adds, const float *rates)
        {
            const float share = 1.0f / (float)positions;
            for (int32_t c = 0; c < channels; c++) {
                const float mean = kept[c], r = 1.0f / SQRT(kept[channels + c] + epsilon);
                const float factor = w ? r * w[c] : r, start = 0.0f - mean * r;
                double products = 0.0, sums = 0.0;
                float product, slope, offset;
                for (int32_t i = c; i < positions * channels; i += channels) {
                    products += (double)(s[i] * (d ? x[i] - mean : MADD(r, x[i], 0.0f + start)));
                    sums += (double)s[i];
                }
                product = d ? (float)products * r : (float)products;
                slope = -r * product * share * factor;
                offset = -factor * (float)sums * share - slope * mean;
                for (int32_t i = c; d && i < positions * channels; i += channels)
                    d[i] = MADD(slope, x[i], MADD(factor, s[i], (adds ? d[i] : 0.0f) + offset));
                if (!w) continue;
                step_along(w + c, product, rates);
                if (d)
                    step_along(b + c, (float)sums, rates);
                else
                    bias_step(s + c, channels, b + c, positions, 1, rates);
            }
        }
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
        @mean_squared_error
        static float mean_squared_error(const float *y, const float *t, float *delta, int32_t count)
        {
            const float factor = 1.0f / (float)count;
            double sum = 0.0;
            for (int32_t i = 0; i < count; i++) {
                const float difference = y[i] - t[i];
                delta[i] = factor * (difference + difference);
                sum += (double)(difference * difference);
            }
            return (float)(sum / (double)count);
        }
        @cross_entropy
        /* Of softmax(y) and a distribution t. */
        static float cross_entropy(const float *y, const float *t, float *delta, int32_t count)
        {
            const float largest = largest_of(y, count), total = sum_of_exponentials(y, delta, count, largest);
            const float logarithm = log_of(total);
            float masses[LANES], ratio;
            double sum = 0.0;
            for (int i = 0; i < LANES; i++) masses[i] = 0.0f;
            for (int32_t i = 0; i < count; i++) masses[i % LANES] += t[i];
            ratio = sum_of(masses) / total;
            for (int32_t i = 0; i < count; i++) {
                if (t[i] > 0.0f) sum += (double)(t[i] * (logarithm - (y[i] - largest)));
                delta[i] = delta[i] * ratio - t[i];
            }
            return (float)sum;
        }
        @binary_cross_entropy
        /* Of sigmoid(y) and t. */
        static float binary_cross_entropy(const float *y, const float *t, float *delta, int32_t count)
        {
            const float factor = 1.0f / (float)count;
            double sum = 0.0;
            for (int32_t i = 0; i < count; i++) {
                const float size = size_of(y[i]), e = exp_of(-size), q = e / (e + 1.0f);
                const float u = y[i] < 0.0f ? t[i] : 1.0f - t[i];
                delta[i] = factor * (y[i] < 0.0f ? q - u : u - q);
                sum += (double)MADD(size, u, log1p_of(e));
            }
            return (float)(sum / (double)count);
        }

        """
}

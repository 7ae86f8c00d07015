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
        @add_product
        /* H += A B. Elements of a row of A are a_step apart, its rows a_row; the same of B. Each sum begins with H; or it is
         * added as a whole. */
        static void add_product(
            const float *a, int32_t a_row, int32_t a_step, const float *b, int32_t b_row, int32_t b_step, float *h,
            int32_t rows, int32_t depth, int32_t columns, int is_whole)
        {
            for (int32_t r = 0; r < rows; r++)
                for (int32_t c = 0; c < columns; c++, h++) {
                    float sum = is_whole ? 0.0f : *h;
                    for (int32_t i = 0; i < depth; i++)
                        sum = MADD(a[r * a_row + i * a_step], b[i * b_row + c * b_step], sum);
                    *h = is_whole ? *h + sum : sum;
                }
        }
        @scatter_largest
        /* x becomes s where reduce_largest has found its elements, elsewhere 0. */
        static void scatter_largest(float *x, const float *s, int32_t count, int32_t columns, float sign)
        {
            for (int32_t c = 0; c < columns; c++) {
                const int32_t best = largest_row(x + c, count, columns, sign);
                for (int32_t i = 0; i < count; i++) x[i * columns + c] = i == best ? s[c] : 0.0f;
            }
        }
        @prelu_back
        static void prelu_back(
            const float *s, const float *x, float *alpha, float *d, int32_t positions, int32_t channels, int adds,
            const float *rates)
        {
            for (int32_t c = 0; c < channels; c++) {
                float gradient = 0.0f;
                for (int32_t i = c; i < positions * channels; i += channels) {
                    const float share = s[i] * (x[i] > 0.0f ? 1.0f : alpha[c]);
                    if (!(x[i] > 0.0f)) gradient += s[i] * x[i];
                    if (d) d[i] = adds ? d[i] + share : share;
                }
                step_along(alpha + c, gradient, rates);
            }
        }
        @embed_step
        /* Rows that no token of x has do not move, but for their momentum. */
        static void embed_step(
            const float *s, const float *x, float *table, int32_t count, int32_t width, int32_t tokens, const float *rates)
        {
            for (int32_t token = 0; token < tokens; token++) {
                int is_used = MOMENTUM;
                for (int32_t i = 0; i < count; i++) is_used |= token_of(x[i], tokens) == token;
                for (int32_t c = 0; is_used && c < width; c++) {
                    float gradient = 0.0f;
                    for (int32_t i = 0; i < count; i++)
                        if (token_of(x[i], tokens) == token) gradient += s[i * width + c];
                    step_along(table + token * width + c, gradient, rates);
                }
            }
        }
        @random_bits
        static uint32_t random_seed = 0x9e3779b9u;
        /* Of a generator with shifts (Marsaglia 2003). */
        static uint32_t random_bits(void)
        {
            random_seed ^= random_seed << 13;
            random_seed ^= random_seed >> 17;
            random_seed ^= random_seed << 5;
            return random_seed;
        }
        @draw_factors
        /* 0 with the probability threshold / 2^32. */
        static void draw_factors(float *factors, int32_t count, uint32_t threshold, float scale)
        {
            for (int32_t i = 0; i < count; i++) factors[i] = random_bits() < threshold ? 0.0f : scale;
        }
        @multiply_by
        /* By a factor for each element or each channel, if there are any. */
        static void multiply_by(const float *x, const float *factors, float *h, int32_t count, int32_t channels, int adds)
        {
            for (int32_t i = 0; i < count; i++) {
                const float product = factors ? x[i] * factors[i % channels] : x[i];
                h[i] = adds ? h[i] + product : product;
            }
        }
        @make_noise
        /* Adds normal numbers (Box and Muller 1958). */
        static void make_noise(const float *x, float *h, int32_t count, float deviation)
        {
            for (int32_t i = 0; i < count; i++) {
                h[i] = x[i];
                if (deviation > 0.0f) {
                    const float size = SQRT(-2.0f * log_of((float)((random_bits() >> 8) + 1u) / 16777216.0f));
                    h[i] += deviation * size * sine((float)(random_bits() >> 8) * (6.283185307179586f / 16777216.0f));
                }
            }
        }
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

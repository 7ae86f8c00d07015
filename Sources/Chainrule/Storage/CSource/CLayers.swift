/// C functions of layers. As in ``CFunctions``; `LANES` is the number of partial sums that a kernel has over a row.
enum CLayers {
    static let text: StaticString = """
        @copy
        static void copy(const float *from, float *to, int32_t count)
        {
            for (int32_t i = 0; i < count; i++) to[i] = from[i];
        }
        @clear
        static void clear(float *to, int32_t count)
        {
            for (int32_t i = 0; i < count; i++) to[i] = 0.0f;
        }
        @move
        /* Writes or adds elements times a factor. Of each axis: its length, and how far apart elements lie there and here. */
        static void move(const float *from, float *to, const int32_t *axes, int32_t count, float factor, int adds)
        {
            const int32_t length = count ? axes[0] : 1, source = count ? axes[1] : 0, result = count ? axes[2] : 0;
            for (int32_t i = 0; i < length; i++) {
                if (count > 1)
                    move(from + i * source, to + i * result, axes + 3, count - 1, factor, adds);
                else
                    to[i * result] = adds ? to[i * result] + factor * from[i * source] : factor * from[i * source];
            }
        }
        @dense
        /* z = W x + b at each position. */
        static void dense(
            const float *x, const float *w, const float *b, float *z, int32_t positions, int32_t inputs, int32_t units)
        {
            for (int32_t p = 0; p < positions; p++, x += inputs, z += units)
                for (int32_t u = 0; u < units; u++) {
                    const float *row = w + u * inputs;
                    float sum = b ? b[u] : 0.0f;
                    for (int32_t i = 0; i < inputs; i++) sum = MADD(row[i], x[i], sum);
                    z[u] = sum;
                }
        }
        @multiply
        /* H = A B. Elements of a column of B are so far apart, and columns. */
        static void multiply(
            const float *a, const float *b, float *h, int32_t rows, int32_t depth, int32_t columns, int32_t step, int32_t apart)
        {
            for (int32_t row = 0; row < rows; row++, a += depth, h += columns)
                for (int32_t column = 0; column < columns; column++) {
                    float sum = 0.0f;
                    for (int32_t i = 0; i < depth; i++) sum = MADD(a[i], b[i * step + column * apart], sum);
                    h[column] = sum;
                }
        }
        @window
        /* A window that slides over positions: depth, height, width. Tap t at output o lies over input o stride + t dilation - before. */
        typedef struct {
            int32_t input[3], output[3], kernel[3], stride[3], dilation[3], before[3];
        } window;
        @under
        /* The input position under a tap at an output; -1 beyond the edges. */
        static int32_t under(const window *a, int32_t output, int32_t tap)
        {
            const int32_t sizes[2] = {a->output[1] * a->output[2], a->output[2]};
            const int32_t taps[2] = {a->kernel[1] * a->kernel[2], a->kernel[2]};
            const int32_t o[3] = {output / sizes[0], output / sizes[1] % a->output[1], output % a->output[2]};
            const int32_t t[3] = {tap / taps[0], tap / taps[1] % a->kernel[1], tap % a->kernel[2]};
            int32_t position = 0;
            for (int i = 0; i < 3; i++) {
                const int32_t place = o[i] * a->stride[i] + t[i] * a->dilation[i] - a->before[i];
                if (place < 0 || place >= a->input[i]) return -1;
                position = position * a->input[i] + place;
            }
            return position;
        }
        @over
        /* The output of which a tap lies over an input position; -1 if there is none. */
        static int32_t over(const window *a, int32_t input, int32_t tap)
        {
            const int32_t sizes[2] = {a->input[1] * a->input[2], a->input[2]};
            const int32_t taps[2] = {a->kernel[1] * a->kernel[2], a->kernel[2]};
            const int32_t p[3] = {input / sizes[0], input / sizes[1] % a->input[1], input % a->input[2]};
            const int32_t t[3] = {tap / taps[0], tap / taps[1] % a->kernel[1], tap % a->kernel[2]};
            int32_t position = 0;
            for (int i = 0; i < 3; i++) {
                const int32_t steps = p[i] + a->before[i] - t[i] * a->dilation[i], place = steps / a->stride[i];
                if (steps < 0 || steps % a->stride[i] || place >= a->output[i]) return -1;
                position = position * a->output[i] + place;
            }
            return position;
        }
        @outputs_of
        static int32_t outputs_of(const window *a) { return a->output[0] * a->output[1] * a->output[2]; }
        @inputs_of
        static int32_t inputs_of(const window *a) { return a->input[0] * a->input[1] * a->input[2]; }
        @taps_of
        static int32_t taps_of(const window *a) { return a->kernel[0] * a->kernel[1] * a->kernel[2]; }
        @convolve
        /* z = sum over taps and a group's channels of w x, and b or what is there. */
        static void convolve(
            const window *a, const float *x, const float *w, const float *b, float *z, int32_t channels, int32_t units,
            int32_t groups, int adds)
        {
            const int32_t taps = taps_of(a), outputs = outputs_of(a), depth = channels / groups, share = units / groups;
            for (int32_t o = 0; o < outputs; o++, z += units) {
                for (int32_t u = 0; !adds && u < units; u++) z[u] = b ? b[u] : 0.0f;
                for (int32_t t = 0; t < taps; t++) {
                    const int32_t position = under(a, o, t);
                    if (position < 0) continue;
                    for (int32_t u = 0; u < units; u++) {
                        const float *from = x + position * channels + u / share * depth, *row = w + (u * taps + t) * depth;
                        float sum = z[u];
                        for (int32_t c = 0; c < depth; c++) sum = MADD(row[c], from[c], sum);
                        z[u] = sum;
                    }
                }
            }
        }
        @convolve_back
        /* The transposed map: from the outputs of a window to its inputs. Without adds d begins with b, or with 0. */
        static void convolve_back(
            const window *a, const float *s, const float *w, const float *b, float *d, int32_t channels, int32_t units,
            int32_t groups, int adds)
        {
            const int32_t taps = taps_of(a), inputs = inputs_of(a), depth = channels / groups, share = units / groups;
            for (int32_t p = 0; p < inputs; p++, d += channels) {
                if (!adds)
                    for (int32_t c = 0; c < channels; c++) d[c] = b ? b[c] : 0.0f;
                for (int32_t t = taps - 1; t >= 0; t--) {
                    const int32_t output = over(a, p, t);
                    if (output < 0) continue;
                    for (int32_t c = 0; c < channels; c++) {
                        const int32_t first = c / depth * share;
                        float sum = d[c];
                        for (int32_t u = first; u < first + share; u++)
                            sum = MADD(s[output * units + u], w[(u * taps + t) * depth + c % depth], sum);
                        d[c] = sum;
                    }
                }
            }
        }
        @largest_position
        /* Where the largest element under a window lies, the first of equals. NaN is larger than any number. */
        static int32_t largest_position(const window *a, const float *x, int32_t channels, int32_t output)
        {
            const int32_t taps = taps_of(a);
            int32_t best = -1;
            for (int32_t t = 0; t < taps; t++) {
                const int32_t position = under(a, output, t);
                if (position < 0) continue;
                if (best >= 0) {
                    const float largest = x[best * channels], value = x[position * channels];
                    if (!(largest <= largest) || value <= largest) continue;
                }
                best = position;
            }
            return best;
        }
        @maximum_pool
        static void maximum_pool(const window *a, const float *x, float *h, int32_t channels)
        {
            const int32_t outputs = outputs_of(a);
            for (int32_t o = 0; o < outputs; o++)
                for (int32_t c = 0; c < channels; c++)
                    *h++ = x[largest_position(a, x + c, channels, o) * channels + c];
        }
        @taps_inside
        static int32_t taps_inside(const window *a, int32_t output)
        {
            const int32_t taps = taps_of(a);
            int32_t count = 0;
            for (int32_t t = 0; t < taps; t++) count += under(a, output, t) >= 0;
            return count;
        }
        @mean_pool
        static void mean_pool(const window *a, const float *x, float *h, int32_t channels, int counts_padding)
        {
            const int32_t taps = taps_of(a), outputs = outputs_of(a);
            for (int32_t o = 0; o < outputs; o++) {
                const float factor = 1.0f / (float)(counts_padding ? taps : taps_inside(a, o));
                for (int32_t c = 0; c < channels; c++) {
                    float sum = 0.0f;
                    for (int32_t t = 0; t < taps; t++) {
                        const int32_t position = under(a, o, t);
                        if (position >= 0) sum += x[position * channels + c];
                    }
                    *h++ = sum * factor;
                }
            }
        }
        @largest_row
        /* Where the largest or, with a sign of -1, the smallest element of a column is, the first of equals. */
        static int32_t largest_row(const float *x, int32_t count, int32_t columns, float sign)
        {
            int32_t best = 0;
            for (int32_t i = 1; i < count; i++) {
                const float largest = sign * x[best * columns], value = sign * x[i * columns];
                if (largest <= largest && !(value <= largest)) best = i;
            }
            return best;
        }
        @reduce_largest
        /* That element of each column, or its place. */
        static void reduce_largest(const float *x, float *h, int32_t count, int32_t columns, float sign, int is_place)
        {
            for (int32_t c = 0; c < columns; c++) {
                const int32_t best = largest_row(x + c, count, columns, sign);
                h[c] = is_place ? (float)best : x[best * columns + c];
            }
        }
        @scale_channels
        /* h = factors x + offsets for each channel. */
        static void scale_channels(
            const float *x, const float *factors, const float *offsets, float *h, int32_t positions, int32_t channels)
        {
            for (int32_t p = 0; p < positions; p++, x += channels, h += channels)
                for (int32_t c = 0; c < channels; c++)
                    h[c] = MADD(factors[c], x[c], offsets ? 0.0f + offsets[c] : 0.0f);
        }
        @prelu
        static void prelu(const float *x, const float *alpha, float *h, int32_t positions, int32_t channels)
        {
            for (int32_t p = 0; p < positions; p++, x += channels, h += channels)
                for (int32_t c = 0; c < channels; c++) h[c] = x[c] * (x[c] > 0.0f ? 1.0f : alpha[c]);
        }
        @total_of
        /* Of partial sums: the upper half onto the lower until one is left. */
        static double total_of(double *sums)
        {
            for (int n = LANES / 2; n > 0; n /= 2)
                for (int i = 0; i < n; i++) sums[i] += sums[i + n];
            return sums[0];
        }
        @normalize
        /* (x - mean) / sqrt(variance + epsilon) of a block of rows. Returns the factor of the difference. */
        static float normalize(
            const float *x, float *z, int32_t rows, int32_t columns, int32_t stride, float epsilon, int centers)
        {
            double sums[LANES];
            float mean = 0.0f, factor;
            for (int squares = !centers; squares < 2; squares++) {
                for (int i = 0; i < LANES; i++) sums[i] = 0.0;
                for (int32_t r = 0; r < rows; r++)
                    for (int32_t c = 0; c < columns; c++) {
                        const float term = x[r * stride + c] - mean;
                        sums[c % LANES] += (double)(squares ? term * term : x[r * stride + c]);
                    }
                factor = (float)(total_of(sums) / (double)(rows * columns));
                if (!squares) mean = factor;
            }
            factor = 1.0f / SQRT(factor + epsilon);
            for (int32_t r = 0; r < rows; r++)
                for (int32_t c = 0; c < columns; c++) z[r * stride + c] = (x[r * stride + c] - mean) * factor;
            return factor;
        }
        @sum_of
        static float sum_of(float *sums)
        {
            for (int n = LANES / 2; n > 0; n /= 2)
                for (int i = 0; i < n; i++) sums[i] += sums[i + n];
            return sums[0];
        }
        @largest_of
        static float largest_of(const float *z, int32_t count)
        {
            float largest = z[0];
            for (int32_t i = 1; i < count; i++)
                if (largest < z[i]) largest = z[i];
            return largest;
        }
        @sum_of_exponentials
        /* Writes e^(z - largest), if wanted, and returns the sum. */
        static float sum_of_exponentials(const float *z, float *e, int32_t count, float largest)
        {
            float sums[LANES];
            for (int i = 0; i < LANES; i++) sums[i] = 0.0f;
            for (int32_t i = 0; i < count; i++) {
                const float power = exp_of(z[i] - largest);
                if (e) e[i] = power;
                sums[i % LANES] += power;
            }
            return sum_of(sums);
        }
        @softmax
        static void softmax(const float *z, float *h, int32_t rows, int32_t columns)
        {
            for (int32_t r = 0; r < rows; r++, z += columns, h += columns) {
                const float total = sum_of_exponentials(z, h, columns, largest_of(z, columns));
                for (int32_t i = 0; i < columns; i++) h[i] = h[i] / total;
            }
        }
        @log_softmax
        static void log_softmax(const float *z, float *h, int32_t rows, int32_t columns)
        {
            for (int32_t r = 0; r < rows; r++, z += columns, h += columns) {
                const float largest = largest_of(z, columns);
                const float logarithm = log_of(sum_of_exponentials(z, 0, columns, largest));
                for (int32_t i = 0; i < columns; i++) h[i] = (z[i] - largest) - logarithm;
            }
        }
        @int8_steps
        /* The steps of a row of activations: x = size (q - zero). */
        typedef struct {
            float size;
            int32_t zero;
        } int8_steps;
        @quantize
        static int8_steps quantize(const float *x, int32_t count, uint8_t *q)
        {
            int8_steps steps = {0.0f, 0};
            float low = 0.0f, high = 0.0f, inverse = 0.0f;
            int is_finite = 1;
            for (int32_t i = 0; i < count; i++) {
                if (x[i] < low) low = x[i];
                if (x[i] > high) high = x[i];
                if ((bits_of(x[i]) & 0x7f800000u) == 0x7f800000u) is_finite = 0;
            }
            const float distance = high * (1.0f / 255.0f) - low * (1.0f / 255.0f);
            if (!is_finite) {
                steps.size = of_bits(0x7fc00000u);
            } else if (distance >= 1.17549435e-38f) {
                inverse = 1.0f / distance;
                steps.size = distance;
                steps.zero = (int32_t)(bits_of(-low * inverse + 12582912.0f) - 0x4b400000u);
            }
            for (int32_t i = 0; i < count; i++) {
                const int32_t step = (int32_t)(bits_of(x[i] * inverse + 12582912.0f) - 0x4b400000u + (uint32_t)steps.zero);
                q[i] = (uint8_t)(step < 0 ? 0 : step > 255 ? 255 : step);
            }
            return steps;
        }
        @product_int8
        /* z = W x + b of a row. q has room for the inputs. */
        static void product_int8(
            const float *x, const int8_t *w, const float *scales, const float *b, float *z, int32_t inputs, int32_t units,
            uint8_t *q)
        {
            const int8_steps steps = quantize(x, inputs, q);
            for (int32_t u = 0; u < units; u++, w += inputs) {
                int32_t sum = 0;
                for (int32_t i = 0; i < inputs; i++) sum += w[i] * (q[i] - steps.zero);
                const int is_less = steps.size < scales[u];
                z[u] = (is_less ? steps.size : scales[u]) * (float)sum * (is_less ? scales[u] : steps.size) + (b ? b[u] : 0.0f);
            }
        }
        @dense_int8
        static void dense_int8(
            const float *x, const int8_t *w, const float *scales, const float *b, float *z, int32_t positions, int32_t inputs,
            int32_t units, float *room)
        {
            for (int32_t p = 0; p < positions; p++)
                product_int8(x + p * inputs, w, scales, b, z + p * units, inputs, units, (uint8_t *)room);
        }
        @convolve_int8
        /* The same of each patch under a window, which room holds, and each group. */
        static void convolve_int8(
            const window *a, const float *x, const int8_t *w, const float *scales, const float *b, float *z, int32_t channels,
            int32_t units, int32_t groups, float *room)
        {
            const int32_t taps = taps_of(a), outputs = outputs_of(a), depth = channels / groups, share = units / groups;
            for (int32_t o = 0; o < outputs; o++)
                for (int32_t g = 0; g < groups; g++) {
                    for (int32_t t = 0; t < taps; t++) {
                        const int32_t position = under(a, o, t);
                        for (int32_t c = 0; c < depth; c++)
                            room[t * depth + c] = position < 0 ? 0.0f : x[position * channels + g * depth + c];
                    }
                    product_int8(
                        room, w + g * share * taps * depth, scales + g * share, b + g * share, z + o * units + g * share,
                        taps * depth, share, (uint8_t *)(room + taps * depth));
                }
        }
        @convolve_back_int8
        /* The transposed map: each output's products are added to what lies under its window, a tap after the other of all outputs
         * of a line. */
        static void convolve_back_int8(
            const window *a, const float *s, const int8_t *w, const float *scales, const float *b, float *d, int32_t channels,
            int32_t units, int32_t groups, float *room)
        {
            const int32_t taps = taps_of(a), outputs = outputs_of(a), depth = channels / groups, share = units / groups;
            for (int32_t i = 0; i < inputs_of(a) * channels; i++) d[i] = b[i % channels];
            for (int32_t first = 0; first < outputs; first += a->output[2])
                for (int32_t t = 0; t < taps; t++)
                    for (int32_t o = first; o < first + a->output[2]; o++)
                        for (int32_t g = 0, p = under(a, o, t); p >= 0 && g < groups; g++) {
                            const int32_t row = (g * taps + t) * depth;
                            product_int8(
                                s + o * units + g * share, w + row * share, scales + row, 0, room, share, depth,
                                (uint8_t *)(room + depth));
                            for (int32_t c = 0; c < depth; c++) d[p * channels + g * depth + c] += room[c];
                        }
        }

        """
}

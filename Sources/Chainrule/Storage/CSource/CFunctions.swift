/// C functions of numbers and of elements: what the kernels compute, in the same order of roundings. The formulas and their errors
/// are explained in `Sources/Kernels/Elementary`, `Activations` and `Functions`.
///
/// A function's text follows a line of "@" and its name, and comes after the functions that it calls (``CCode``). `MADD(a, b, c)` is
/// a b + c, rounded once or twice as the kernels' instruction set does.
enum CFunctions {
    static let text: StaticString = """
        @number_bits
        typedef union {
            float number;
            uint32_t bits;
        } number_bits;
        @bits_of
        static uint32_t bits_of(float x)
        {
            number_bits n;
            n.number = x;
            return n.bits;
        }
        @of_bits
        static float of_bits(uint32_t bits)
        {
            number_bits n;
            n.bits = bits;
            return n.number;
        }
        @size_of
        static float size_of(float x) { return of_bits(bits_of(x) & 0x7fffffffu); }
        @with_sign
        /* The size of a with the sign of b. */
        static float with_sign(float a, float b) { return of_bits((bits_of(a) & 0x7fffffffu) | (bits_of(b) & 0x80000000u)); }
        @at_most
        /* NaN stays. */
        static float at_most(float x, float limit) { return limit < x ? limit : x; }
        @at_least
        static float at_least(float x, float limit) { return x < limit ? limit : x; }
        @power_of_two
        /* 2^n for a whole n from -126 to 127. */
        static float power_of_two(float n) { return of_bits((bits_of(n + 12582912.0f) << 23) + 0x3f800000u); }
        @scaled
        /* x 2^n for a whole n from -252 to 254. */
        static float scaled(float x, float n)
        {
            const int32_t whole = (int32_t)(bits_of(n + 12582912.0f) - 0x4b400000u), half = whole >> 1;
            return x * of_bits((uint32_t)(half + 127) << 23) * of_bits((uint32_t)(whole - half + 127) << 23);
        }
        @reduced
        /* x = n ln 2 + r: returns n, and e^r - 1 in *power. */
        static float reduced(float x, float *power)
        {
            const float shift = 12582912.0f; /* added to it, a number is rounded to a whole one */
            const float n = MADD(x, 1.44269504f, shift) - shift;
            const float r = MADD(n, 2.12194440e-4f, MADD(n, -0.693359375f, x)), r2 = r * r;
            const float high = MADD(r2, 0.00138825213f, MADD(0.00836652052f, r, 0.0416672006f));
            *power = MADD(r2, MADD(high, r2, MADD(0.166665435f, r, 0.49999997f)), r);
            return n;
        }
        @exp_of
        static float exp_of(float x)
        {
            float power;
            const float n = reduced(at_least(at_most(x, 89.0f), -104.0f), &power);
            return scaled(power + 1.0f, n);
        }
        @expm1_of
        static float expm1_of(float x)
        {
            float power;
            const float n = reduced(at_least(at_most(x, 89.0f), -25.0f), &power), half = power_of_two(n - 1.0f);
            const float result = MADD(half, power, half - 0.5f);
            return with_sign(result + result, x);
        }
        @log_of_parts
        /* k ln 2 + log(1 + f). */
        static float log_of_parts(float k, float f)
        {
            const float f2 = f * f;
            const float high = MADD(MADD(-0.12891686f, f, 0.139844373f), f2, MADD(-0.121842608f, f, 0.140058696f));
            const float low = MADD(MADD(-0.16680488f, f, 0.200104058f), f2, MADD(-0.249997973f, f, 0.333332151f));
            const float q = MADD(high, f2 * f2, low);
            const float small = MADD(MADD(q, f, -0.5f), f2, k * -2.12194440e-4f);
            return MADD(k, 0.693359375f, f + small);
        }
        @log_of
        static float log_of(float x)
        {
            const int is_small = x < 1.17549435e-38f;
            const uint32_t bits = bits_of(is_small ? x * 8388608.0f : x), above = bits - 0x3f2aaaabu;
            const float k = (float)((int32_t)above >> 23) - (is_small ? 23.0f : 0.0f);
            const float result = log_of_parts(k, of_bits(bits - (above & 0xff800000u)) - 1.0f);
            if (x <= 0.0f) return of_bits(x < 0.0f ? 0x7fc00000u : 0xff800000u);
            return x < of_bits(0x7f800000u) ? result : x;
        }
        @log1p_of
        /* log(1 + x) for x from 0 to 1. */
        static float log1p_of(float x)
        {
            return x > 0.333333343f ? log_of_parts(1.0f, MADD(0.5f, x, -0.5f)) : log_of_parts(0.0f, x);
        }
        @tanh_of
        static float tanh_of(float x)
        {
            const float y = at_most(size_of(x), 10.0f), s = y * y;
            const float high = MADD(0.0172398072f, s, -0.0530447848f);
            const float p = MADD(high, s * s, MADD(0.1332587f, s, -0.333331436f));
            float power;
            const float n = reduced(y + y, &power), scale = power_of_two(n), t = MADD(scale, power, scale - 1.0f);
            return with_sign(y < 0.5f ? MADD(y * s, p, y) : t / (t + 2.0f), x);
        }
        @erf_of
        static float erf_of(float x)
        {
            const float t = at_most(size_of(x), 4.0f), s = t * t;
            const float high_p = MADD(s * s, -0.000595899241f, MADD(0.0049872552f, s, -0.0267629158f));
            const float p = MADD(s * s, MADD(high_p, s, 0.112817302f), MADD(-0.376124889f, s, 0.128379151f));
            const float high_q = MADD(s, 0.00021399153f, MADD(-0.00321499188f, t, 0.0228900388f));
            const float q = MADD(s, MADD(high_q, t, -0.105261914f), MADD(-0.635718286f, t, -0.128514364f));
            float power;
            const float n = reduced(MADD(t, q, -t), &power), scale = power_of_two(n);
            return with_sign(t < 0.93f ? MADD(t, p, t) : MADD(-scale, power, 1.0f - scale), x);
        }
        @relu
        static float relu(float z) { return z < 0.0f ? 0.0f : z; }
        @sigmoid
        static float sigmoid(float z)
        {
            const float e = exp_of(-size_of(z));
            return (z < 0.0f ? e : 1.0f) / (e + 1.0f);
        }
        @elu_of
        static float elu_of(float z, float alpha) { return z < 0.0f ? alpha * expm1_of(z) : z; }
        @selu
        static float selu(float z) { return 1.0507009873554805f * elu_of(z, 1.6732632423543772f); }
        @softplus
        static float softplus(float z) { return at_least(z, 0.0f) + log1p_of(exp_of(-size_of(z))); }
        @normal_distribution
        static float normal_distribution(float z) { return (erf_of(z * 0.7071067811865476f) + 1.0f) * 0.5f; }
        @gelu
        static float gelu(float z) { return at_least(z, -100.0f) * normal_distribution(z); }
        @tanh_of_cubic
        static float tanh_of_cubic(float z) { return tanh_of((z + z * z * z * 0.044715f) * 0.7978845608028654f); }
        @gelu_tanh
        static float gelu_tanh(float z) { return at_least(z, -100.0f) * ((tanh_of_cubic(z) + 1.0f) * 0.5f); }
        @silu
        static float silu(float z) { return at_least(z, -1000.0f) * sigmoid(z); }
        @softsign
        static float softsign(float z)
        {
            const float distance = at_most(size_of(z), 1e30f);
            return with_sign(distance / (distance + 1.0f), z);
        }
        @hard_sigmoid
        static float hard_sigmoid(float z)
        {
            return at_most(at_least(z + 3.0f, 0.0f), 6.0f) * 0.16666666666666666f;
        }
        @hard_swish
        static float hard_swish(float z) { return at_least(z, -3.0f) * hard_sigmoid(z); }
        @mish
        static float mish(float z)
        {
            const float from = at_least(z, -1000.0f), e = exp_of(at_most(from, 40.0f)), dividend = e * (e + 2.0f);
            return from * (dividend / (dividend + 2.0f));
        }
        @square_root
        static float square_root(float a) { return SQRT(a); }
        @reciprocal
        static float reciprocal(float a) { return 1.0f / a; }
        @square
        static float square(float a) { return a * a; }
        @distance_to_whole
        /* How far a number is from the nearest whole one. */
        static float distance_to_whole(float x)
        {
            const float size = size_of(x);
            return size_of(size - (size < 8388608.0f ? (size + 8388608.0f) - 8388608.0f : size));
        }
        @sine_at
        /* sin(x + phase pi), the phase being 0 or 0.5. */
        static float sine_at(float x, float phase)
        {
            const float shift = 12582912.0f, m = shift + MADD(phase, -1.0f, x * 0.318309886f) - shift, n = m + phase;
            const float near = MADD(n, -9.67502593994140625e-4f, MADD(n, -3.140625f, x));
            const float r = MADD(n, -1.509957990978376432e-7f, near), s = r * r;
            const float high = MADD(2.60578064e-6f, s, -0.000198096029f);
            const float p = MADD(high, s * s, MADD(0.00833306625f, s, -0.166666596f));
            const float result = at_most(at_least(MADD(r * s, p, r), -1.0f), 1.0f);
            return (0.0f < distance_to_whole(m * 0.5f)) == (phase <= 0.0f) ? -result : result;
        }
        @sine
        static float sine(float x) { return sine_at(x, 0.0f); }
        @step_of
        static float step_of(float a) { return a < 0.0f ? 0.0f : a <= a ? 1.0f : a; }
        @stepwise_sigmoid
        static float stepwise_sigmoid(float a)
        {
            const float size = size_of(a);
            const int inner = size < 0.549306154f, middle = size < 1.47221935f;
            const float slope = inner ? 0.455119613f : middle ? 0.216705137f : 0.0383163254f;
            const float start = inner ? 0.0f : middle ? 0.549306154f : 1.47221935f;
            const float base = inner ? 0.0f : middle ? 0.25f : 0.45f;
            const float value = size < 2.64665294f ? MADD(size - start, slope, base) : 0.5f;
            return a <= a ? with_sign(value, a) + 0.5f : a;
        }
        @rounded
        /* The nearest whole number; of two the even one. */
        static float rounded(float x)
        {
            const float size = size_of(x);
            return with_sign(size < 8388608.0f ? (size + 8388608.0f) - 8388608.0f : size, x);
        }
        @floor_of
        static float floor_of(float a)
        {
            const float whole = rounded(a);
            return a < whole ? whole - 1.0f : whole;
        }
        @product_of
        static float product_of(float a, float b) { return a * b; }
        @quotient_of
        static float quotient_of(float a, float b) { return a / b; }
        @maximum_of
        /* Of equal numbers the first; NaN if one is. */
        static float maximum_of(float a, float b) { return a < b ? b : b <= a ? a : a + b; }
        @minimum_of
        static float minimum_of(float a, float b) { return b < a ? b : a <= b ? a : a + b; }
        @power_of
        static float power_of(float a, float b)
        {
            const float logarithm = log_of(size_of(a));
            const float size = b == 0.0f || logarithm == 0.0f ? 1.0f : exp_of(b * logarithm);
            if (!(a < 0.0f)) return a <= a ? size : a;
            if (0.0f < distance_to_whole(b)) return of_bits(0x7fc00000u);
            return 0.0f < distance_to_whole(b * 0.5f) ? -size : size;
        }
        @map
        static void map(float (*function)(float), const float *z, float *h, int32_t count)
        {
            for (int32_t i = 0; i < count; i++) h[i] = function(z[i]);
        }
        @combine
        static void combine(float (*function)(float, float), const float *a, const float *b, float *h, int32_t count)
        {
            for (int32_t i = 0; i < count; i++) h[i] = function(a[i], b[i]);
        }
        @leaky_relu
        static void leaky_relu(const float *z, float *h, int32_t count, float alpha)
        {
            for (int32_t i = 0; i < count; i++) h[i] = z[i] < 0.0f ? alpha * z[i] : z[i];
        }
        @elu
        static void elu(const float *z, float *h, int32_t count, float alpha)
        {
            for (int32_t i = 0; i < count; i++) h[i] = elu_of(z[i], alpha);
        }
        @affine
        static void affine(const float *z, float *h, int32_t count, float factor, float offset)
        {
            for (int32_t i = 0; i < count; i++) h[i] = MADD(factor, z[i], offset);
        }
        @quantized_by
        static void quantized_by(const float *z, float *h, int32_t count, float scale, float zero)
        {
            for (int32_t i = 0; i < count; i++) h[i] = rounded(z[i] / scale) + zero;
        }
        @clip
        static void clip(const float *z, float *h, int32_t count, float low, float high)
        {
            for (int32_t i = 0; i < count; i++) h[i] = at_most(at_least(z[i], low), high);
        }

        """
}

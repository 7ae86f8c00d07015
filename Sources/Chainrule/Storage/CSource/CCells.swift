/// C functions of recurrent layers, embeddings. As in ``CFunctions``.
enum CCells {
    static let text: StaticString = """
        @recurrent
        /* A product, in float or int8; weights of the inputs and of the state, and their scales; biases; peepholes or b_hn; the
         * numbers of inputs, units, gates, numbers of the state, and steps. */
        typedef struct {
            void (*product)(
                const float *x, const void *w, const float *scales, const float *b, float *z, int32_t inputs, int32_t first,
                int32_t units, float *room);
            const void *w;
            const float *w_scales;
            const void *v;
            const float *v_scales, *b, *more;
            int32_t inputs, units, gates, states, steps;
            int variant, is_backwards, gives_sequence, gives_cell;
        } recurrent;
        @product_float
        /* Of some units from the first on. */
        static void product_float(
            const float *x, const void *w, const float *scales, const float *b, float *z, int32_t inputs, int32_t first,
            int32_t units, float *room)
        {
            (void)scales, (void)room;
            dense(x, (const float *)w + first * inputs, b, z, 1, inputs, units);
        }
        @product_of_int8
        static void product_of_int8(
            const float *x, const void *w, const float *scales, const float *b, float *z, int32_t inputs, int32_t first,
            int32_t units, float *room)
        {
            product_int8(x, (const int8_t *)w + first * inputs, scales + first, b, z, inputs, units, (uint8_t *)room);
        }
        @simple_cell
        /* A step of each cell: x, and the state, which becomes the next. room begins with the gates and what else is kept. */
        static void simple_cell(const recurrent *a, const float *x, float *h, float *room)
        {
            const int32_t n = a->units;
            float *z = room, *q = z + n;
            a->product(x, a->w, a->w_scales, a->b, z, a->inputs, 0, n, q + n);
            a->product(h, a->v, a->v_scales, 0, q, n, 0, n, q + n);
            for (int32_t i = 0; i < n; i++) z[i] = h[i] = a->variant ? relu(z[i] + q[i]) : tanh_of(z[i] + q[i]);
        }
        @gru_cell
        /* The variant has the reset gate before the product. */
        static void gru_cell(const recurrent *a, const float *x, float *h, float *room)
        {
            const int32_t n = a->units;
            float *z = room, *q = z + 3 * n;
            a->product(x, a->w, a->w_scales, a->b, z, a->inputs, 0, 3 * n, q + 3 * n);
            a->product(h, a->v, a->v_scales, 0, q, n, 0, a->variant ? 2 * n : 3 * n, q + 3 * n);
            for (int32_t i = 0; i < 2 * n; i++) z[i] = sigmoid(z[i] + q[i]);
            if (a->variant) {
                for (int32_t i = 0; i < n; i++) q[i] = z[i] * h[i];
                a->product(q, a->v, a->v_scales, 0, q + 2 * n, n, 2 * n, n, q + 3 * n);
            }
            for (int32_t i = 0; i < n; i++) {
                const float sum = a->more ? q[2 * n + i] + a->more[i] : q[2 * n + i], share = z[2 * n + i];
                const float candidate = tanh_of(a->variant ? share + sum : MADD(z[i], sum, share));
                h[i] = candidate + z[n + i] * (h[i] - candidate);
                z[2 * n + i] = candidate;
                if (!a->variant) q[i] = sum;
            }
        }
        @lstm_cell
        /* The state is h and then c. */
        static void lstm_cell(const recurrent *a, const float *x, float *h, float *room)
        {
            const int32_t n = a->units;
            float *z = room, *q = z + 4 * n;
            const float *p = a->more;
            a->product(x, a->w, a->w_scales, a->b, z, a->inputs, 0, 4 * n, q + 4 * n);
            a->product(h, a->v, a->v_scales, 0, q, n, 0, 4 * n, q + 4 * n);
            for (int32_t i = 0; i < n; i++) {
                const float before = h[n + i], g = tanh_of(z[2 * n + i] + q[2 * n + i]);
                float in = z[i] + q[i], forget = z[n + i] + q[n + i], out = z[3 * n + i] + q[3 * n + i];
                if (p) {
                    in = MADD(p[i], before, in);
                    forget = MADD(p[n + i], before, forget);
                }
                in = sigmoid(in);
                forget = sigmoid(forget);
                h[n + i] = forget * before + in * g;
                if (p) out = MADD(p[2 * n + i], h[n + i], out);
                out = sigmoid(out);
                q[i] = tanh_of(h[n + i]);
                h[i] = out * q[i];
                z[i] = in;
                z[n + i] = forget;
                z[2 * n + i] = g;
                z[3 * n + i] = out;
            }
        }
        @kept_of
        /* What is kept of a step: its gates; h before; what else the cell has; c before; c after. */
        static float *kept_of(const recurrent *a, float *kept, int32_t part, int32_t time)
        {
            const int32_t n = a->units, first = part ? a->gates + part - 1 : 0;
            return kept + n * (first * a->steps + (part ? 1 : a->gates) * time);
        }
        @keep
        static void keep(const float *from, float *to, int32_t count, int is_inside)
        {
            for (int32_t i = 0; i < count; i++) to[i] = is_inside ? from[i] : 0.0f;
        }
        @run_cell
        /* All steps, of which a row may lack the last. room begins with the state. Parts are kept for a backward pass. */
        static void run_cell(
            void (*cell)(const recurrent *, const float *, float *, float *), const recurrent *a, const float *x,
            const float *first, const float *length, float *y, float *room, float *kept, int32_t parts)
        {
            const int32_t n = a->units, steps = a->steps;
            float *z = room + a->states;
            for (int32_t i = 0; i < a->states; i++) room[i] = first ? first[i] : 0.0f;
            for (int32_t k = 0; k < steps; k++) {
                const int32_t time = a->is_backwards ? steps - 1 - k : k;
                const int is_inside = !length || (float)time < *length;
                if (parts > 1) keep(room, kept_of(a, kept, 1, time), n, is_inside);
                if (parts > 3) keep(room + n, kept_of(a, kept, 3, time), n, is_inside);
                if (is_inside) cell(a, x + time * a->inputs, room, z);
                if (parts > 0) keep(z, kept_of(a, kept, 0, time), a->gates * n, is_inside);
                if (parts > 2) keep(z + a->gates * n, kept_of(a, kept, 2, time), n, is_inside);
                if (parts > 4) keep(room + n, kept_of(a, kept, 4, time), n, is_inside);
                for (int32_t i = 0; a->gives_sequence && i < n; i++) y[time * n + i] = is_inside ? room[i] : 0.0f;
            }
            for (int32_t i = 0; !a->gives_sequence && i < n; i++) y[i] = room[i];
            y += a->gives_sequence ? steps * n : n;
            for (int32_t i = 0; a->gives_cell && i < n; i++) y[i] = room[n + i];
        }
        @steps_of
        /* A number of steps that x holds. */
        static int32_t steps_of(const float *x, int32_t most)
        {
            return !(*x >= 1.0f) ? 1 : *x < (float)most ? (int32_t)*x : most;
        }
        @attention
        /* A head: its channels, how far apart steps of queries, keys, values and results lie, and 1 / sqrt(channels). */
        typedef struct {
            int32_t width, q_step, k_step, v_step, h_step;
            float scale;
            int is_causal;
        } attention;
        @attend
        /* A head: softmax of the queries' products with the keys, times the values; 256 keys after 256. room holds as many. Of each
         * query the largest product and 1 over the sum are kept. */
        static void attend(
            const attention *a, const float *q, const float *k, const float *v, float *h, int32_t queries, int32_t keys,
            float *room, float *kept)
        {
            const int32_t width = a->width;
            for (int32_t i = 0; i < queries; i++, q += a->q_step, h += a->h_step) {
                const int32_t seen = a->is_causal && i + 1 < keys ? i + 1 : keys;
                float most = of_bits(0xff800000u), sum = 0.0f;
                clear(h, width);
                for (int32_t first = 0; first < seen; first += 256) {
                    const int32_t count = seen - first < 256 ? seen - first : 256;
                    float largest, change, sums[LANES];
                    for (int32_t j = 0; j < count; j++)
                        dense(q, k + (first + j) * a->k_step, 0, room + j, 1, width, 1);
                    largest = at_least(largest_of(room, count) * a->scale, most);
                    change = exp_of(most - largest);
                    for (int j = 0; j < LANES; j++) sums[j] = 0.0f;
                    for (int32_t j = 0; j < count; j++) {
                        room[j] = exp_of(MADD(room[j], a->scale, -largest));
                        sums[j % LANES] += room[j];
                    }
                    sum = MADD(sum, change, sum_of(sums));
                    most = largest;
                    for (int32_t c = 0; first > 0 && c < width; c++) h[c] = h[c] * change;
                    for (int32_t j = 0; j < count; j++)
                        for (int32_t c = 0; c < width; c++) h[c] = MADD(room[j], v[(first + j) * a->v_step + c], h[c]);
                }
                sum = 1.0f / sum;
                for (int32_t c = 0; c < width; c++) h[c] = h[c] * sum;
                if (kept) {
                    kept[2 * i] = most;
                    kept[2 * i + 1] = sum;
                }
            }
        }
        @token_of
        /* A token that is none of the table counts as the nearest. */
        static int32_t token_of(float x, int32_t tokens)
        {
            return x > 0.0f ? (x < (float)tokens ? (int32_t)x : tokens - 1) : 0;
        }
        @look_up
        /* Rows of a table. */
        static void look_up(const float *x, const float *table, float *h, int32_t count, int32_t width, int32_t tokens)
        {
            for (int32_t i = 0; i < count; i++) {
                const float *row = table + token_of(x[i], tokens) * width;
                for (int32_t c = 0; c < width; c++) *h++ = row[c];
            }
        }

        """
}

/// C functions of recurrent layers, embeddings. As in ``CFunctions``.
enum CCells {
    static let text: StaticString = """
        @recurrent
        /* Weights of the inputs, biases, weights of the state, and peepholes or b_hn. */
        typedef struct {
            const float *w, *b, *v, *more;
            int32_t inputs, units, variant;
        } recurrent;
        @simple_cell
        /* A step of each cell: x, and the state, which becomes the next. */
        static void simple_cell(const recurrent *a, const float *x, float *h, float *room)
        {
            const int32_t n = a->units;
            float *z = room, *q = z + n;
            dense(x, a->w, a->b, z, 1, a->inputs, n);
            dense(h, a->v, 0, q, 1, n, n);
            for (int32_t i = 0; i < n; i++) h[i] = a->variant ? relu(z[i] + q[i]) : tanh_of(z[i] + q[i]);
        }
        @gru_cell
        /* The variant has the reset gate before the product. */
        static void gru_cell(const recurrent *a, const float *x, float *h, float *room)
        {
            const int32_t n = a->units;
            float *z = room, *q = z + 3 * n;
            dense(x, a->w, a->b, z, 1, a->inputs, 3 * n);
            dense(h, a->v, 0, q, 1, n, a->variant ? 2 * n : 3 * n);
            for (int32_t i = 0; i < 2 * n; i++) z[i] = sigmoid(z[i] + q[i]);
            if (a->variant) {
                for (int32_t i = 0; i < n; i++) q[i] = z[i] * h[i];
                dense(q, a->v + 2 * n * n, 0, q + 2 * n, 1, n, n);
            }
            for (int32_t i = 0; i < n; i++) {
                const float sum = a->more ? q[2 * n + i] + a->more[i] : q[2 * n + i], share = z[2 * n + i];
                const float candidate = tanh_of(a->variant ? share + sum : MADD(z[i], sum, share));
                h[i] = candidate + z[n + i] * (h[i] - candidate);
            }
        }
        @lstm_cell
        /* The state is h and then c. */
        static void lstm_cell(const recurrent *a, const float *x, float *h, float *room)
        {
            const int32_t n = a->units;
            float *z = room, *q = z + 4 * n;
            const float *p = a->more;
            dense(x, a->w, a->b, z, 1, a->inputs, 4 * n);
            dense(h, a->v, 0, q, 1, n, 4 * n);
            for (int32_t i = 0; i < n; i++) {
                const float before = h[n + i], g = tanh_of(z[2 * n + i] + q[2 * n + i]);
                float in = z[i] + q[i], forget = z[n + i] + q[n + i], out = z[3 * n + i] + q[3 * n + i];
                if (p) {
                    in = MADD(p[i], before, in);
                    forget = MADD(p[n + i], before, forget);
                }
                h[n + i] = sigmoid(forget) * before + sigmoid(in) * g;
                if (p) out = MADD(p[2 * n + i], h[n + i], out);
                h[i] = sigmoid(out) * tanh_of(h[n + i]);
            }
        }
        @run_cell
        /* All steps, of which a row may lack the last. room begins with the state. */
        static void run_cell(
            void (*cell)(const recurrent *, const float *, float *, float *), const recurrent *a, const float *x,
            const float *first, const float *length, float *y, int32_t steps, int is_backwards, int gives_sequence,
            int gives_cell, int32_t states, float *room)
        {
            for (int32_t i = 0; i < states; i++) room[i] = first ? first[i] : 0.0f;
            for (int32_t k = 0; k < steps; k++) {
                const int32_t time = is_backwards ? steps - 1 - k : k;
                const int is_inside = !length || (float)time < *length;
                if (is_inside) cell(a, x + time * a->inputs, room, room + states);
                for (int32_t i = 0; gives_sequence && i < a->units; i++)
                    y[time * a->units + i] = is_inside ? room[i] : 0.0f;
            }
            for (int32_t i = 0; !gives_sequence && i < a->units; i++) y[i] = room[i];
            y += gives_sequence ? steps * a->units : a->units;
            for (int32_t i = 0; gives_cell && i < a->units; i++) y[i] = room[a->units + i];
        }
        @steps_of
        /* A number of steps that x holds. */
        static int32_t steps_of(const float *x, int32_t most)
        {
            return !(*x >= 1.0f) ? 1 : *x < (float)most ? (int32_t)*x : most;
        }
        @attend
        /* A head: softmax of the queries' products with the keys, times the values; 256 keys after 256. room holds as many. */
        static void attend(
            const float *q, const float *k, const float *v, float *h, int32_t queries, int32_t keys, int32_t width,
            int32_t q_step, int32_t k_step, int32_t v_step, int32_t h_step, float scale, int is_causal, float *room)
        {
            for (int32_t i = 0; i < queries; i++, q += q_step, h += h_step) {
                const int32_t seen = is_causal && i + 1 < keys ? i + 1 : keys;
                float most = of_bits(0xff800000u), sum = 0.0f;
                clear(h, width);
                for (int32_t first = 0; first < seen; first += 256) {
                    const int32_t count = seen - first < 256 ? seen - first : 256;
                    for (int32_t j = 0; j < count; j++)
                        dense(q, k + (first + j) * k_step, 0, room + j, 1, width, 1);
                    const float largest = at_least(largest_of(room, count) * scale, most), change = exp_of(most - largest);
                    float sums[LANES];
                    for (int j = 0; j < LANES; j++) sums[j] = 0.0f;
                    for (int32_t j = 0; j < count; j++) {
                        room[j] = exp_of(MADD(room[j], scale, -largest));
                        sums[j % LANES] += room[j];
                    }
                    sum = MADD(sum, change, sum_of(sums));
                    most = largest;
                    for (int32_t c = 0; first > 0 && c < width; c++) h[c] = h[c] * change;
                    for (int32_t j = 0; j < count; j++)
                        for (int32_t c = 0; c < width; c++) h[c] = MADD(room[j], v[(first + j) * v_step + c], h[c]);
                }
                sum = 1.0f / sum;
                for (int32_t c = 0; c < width; c++) h[c] = h[c] * sum;
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

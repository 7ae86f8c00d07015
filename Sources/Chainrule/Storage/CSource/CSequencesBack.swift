/// C functions that pass δ back through recurrent layers and attention. As in ``CFunctions``.
enum CSequencesBack {
    static let text: StaticString = """
        @simple_back
        /* A step of each cell backward: the state's d becomes that of the state before. Gates become signals. */
        static void simple_back(const recurrent *a, float *d, float *kept, int32_t time, float *room)
        {
            const int32_t n = a->units;
            float *z = kept_of(a, kept, 0, time);
            (void)room;
            for (int32_t i = 0; i < n; i++) z[i] = d[i] * (a->variant ? slope_of_relu(z[i]) : slope_of_tanh(z[i]));
            dense_back(z, (const float *)a->v, d, 1, n, n, 0);
        }
        @gru_back
        /* What else is kept is the reset gate's factor, which becomes its product's signal; or, in the variant, its product. */
        static void gru_back(const recurrent *a, float *d, float *kept, int32_t time, float *room)
        {
            const int32_t n = a->units;
            float *z = kept_of(a, kept, 0, time), *q = kept_of(a, kept, 2, time);
            const float *before = kept_of(a, kept, 1, time), *v = (const float *)a->v;
            for (int32_t i = 0; i < n; i++) {
                const float r = z[i], u = z[n + i], candidate = z[2 * n + i], share = d[i] * u;
                const float s = (d[i] - share) * slope_of_tanh(candidate);
                z[n + i] = d[i] * (before[i] - candidate) * slope_of_sigmoid(u);
                z[2 * n + i] = s;
                d[i] = share;
                if (a->variant) continue;
                z[i] = s * q[i] * slope_of_sigmoid(r);
                q[i] = s * r;
            }
            if (a->variant) {
                dense_back(z + 2 * n, v + 2 * n * n, room, 1, n, n, 0);
                for (int32_t i = 0; i < n; i++) {
                    d[i] = MADD(room[i], z[i], d[i]);
                    z[i] = room[i] * before[i] * slope_of_sigmoid(z[i]);
                }
            }
            dense_back(z, v, d, 1, n, 2 * n, 1);
            if (!a->variant) dense_back(q, v + 2 * n * n, d, 1, n, n, 1);
        }
        @lstm_back
        static void lstm_back(const recurrent *a, float *d, float *kept, int32_t time, float *room)
        {
            const int32_t n = a->units;
            const float *p = a->more, *squashed = kept_of(a, kept, 2, time), *before = kept_of(a, kept, 3, time);
            float *z = kept_of(a, kept, 0, time);
            (void)room;
            for (int32_t i = 0; i < n; i++) {
                const float in = z[i], forget = z[n + i], g = z[2 * n + i], out = z[3 * n + i], t = squashed[i];
                const float so = d[i] * t * slope_of_sigmoid(out), share = d[n + i] + d[i] * out * slope_of_tanh(t);
                const float c = p ? share + so * p[2 * n + i] : share;
                const float si = c * g * slope_of_sigmoid(in), sf = c * before[i] * slope_of_sigmoid(forget);
                d[n + i] = p ? c * forget + si * p[i] + sf * p[n + i] : c * forget;
                z[i] = si;
                z[n + i] = sf;
                z[2 * n + i] = c * in * slope_of_tanh(g);
                z[3 * n + i] = so;
            }
            dense_back(z, (const float *)a->v, d, 1, n, 4 * n, 0);
        }
        @run_back
        /* All steps backward. d becomes that of the first state. */
        static void run_back(
            void (*back)(const recurrent *, float *, float *, int32_t, float *), const recurrent *a, const float *length,
            const float *s, float *d, float *kept, float *room)
        {
            const int32_t n = a->units, steps = a->steps, last = a->gives_sequence ? steps : 1;
            for (int32_t i = 0; i < n; i++) d[i] = a->gives_sequence ? 0.0f : s[i];
            for (int32_t i = n; i < a->states; i++) d[i] = a->gives_cell ? s[(last - 1) * n + i] : 0.0f;
            for (int32_t k = 0; k < steps; k++) {
                const int32_t time = a->is_backwards ? k : steps - 1 - k;
                if (length && !((float)time < *length)) continue;
                for (int32_t i = 0; a->gives_sequence && i < n; i++) d[i] += s[time * n + i];
                back(a, d, kept, time, room);
            }
        }
        @recur_step
        /* Along what all steps' signals are. The last gate of three has signals of its own for the state, or reads its product. */
        static void recur_step(const recurrent *a, const float *x, const float *kept, const float *rates)
        {
            const int32_t n = a->units, steps = a->steps, wide = a->gates * n, same = a->gates == 3 ? 2 * n : wide;
            const float *before = kept + wide * steps, *more = before + n * steps;
            float *w = PARAMETERS + ((const float *)a->w - PARAMETERS), *v = PARAMETERS + ((const float *)a->v - PARAMETERS);
            float *b = a->b ? PARAMETERS + (a->b - PARAMETERS) : 0, *p = a->more ? PARAMETERS + (a->more - PARAMETERS) : 0;
            dense_step(kept, wide, x, w, b, steps, a->inputs, wide, rates);
            dense_step(kept, wide, before, v, 0, steps, n, same, rates);
            if (a->gates == 3 && a->variant) dense_step(kept + same, wide, more, v + same * n, 0, steps, n, n, rates);
            if (a->gates == 3 && !a->variant) dense_step(more, n, before, v + same * n, 0, steps, n, n, rates);
            if (p && a->gates == 3) bias_step(more, n, p, steps, n, rates);
            if (p && a->gates == 4) {
                const float *c = more + n * steps;
                product_step(kept, wide, c, p, steps, n, rates);
                product_step(kept + n, wide, c, p + n, steps, n, rates);
                product_step(kept + 3 * n, wide, c + n * steps, p + 2 * n, steps, n, rates);
            }
        }
        @attend_back
        /* Adds to what queries, keys and values have, where it is wanted. */
        static void attend_back(
            const attention *a, const float *q, const float *k, const float *v, const float *h, const float *s, float *dq,
            float *dk, float *dv, int32_t queries, int32_t keys, const float *kept)
        {
            const int32_t width = a->width;
            for (int32_t i = 0; i < queries; i++) {
                const int32_t seen = a->is_causal && i + 1 < keys ? i + 1 : keys;
                const float *query = q + i * a->q_step, *result = h + i * a->h_step, *delta = s + i * a->h_step;
                float sums[LANES], mean;
                for (int j = 0; j < LANES; j++) sums[j] = 0.0f;
                for (int32_t c = 0; c < width; c++) sums[c % LANES] = MADD(result[c], delta[c], sums[c % LANES]);
                mean = sum_of(sums);
                for (int32_t j = 0; j < seen; j++) {
                    const float *key = k + j * a->k_step, *value = v + j * a->v_step;
                    float product, share, p;
                    dense(query, key, 0, &product, 1, width, 1);
                    dense(delta, value, 0, &share, 1, width, 1);
                    p = exp_of(MADD(product, a->scale, -kept[2 * i])) * kept[2 * i + 1];
                    share = p * a->scale * (share - mean);
                    for (int32_t c = 0; c < width; c++) {
                        if (dv) dv[j * a->v_step + c] = MADD(p, delta[c], dv[j * a->v_step + c]);
                        if (dq) dq[i * a->q_step + c] = MADD(share, key[c], dq[i * a->q_step + c]);
                        if (dk) dk[j * a->k_step + c] = MADD(share, query[c], dk[j * a->k_step + c]);
                    }
                }
            }
        }

        """
}

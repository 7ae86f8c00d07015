/* The gradients of every activation and every cost against central differences of the same formulas in double. */
#include <math.h>

#include "check.h"

enum { ROWS = 3, INPUTS = 2, HIDDEN = 5, OUTPUTS = 4, PARAMETERS = HIDDEN * (INPUTS + 1) + OUTPUTS * (HIDDEN + 1) };

static float x[ROWS * INPUTS], t[ROWS * OUTPUTS];

/* One activation over a row of z, as chainrule.h gives it. 0 for an enumerator that this reference does not know. */
static int activate(crl_activation activation, const double *z, double *h, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += exp(z[i]);
    for (size_t i = 0; i < n; ++i) {
        const double v = z[i], expm = exp(v) - 1;
        switch (activation) {
        case CRL_IDENTITY: h[i] = v; break;
        case CRL_SIGMOID: h[i] = 1 / (1 + exp(-v)); break;
        case CRL_TANH: h[i] = tanh(v); break;
        case CRL_RELU: h[i] = v > 0 ? v : 0; break;
        case CRL_LEAKY_RELU: h[i] = v > 0 ? v : 0.01 * v; break;
        case CRL_ELU: h[i] = v > 0 ? v : expm; break;
        case CRL_SELU: h[i] = 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * expm); break;
        case CRL_SOFTPLUS: h[i] = log1p(exp(v)); break;
        case CRL_GELU: h[i] = v * 0.5 * (1 + erf(v / sqrt(2))); break;
        case CRL_GELU_TANH: h[i] = 0.5 * v * (1 + tanh(sqrt(2 / acos(-1)) * (v + 0.044715 * v * v * v))); break;
        case CRL_SILU: h[i] = v / (1 + exp(-v)); break;
        case CRL_SOFTSIGN: h[i] = v / (1 + fabs(v)); break;
        case CRL_HARD_SIGMOID: h[i] = fmin(fmax(v / 6 + 0.5, 0), 1); break;
        case CRL_HARD_SWISH: h[i] = v * fmin(fmax(v / 6 + 0.5, 0), 1); break;
        case CRL_MISH: h[i] = v * tanh(log1p(exp(v))); break;
        case CRL_CLIPPED_RELU: h[i] = fmin(fmax(v, 0), 6); break;
        case CRL_EXPONENTIAL: h[i] = exp(v); break;
        case CRL_SOFTMAX: h[i] = exp(v) / sum; break;
        case CRL_LOG_SOFTMAX: h[i] = v - log(sum); break;
        default: return 0;
        }
    }
    return 1;
}

/* One cost of a row, as chainrule.h gives it, with Huber's d = 0.5. NaN for an enumerator that this reference does not know. */
static double row_cost(crl_cost_kind kind, const double *y, const float *target, size_t n)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; ++i)
        sum += exp(y[i]);
    for (size_t i = 0; i < n; ++i) {
        const double v = y[i], wanted = target[i], distance = fabs(v - wanted), p = 1 / (1 + exp(-v));
        switch (kind) {
        case CRL_MEAN_SQUARED_ERROR: total += distance * distance / n; break;
        case CRL_MEAN_ABSOLUTE_ERROR: total += distance / n; break;
        case CRL_HUBER: total += (distance <= 0.5 ? distance * distance / 2 : 0.5 * (distance - 0.25)) / n; break;
        case CRL_BINARY_CROSS_ENTROPY: total -= (wanted * log(v) + (1 - wanted) * log(1 - v)) / n; break;
        case CRL_BINARY_CROSS_ENTROPY_LOGITS: total -= (wanted * log(p) + (1 - wanted) * log(1 - p)) / n; break;
        case CRL_CROSS_ENTROPY: total -= wanted * (v - log(sum)); break;
        default: return NAN;
        }
    }
    return total;
}

/* C = Σ over rows and outputs of weight × y, for a network INPUTS → HIDDEN with the activation → OUTPUTS, in double. */
static double reference(crl_activation activation, const double *w, const float *weights)
{
    double C = 0, z[HIDDEN], h[HIDDEN];
    for (size_t r = 0; r < ROWS; ++r) {
        const double *b1 = w + HIDDEN * INPUTS, *W2 = b1 + HIDDEN, *b2 = W2 + OUTPUTS * HIDDEN;
        for (size_t i = 0; i < HIDDEN; ++i) {
            z[i] = b1[i];
            for (size_t j = 0; j < INPUTS; ++j)
                z[i] += w[i * INPUTS + j] * x[r * INPUTS + j];
        }
        if (!activate(activation, z, h, HIDDEN))
            return NAN;
        for (size_t i = 0; i < OUTPUTS; ++i) {
            double y = b2[i];
            for (size_t j = 0; j < HIDDEN; ++j)
                y += W2[i * HIDDEN + j] * h[j];
            C += weights[r * OUTPUTS + i] * y;
        }
    }
    return C;
}

static void of_activation(crl_activation activation)
{
    const double step = 1e-5;
    crl_network *network = two_layers(INPUTS, HIDDEN, activation, OUTPUTS, 11);
    crl_workspace *workspace = NULL;
    float *parameters = NULL, gradients[PARAMETERS];
    double w[PARAMETERS];
    size_t count = 0;

    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count == PARAMETERS);
    for (size_t i = 0; i < PARAMETERS; ++i)
        w[i] = parameters[i] += 0.01f * (float)(i % 7);
    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    OK(crl_forward(network, workspace, x, ROWS, INPUTS, NULL, 0, 0));
    OK(crl_backward(network, workspace, t, ROWS, OUTPUTS, gradients, PARAMETERS, 0, NULL, 0, 0));
    for (size_t i = 0; i < PARAMETERS; ++i) {
        const double here = w[i];
        w[i] = here + step;
        const double above = reference(activation, w, t);
        w[i] = here - step;
        const double below = reference(activation, w, t);
        w[i] = here;
        if (!CHECK(fabs((above - below) / (2 * step) - gradients[i]) < 1e-5 * (1 + fabs(gradients[i]))))
            fprintf(stderr, "  activation %d, parameter %zu: %g by differences, %g by backward\n", (int)activation, i,
                    (above - below) / (2 * step), (double)gradients[i]);
    }
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
}

/* C and ∇C, with and without sample weights, mean and sum. */
static void of_cost(crl_cost_kind kind, crl_reduction reduction, const float *weights)
{
    const double step = 1e-5;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    float y[ROWS * OUTPUTS], wanted[ROWS * OUTPUTS], dC_dy[ROWS * OUTPUTS];
    double C = NAN, C_alone = NAN, expected = 0, weight_sum = 0, weight[ROWS];

    for (size_t i = 0; i < COUNT(y); ++i) { /* probabilities, so that every cost takes them */
        y[i] = 0.05f + 0.9f * (t[i] + 1) / 2;
        wanted[i] = i % OUTPUTS == 0 ? 0.5f : i % OUTPUTS == 1 ? 0.375f : i % OUTPUTS == 2 ? 0.125f : 0.0f;
    }
    for (size_t r = 0; r < ROWS; ++r)
        weight_sum += weights ? weights[r] : 1;
    for (size_t r = 0; r < ROWS; ++r)
        weight[r] = (weights ? weights[r] : 1) / (reduction == CRL_REDUCTION_MEAN ? weight_sum : 1);

    cost.kind = kind;
    cost.reduction = reduction;
    if (kind == CRL_HUBER)
        cost.huber_delta = 0.5f;
    targets.values = wanted;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    targets.weights = weights;
    targets.weights_count = weights ? ROWS : 0;
    OK(crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy, ROWS, OUTPUTS));
    OK(crl_cost(&cost, y, ROWS, OUTPUTS, OUTPUTS, &targets, &C_alone, NULL, 0, 0));
    CHECK(C == C_alone);
    for (size_t r = 0; r < ROWS; ++r) {
        double row[OUTPUTS];
        for (size_t i = 0; i < OUTPUTS; ++i)
            row[i] = y[r * OUTPUTS + i];
        expected += weight[r] * row_cost(kind, row, wanted + r * OUTPUTS, OUTPUTS);
        for (size_t i = 0; i < OUTPUTS; ++i) {
            const double here = row[i];
            row[i] = here + step;
            const double above = row_cost(kind, row, wanted + r * OUTPUTS, OUTPUTS);
            row[i] = here - step;
            const double below = row_cost(kind, row, wanted + r * OUTPUTS, OUTPUTS);
            row[i] = here;
            if (!CHECK(fabs(weight[r] * (above - below) / (2 * step) - dC_dy[r * OUTPUTS + i]) < 1e-5))
                fprintf(stderr, "  cost %d, row %zu, output %zu\n", (int)kind, r, i);
        }
    }
    CHECK(fabs(C - expected) < 1e-5 * (1 + fabs(expected)));
}

/* A class index is the same as the distribution that is 1 there. */
static void classes_are_distributions(void)
{
    const int32_t classes[ROWS] = { 2, 0, 3 };
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets by_class = CRL_TARGETS_INIT, by_value = CRL_TARGETS_INIT;
    float one_hot[ROWS * OUTPUTS] = { 0 }, a[ROWS * OUTPUTS], b[ROWS * OUTPUTS];
    double C_a = 0, C_b = 1;

    for (size_t r = 0; r < ROWS; ++r)
        one_hot[r * OUTPUTS + (size_t)classes[r]] = 1;
    by_class.classes = classes;
    by_class.classes_count = ROWS;
    by_value.values = one_hot;
    by_value.rows = ROWS;
    by_value.columns = by_value.stride = OUTPUTS;
    cost.kind = CRL_CROSS_ENTROPY;
    OK(crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &by_class, &C_a, a, ROWS, OUTPUTS));
    OK(crl_cost(&cost, t, ROWS, OUTPUTS, OUTPUTS, &by_value, &C_b, b, ROWS, OUTPUTS));
    CHECK(fabs(C_a - C_b) < 1e-6);
    for (size_t i = 0; i < COUNT(a); ++i)
        CHECK(fabsf(a[i] - b[i]) < 1e-6f);
}

/* Large logits neither overflow nor lose the gradient. */
static void stable_with_large_logits(void)
{
    const float y[] = { 1000, -1000, 0, 500 }, wanted[] = { 0, 1, 0, 0 };
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    float dC_dy[4];
    double C = NAN;

    targets.values = wanted;
    targets.rows = 1;
    targets.columns = targets.stride = 4;
    cost.kind = CRL_CROSS_ENTROPY;
    OK(crl_cost(&cost, y, 1, 4, 4, &targets, &C, dC_dy, 1, 4));
    CHECK(fabs(C - 2000) < 1e-3 && dC_dy[0] == 1 && dC_dy[1] == -1 && dC_dy[2] == 0 && dC_dy[3] == 0);
    cost.kind = CRL_BINARY_CROSS_ENTROPY_LOGITS;
    OK(crl_cost(&cost, y, 1, 4, 4, &targets, &C, dC_dy, 1, 4));
    CHECK(fabs(C - (1000 + 1000 + log(2) + 500) / 4) < 1e-3);
    CHECK(dC_dy[0] == 0.25f && dC_dy[1] == -0.25f && dC_dy[2] == 0.125f && dC_dy[3] == 0.25f);
}

/* A network whose input and first layer are read twice: the error signals of the readers add up. */
static void of_residual_network(void)
{
    enum { UNITS = 6 };
    crl_network *network = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    const char *summed[] = { "first", "second" }, *joined[] = { "sum", "input", "first" };
    const crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    float *parameters = NULL, gradients[512], direction[512];
    size_t count = 0;
    double C = 0, above = 0, below = 0, slope = 0;

    OK(crl_network_create(INPUTS, &network));
    options.name = "first";
    OK(crl_network_add_dense(network, UNITS, CRL_TANH, &options));
    options.name = "second";
    OK(crl_network_add_dense(network, UNITS, CRL_SIGMOID, &options));
    OK(crl_network_add_sum(network, summed, 2, "sum"));
    OK(crl_network_add_concatenation(network, joined, 3, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_IDENTITY, NULL));
    OK(crl_network_build(network, 2));
    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count == UNITS * (INPUTS + 1) + UNITS * (UNITS + 1) + OUTPUTS * (2 * UNITS + INPUTS + 1));

    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    OK(crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &C, gradients, count));
    for (uint32_t seed = 0; seed < 20; ++seed) {
        const float step = 0.01f;
        fill(direction, count, seed);
        slope = 0;
        for (size_t i = 0; i < count; ++i) {
            slope += (double)direction[i] * gradients[i];
            parameters[i] += step * direction[i];
        }
        float ignored[512];
        OK(crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &above, ignored, count));
        for (size_t i = 0; i < count; ++i)
            parameters[i] -= 2 * step * direction[i];
        OK(crl_network_value_and_gradient(network, &cost, x, ROWS, INPUTS, &targets, &below, ignored, count));
        for (size_t i = 0; i < count; ++i)
            parameters[i] += step * direction[i];
        CHECK(fabs((above - below) / (2 * (double)step) - slope) < 2e-3 * (1 + fabs(slope)));
    }
    crl_network_destroy(network);
}

int main(void)
{
    const float weights[ROWS] = { 0.5f, 2.0f, 1.0f };
    crl_network *open = NULL;
    crl_activation activation = 0;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    double C;

    fill(x, COUNT(x), 1);
    fill(t, COUNT(t), 2);

    /* Every enumerator that the library knows, so that a new one cannot go untested. */
    OK(crl_network_create(INPUTS, &open));
    for (; crl_network_add_dense(open, 2, activation, NULL) == CRL_OK; ++activation)
        of_activation(activation);
    CHECK(activation > CRL_EXPONENTIAL);
    crl_network_destroy(open);

    const float halves[] = { 0.5f, 0.5f }, certain[] = { 1, 0 };
    targets.values = certain;
    targets.rows = 1;
    targets.columns = targets.stride = 2;
    for (; crl_cost(&cost, halves, 1, 2, 2, &targets, &C, NULL, 0, 0) == CRL_OK; ++cost.kind)
        for (crl_reduction reduction = CRL_REDUCTION_MEAN; reduction <= CRL_REDUCTION_SUM; ++reduction) {
            of_cost(cost.kind, reduction, NULL);
            of_cost(cost.kind, reduction, weights);
        }
    CHECK(cost.kind > CRL_CROSS_ENTROPY);

    classes_are_distributions();
    stable_with_large_logits();
    of_residual_network();
    return finish();
}

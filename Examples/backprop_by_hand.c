/* Backpropagation a step at a time on the exclusive or, with every intermediate value.
 *
 *     z_l = W_l h_(l-1) + b_l,  h_l = σ(z_l)                  crl_forward
 *     C, and ∇C = ∂C/∂y                                       crl_cost
 *     s = δ ⊙ σ'(z_l),  ∂C/∂W_l = s ⊗ h_(l-1),  δ ← W_lᵀ s    crl_backward
 *     W ← W − η ∂C/∂W                                         crl_step
 */
#include <chainrule.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 4, INPUTS = 2, HIDDEN = 3, OUTPUTS = 1 };

static void check(crl_status status)
{
    if (status != CRL_OK) {
        fprintf(stderr, "%s: %s\n", crl_status_name(status), crl_error_message());
        exit(EXIT_FAILURE);
    }
}

/* Prints one quantity of one layer, a line for each row of the batch. */
static void show(const crl_workspace *workspace, const char *layer, crl_quantity quantity, const char *symbol)
{
    const float *values;
    size_t rows, columns;
    check(crl_workspace_values(workspace, layer, quantity, &values, &rows, &columns));
    for (size_t r = 0; r < rows; ++r) {
        printf("  %-6s %s", r == 0 ? layer : "", r == 0 ? symbol : " ");
        for (size_t c = 0; c < columns; ++c)
            printf(" %9.5f", values[r * columns + c]);
        printf("\n");
    }
}

int main(void)
{
    const float x[ROWS][INPUTS] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } };
    const float t[ROWS][OUTPUTS] = { { 0 }, { 1 }, { 1 }, { 0 } };
    float y[ROWS][OUTPUTS], dC_dy[ROWS][OUTPUTS], dC_dx[ROWS][INPUTS];
    double C = 0;

    crl_network *network = NULL;
    check(crl_network_create(INPUTS, &network));
    check(crl_network_add_dense(network, HIDDEN, CRL_TANH, NULL));
    check(crl_network_add_dense(network, OUTPUTS, CRL_SIGMOID, NULL));
    check(crl_network_build(network, 1));

    float *parameters;
    size_t count;
    check(crl_network_parameters(network, &parameters, &count));
    float *gradients = malloc(count * sizeof *gradients);
    if (!gradients)
        return EXIT_FAILURE;

    crl_workspace *workspace = NULL;
    check(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));

    crl_optimizer *descent = NULL;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT;
    method.method = CRL_GRADIENT_DESCENT;
    method.learning_rate = 2.0f;
    check(crl_optimizer_create(network, &method, &descent));

    const crl_cost_options squared_error = CRL_COST_OPTIONS_INIT;
    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = t[0];
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;

    for (int step = 0; step <= 2000; ++step) {
        check(crl_forward(network, workspace, x[0], ROWS, INPUTS, y[0], ROWS, OUTPUTS));
        check(crl_cost(&squared_error, y[0], ROWS, OUTPUTS, OUTPUTS, &targets, &C, dC_dy[0], ROWS, OUTPUTS));
        check(crl_backward(network, workspace, dC_dy[0], ROWS, OUTPUTS, gradients, count, 0, dC_dx[0], ROWS, INPUTS));

        if (step == 0) {
            printf("Layer by layer, before the first step (a line for each of the four inputs):\n");
            show(workspace, "input", CRL_QUANTITY_H, "x");
            show(workspace, "0", CRL_QUANTITY_Z, "z");
            show(workspace, "0", CRL_QUANTITY_H, "h");
            show(workspace, "1", CRL_QUANTITY_Z, "z");
            show(workspace, "1", CRL_QUANTITY_H, "y");
            show(workspace, "1", CRL_QUANTITY_DELTA, "δ");
            show(workspace, "0", CRL_QUANTITY_DELTA, "δ");
            show(workspace, "input", CRL_QUANTITY_DELTA, "δ");
            printf("\nThe gradient of each parameter:\n");
            for (size_t i = 0; i < count; ++i)
                printf("  w %9.5f  ∂C/∂w %9.5f\n", parameters[i], gradients[i]);
            printf("\n");
        }
        if (step % 400 == 0)
            printf("step %4d: C = %.6f\n", step, C);

        check(crl_step(descent, network, gradients, count)); /* parameters[i] -= η * gradients[i], for every i */
    }

    printf("\n");
    for (int r = 0; r < ROWS; ++r)
        printf("%g xor %g = %.3f\n", x[r][0], x[r][1], y[r][0]);

    crl_optimizer_destroy(descent);
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
    free(gradients);
    return C < 0.01 ? EXIT_SUCCESS : EXIT_FAILURE;
}

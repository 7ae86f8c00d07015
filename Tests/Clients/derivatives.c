/* Products with first and second derivatives from C: a network of one weight and one bias, worked out by hand, and a custom cost
 * and a custom activation. */
#include <math.h>

#include "check.h"

#define CLOSE(value, expected) CHECK(fabs((double)(value) - (expected)) < 1e-5 * (1 + fabs((double)(expected))))

/* y = σ(w x + b) with σ(z) = z², so that z = 2·3 + 1 = 7 and y = 49. */
static const float W = 2, B = 1, X = 3;

static int32_t square(void *user, const float *z, float *h, size_t rows, size_t columns)
{
    (void)user;
    for (size_t i = 0; i < rows * columns; ++i)
        h[i] = z[i] * z[i];
    return 0;
}

static int32_t square_slope(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    const float *factor = user;
    (void)h;
    for (size_t i = 0; i < rows * columns; ++i)
        dh_dz[i] = *factor * z[i];
    return 0;
}

static int32_t square_curvature(void *user, const float *z, const float *h, float *dh_dz, size_t rows, size_t columns)
{
    (void)user, (void)z, (void)h;
    for (size_t i = 0; i < rows * columns; ++i)
        dh_dz[i] = 2;
    return 0;
}

/* C = Σ y, for which H_C = 0. */
static int32_t sum(void *user, const float *y, const float *targets, const float *weights, size_t rows, size_t columns,
                   size_t target_columns, double *C, float *dC_dy)
{
    (void)user, (void)targets, (void)weights, (void)target_columns;
    *C = 0;
    for (size_t i = 0; i < rows * columns; ++i) {
        *C += y[i];
        dC_dy[i] = 1;
    }
    return 0;
}

static int32_t nothing(void *user, const float *y, const float *targets, const float *weights, const float *v, size_t rows,
                       size_t columns, size_t target_columns, float *Hv)
{
    (void)user, (void)y, (void)targets, (void)weights, (void)v, (void)target_columns;
    for (size_t i = 0; i < rows * columns; ++i)
        Hv[i] = 0;
    return 0;
}

static crl_network *squared(float *factor, int with_curvature)
{
    crl_network *network = NULL;
    crl_layer_options options = CRL_LAYER_OPTIONS_INIT;
    float *parameters;
    size_t count;
    options.name = "square";
    options.function = square;
    options.derivative = square_slope;
    options.second_derivative = with_curvature ? square_curvature : NULL;
    options.user = factor;
    OK(crl_network_create(1, &network));
    OK(crl_network_add_dense(network, 1, CRL_CUSTOM_ACTIVATION, &options));
    OK(crl_network_build(network, 1));
    OK(crl_network_parameters(network, &parameters, &count));
    CHECK(count == 2);
    parameters[0] = W;
    parameters[1] = B;
    return network;
}

int main(void)
{
    float factor = 2, y, tangent, gradients[2], x_gradient, product[2], hessian[4], jacobian[2], t = 48;
    const float one = 1, direction[2] = { 1, -2 }; /* R{z} = 3·1 − 2 = 1 */
    crl_network *network = squared(&factor, 1), *bare = squared(&factor, 0);
    crl_targets targets = CRL_TARGETS_INIT;
    targets.values = &t;
    targets.rows = targets.columns = targets.stride = 1;

    /* R{y} = 2 z R{z} = 14 along the direction of the parameters; ∂y/∂x = 2 z w = 28. */
    OK(crl_network_jvp(network, &X, 1, 1, NULL, 0, direction, 2, &y, 1, 1, &tangent, 1, 1));
    CLOSE(y, 49);
    CLOSE(tangent, 14);
    OK(crl_network_jvp(network, &X, 1, 1, &one, 1, NULL, 0, NULL, 0, 0, &tangent, 1, 1));
    CLOSE(tangent, 28);
    OK(crl_network_jvp(network, &X, 1, 1, &one, 1, direction, 2, NULL, 0, 0, &tangent, 1, 1));
    CLOSE(tangent, 42);
    OK(crl_network_jvp(network, &X, 1, 1, NULL, 0, NULL, 0, NULL, 0, 0, &tangent, 1, 1));
    CHECK(tangent == 0);

    /* ∂y/∂w = 2 z x = 42, ∂y/∂b = 2 z = 14. */
    OK(crl_network_vjp(network, &X, 1, 1, &one, 1, gradients, 2, &x_gradient, 1, 1));
    CLOSE(gradients[0], 42);
    CLOSE(gradients[1], 14);
    CLOSE(x_gradient, 28);
    OK(crl_network_jacobian(network, &X, 1, 1, CRL_VARIABLE_PARAMETERS, jacobian, 1, 2));
    CHECK(same_bits(jacobian, gradients, 2));
    OK(crl_network_jacobian(network, &X, 1, 1, CRL_VARIABLE_INPUT, jacobian, 1, 1));
    CLOSE(jacobian[0], 28);

    /* C = (y − t)²: H = 2 (y − t) σ'' (x, 1)⊗(x, 1) + 2 (σ')² (x, 1)⊗(x, 1) with y − t = 1: (4 + 392) (x, 1)⊗(x, 1). */
    OK(crl_network_hessian(network, NULL, &X, 1, 1, &targets, hessian, 2, 2));
    CLOSE(hessian[0], 396 * 9);
    CLOSE(hessian[1], 396 * 3);
    CHECK(hessian[2] == hessian[1]);
    CLOSE(hessian[3], 396);
    OK(crl_network_hessian_product(network, NULL, &X, 1, 1, &targets, direction, 2, product, 2));
    CLOSE(product[0], 396 * 3);
    CLOSE(product[1], 396);
    OK(crl_network_gauss_newton_product(network, NULL, &X, 1, 1, &targets, direction, 2, product, 2));
    CLOSE(product[0], 392 * 3);
    CLOSE(product[1], 392);

    /* Of C = y, whose H_C is 0, nothing is left but the network's own curvature. */
    crl_cost_options cost = CRL_COST_OPTIONS_INIT;
    cost.kind = CRL_CUSTOM_COST;
    cost.function = sum;
    FAILS(CRL_ERROR_MISMATCH, "Hessian product",
          crl_network_gauss_newton_product(network, &cost, &X, 1, 1, NULL, direction, 2, product, 2));
    cost.hessian_product = nothing;
    OK(crl_network_hessian_product(network, &cost, &X, 1, 1, NULL, direction, 2, product, 2));
    CLOSE(product[0], 2 * 3);
    CLOSE(product[1], 2);
    OK(crl_network_gauss_newton_product(network, &cost, &X, 1, 1, NULL, direction, 2, product, 2));
    CHECK(product[0] == 0 && product[1] == 0);

    /* Without σ'' there is no Hessian, but all the rest. */
    FAILS(CRL_ERROR_MISMATCH, "layer 'square'",
          crl_network_hessian_product(bare, NULL, &X, 1, 1, &targets, direction, 2, product, 2));
    FAILS(CRL_ERROR_MISMATCH, "layer 'square'", crl_network_hessian(bare, NULL, &X, 1, 1, &targets, hessian, 2, 2));
    OK(crl_network_gauss_newton_product(bare, NULL, &X, 1, 1, &targets, direction, 2, product, 2));
    CLOSE(product[0], 392 * 3);

    /* The check passes σ' = 2 z, and finds a σ' that is wrong by 1 %. */
    crl_gradient_report report = CRL_GRADIENT_REPORT_INIT;
    crl_gradient_check_options options = CRL_GRADIENT_CHECK_OPTIONS_INIT;
    OK(crl_network_check_gradient(network, NULL, &X, 1, 1, &targets, NULL, &report));
    CHECK(report.failed == 0 && report.checked >= 3 && report.name != NULL);
    factor = 2.02f;
    OK(crl_network_check_gradient(network, NULL, &X, 1, 1, &targets, &options, &report));
    CHECK(report.failed >= 3 && report.quantity == CRL_CHECKED_ACTIVATION_DERIVATIVE && strcmp(report.name, "square") == 0);
    CLOSE(report.analytic, 14.14);
    CHECK(fabs(report.numeric - 14) < 0.01 && fabs(report.relative_error - 0.0099) < 0.001);
    options.tolerance = 0.02f;
    OK(crl_network_check_gradient(network, NULL, &X, 1, 1, &targets, &options, &report));
    CHECK(report.failed == 0);
    options.step = -1;
    FAILS(CRL_ERROR_VALUE, "step is -1", crl_network_check_gradient(network, NULL, &X, 1, 1, &targets, &options, &report));

    crl_network_destroy(network);
    crl_network_destroy(bare);
    return finish();
}

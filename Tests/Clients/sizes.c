/* Networks whose sizes are zero, unequal, or overflow when multiplied. Tests/Sweep tries single bad arguments. */
#include <stdint.h>

#include "check.h"

enum { INPUTS = 3 };

/* Numbers whose products with the others overflow, or reach far beyond any memory. */
static const size_t absurd[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4, SIZE_MAX / 8 + 1 };

/* Describes and builds inputs → units; CRL_OK, or the first failure, which must be of size or memory. */
static crl_status build_absurd(size_t inputs, size_t units)
{
    crl_network *huge = NULL;
    crl_status status = crl_network_create(inputs, &huge);
    if (status == CRL_OK)
        status = crl_network_add_dense(huge, units, CRL_RELU, NULL);
    if (status == CRL_OK)
        status = crl_network_build(huge, 0);
    CHECK(status == CRL_ERROR_SIZE || status == CRL_ERROR_MEMORY);
    CHECK(crl_error_message()[0] != '\0');
    crl_network_destroy(huge);
    return status;
}

int main(void)
{
    crl_network *none;
    crl_network *sum = NULL;
    const char *unequal[] = { "0", "1" };

    FAILS_NULLING(CRL_ERROR_SIZE, "0", none, crl_network_create(0, &none));
    OK(crl_network_create(INPUTS, &sum));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_add_dense(sum, 0, CRL_RELU, NULL));

    for (size_t i = 0; i < COUNT(absurd); ++i) {
        build_absurd(absurd[i], 1);
        build_absurd(1, absurd[i]);
        build_absurd(absurd[i], absurd[i]);
    }
#if SIZE_MAX > UINT32_MAX
    build_absurd((size_t)1 << 32, (size_t)1 << 32);
#endif
    build_absurd((size_t)1 << 31, (size_t)1 << 31);
    build_absurd((size_t)1 << 22, (size_t)1 << 23);

    OK(crl_network_add_dense(sum, 4, CRL_RELU, NULL));
    OK(crl_network_add_dense(sum, 5, CRL_RELU, NULL));
    FAILS(CRL_ERROR_SIZE, "5", crl_network_add_sum(sum, unequal, 2, NULL));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_add_sum(sum, unequal, 0, NULL));
    FAILS(CRL_ERROR_SIZE, "0", crl_network_add_concatenation(sum, unequal, 0, NULL));
    for (size_t i = 0; i < COUNT(absurd); ++i) {
        FAILS(CRL_ERROR_SIZE, "", crl_network_add_sum(sum, unequal, absurd[i], NULL));
        FAILS(CRL_ERROR_SIZE, "", crl_network_add_concatenation(sum, unequal, absurd[i], NULL));
    }
    crl_network_destroy(sum);
    return finish();
}

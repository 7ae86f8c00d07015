/* Choosing an instruction set: for the process, before the library is used, and for a network. */
#include "check.h"

static const struct {
    crl_instructions number;
    const char *name;
} sets[] = { { CRL_INSTRUCTIONS_BASELINE, "baseline" }, { CRL_INSTRUCTIONS_AVX2, "avx2" }, { CRL_INSTRUCTIONS_AVX512, "avx512" }, { CRL_INSTRUCTIONS_NEON, "neon" } };

enum { SETS = sizeof sets / sizeof sets[0], ROWS = 5, INPUTS = 7, OUTPUTS = 3 };

/* A network that is described but not built. */
static crl_network *described(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(INPUTS, &network));
    OK(crl_network_add_dense(network, 33, CRL_TANH, NULL));
    OK(crl_network_add_dense(network, OUTPUTS, CRL_SOFTMAX, NULL));
    return network;
}

static void outputs(const crl_network *network, float *y)
{
    float x[ROWS * INPUTS];
    size_t i;
    for (i = 0; i < ROWS * INPUTS; i++) x[i] = (float)i / 8 - 2;
    OK(crl_network_predict(network, x, ROWS, INPUTS, y, ROWS, OUTPUTS));
}

int main(void)
{
    float of_process[ROWS * OUTPUTS], y[ROWS * OUTPUTS];
    crl_network *network = described();
    size_t i, narrowest = SETS, supported = 0, same = 0;

    /* Nothing is decided yet; to ask decides nothing, and to describe neither. */
    CHECK(crl_instruction_set()[0] != 0);
    FAILS(CRL_ERROR_VALUE, "instruction_set is 4", crl_set_instruction_set(4));
    FAILS(CRL_ERROR_VALUE, "instruction_set is -1", crl_set_instruction_set(-1));
    for (i = SETS; i-- > 0;) {
        crl_network *other = described();
        crl_status status = crl_network_build_for(other, 1, sets[i].number);
        CHECK(status == CRL_OK || status == CRL_ERROR_VALUE);
        if (status == CRL_OK) narrowest = i, supported++;
        else CHECK(strstr(crl_error_message(), sets[i].name) != NULL && strstr(crl_error_message(), crl_instruction_set()) != NULL);
        crl_network_destroy(other);
    }
    CHECK(narrowest < SETS);
    if (narrowest == SETS) return finish();

    /* For the process. */
    OK(crl_set_instruction_set(sets[narrowest].number));
    CHECK(strcmp(crl_instruction_set(), sets[narrowest].name) == 0);
    OK(crl_set_instruction_set(sets[narrowest].number));
    OK(crl_network_build(network, 1));
    outputs(network, of_process);

    /* For a network, whose results are the process's if it is for the same. What is decided stays. */
    for (i = 0; i < SETS; i++) {
        crl_network *other = described();
        if (i >= narrowest && crl_network_build_for(other, 1, sets[i].number) == CRL_OK) {
            outputs(other, y);
            same += memcmp(y, of_process, sizeof y) == 0;
            if (i == narrowest) CHECK(same == 1);
            else FAILS(CRL_ERROR_BUSY, sets[narrowest].name, crl_set_instruction_set(sets[i].number));
        } else {
            FAILS(CRL_ERROR_VALUE, sets[i].name, crl_set_instruction_set(sets[i].number));
        }
        crl_network_destroy(other);
    }
    CHECK(same >= 1 && (supported == 1 || same < supported));
    CHECK(strcmp(crl_instruction_set(), sets[narrowest].name) == 0);

    FAILS(CRL_ERROR_ALREADY_BUILT, "built", crl_network_build_for(network, 1, sets[narrowest].number));
    FAILS(CRL_ERROR_NULL, "network", crl_network_build_for(NULL, 1, sets[narrowest].number));
    crl_network_destroy(network);
    return finish();
}

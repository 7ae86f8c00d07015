/* Allocated memory takes no pages before its first use: the system then gives zeroed ones. */
#include <stdio.h>

#include "check.h"

/* How many pages this process has in memory. */
static long resident(void)
{
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &pages) == 2);
    if (file)
        fclose(file);
    return pages;
}

int main(void)
{
    enum { UNITS = 500, ROWS = 100000, PAGE = 4096 };
    crl_network *network = two_layers(8, UNITS, CRL_TANH, UNITS, 1);
    crl_workspace *workspace = NULL;
    const long before = resident();
    /* z, h and their derivatives: some hundred megabytes for each layer. */
    OK(crl_workspace_create(network, ROWS, CRL_PURPOSE_TRAINING, &workspace));
    CHECK(resident() - before < 10000000 / PAGE);
    float y[UNITS];
    const float x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    OK(crl_forward(network, workspace, x, 1, 8, y, 1, UNITS));
    CHECK(resident() - before < 10000000 / PAGE);
    crl_workspace_destroy(workspace);
    crl_network_destroy(network);
    return finish();
}

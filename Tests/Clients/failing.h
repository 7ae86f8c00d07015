/* A run through the library in which the n-th allocation fails, for every n: once it alone, once with all after it. Nothing is
 * lost. Who includes this has allocation functions that ask fails() and count what lives. */
#ifndef FAILING_H
#define FAILING_H

/* Allocations that were not freed, those that were asked for since a run began, and which of these fail. */
static long living, asked, first_failing, last_failing;

static int fails(void)
{
    ++asked;
    return asked >= first_failing && asked <= last_failing;
}

static void nothing_fails(void) { first_failing = 1, last_failing = 0; }

enum { ATTEMPTS = 1 };
#include "whole_run.h"

/* A run in which allocations fail; whether there were so many. */
static int run_failing(long first, long last)
{
    const long before = living;
    asked = 0, first_failing = first, last_failing = last;
    run(0);
    const int met = asked >= first || last_failing < first_failing;
    nothing_fails();
    if (!CHECK(memcmp(&found, &expected, sizeof found) == 0))
        fprintf(stderr, "allocations from %ld to %ld\n", first, last);
    const long asked_before = asked;
    destroy();
    CHECK(asked == asked_before);
    if (!CHECK(living == before))
        fprintf(stderr, "allocations from %ld to %ld: %ld are lost\n", first, last, living - before);
    return met;
}

/* Lets allocations fail, from the first on: every n-th alone, and every m-th and all after it. */
static void fail_everywhere(int more_layers, long n, long m)
{
    layers = more_layers;
    nothing_fails();
    run(0);
    expected = found;
    destroy();
    run_failing(1, 0);
    for (long first = 1; run_failing(first, first); first += n) continue;
    for (long first = 1; run_failing(first, 1000000000); first += m) continue;
}

#endif

/* What the programs that predict once and exit share: they print the largest memory of the whole process when they are
 * given a second argument. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 64, OUTPUTS = 10 };

static void print_peak_of_memory(void)
{
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            printf("%lld\n", 1024 * atoll(line + 6));
}

/* Ends the process, well if the prediction is a number. */
static int finish(int argc, float prediction)
{
    if (argc > 2)
        print_peak_of_memory();
    return prediction == prediction ? EXIT_SUCCESS : EXIT_FAILURE;
}

#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

crl_network *model_read(const char *path)
{
    unsigned char start[9] = { 0 };
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(1, "'%s' cannot be opened: %s", path, strerror(errno));
    const size_t count = fread(start, 1, sizeof start, file);
    fclose(file);
    crl_network *network = NULL;
    if (count >= 5 && !memcmp(start, "FANN_", 5))
        check(crl_network_load_fann(path, 0, &network));
    else if (count == sizeof start && start[8] == '{') /* eight bytes of a length, and JSON */
        check(crl_network_load(path, &network));
    else
        check(crl_network_load_onnx(path, NULL, &network));
    return network;
}

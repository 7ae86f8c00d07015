#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The first bytes of a file, and how many there are. */
static size_t start_read(const char *path, char *start, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(1, "'%s' cannot be opened: %s", path, strerror(errno));
    const size_t count = fread(start, 1, capacity, file);
    fclose(file);
    return count;
}

crl_network *model_read(const char *path)
{
    char start[9] = { 0 };
    const size_t count = start_read(path, start, sizeof start);
    crl_network *network = NULL;
    if (count >= 5 && !memcmp(start, "FANN_", 5))
        check(crl_network_load_fann(path, 0, &network));
    else if (count == sizeof start && start[8] == '{') /* eight bytes of a length, and JSON */
        check(crl_network_load(path, &network));
    else {
        const crl_status status = crl_network_load_onnx(path, NULL, &network);
        /* Writers of ONNX models begin with the version. */
        if (status == CRL_ERROR_FORMAT && start[0] != 8)
            fail(1, "'%s' is no model: it begins neither as a file of this library, nor as FANN's, nor as an ONNX model", path);
        check(status);
    }
    return network;
}

crl_predictor *predictor_read(const char *path, int precision, crl_network **network)
{
    static const char prepared[] = "{\"__metadata__\":{\"format\":\"chainrule-prepared\"";
    char start[8 + sizeof prepared] = { 0 };
    crl_predictor *predictor = NULL;
    if (start_read(path, start, sizeof start) == sizeof start && !memcmp(start + 8, prepared, sizeof prepared - 1)) {
        crl_precision found;
        check(crl_predictor_open(path, 0, &predictor));
        check(crl_predictor_precision(predictor, &found));
        if (precision >= 0 && precision != found)
            fail(1, "'%s' is prepared in %s", path, precision_names[found]);
        *network = NULL;
        return predictor;
    }
    *network = model_read(path);
    check(crl_predictor_create(*network, precision < 0 ? CRL_PRECISION_FLOAT32 : precision, &predictor));
    return predictor;
}

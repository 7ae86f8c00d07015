/* Calls that need much memory, in a process with little address space: they return a status, never end the process, and take no
 * more than they need. */
#define _XOPEN_SOURCE 700
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "folder.h"

enum { LAYERS = 9999, MEMBERS = 65000, MEGABYTE = 1 << 20, WIDTH = 2000 };

static const char *model;

/* What a call gives where the process has no more than so many bytes beside those that it has already. */
static crl_status within(size_t bytes, crl_status (*call)(void))
{
    int result = -1;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        long pages = 0;
        FILE *file = fopen("/proc/self/statm", "r");
        if (!file || fscanf(file, "%ld", &pages) != 1)
            _exit(255);
        fclose(file);
        struct rlimit limit;
        limit.rlim_cur = limit.rlim_max = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
        const crl_status status = setrlimit(RLIMIT_AS, &limit) == 0 ? call() : -1;
        _exit(status == CRL_OK ? 0 : status == CRL_ERROR_MEMORY ? 1 : 2);
    }
    CHECK(child > 0 && waitpid(child, &result, 0) == child);
    CHECK(WIFEXITED(result) && WEXITSTATUS(result) <= 1);
    return WIFEXITED(result) && WEXITSTATUS(result) == 0 ? CRL_OK : CRL_ERROR_MEMORY;
}

static crl_status load(void)
{
    crl_network *network = NULL;
    return crl_network_load(model, &network);
}

/* From too little to enough. */
static void with_more_and_more(size_t enough)
{
    CHECK(within(0, load) == CRL_ERROR_MEMORY);
    for (size_t bytes = MEGABYTE; bytes < enough; bytes += bytes / 2)
        within(bytes, load);
    CHECK(within(enough, load) == CRL_OK);
}

static void many_layers(void)
{
    crl_network *network = NULL;
    OK(crl_network_create(1, &network));
    for (int layer = 0; layer < LAYERS; ++layer)
        OK(crl_network_add_activation(network, CRL_TANH, NULL));
    OK(crl_network_build(network, 1));
    OK(crl_network_save(network, model));
    crl_network_destroy(network);
    with_more_and_more(256 * (size_t)MEGABYTE);
}

static const char layers[] = ",\\\"layers\\\":[{\\\"type\\\":\\\"activation\\\",\\\"name\\\":\\\"0\\\","
                             "\\\"inputs\\\":[\\\"input\\\"],\\\"activation\\\":\\\"tanh\\\"}]}\"}}";

/* Writes a model file: the beginning of its header, so many members with a format of the number and a 0, and the end. */
static void file_with(const char *start, int members, const char *member_format, const char *end)
{
    unsigned char prefix[8] = { 0 };
    FILE *file = fopen(model, "wb");
    if (!CHECK(file != NULL))
        return;
    CHECK(fwrite(prefix, 1, sizeof prefix, file) == sizeof prefix);
    uint64_t length = (uint64_t)fprintf(file, "%s", start);
    for (int member = 0; member < members; ++member)
        length += (uint64_t)fprintf(file, member_format, member, 0);
    length += (uint64_t)fprintf(file, "%s", end);
    CHECK(length > 4000000);
    for (int byte = 0; byte < 8; ++byte)
        prefix[byte] = (unsigned char)(length >> 8 * byte);
    CHECK(fseek(file, 0, SEEK_SET) == 0 && fwrite(prefix, 1, sizeof prefix, file) == sizeof prefix && fclose(file) == 0);
}

/* A header of 15 MB, nearly all of it members of the architecture that a reader has no use for. */
static void long_header(void)
{
    static const char start[] = "{\"__metadata__\":{\"format\":\"chainrule\",\"format_version\":\"1\","
                                "\"architecture\":\"{\\\"inputs\\\":1";
    file_with(start, MEMBERS, ",\\\"%06d\\\":\\\"%0220d\\\"", layers);
    with_more_and_more(192 * (size_t)MEGABYTE);
}

/* The most metadata. */
static void much_metadata(void)
{
    static const char start[] = "{\"__metadata__\":{\"format\":\"chainrule\"";
    char end[512];
    snprintf(end, sizeof end, ",\"format_version\":\"1\",\"architecture\":\"{\\\"inputs\\\":1%s", layers);
    file_with(start, 10000, ",\"%06d\":\"%0394d\"", end);
    with_more_and_more(192 * (size_t)MEGABYTE);
}

static crl_network *wide;

static crl_status train(void)
{
    static float x[WIDTH], t[WIDTH];
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options method = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_optimizer *optimizer = NULL;
    targets.values = t, targets.rows = 1, targets.columns = targets.stride = WIDTH;
    method.method = CRL_GRADIENT_DESCENT;
    const crl_status status = crl_optimizer_create(wide, &method, &optimizer);
    options.optimizer = optimizer;
    options.epochs = 2;
    options.threads = 1;
    return status == CRL_OK ? crl_network_fit(wide, x, 1, WIDTH, &targets, NULL, &options) : status;
}

/* Gradient descent has the best parameters beside the network's own, but no gradient. */
static void training(void)
{
    const size_t parameters = sizeof(float) * 2 * WIDTH * (WIDTH + 1);
    wide = two_layers(WIDTH, WIDTH, CRL_TANH, WIDTH, 1);
    CHECK(within(parameters / 2, train) == CRL_ERROR_MEMORY);
    CHECK(within(parameters + parameters / 2, train) == CRL_OK);
    crl_network_destroy(wide);
}

int main(void)
{
    char path[300];
    make_folder();
    snprintf(path, sizeof path, "%s/model", folder);
    model = path;
    many_layers();
    long_header();
    much_metadata();
    training();
    CHECK(remove(model) == 0 && rmdir(folder) == 0);
    return finish();
}

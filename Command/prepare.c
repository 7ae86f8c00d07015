#include "command.h"

#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>

static int is_same_file(const char *path, const char *other)
{
    struct stat file, second;
    return !stat(path, &file) && !stat(other, &second) && file.st_dev == second.st_dev && file.st_ino == second.st_ino;
}

int command_prepare(int count, char **arguments)
{
    static const struct option options[] = { { "precision", required_argument, NULL, 'p' }, { NULL, 0, NULL, 0 } };
    int precision = CRL_PRECISION_FLOAT32;
    for (int option; (option = getopt_long(count + 1, arguments - 1, "", options, NULL)) != -1;)
        switch (option) {
        case 'p': precision = number_of(optarg, precision_names, "precision"); break;
        default: return 2;
        }
    char **rest = arguments - 1 + optind;
    if (count + 1 - optind != 2)
        fail(2, "prepare takes a MODEL and OUT");
    if (is_same_file(rest[0], rest[1]))
        fail(2, "OUT is MODEL, which could not be trained or converted any more");
    crl_network *network = model_read(rest[0]);
    crl_predictor *predictor = NULL;
    check(crl_predictor_create(network, precision, &predictor));
    check(crl_predictor_save(predictor, rest[1]));
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
    return EXIT_SUCCESS;
}

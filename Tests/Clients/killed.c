/* A process that is killed while it saves, at any moment, leaves the whole old file or the whole new one. The first argument is how
 * often that is tried. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "folder.h"

enum { LARGEST = 1 << 20, USUAL = 200 };

static char model[300];
static unsigned char versions[2][LARGEST], now[LARGEST];
static size_t length;

/* Saves one version after the other, for ever. */
static void save_for_ever(crl_network *const *networks)
{
    for (;;)
        for (int i = 0; i < 2; ++i)
            if (crl_network_save(networks[i], model) != CRL_OK)
                _exit(1);
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Which version the file is whole; -1: neither. */
static int version(void)
{
    if (read_file(model, now, LARGEST) != length)
        return -1;
    return memcmp(now, versions[0], length) == 0 ? 0 : memcmp(now, versions[1], length) == 0 ? 1 : -1;
}

static int empty_folder(void)
{
    DIR *directory = opendir(folder);
    int removed = directory != NULL;
    for (struct dirent *entry; removed && (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.' || strncmp(entry->d_name, ".chainrule-", 11) == 0)
            removed = remove(in_folder(entry->d_name)) == 0;
    if (directory)
        closedir(directory);
    return removed;
}

int main(int count, char **arguments)
{
    const long times = count > 1 ? strtol(arguments[1], NULL, 10) : USUAL;
    crl_network *networks[2], *loaded = NULL;
    long found[2] = { 0, 0 }, broken = 0, leftovers = 0;
    make_folder();
    snprintf(model, sizeof model, "%s/model", folder);
    for (int i = 0; i < 2; ++i) {
        networks[i] = two_layers(100, 200, CRL_TANH, 20, (uint64_t)i + 1);
        OK(crl_network_save(networks[i], model));
        length = read_file(model, versions[i], LARGEST);
    }
    CHECK(length > 90000 && length < LARGEST && memcmp(versions[0], versions[1], length) != 0);
    /* How long it takes to save. */
    const double begun = seconds();
    for (int i = 0; i < 20; ++i)
        OK(crl_network_save(networks[i % 2], model));
    const double one = (seconds() - begun) / 20;
    srand(1);
    for (long i = 0; i < times; ++i) {
        const pid_t child = fork();
        if (child == 0)
            save_for_ever(networks);
        CHECK(child > 0);
        /* Somewhere within the first few savings. */
        const double wait = 4 * one * ((double)rand() / RAND_MAX);
        struct timespec time = { (time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9) };
        while (nanosleep(&time, &time) != 0 && errno == EINTR)
            ;
        int result = 0;
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &result, 0) == child);
        CHECK(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
        const int whole = version();
        const crl_status status = crl_network_load(model, &loaded);
        crl_network_destroy(loaded);
        if (whole < 0 || status != CRL_OK)
            ++broken;
        else
            ++found[whole];
        /* A file that had its name already, but not yet the model's, may be left. */
        const size_t files = files_in(folder);
        CHECK(files >= 1 && files <= 2 + (size_t)leftovers);
        leftovers = (long)files - 1;
    }
    CHECK(broken == 0 && found[0] + found[1] == times);
    CHECK(times < 100 || (found[0] > 0 && found[1] > 0));
    fprintf(stderr, "killed %ld times: %ld of the first version, %ld of the second, %ld broken, %ld temporary files left; one saving "
            "takes %.3f ms\n", times, found[0], found[1], broken, leftovers, 1e3 * one);
    crl_network_destroy(networks[0]);
    crl_network_destroy(networks[1]);
    CHECK(empty_folder() && rmdir(folder) == 0);
    return finish();
}

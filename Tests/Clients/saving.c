/* Saving that fails in the middle, or is killed, leaves the old file and nothing else. A new file gives nobody more access than
 * the old one. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "folder.h"

enum { LARGEST = 1 << 20, NOBODY = 65534 };

static char model[300];
static crl_network *network;
static crl_trainer *trainer;
static unsigned char before[LARGEST], after[LARGEST];

static int mode_of_model(void)
{
    struct stat status;
    return stat(model, &status) == 0 ? (int)(status.st_mode & 07777) : -1;
}

/* The library's write() and fchmod() in this program: what no test can bring a system to do. */
static int nothing_is_written, modes_are_refused;

ssize_t write(int descriptor, const void *content, size_t count)
{
    const struct iovec piece = { (void *)content, count };
    return nothing_is_written ? 0 : writev(descriptor, &piece, 1);
}

int fchmod(int descriptor, mode_t mode)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    if (!modes_are_refused)
        return chmod(path, mode);
    errno = EPERM;
    return -1;
}

/* Runs `body` in a process of its own. What became of that process, as waitpid() gives it; 0 if all is well. */
static int in_process(void (*body)(void))
{
    int result = -1;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        failed_checks = 0;
        body();
        _exit(failed_checks != 0);
    }
    return child > 0 && waitpid(child, &result, 0) == child ? result : -1;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = { bytes, bytes };
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* The limit is reached in the header, in the parameters, and just before the end. */
static rlim_t limit;

static void save_over_limit(void)
{
    signal(SIGXFSZ, SIG_IGN);
    limit_files(limit);
    FAILS(CRL_ERROR_FILE, "too large", crl_network_save(network, model));
    FAILS(CRL_ERROR_FILE, "too large", crl_trainer_save(trainer, model));
}

static void save_and_die(void)
{
    signal(SIGXFSZ, SIG_DFL);
    limit_files(limit);
    OK(crl_network_save(network, model)); /* never returns: the signal ends the process */
}

/* Whether files can be made here that have no name until they are whole. */
static int has_unnamed_files(void)
{
#ifdef __O_TMPFILE
    const int descriptor = open(folder, __O_TMPFILE | O_WRONLY, 0600);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0;
#else
    return 0;
#endif
}

static void failing_writes(void)
{
    const size_t length = read_file(model, before, LARGEST);
    const rlim_t limits[] = { 0, 7, 100, length / 2, length - 1 };
    CHECK(length > 1000 && length < LARGEST);
    for (size_t i = 0; i < COUNT(limits); ++i) {
        limit = limits[i];
        CHECK(in_process(save_over_limit) == 0);
        CHECK(read_file(model, after, LARGEST) == length && memcmp(before, after, length) == 0 && files_in(folder) == 1);
        const int result = in_process(save_and_die);
        CHECK(WIFSIGNALED(result) && WTERMSIG(result) == SIGXFSZ);
        CHECK(read_file(model, after, LARGEST) == length && memcmp(before, after, length) == 0);
        if (has_unnamed_files())
            CHECK(files_in(folder) == 1);
    }
}

static void save_as_nobody(void)
{
    if (geteuid() == 0)
        CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    FAILS(CRL_ERROR_FILE, "ermission denied", crl_network_save(network, model));
    FAILS(CRL_ERROR_FILE, "ermission denied", crl_trainer_save(trainer, model));
}

static void folders_without_permission(void)
{
    const size_t length = read_file(model, before, LARGEST);
    const int modes[] = { 0555, 0444, 0 };
    for (size_t i = 0; i < COUNT(modes); ++i) {
        CHECK(chmod(folder, (mode_t)modes[i]) == 0 && in_process(save_as_nobody) == 0);
        CHECK(chmod(folder, 0700) == 0);
        CHECK(read_file(model, after, LARGEST) == length && memcmp(before, after, length) == 0 && files_in(folder) == 1);
    }
    /* A folder that can be written to but not listed is enough. */
    CHECK(chmod(folder, 0300) == 0);
    OK(crl_network_save(network, model));
    CHECK(chmod(folder, 0700) == 0 && files_in(folder) == 1);
}

/* Permissions of a new file are the process's own, those of a file that is replaced stay; but programs that run with
 * somebody's rights are not made. */
static void permissions(void)
{
    const mode_t usual = umask(027);
    CHECK(remove(model) == 0);
    OK(crl_network_save(network, model));
    CHECK(mode_of_model() == 0640);
    umask(0);
    CHECK(remove(model) == 0);
    OK(crl_network_save(network, model));
    CHECK(mode_of_model() == 0666);
    for (int i = 0; i < 2; ++i) {
        umask(i ? 0 : 0777);
        const int modes[][2] = { { 0600, 0600 }, { 0644, 0644 }, { 0400, 0400 }, { 0755, 0755 }, { 06755, 0755 },
                                 { 04600, 0600 }, { 01644, 0644 }, { 0, 0 } };
        for (size_t m = 0; m < COUNT(modes); ++m) {
            CHECK(chmod(model, (mode_t)modes[m][0]) == 0 && mode_of_model() == modes[m][0]);
            OK(crl_network_save(network, model));
            CHECK(mode_of_model() == modes[m][1]);
        }
    }
    umask(usual);
    CHECK(chmod(model, 0600) == 0);
}

static void save_over_the_file_of_another(void)
{
    CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    OK(crl_network_save(network, model));
}

/* Only the superuser can give files away: this needs one. */
static void owners(void)
{
    struct stat status;
    if (geteuid() != 0)
        return;
    /* Whoever may give the new file to the owner and group of the old one does. */
    CHECK(chown(model, NOBODY, NOBODY) == 0 && chmod(model, 0640) == 0);
    OK(crl_network_save(network, model));
    CHECK(stat(model, &status) == 0 && status.st_uid == NOBODY && status.st_gid == NOBODY && mode_of_model() == 0640);
    /* For others it is their own, and their group may not do what the old one's might. */
    CHECK(chown(model, 0, 0) == 0 && chmod(model, 0664) == 0 && chmod(folder, 0777) == 0);
    CHECK(in_process(save_over_the_file_of_another) == 0);
    CHECK(stat(model, &status) == 0 && status.st_uid == NOBODY && status.st_gid == NOBODY && mode_of_model() == 0644);
    CHECK(chmod(folder, 0700) == 0);
}

static void saving_fails(const char *text)
{
    const size_t length = read_file(model, before, LARGEST);
    FAILS(CRL_ERROR_FILE, text, crl_network_save(network, model));
    FAILS(CRL_ERROR_FILE, text, crl_trainer_save(trainer, model));
    CHECK(read_file(model, after, LARGEST) == length && memcmp(before, after, length) == 0 && files_in(folder) == 1);
}

static void unusual_answers(void)
{
    nothing_is_written = 1;
    saving_fails("cannot be written");
    nothing_is_written = 0;

    CHECK(chmod(model, 0604) == 0);
    modes_are_refused = 1;
    saving_fails("permissions");
    modes_are_refused = 0;
    OK(crl_network_save(network, model));
    CHECK(mode_of_model() == 0604);
}

int main(void)
{
    make_folder();
    snprintf(model, sizeof model, "%s/model", folder);
    network = two_layers(30, 40, CRL_TANH, 20, 1);
    OK(crl_trainer_create(network, NULL, &trainer));
    OK(crl_network_save(network, model));
    failing_writes();
    folders_without_permission();
    permissions();
    owners();
    unusual_answers();
    crl_trainer_destroy(trainer);
    crl_network_destroy(network);
    CHECK(remove(model) == 0 && rmdir(folder) == 0);
    return finish();
}

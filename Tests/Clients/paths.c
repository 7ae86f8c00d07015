/* Paths are bytes: names that are not UTF-8, the longest names, and symbolic links, also to missing files. */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "folder.h"

enum { LONGEST = 255 };

static crl_network *network;

static int is_file(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int is_link(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static float first_parameter(const crl_network *some)
{
    float *parameters = NULL;
    size_t count = 0;
    OK(crl_network_parameters((crl_network *)some, &parameters, &count));
    return parameters ? parameters[0] : 0;
}

/* Every function that takes a path takes this one: it is saved, twice, under this name exactly, and read. */
static void every_function(const char *path)
{
    const float x[] = { 1, 2, 3 }, t[] = { 1, 0 };
    crl_targets targets = CRL_TARGETS_INIT;
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    crl_network *loaded = NULL, *other = two_layers(3, 4, CRL_TANH, 2, 2);
    crl_trainer *trainer = NULL;

    for (int i = 0; i < 2; ++i) {
        OK(crl_network_save(network, path));
        CHECK(is_file(path));
    }
    OK(crl_network_load(path, &loaded));
    CHECK(loaded && first_parameter(loaded) == first_parameter(network));
    OK(crl_network_load_parameters(other, path));
    CHECK(first_parameter(other) == first_parameter(network));

    targets.values = t, targets.rows = 1, targets.columns = targets.stride = 2;
    options.epochs = 1;
    OK(crl_trainer_create(other, &options, &trainer));
    OK(crl_trainer_fit(trainer, x, 1, 3, &targets, NULL));
    for (int i = 0; i < 2; ++i)
        OK(crl_trainer_save(trainer, path));
    OK(crl_trainer_load(trainer, path));
    crl_trainer_destroy(trainer);
    crl_network_destroy(other);
    crl_network_destroy(loaded);
    CHECK(remove(path) == 0);
}

static void not_utf8(void)
{
    crl_network *none;
    char here[PATH_MAX];
    char inside[PATH_MAX];

    strcpy(inside, in_folder("J\xf6rg"));

    every_function(in_folder("\xe9"));
    every_function(in_folder("gr\xc3\xb6\xc3\x9f" "e \xff\xfe\xc3"));
    every_function(in_folder("na\xc3\xafve \xe2\x98\x83"));

    /* A folder whose name is not UTF-8, as the working directory and from outside. */
    CHECK(getcwd(here, sizeof here) != NULL && mkdir(inside, 0700) == 0 && chdir(inside) == 0);
    every_function("m");
    every_function("./\xe9");
    CHECK(chdir(here) == 0);
    every_function(in_folder("J\xf6rg/m"));
    CHECK(files_in(inside) == 0 && rmdir(inside) == 0 && files_in(folder) == 0);

    /* Messages show such bytes, and are UTF-8 themselves. */
    FAILS_NULLING(CRL_ERROR_FILE, "/J\\xf6rg'", none, crl_network_load(in_folder("J\xf6rg"), &none));
    FAILS(CRL_ERROR_FILE, "/J\\xf6rg/m'", crl_network_save(network, in_folder("J\xf6rg/m")));
    FAILS(CRL_ERROR_FILE, "/J\xc3\xb6rg/a\\x1b\\x0ab'", crl_network_save(network, in_folder("J\xc3\xb6rg/a\x1b\nb")));
}

/* From 1 byte to as many as a name can have, also where a file of that name is there already. */
static void lengths(void)
{
    char name[LONGEST + 2], path[PATH_MAX + 10];

    for (size_t length = 1; length <= LONGEST; length += length == 1 ? 239 : 1) {
        memset(name, 'n', length);
        name[length] = '\0';
        every_function(in_folder(name));
    }
    memset(name, 'n', LONGEST + 1);
    name[LONGEST + 1] = '\0';
    FAILS(CRL_ERROR_FILE, "too long", crl_network_save(network, in_folder(name)));
    CHECK(files_in(folder) == 0);

    /* A path of PATH_MAX − 1 bytes is the longest. What is longer is no other path, cut off. */
    strcpy(path, folder);
    while (strlen(path) < PATH_MAX - 8)
        strcat(path, "/.");
    strcat(path, "/");
    while (strlen(path) < PATH_MAX - 1)
        strcat(path, "m");
    every_function(path);
    strcat(path, "m");
    FAILS(CRL_ERROR_FILE, "too long", crl_network_save(network, path));
    CHECK(files_in(folder) == 0);
}

static void links(void)
{
    char target[PATH_MAX], elsewhere[PATH_MAX], link[PATH_MAX], chain[PATH_MAX], text[PATH_MAX];
    strcpy(target, in_folder("\xe9t\xe9"));
    strcpy(elsewhere, in_folder("elsewhere"));
    strcpy(link, in_folder("link"));
    strcpy(chain, in_folder("chain"));
    CHECK(mkdir(elsewhere, 0700) == 0);

    /* To a name in the same folder, to another folder, by an absolute path, and through another link; to a file that is not
     * there yet, and to one that is. */
    const char *paths[] = { "\xe9t\xe9", "elsewhere/../\xe9t\xe9", target, "./\xe9t\xe9" };
    for (size_t i = 0; i < COUNT(paths); ++i) {
        CHECK(symlink(paths[i], link) == 0 && symlink("elsewhere/../link", chain) == 0);
        for (int again = 0; again < 2; ++again) {
            OK(crl_network_save(network, again ? chain : link));
            CHECK(is_link(link) && is_link(chain) && is_file(target) && files_in(folder) == 4 && files_in(elsewhere) == 0);
        }
        CHECK(remove(link) == 0 && remove(chain) == 0 && remove(target) == 0);
    }
    CHECK(symlink("elsewhere/m", link) == 0);
    OK(crl_network_save(network, link));
    CHECK(is_link(link) && is_file(in_folder("elsewhere/m")) && remove(in_folder("elsewhere/m")) == 0 && remove(link) == 0);

    /* Links that lead nowhere, to folders, and in circles. */
    CHECK(symlink("nowhere/m", link) == 0);
    FAILS(CRL_ERROR_FILE, "No such file", crl_network_save(network, link));
    CHECK(remove(link) == 0 && symlink("elsewhere", link) == 0);
    FAILS(CRL_ERROR_FILE, "irectory", crl_network_save(network, link));
    CHECK(remove(link) == 0 && symlink("elsewhere/", link) == 0);
    FAILS(CRL_ERROR_FILE, "irectory", crl_network_save(network, link));
    CHECK(remove(link) == 0 && symlink("link", link) == 0);
    FAILS(CRL_ERROR_FILE, "link'", crl_network_save(network, link));
    CHECK(readlink(link, text, sizeof text) == 4 && remove(link) == 0 && rmdir(elsewhere) == 0 && files_in(folder) == 0);
}

int main(void)
{
    make_folder();
    network = two_layers(3, 4, CRL_TANH, 2, 1);
    not_utf8();
    lengths();
    links();
    crl_network_destroy(network);
    CHECK(rmdir(folder) == 0);
    return finish();
}

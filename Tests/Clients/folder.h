/* The temporary folder of a client test, and its files. _XOPEN_SOURCE is 700 before the first header. */
#ifndef FOLDER_H
#define FOLDER_H

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static char folder[256];

static inline void make_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/chainrule-XXXXXX", temporary ? temporary : "/tmp");
    CHECK(mkdtemp(folder) != NULL);
}

/* A path that stays valid until the fourth call from now. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

static inline size_t files_in(const char *path)
{
    size_t count = 0;
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (directory)
        closedir(directory);
    return count;
}

/* The bytes of a file, at most `most`, and their count. */
static inline size_t read_file(const char *path, unsigned char *content, size_t most)
{
    FILE *file = fopen(path, "rb");
    const size_t count = file ? fread(content, 1, most, file) : 0;
    if (file)
        fclose(file);
    return count;
}

#endif

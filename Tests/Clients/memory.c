/* Memory that runs out, with a program that has not set an allocator: its malloc() and its kin stand before the C library's, and
 * fail. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "failing.h"

/* glibc's own functions, under its own second names. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
int posix_memalign(void **memory, size_t alignment, size_t size);
void free(void *memory);

static void *counted(void *memory)
{
    living += memory != NULL;
    return memory;
}

void *malloc(size_t size) { return fails() ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : counted(__libc_calloc(count, size)); }

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (fails())
        return ENOMEM;
    *memory = counted(__libc_memalign(alignment, size));
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    living -= memory != NULL;
    __libc_free(memory);
}

static void *take(void *user, size_t bytes)
{
    (void)user;
    return malloc(bytes);
}

static void give_back(void *user, void *memory, size_t bytes)
{
    (void)user, (void)bytes;
    free(memory);
}

int main(void)
{
    begin_runs();
    fail_everywhere(0, 1, 3);
    fail_everywhere(1000, 40001, 20001);
    FAILS(CRL_ERROR_BUSY, "already taken memory", crl_set_allocator(take, give_back, NULL));
    end_runs();
    return finish();
}

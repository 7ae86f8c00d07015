/* Memory that runs out, with a program that has set an allocator: all that the library takes and gives back goes through it, and
 * nothing past it to malloc(), which is the program's here and counts. */
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

/* What did not go through the allocator. */
static long past;

void *malloc(size_t size) { return ++past, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return ++past, __libc_calloc(count, size); }

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    ++past;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    past += memory != NULL;
    __libc_free(memory);
}

/* Before each block lies what it was taken with. */
typedef struct {
    size_t bytes;
    long mark;
} label;

enum { MARK = 20261128 };

/* Whether what fails is aligned wrongly rather than not there; and bytes by which it then is. */
static int misaligns;
enum { OFF = sizeof(void *) };

static int user;

static void *take(void *given, size_t bytes)
{
    const int is_failing = fails();
    CHECK(given == &user && bytes > 0);
    if (is_failing && !misaligns)
        return NULL;
    const size_t off = is_failing ? OFF : 0;
    label *block = __libc_malloc(sizeof *block + OFF + bytes);
    if (block == NULL)
        return NULL;
    /* Never zeroed, and never what was there before. */
    memset(block, 0xa5, sizeof *block + OFF + bytes);
    unsigned char *memory = (unsigned char *)(block + 1) + off;
    const label mine = { bytes, MARK };
    memcpy(memory - sizeof mine, &mine, sizeof mine);
    ++living;
    return memory;
}

static void give_back(void *given, void *memory, size_t bytes)
{
    label mine;
    CHECK(given == &user && memory != NULL);
    memcpy(&mine, (unsigned char *)memory - sizeof mine, sizeof mine);
    CHECK(mine.mark == MARK && mine.bytes == bytes);
    unsigned char *block = (unsigned char *)memory - sizeof mine;
    block -= (size_t)block % sizeof mine;
    __libc_free(block);
    --living;
}

int main(void)
{
    FAILS(CRL_ERROR_NULL, "allocate is NULL", crl_set_allocator(NULL, NULL, NULL));
    FAILS(CRL_ERROR_NULL, "allocate is NULL", crl_set_allocator(NULL, give_back, &user));
    FAILS(CRL_ERROR_NULL, "free is NULL", crl_set_allocator(take, NULL, &user));
    CHECK(crl_version() == CRL_VERSION && strcmp(crl_status_name(CRL_OK), "CRL_OK") == 0);
    OK(crl_set_allocator(take, give_back, &user));
    FAILS(CRL_ERROR_BUSY, "an allocator is set already", crl_set_allocator(take, give_back, &user));
    CHECK(asked == 0);

    begin_runs();
    const long past_before = past;
    fail_everywhere(0, 1, 3);
    fail_everywhere(1000, 40001, 20001);
    misaligns = 1;
    fail_everywhere(0, 7, 31);
    CHECK(past == past_before && living == 0);
    FAILS(CRL_ERROR_BUSY, "an allocator is set already", crl_set_allocator(take, give_back, &user));
    end_runs();
    return finish();
}

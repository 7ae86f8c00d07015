#include "CReserve.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Memory is handed out in units. */
enum { UNIT = 64 };

/* The reserve that is always there: it takes no memory before it is used. Computers without virtual memory have less. */
#if UINTPTR_MAX > 0xffffffffu
enum { FIRST_UNITS = 16384 };
#else
enum { FIRST_UNITS = 1024 };
#endif

/* What one allocation must leave of it for others, in a call that sets nothing aside. */
enum { MOST_WITHOUT_ASKING = FIRST_UNITS * UNIT / 4 };

typedef struct reserve {
    unsigned char *memory;
    /* For each unit where a block begins, how many units it has; 0 for all others. */
    uint32_t *lengths;
    size_t units, used;
    /* Where to look for room first: a unit that is free, or where a block begins. */
    size_t place;
    /* The other reserves of the process; and of the thread that set this one aside, which has none when it is released. */
    struct reserve *next, *outer;
    int is_released;
} reserve;

static unsigned char first_memory[FIRST_UNITS * UNIT] __attribute__((aligned(UNIT)));
static uint32_t first_lengths[FIRST_UNITS];
static reserve first = { first_memory, first_lengths, FIRST_UNITS, 0, 0, NULL, NULL, 0 };

/* Guards every reserve: the process whose thread holds it, for some microseconds, when the system has no memory or a thread has
 * set some aside; otherwise 0. What a child of fork() has of its parent's threads are their locks alone: it takes them over. */
static pid_t locker;

/* What this thread has set aside last. */
static _Thread_local reserve *mine;

/* The functions of the C library, as the linker names them for those who stand in their place. Weak: only where the linker was
 * told so. */
extern int __real_posix_memalign(void **memory, size_t alignment, size_t bytes) __attribute__((weak));
extern void __real_free(void *memory) __attribute__((weak));
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes);
void __wrap_free(void *memory);

static void lock(void)
{
    const pid_t process = getpid();
    pid_t held = 0;
    while (!__atomic_compare_exchange_n(&locker, &held, process, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        if (held == process) held = 0;
}

static void unlock(void) { __atomic_store_n(&locker, 0, __ATOMIC_RELEASE); }

static size_t units(size_t bytes) { return bytes / UNIT + (bytes % UNIT != 0 || bytes == 0); }

/* Looks for free units in a row from one place to another: the first of them, or `to`. */
static size_t room(const reserve *reserve, size_t wanted, size_t from, size_t to)
{
    size_t place = from, start = from;
    while (place < to) {
        if (reserve->lengths[place] != 0) {
            place += reserve->lengths[place];
            start = place;
        } else if (++place - start == wanted) {
            return start;
        }
    }
    return to;
}

static void *take(reserve *reserve, size_t bytes)
{
    const size_t wanted = units(bytes);
    size_t start;
    if (wanted > reserve->units - reserve->used) return NULL;
    start = room(reserve, wanted, reserve->place, reserve->units);
    if (start == reserve->units) start = room(reserve, wanted, 0, reserve->units);
    if (start == reserve->units) return NULL;
    reserve->lengths[start] = (uint32_t)wanted;
    reserve->used += wanted;
    reserve->place = start;
    return reserve->memory + start * UNIT;
}

/* The reserve that a pointer points into, or NULL. */
static reserve *owner(const void *memory)
{
    reserve *each = &first;
    while (each != NULL && (uintptr_t)memory - (uintptr_t)each->memory >= each->units * UNIT) each = each->next;
    return each;
}

/* Frees a reserve that is released and holds nothing any more. */
static void end_if_done(reserve *done)
{
    reserve *before = &first;
    if (!done->is_released || done->used > 0) return;
    while (before->next != done) before = before->next;
    __atomic_store_n(&before->next, done->next, __ATOMIC_RELAXED);
    __real_free(done);
}

/* Stands in the place of posix_memalign(). */
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    const int error = __real_posix_memalign(memory, alignment, bytes);
    if (error != ENOMEM || alignment > UNIT) return error;
    lock();
    *memory = mine != NULL ? take(mine, bytes) : NULL;
    if (*memory == NULL) *memory = take(&first, bytes);
    unlock();
    return *memory != NULL ? 0 : ENOMEM;
}

/* Stands in the place of free(). */
void __wrap_free(void *memory)
{
    reserve *reserve;
    const int is_outside_first = (uintptr_t)memory - (uintptr_t)first_memory >= sizeof first_memory;
    if (is_outside_first && __atomic_load_n(&first.next, __ATOMIC_RELAXED) == NULL) {
        __real_free(memory);
        return;
    }
    lock();
    reserve = owner(memory);
    if (reserve != NULL) {
        const size_t start = (size_t)((unsigned char *)memory - reserve->memory) / UNIT;
        reserve->used -= reserve->lengths[start];
        reserve->lengths[start] = 0;
        if (reserve->place > start) reserve->place = start;
        end_if_done(reserve);
    }
    unlock();
    if (reserve == NULL) __real_free(memory);
}

int reserve_set_aside(size_t bytes)
{
    const size_t count = units(bytes);
    reserve *more;
    if (__real_free == NULL || bytes <= MOST_WITHOUT_ASKING) return 0;
    if (mine != NULL && mine->units - mine->used >= count) return 0;
    if (count > UINT32_MAX || count > (SIZE_MAX - sizeof *more - UNIT) / (UNIT + sizeof *more->lengths)) return -1;
    /* Zeroed, and so without pages before it is used. */
    more = calloc(1, sizeof *more + UNIT + count * (UNIT + sizeof *more->lengths));
    if (more == NULL) return -1;
    more->lengths = (uint32_t *)(more + 1);
    more->memory = (unsigned char *)(more->lengths + count);
    more->memory += UNIT - (uintptr_t)more->memory % UNIT;
    more->units = count;
    more->outer = mine;
    lock();
    more->next = first.next;
    __atomic_store_n(&first.next, more, __ATOMIC_RELAXED);
    unlock();
    mine = more;
    return 0;
}

const void *reserve_mark(void) { return __atomic_load_n(&first.next, __ATOMIC_RELAXED) != NULL ? mine : NULL; }

void reserve_release(const void *mark)
{
    if (__atomic_load_n(&first.next, __ATOMIC_RELAXED) == NULL || mine == mark) return;
    lock();
    while (mine != mark) {
        reserve *done = mine;
        mine = done->outer;
        done->is_released = 1;
        end_if_done(done);
    }
    unlock();
}

int reserve_is_short(void)
{
    void *probe;
    if (__atomic_load_n(&first.used, __ATOMIC_RELAXED) <= FIRST_UNITS / 2) return 0;
    probe = malloc(MOST_WITHOUT_ASKING);
    if (probe == NULL) return 1;
    /* A compiler may leave out an allocation that is not used. */
    *(volatile unsigned char *)probe = 0;
    __real_free(probe);
    return 0;
}

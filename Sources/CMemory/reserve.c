#include "CMemory.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "wrapped.h"

/* Memory is handed out in units. */
enum { UNIT = 64 };

/* What is always there, and takes no memory before it is used: the reserves of so many calls at once, and what is left to all.
 * Computers without virtual memory have less. */
#if UINTPTR_MAX > 0xffffffffu
enum { CALLS = 56, CALL_UNITS = 512, COMMON_UNITS = 4096 };
#else
enum { CALLS = 4, CALL_UNITS = 256, COMMON_UNITS = 512 };
#endif

/* What a call's reserve keeps free for objects that no memory was set aside for. Most calls need 2 KiB; two paths of the greatest
 * length, and a message about them, 20 KiB. */
enum { KEPT_UNITS = CALL_UNITS / 4 * 3 };

/* What earlier calls may have left in it. */
enum { MOST_LEFT_UNITS = CALL_UNITS - KEPT_UNITS };

enum { UNITS = CALLS * CALL_UNITS + COMMON_UNITS };

typedef struct reserve {
    unsigned char *memory;
    /* For each unit where a block begins, how many units it has; 0 for all others. */
    uint32_t *lengths;
    /* How many there are; hold objects; and are kept free for objects that no memory was set aside for. */
    size_t units, used, kept;
    /* Where to look for room first: a unit that is free, or where a block begins. */
    size_t place;
    /* The next of those that are not always there. */
    struct reserve *next;
    /* What the thread had set aside before. */
    struct reserve *outer;
    int begins_call;
    /* Whether a thread has it. Nobody puts anything into one that none has. */
    int is_taken;
} reserve;

static unsigned char memory_of_all[UNITS * UNIT] __attribute__((aligned(UNIT)));
static uint32_t lengths_of_all[UNITS];
/* Each in cache lines of its own: threads take theirs at the same time. */
static struct {
    reserve reserve;
} __attribute__((aligned(2 * UNIT))) of_calls[CALLS];
static reserve common = { memory_of_all + CALLS * CALL_UNITS * UNIT, lengths_of_all + CALLS * CALL_UNITS, COMMON_UNITS, 0, 0, 0,
                          NULL, NULL, 0, 1 };

/* Those that were set aside beyond what is always there. */
static reserve *others;

/* Guards every reserve: the process whose thread holds it, for some microseconds, when the system has no memory or a thread has
 * set some aside; otherwise 0. What a child of fork() has of its parent's threads are their locks alone: it takes them over. */
static pid_t locker;

/* What this thread has set aside last. */
static _Thread_local reserve *mine;

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
    __atomic_store_n(&reserve->used, reserve->used + wanted, __ATOMIC_RELAXED);
    reserve->place = start;
    return reserve->memory + start * UNIT;
}

/* Whether memory lies in what is always there, and where. */
static int is_of_all(const void *memory, size_t *unit)
{
    const uintptr_t offset = (uintptr_t)memory - (uintptr_t)memory_of_all;
    *unit = offset / UNIT;
    return offset < sizeof memory_of_all;
}

/* The reserve that a pointer points into, or NULL. */
static reserve *owner(const void *memory)
{
    reserve *each = others;
    size_t unit;
    if (is_of_all(memory, &unit)) return unit < CALLS * CALL_UNITS ? &of_calls[unit / CALL_UNITS].reserve : &common;
    while (each != NULL && (uintptr_t)memory - (uintptr_t)each->memory >= each->units * UNIT) each = each->next;
    return each;
}

static int is_always_there(const reserve *one)
{
    return one == &common || (uintptr_t)one - (uintptr_t)of_calls < sizeof of_calls;
}

/* Takes a reserve that no thread has and that holds nothing out of the list of the others. Returns it, to be freed, or NULL. */
static reserve *end_if_done(reserve *done)
{
    reserve **link = &others;
    if (is_always_there(done) || done->is_taken || done->used > 0) return NULL;
    while (*link != done) link = &(*link)->next;
    __atomic_store_n(link, done->next, __ATOMIC_RELAXED);
    return done;
}

/* Stands in the place of posix_memalign(). */
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    reserve *each;
    *memory = allocator_take(alignment, bytes);
    if (*memory != NULL) return 0;
    if (alignment > UNIT) return ENOMEM;
    lock();
    for (each = mine; each != NULL && *memory == NULL; each = each->begins_call ? NULL : each->outer)
        *memory = take(each, bytes);
    if (*memory == NULL) *memory = take(&common, bytes);
    unlock();
    return *memory != NULL ? 0 : ENOMEM;
}

/* Stands in the place of free(). */
void __wrap_free(void *memory)
{
    reserve *holder, *done = NULL;
    size_t unit;
    if (!is_of_all(memory, &unit) && __atomic_load_n(&others, __ATOMIC_RELAXED) == NULL) {
        allocator_give_back(memory);
        return;
    }
    lock();
    holder = owner(memory);
    if (holder != NULL) {
        const size_t start = (size_t)((unsigned char *)memory - holder->memory) / UNIT;
        __atomic_store_n(&holder->used, holder->used - holder->lengths[start], __ATOMIC_RELAXED);
        holder->lengths[start] = 0;
        if (holder->place > start) holder->place = start;
        done = end_if_done(holder);
    }
    unlock();
    allocator_give_back(holder != NULL ? done : memory);
}

/* One that is always there, of which earlier calls have left enough; or NULL. */
static reserve *take_of_calls(void)
{
    /* Threads begin to look in different places, so that they do not meet. */
    const size_t first = (uintptr_t)&mine / 4096 % CALLS;
    size_t n;
    for (n = 0; n < CALLS; n++) {
        const size_t place = (first + n) % CALLS;
        reserve *one = &of_calls[place].reserve;
        int is_taken = __atomic_load_n(&one->is_taken, __ATOMIC_RELAXED);
        if (is_taken || !__atomic_compare_exchange_n(&one->is_taken, &is_taken, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            continue;
        if (__atomic_load_n(&one->used, __ATOMIC_RELAXED) <= MOST_LEFT_UNITS) {
            one->memory = memory_of_all + place * CALL_UNITS * UNIT;
            one->lengths = lengths_of_all + place * CALL_UNITS;
            one->units = CALL_UNITS;
            return one;
        }
        __atomic_store_n(&one->is_taken, 0, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* A new one, or NULL. */
static reserve *make(size_t count)
{
    reserve *made;
    if (count > UINT32_MAX || count > (SIZE_MAX - sizeof *made - UNIT) / (UNIT + sizeof *made->lengths)) return NULL;
    /* Zeroed, and so without pages before it is used. */
    made = allocator_take_zeroed(sizeof *made + UNIT + count * (UNIT + sizeof *made->lengths));
    if (made == NULL) return NULL;
    made->lengths = (uint32_t *)(made + 1);
    made->memory = (unsigned char *)(made->lengths + count);
    made->memory += UNIT - (uintptr_t)made->memory % UNIT;
    made->units = count;
    made->is_taken = 1;
    lock();
    made->next = others;
    __atomic_store_n(&others, made, __ATOMIC_RELAXED);
    unlock();
    return made;
}

static void let_go(reserve *one)
{
    reserve *done;
    if (is_always_there(one)) {
        __atomic_store_n(&one->is_taken, 0, __ATOMIC_RELEASE);
        return;
    }
    lock();
    one->is_taken = 0;
    done = end_if_done(one);
    unlock();
    allocator_give_back(done);
}

static void begin_call(reserve *one)
{
    one->kept = KEPT_UNITS;
    one->begins_call = 1;
    one->outer = mine;
    mine = one;
}

int reserve_enter(void)
{
    reserve *one;
    if (__real_free == NULL) return 0;
    one = take_of_calls();
    if (one == NULL) one = make(CALL_UNITS);
    if (one == NULL) return -1;
    begin_call(one);
    return 0;
}

void reserve_leave(void)
{
    int begins_call = 0;
    while (mine != NULL && !begins_call) {
        reserve *last = mine;
        begins_call = last->begins_call;
        mine = last->outer;
        let_go(last);
    }
}

int reserve_set_aside(size_t bytes)
{
    const size_t count = units(bytes);
    reserve *more;
    if (mine == NULL || mine->used + mine->kept + count <= mine->units) return 0;
    more = make(count);
    if (more == NULL) return -1;
    more->outer = mine;
    mine = more;
    return 0;
}

int reserve_make(void **made)
{
    *made = __real_free == NULL ? NULL : make(CALL_UNITS);
    return __real_free == NULL || *made != NULL ? 0 : -1;
}

void reserve_adopt(void *made)
{
    if (made != NULL) begin_call(made);
}

void reserve_discard(void *made)
{
    if (made != NULL) let_go(made);
}

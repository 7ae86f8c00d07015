#include "CMemory.h"

#include <stdint.h>
#include <string.h>

#include "wrapped.h"

/* What the program's memory must be aligned to, as malloc()'s is. */
enum { ALIGNMENT = 2 * sizeof(void *) };

/* Lies before the memory that a block of the program's is taken for. */
typedef struct {
    void *block;
    size_t bytes;
} block_header;

/* Whose memory it is: decided once, by the first allocation or by allocator_set() before it. */
enum { UNDECIDED, OF_C_LIBRARY, OF_PROGRAM };
static int source;

/* Written by the thread that claims it, before the source is decided; only one ever does. */
static int is_claimed;
static struct {
    allocator_allocate allocate;
    allocator_free free;
    void *user;
} program;

int allocator_set(allocator_allocate allocate, allocator_free free, void *user)
{
    int expected = UNDECIDED;
    if (__real_free == NULL || __atomic_exchange_n(&is_claimed, 1, __ATOMIC_RELAXED)) return -1;
    program.allocate = allocate, program.free = free, program.user = user;
    return __atomic_compare_exchange_n(&source, &expected, OF_PROGRAM, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED) ? 0 : -1;
}

static int is_of_program(void)
{
    int decided = __atomic_load_n(&source, __ATOMIC_ACQUIRE);
    if (decided == UNDECIDED &&
        __atomic_compare_exchange_n(&source, &decided, OF_C_LIBRARY, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
        decided = OF_C_LIBRARY;
    return decided == OF_PROGRAM;
}

static void *take_of_program(size_t alignment, size_t bytes)
{
    const size_t more = sizeof(block_header) + (alignment > ALIGNMENT ? alignment - ALIGNMENT : 0);
    block_header header;
    unsigned char *memory;
    if (bytes > SIZE_MAX - more) return NULL;
    header.bytes = bytes + more;
    header.block = program.allocate(program.user, header.bytes);
    if (header.block == NULL) return NULL;
    if ((uintptr_t)header.block % ALIGNMENT != 0) {
        program.free(program.user, header.block, header.bytes);
        return NULL;
    }
    memory = (unsigned char *)header.block + more;
    memory -= (uintptr_t)memory % (alignment > ALIGNMENT ? alignment : ALIGNMENT);
    memcpy(memory - sizeof header, &header, sizeof header);
    return memory;
}

void *allocator_take(size_t alignment, size_t bytes)
{
    void *memory = NULL;
    if (is_of_program()) return take_of_program(alignment, bytes);
    return __real_posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}

void *allocator_take_zeroed(size_t bytes)
{
    void *memory;
    if (!is_of_program()) return __real_calloc(1, bytes);
    memory = take_of_program(ALIGNMENT, bytes);
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

void allocator_give_back(void *memory)
{
    block_header header;
    if (memory == NULL) return;
    if (!is_of_program()) {
        __real_free(memory);
        return;
    }
    memcpy(&header, (unsigned char *)memory - sizeof header, sizeof header);
    program.free(program.user, header.block, header.bytes);
}

/* Stands in the place of calloc(). */
void *__wrap_calloc(size_t count, size_t bytes)
{
    return bytes == 0 || count <= SIZE_MAX / bytes ? allocator_take_zeroed(count * bytes) : NULL;
}

/* Where the library's memory comes from.
 *
 * The linker puts functions of this module in the place of posix_memalign(), calloc() and free() for everything in the shipped
 * library (--wrap, in Package.swift and Tools/pack-archive). They ask the program's allocator, or the C library.
 *
 * Embedded Swift takes the memory of an object from posix_memalign() and ends the process if there is none. So an object for
 * which there is no memory is put into a reserve. Each call has its own from its beginning; a call whose objects are many sets
 * aside another before it makes them. Either fails in time. In ordinary Swift, all of this does nothing. */
#ifndef CMEMORY_H
#define CMEMORY_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* ---- The allocator ---- */

typedef void *(*allocator_allocate)(void *user, size_t bytes);
typedef void (*allocator_free)(void *user, void *memory, size_t bytes);

/** Takes all memory from these functions from now on. 0, or -1 if some were set before, if memory was taken before, or if the
 *  linker was not told to put this module in the place of the C library. */
int allocator_set(allocator_allocate allocate, allocator_free free, void *user);

/** Memory, or NULL. No reserve stands behind it. */
void *allocator_take(size_t alignment, size_t bytes);

/** The same, zeroed; aligned as malloc() has it. */
void *allocator_take_zeroed(size_t bytes);

/** Gives back what these two gave; NULL is nothing. */
void allocator_give_back(void *memory);

/* ---- The reserve ---- */

/** Begins a call on this thread: it can make some small objects whatever happens. 0, or -1 if there is no memory. */
int reserve_enter(void);

/** Ends the call: gives back what this thread has set aside in it. Objects that were put there stay for as long as they live. */
void reserve_leave(void);

/** Makes sure that the call can now make objects of so many bytes in all, beside the small ones. 0, or -1 if there is no memory. */
int reserve_set_aside(size_t bytes);

/** Makes a reserve for a thread that will take part in a call. 0, or -1 if there is no memory. */
int reserve_make(void **made);

/** Gives this thread a reserve that was made for it, until it calls reserve_leave(). */
void reserve_adopt(void *made);

/** Gives back a reserve that no thread has adopted. */
void reserve_discard(void *made);

#pragma GCC visibility pop

#endif

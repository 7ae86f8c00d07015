/* Memory set aside for Swift's objects.
 *
 * Embedded Swift takes the memory of an object from posix_memalign() and ends the process if there is none. The linker puts
 * reserve_allocate() and reserve_free() in the place of posix_memalign() and free() for everything in the library
 * (--wrap, in Package.swift and Tools/pack-archive), so that such an object is then put into a reserve. One is always there; a
 * call whose objects are many sets aside another before it makes them, and finds out in time if it cannot. */
#ifndef CRESERVE_H
#define CRESERVE_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/** Makes sure that this thread can make objects of so many bytes in all, until reserve_release() gives back what was set aside
 *  for that. 0, or -1 if there is no memory. */
int reserve_set_aside(size_t bytes);

/** What this thread has set aside last: to be passed to reserve_release(). */
const void *reserve_mark(void);

/** Gives back what this thread has set aside since the mark. Objects that were put there stay for as long as they live. */
void reserve_release(const void *mark);

/** Whether objects that live on have used up half of the reserve that is always there, and the system has no memory again. */
int reserve_is_short(void);

#pragma GCC visibility pop

#endif

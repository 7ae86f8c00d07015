/* The functions of the C library, as the linker names them for those who stand in their place (--wrap). Weak: only where the
 * linker was told so. */
#ifndef WRAPPED_H
#define WRAPPED_H

#include <stddef.h>

extern int __real_posix_memalign(void **memory, size_t alignment, size_t bytes) __attribute__((weak));
extern void *__real_calloc(size_t count, size_t bytes) __attribute__((weak));
extern void __real_free(void *memory) __attribute__((weak));

int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void __wrap_free(void *memory);

#endif

/* The one seam between Chainrule and the machine: libc's memory, files, clock and locks, libm's functions, and the CPU's
 * identity. Header-only, so that Embedded Swift can import it anywhere. */
#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- CPU ---- */

/** Whether the processor and the operating system offer x86-64-v4: AVX-512 F, BW, CD, DQ and VL. */
static inline int platform_supports_avx512(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
#else
    return 0;
#endif
}

/** Whether they offer, beyond that, the dot products of bfloat16 and of bytes: AVX-512 BF16 and VNNI. */
static inline int platform_supports_avx512_dot(void) {
#if defined(__x86_64__)
    return platform_supports_avx512() && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}

/** Whether the processor and the operating system offer x86-64-v3: AVX2, FMA and the bit manipulation instructions. (Every
 *  processor that has these has the rest of it.) */
static inline int platform_supports_avx2(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
#else
    return 0;
#endif
}

/** The bytes of a core's data cache of this level, 1 or 2; 0 where the system does not tell. */
static inline long platform_cache_bytes(int level) {
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
    return sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : _SC_LEVEL2_CACHE_SIZE);
#else
    (void)level;
    return 0;
#endif
}

/** Makes this thread's vector arithmetic take subnormal numbers for 0. The mode before, for platform_set_arithmetic(). */
static inline uint64_t platform_flush_subnormals(void) {
#if defined(__SSE__)
    const uint64_t before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr((unsigned)before | 0x8040);
    return before;
#elif defined(__aarch64__)
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | UINT64_C(1) << 24));
    return before;
#else
    return 0;
#endif
}

static inline void platform_set_arithmetic(uint64_t mode) {
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
    (void)mode;
#endif
}

/* ---- Memory ---- */

#define PLATFORM_ALIGNMENT 64

/** `bytes` of zeroed memory aligned to 64 bytes, or NULL; to be given back to platform_free_aligned(). It comes zeroed from the
 *  system, which gives the pages of a large block only when they are touched. */
static inline void *platform_allocate_aligned(size_t bytes) {
    const size_t more = sizeof(void *) + PLATFORM_ALIGNMENT - 1;
    char *block, *memory;
    if (bytes > SIZE_MAX - more) return NULL;
    block = (char *)calloc(1, bytes + more);
    if (block == NULL) return NULL;
    memory = block + more;
    memory -= (uintptr_t)memory % PLATFORM_ALIGNMENT;
    /* Where the block begins is kept before the memory. */
    memcpy(memory - sizeof block, &block, sizeof block);
    return memory;
}

/** Gives back what platform_allocate_aligned() gave; NULL is nothing. */
static inline void platform_free_aligned(void *memory) {
    char *block;
    if (memory == NULL) return;
    memcpy(&block, (char *)memory - sizeof block, sizeof block);
    free(block);
}

/* ---- Threads ---- */

/** How many processors this thread may run on. */
static inline int platform_processor_count(void) {
    unsigned long processors[128] = { 0 };
    size_t word;
    int count = 0;
    /* The function of glibc is declared for _GNU_SOURCE alone, with which Swift's own view of libc is not compatible. */
    if (syscall(SYS_sched_getaffinity, 0, sizeof processors, processors) <= 0) return 1;
    for (word = 0; word < sizeof processors / sizeof processors[0]; word++) count += __builtin_popcountl(processors[word]);
    return count;
}

/** Starts a thread that gets none of the process's signals: their handlers are the program's, and so are its threads. 0, or
 *  an error number. */
static inline int platform_start_thread(pthread_t *thread, void *(*function)(void *), void *argument) {
    sigset_t all, before;
    int result;
    sigfillset(&all);
    result = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (result != 0) return result;
    result = pthread_create(thread, NULL, function, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/** Which process this is: a child of fork() is another. */
static inline pid_t platform_process(void) { return getpid(); }

/** Tells the processor that this thread watches a variable. */
static inline void platform_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/** Lets another thread run on this processor. */
static inline void platform_yield(void) { sched_yield(); }

#define PLATFORM_THREAD_MESSAGE_BYTES 512

/** This thread's error message: a C string. Only one function may call this, because each object file has its own copy. */
static inline char *platform_thread_message(void) {
    static _Thread_local char message[PLATFORM_THREAD_MESSAGE_BYTES];
    return message;
}

/** What this thread's calls look at from time to time, or NULL, and when they ask its owner next. */
typedef struct {
    void *watched;
    double next_poll;
    /** Whether subnormal numbers are 0 at the moment, and the mode of the arithmetic before. */
    uint32_t flushes;
    uint32_t arithmetic;
} platform_watch;

/** This thread's. As platform_thread_message(), only one function may call this. */
static inline platform_watch *platform_thread_watch(void) {
    static _Thread_local platform_watch watch;
    return &watch;
}

/* ---- Clock ---- */

/** Seconds of a clock that never jumps. */
static inline double platform_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Files ---- */

static inline int platform_error_number(void) { return errno; }

/** The error number of a file that is not a regular one. */
static inline int platform_not_regular(const struct stat *status) { return S_ISDIR(status->st_mode) ? EISDIR : EINVAL; }

/** Opens a regular file for reading and gives its length. A descriptor, or -1 with the error number set. */
static inline int platform_open_for_reading(const char *path, int64_t *length) {
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -1;
    int error = fstat(descriptor, &status) != 0 ? errno : S_ISREG(status.st_mode) ? 0 : platform_not_regular(&status);
    if (error != 0) {
        close(descriptor);
        errno = error;
        return -1;
    }
    *length = (int64_t)status.st_size;
    return descriptor;
}

/** Reads exactly `count` bytes: 0, or -1 when the file ends before or reading fails. */
static inline int platform_read(int descriptor, void *bytes, size_t count) {
    while (count > 0) {
        ssize_t got = read(descriptor, bytes, count);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = 0;
        if (got <= 0) return -1;
        bytes = (char *)bytes + got;
        count -= (size_t)got;
    }
    return 0;
}

/** The first `length` bytes of a file as memory that is only read, from the system when it is touched. NULL where that is not
 *  possible; to be given back to platform_unmap(). */
static inline const void *platform_map(int descriptor, size_t length) {
    void *memory = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static inline void platform_unmap(void *memory, size_t length) { (void)munmap(memory, length); }

/** The directory that relative paths are relative to, as a descriptor. */
static inline int platform_working_directory(void) { return AT_FDCWD; }

/* A directory that is only a place to look names up in need not be readable. */
#if defined(O_SEARCH)
#define PLATFORM_SEARCH O_SEARCH
#elif defined(__O_PATH)
#define PLATFORM_SEARCH __O_PATH
#else
#define PLATFORM_SEARCH O_RDONLY
#endif

/** Opens a directory, to do something in it. A descriptor, or -1. */
static inline int platform_open_directory(int directory, const char *path) {
    return openat(directory, path, PLATFORM_SEARCH | O_DIRECTORY | O_CLOEXEC);
}

/** Reads where a symbolic link leads. The length of that, 0 if the name is no link or not there, or -1. */
static inline ssize_t platform_read_link(int directory, const char *name, char *target, size_t capacity) {
    ssize_t length = readlinkat(directory, name, target, capacity);
    if (length < 0) return errno == EINVAL || errno == ENOENT ? 0 : -1;
    if ((size_t)length < capacity) return length;
    errno = ENAMETOOLONG;
    return -1;
}

/** Finds a regular file: 1, 0 if there is nothing of this name, or -1. */
static inline int platform_find_regular(int directory, const char *name, struct stat *status) {
    if (fstatat(directory, name, status, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : -1;
    if (S_ISREG(status->st_mode)) return 1;
    errno = platform_not_regular(status);
    return -1;
}

/** Creates a file that was not there. A descriptor, or -1. */
static inline int platform_create(int directory, const char *name, mode_t mode) {
    return openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
}

/** Creates a file without a name, which vanishes with its descriptor. A descriptor, or -1 where that is not possible. */
static inline int platform_create_unnamed(int directory, mode_t mode) {
    int descriptor = -1;
#if defined(__O_TMPFILE)
    struct stat status;
    descriptor = openat(directory, ".", __O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    /* Linux before 6.0 forgets the umask here on file systems without access control lists. */
    if (descriptor >= 0 && mode == 0666 && (fstat(descriptor, &status) != 0 || (status.st_mode & 0777) == 0666)) {
        close(descriptor);
        descriptor = -1;
    }
#else
    (void)directory;
    (void)mode;
#endif
    return descriptor;
}

/** Gives a file without a name one that is not there: 0, or -1. */
static inline int platform_name(int descriptor, int directory, const char *name) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
}

/** Gives a file the permissions of another, and its owner and group if this process may. Where it may not, the group gets
 *  nothing that not everybody has. Whose rights a program has when it runs is no permission: those bits are left out. 0, or -1. */
static inline int platform_take_permissions(int descriptor, const struct stat *like) {
    struct stat status;
    mode_t mode = like->st_mode & 0777;
    if (fstat(descriptor, &status) != 0) return -1;
    if (status.st_gid != like->st_gid && fchown(descriptor, (uid_t)-1, like->st_gid) != 0) mode &= 0707 | (mode & 07) << 3;
    if (status.st_uid != like->st_uid && fchown(descriptor, like->st_uid, (gid_t)-1) != 0) errno = 0;
    return (status.st_mode & 0777) == mode ? 0 : fchmod(descriptor, mode);
}

/** A number that is hardly ever the same, to make names of. */
static inline uint64_t platform_unusual_number(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) * 1000003u + (uint64_t)getpid();
}

/** Writes exactly `count` bytes: 0, or -1. */
static inline int platform_write(int descriptor, const void *bytes, size_t count) {
    while (count > 0) {
        ssize_t put = write(descriptor, bytes, count);
        if (put < 0 && errno == EINTR) continue;
        if (put == 0) errno = EIO;
        if (put <= 0) return -1;
        bytes = (const char *)bytes + put;
        count -= (size_t)put;
    }
    return 0;
}

static inline int platform_synchronize(int descriptor) { return fsync(descriptor); }
static inline int platform_close(int descriptor) { return close(descriptor); }
static inline int platform_rename(int directory, const char *from, const char *to) {
    return renameat(directory, from, directory, to);
}
static inline int platform_remove(int directory, const char *name) { return unlinkat(directory, name, 0); }

/** Makes a rename in this directory durable. Best effort: some directories cannot be read, and some file systems cannot
 *  synchronise them. */
static inline void platform_synchronize_directory(int directory) {
    int descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    (void)fsync(descriptor);
    (void)close(descriptor);
}

#endif

// Preloaded into a program, this library hides AVX-512, AMX and later additions to AVX2 from it: for peers that ask the
// processor what it can and have no setting. The kernel makes CPUID a fault, and the handler answers in its place. Programs
// compute as on a processor with AVX2 alone. A processor without this fault ends the program.
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { ARCH_SET_CPUID = 0x1012 };

// Of leaf 7: the bits that stay hidden, in the names of Intel's manual.
enum {
    AVX512_IN_EBX = 1 << 16 | 1 << 17 | 1 << 21 | 1 << 26 | 1 << 27 | 1 << 28 | 1 << 30 | (int)(1u << 31),
    AVX512_IN_ECX = 1 << 1 | 1 << 6 | 1 << 11 | 1 << 12 | 1 << 14,
    AVX512_AND_AMX_IN_EDX = 1 << 2 | 1 << 3 | 1 << 8 | 1 << 22 | 1 << 23 | 1 << 24 | 1 << 25,
};

static long let_cpuid(unsigned long is_allowed)
{
    return syscall(SYS_arch_prctl, ARCH_SET_CPUID, is_allowed); // for the calling thread
}

static void answer(int number, siginfo_t *info, void *context)
{
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    if (code[0] != 0x0f || code[1] != 0xa2) { // a fault of the program's own
        signal(number, SIG_DFL);
        return;
    }
    const unsigned leaf = (unsigned)registers[REG_RAX], part = (unsigned)registers[REG_RCX];
    unsigned a, b, c, d;
    let_cpuid(1);
    __cpuid_count(leaf, part, a, b, c, d);
    let_cpuid(0);
    if (leaf == 7 && part == 0) {
        b &= ~(unsigned)AVX512_IN_EBX;
        c &= ~(unsigned)AVX512_IN_ECX;
        d &= ~(unsigned)AVX512_AND_AMX_IN_EDX;
    } else if (leaf == 7) { // AVX-VNNI, bfloat16, AVX10 and what follows them
        a = b = c = d = 0;
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void)
{
    struct sigaction action = { .sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER };
    if (sigaction(SIGSEGV, &action, NULL) != 0 || let_cpuid(0) != 0) {
        fputs("AVX-512 cannot be hidden from it on this machine\n", stderr);
        _exit(1);
    }
}

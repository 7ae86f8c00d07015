/* Runs networks on an emulated Cortex-M4, and compares them with the library's numbers. cases.h declares the networks and has their
 * numbers, checks.h calls CHECK for each, or TRAIN. */
#include <stdint.h>
#include "cases.h"

extern uint32_t data_start[], data_end[], data_source[], bss_start[], bss_end[], stack_top[];
void start(void);
const uint32_t vectors[2] __attribute__((section(".vectors"), used)) = { (uint32_t)stack_top, (uint32_t)start };

/* Semihosting: the emulator does what the debugger of a real board would. */
static int host(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void print(const char *text) { host(4, text); }

static void print_number(int number)
{
    char text[2] = { 0, 0 };
    if (number > 9) print_number(number / 10);
    text[0] = (char)('0' + number % 10);
    print(text);
}

static int is_same(const float *y, const uint32_t *wanted, int count)
{
    const uint32_t *bits = (const uint32_t *)(const void *)y;
    for (int i = 0; i < count; i++)
        if (bits[i] != wanted[i]) return 0;
    return 1;
}

static float y[1024];

#define CHECK(name, NAME)                                                                          \
    do {                                                                                           \
        int same = 1;                                                                              \
        for (int row = 0; row < 2; row++) {                                                        \
            name##_predict((const float *)(const void *)x_##name + row * NAME##_INPUTS, y);        \
            same &= is_same(y, y_##name + row * NAME##_OUTPUTS, NAME##_OUTPUTS);                   \
        }                                                                                          \
        if (!same) print(#name " differs\n");                                                      \
        passed += same;                                                                            \
        all++;                                                                                     \
    } while (0)

#define TRAIN(name, NAME)                                                                          \
    do {                                                                                           \
        for (int step = 0; step < 3; step++)                                                       \
            name##_train_step((const float *)(const void *)x_##name, (const float *)(const void *)t_##name, 0.02f); \
        if (is_same(name##_parameters, w_##name, NAME##_PARAMETERS)) passed++;                     \
        else print(#name " differs\n");                                                            \
        all++;                                                                                     \
    } while (0)

__attribute__((noinline)) static void run(void)
{
    int passed = 0, all = 0;
#include "checks.h"
    print_number(passed);
    print(" of ");
    print_number(all);
    print(" are the same\n");
    host(0x18, (const void *)0x20026);
}

void start(void)
{
    *(volatile uint32_t *)0xe000ed88 |= 0xf00000; /* the floating-point unit on, before any code that saves its registers */
    __asm__ volatile("dsb\n isb");
    for (uint32_t *to = data_start, *from = data_source; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    run();
    for (;;) {}
}

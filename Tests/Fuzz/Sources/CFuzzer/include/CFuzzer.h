/* libFuzzer's entry point (compiler-rt/include/fuzzer). SwiftPM gives executables a main function of their own, so libFuzzer's is not
 * used. */
#ifndef CFUZZER_H
#define CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/** Calls the function with one input after the other, and never returns if one crashes. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*function)(const uint8_t *data, size_t count));

#endif

/* The operations of an instruction set on vectors of 4, 8 and 16 floats, each as one inlined function.
 *
 * Swift's own SIMD types work too, but their arithmetic is a loop over the lanes that the optimiser must put together again,
 * and in formulas of more than a few operations it does so for some of the lanes only. These functions are vector operations
 * from the start. Swift sees the types as SIMD4<Float>, SIMD8<Float> and SIMD16<Float>. */
#ifndef CINTRINSICS_H
#define CINTRINSICS_H

#include <stdint.h>

#define VECTOR_FUNCTION static inline __attribute__((always_inline))
#define VECTOR_TYPE(lanes) __attribute__((ext_vector_type(lanes)))

/* No multiplication and addition become one unless it is asked for: results must not depend on the compiler's choices. */
#pragma clang fp contract(off)

typedef float f32x4 VECTOR_TYPE(4);
typedef float f32x8 VECTOR_TYPE(8);
typedef float f32x16 VECTOR_TYPE(16);
typedef double f64x4 VECTOR_TYPE(4);
typedef double f64x8 VECTOR_TYPE(8);
typedef double f64x16 VECTOR_TYPE(16);
typedef int32_t i32x4 VECTOR_TYPE(4);
typedef int32_t i32x8 VECTOR_TYPE(8);
typedef int32_t i32x16 VECTOR_TYPE(16);

#define VECTOR_INDICES_4 ((i32x4){ 0, 1, 2, 3 })
#define VECTOR_INDICES_8 ((i32x8){ 0, 1, 2, 3, 4, 5, 6, 7 })
#define VECTOR_INDICES_16 ((i32x16){ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })

/* A comparison gives a mask: an integer for each lane, -1 or 0. */
#define VECTOR_FUNCTIONS(N)                                                                                                   \
    VECTOR_FUNCTION f32x##N vector##N##_add(f32x##N a, f32x##N b) { return a + b; }                                           \
    VECTOR_FUNCTION f32x##N vector##N##_subtract(f32x##N a, f32x##N b) { return a - b; }                                      \
    VECTOR_FUNCTION f32x##N vector##N##_multiply(f32x##N a, f32x##N b) { return a * b; }                                      \
    VECTOR_FUNCTION f32x##N vector##N##_divide(f32x##N a, f32x##N b) { return a / b; }                                        \
    /* a b + c, rounded once. */                                                                                              \
    VECTOR_FUNCTION f32x##N vector##N##_fused(f32x##N a, f32x##N b, f32x##N c) { return __builtin_elementwise_fma(a, b, c); } \
    VECTOR_FUNCTION f32x##N vector##N##_square_root(f32x##N a) { return __builtin_elementwise_sqrt(a); }                      \
    VECTOR_FUNCTION f32x##N vector##N##_magnitude(f32x##N a) { return __builtin_elementwise_abs(a); }                         \
    VECTOR_FUNCTION f32x##N vector##N##_copy_sign(f32x##N magnitude, f32x##N sign) {                                          \
        return (f32x##N)(((i32x##N)magnitude & 0x7fffffff) | ((i32x##N)sign & (int32_t)0x80000000));                          \
    }                                                                                                                         \
    VECTOR_FUNCTION i32x##N vector##N##_less(f32x##N a, f32x##N b) { return a < b; }                                          \
    VECTOR_FUNCTION i32x##N vector##N##_less_or_equal(f32x##N a, f32x##N b) { return a <= b; }                                \
    /* The mask of the lanes before `lane`, and of that lane alone. */                                                        \
    VECTOR_FUNCTION i32x##N vector##N##_before(int32_t lane) { return VECTOR_INDICES_##N < lane; }                            \
    VECTOR_FUNCTION i32x##N vector##N##_at(int32_t lane) { return VECTOR_INDICES_##N == lane; }                               \
    VECTOR_FUNCTION f32x##N vector##N##_select(i32x##N mask, f32x##N a, f32x##N b) { return mask ? a : b; }                   \
    /* The larger of two numbers without a sign, by their bit patterns: those have the order of the numbers, infinity above   \
     * them and NaN above infinity. */                                                                                        \
    VECTOR_FUNCTION f32x##N vector##N##_larger_magnitude(f32x##N a, f32x##N b) {                                              \
        return (f32x##N)__builtin_elementwise_max((i32x##N)a, (i32x##N)b);                                                    \
    }                                                                                                                         \
    /* k and x / 2^k for a normal x > 0, such that 2/3 <= x / 2^k < 4/3: 0x3f2aaaab is the bit pattern of 2/3. */             \
    VECTOR_FUNCTION f32x##N vector##N##_exponent(f32x##N x) {                                                                 \
        return __builtin_convertvector(((i32x##N)x - 0x3f2aaaab) >> 23, f32x##N);                                             \
    }                                                                                                                         \
    VECTOR_FUNCTION f32x##N vector##N##_significand(f32x##N x) {                                                              \
        return (f32x##N)((i32x##N)x - (((i32x##N)x - 0x3f2aaaab) & (int32_t)0xff800000));                                     \
    }                                                                                                                         \
    VECTOR_FUNCTION f64x##N vector##N##_accumulate(f64x##N sums, f32x##N a) {                                                 \
        return sums + __builtin_convertvector(a, f64x##N);                                                                    \
    }

VECTOR_FUNCTIONS(4)
VECTOR_FUNCTIONS(8)
VECTOR_FUNCTIONS(16)

/* ---- x 2^n, rounded once; n a whole number from -252 to 254 ---- */

/* 12582912 is 1.5 * 2^23: whole numbers added to it lie in the last bits of the sum. The power is the product of two that are
 * normal numbers, n / 2 rounded down and the rest, so that a subnormal result is rounded once, by the second product. */
#define VECTOR_SCALE(N)                                                                                                       \
    VECTOR_FUNCTION f32x##N vector##N##_scale(f32x##N x, f32x##N n) {                                                         \
        i32x##N whole = (i32x##N)(n + 12582912.0f) - 0x4b400000, half = whole >> 1;                                           \
        f32x##N first = (f32x##N)((half + 127) << 23), second = (f32x##N)((whole - half + 127) << 23);                        \
        return x * first * second;                                                                                            \
    }
VECTOR_SCALE(4)
VECTOR_SCALE(8)
#ifdef __AVX512F__
VECTOR_FUNCTION f32x16 vector16_scale(f32x16 x, f32x16 n) { return __builtin_ia32_scalefps512_mask(x, n, x, 0xffff, 4); }
#else
VECTOR_SCALE(16)
#endif

/* 2^n as a normal number; n a whole number from -126 to 127. */
#define VECTOR_POWER(N)                                                                                                       \
    VECTOR_FUNCTION f32x##N vector##N##_power_of_two(f32x##N n) {                                                             \
        return (f32x##N)(((i32x##N)(n + 12582912.0f) << 23) + 0x3f800000);                                                    \
    }
VECTOR_POWER(4)
VECTOR_POWER(8)
VECTOR_POWER(16)

/* ---- Over the lanes, in pairs: the upper half onto the lower until one is left ---- */

VECTOR_FUNCTION float vector4_sum(f32x4 a) {
    f32x4 b = a + a.zwzw;
    return b.x + b.y;
}
VECTOR_FUNCTION float vector8_sum(f32x8 a) { return vector4_sum(a.lo + a.hi); }
VECTOR_FUNCTION float vector16_sum(f32x16 a) { return vector8_sum(a.lo + a.hi); }

/* The first `count` lanes, each times its weight if there are any, added to `total` one after the other. */
#define VECTOR_ADD_IN_TURN(N)                                                                                                 \
    VECTOR_FUNCTION double vector##N##_add_in_turn(double total, f32x##N a, const float *weights, int64_t count) {            \
        _Pragma("clang loop unroll(disable) vectorize(disable)") for (int64_t i = 0; i < count; i++) total +=                 \
            (weights ? (double)weights[i] : 1.0) * (double)a[i];                                                              \
        return total;                                                                                                         \
    }
VECTOR_ADD_IN_TURN(4)
VECTOR_ADD_IN_TURN(8)
VECTOR_ADD_IN_TURN(16)

VECTOR_FUNCTION double vector4_total(f64x4 a) { return (a.x + a.z) + (a.y + a.w); }
VECTOR_FUNCTION double vector8_total(f64x8 a) { return vector4_total(a.lo + a.hi); }
VECTOR_FUNCTION double vector16_total(f64x16 a) { return vector8_total(a.lo + a.hi); }

/* The largest; unspecified which if one is NaN. */
VECTOR_FUNCTION float vector4_largest(f32x4 a) {
    f32x4 b = a.zwzw < a ? a : a.zwzw;
    return b.y < b.x ? b.x : b.y;
}
VECTOR_FUNCTION float vector8_largest(f32x8 a) { return vector4_largest(a.lo < a.hi ? a.hi : a.lo); }
VECTOR_FUNCTION float vector16_largest(f32x16 a) { return vector8_largest(a.lo < a.hi ? a.hi : a.lo); }

VECTOR_FUNCTION float vector4_largest_magnitude(f32x4 a) {
    f32x4 b = vector4_larger_magnitude(a, a.zwzw);
    return vector4_larger_magnitude(b, b.yyyy).x;
}
VECTOR_FUNCTION float vector8_largest_magnitude(f32x8 a) {
    return vector4_largest_magnitude(vector4_larger_magnitude(a.lo, a.hi));
}
VECTOR_FUNCTION float vector16_largest_magnitude(f32x16 a) {
    return vector8_largest_magnitude(vector8_larger_magnitude(a.lo, a.hi));
}

/* ---- The first `count` lanes alone, at most a whole vector: the rest of memory is not touched, and loads as 0 ---- */

#define VECTOR_PARTIAL(N)                                                                                                     \
    VECTOR_FUNCTION f32x##N vector##N##_load(const float *x, int64_t count) {                                                 \
        f32x##N a = 0.0f;                                                                                                     \
        for (int64_t i = 0; i < count; i++) a[i] = x[i];                                                                      \
        return a;                                                                                                             \
    }                                                                                                                         \
    VECTOR_FUNCTION void vector##N##_store(f32x##N a, float *x, int64_t count) {                                              \
        for (int64_t i = 0; i < count; i++) x[i] = a[i];                                                                      \
    }

VECTOR_FUNCTION f32x4 vector4_load(const float *x, int64_t count) {
    f32x4 a = 0.0f;
    if (count > 0) a.x = x[0];
    if (count > 1) a.y = x[1];
    if (count > 2) a.z = x[2];
    if (count > 3) a.w = x[3];
    return a;
}
VECTOR_FUNCTION void vector4_store(f32x4 a, float *x, int64_t count) {
    if (count > 0) x[0] = a.x;
    if (count > 1) x[1] = a.y;
    if (count > 2) x[2] = a.z;
    if (count > 3) x[3] = a.w;
}

#ifdef __AVX2__
VECTOR_FUNCTION f32x8 vector8_load(const float *x, int64_t count) {
    return (f32x8)__builtin_ia32_maskloadps256((const f32x8 *)x, vector8_before((int32_t)count));
}
VECTOR_FUNCTION void vector8_store(f32x8 a, float *x, int64_t count) {
    __builtin_ia32_maskstoreps256((f32x8 *)x, vector8_before((int32_t)count), a);
}
#else
VECTOR_PARTIAL(8)
#endif

#ifdef __AVX512F__
VECTOR_FUNCTION f32x16 vector16_load(const float *x, int64_t count) {
    return (f32x16)__builtin_ia32_loadups512_mask((const void *)x, (f32x16)0.0f, (uint16_t)((1u << count) - 1));
}
VECTOR_FUNCTION void vector16_store(f32x16 a, float *x, int64_t count) {
    __builtin_ia32_storeups512_mask((void *)x, a, (uint16_t)((1u << count) - 1));
}
#else
VECTOR_PARTIAL(16)
#endif

/* The same address, of which the compiler no longer knows how it was computed. */
VECTOR_FUNCTION const void *vector_opaque(const void *address) {
    __asm__("" : "+r"(address));
    return address;
}

/* Ask for a line in the first-level cache, and in the second. Nothing is read, so that any address may be asked for. */
VECTOR_FUNCTION void vector_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }
VECTOR_FUNCTION void vector_prefetch_far(const void *address) { __builtin_prefetch(address, 0, 2); }

/* ---- The rounds of a transposition ---- */

/* The empty statement keeps the compiler from merging a shuffle with those before and after it: what it makes of a whole
 * transposition takes four times as long. */
#define VECTOR_SHUFFLE(N, NAME, ...)                                                                                          \
    VECTOR_FUNCTION f32x##N vector##N##_##NAME(f32x##N a, f32x##N b) {                                                        \
        f32x##N result = __builtin_shufflevector(a, b, __VA_ARGS__);                                                          \
        __asm__("" : "+v"(result));                                                                                           \
        return result;                                                                                                        \
    }

#ifdef __AVX2__
/* In each group of four lanes a0 b0 a1 b1, and a2 b2 a3 b3. */
VECTOR_SHUFFLE(8, unpack_low, 0, 8, 1, 9, 4, 12, 5, 13)
VECTOR_SHUFFLE(8, unpack_high, 2, 10, 3, 11, 6, 14, 7, 15)
/* The first group of four lanes of each, and the second. */
VECTOR_SHUFFLE(8, first_groups, 0, 1, 2, 3, 8, 9, 10, 11)
VECTOR_SHUFFLE(8, second_groups, 4, 5, 6, 7, 12, 13, 14, 15)
#endif

#ifdef __AVX512F__
VECTOR_SHUFFLE(16, unpack_low, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
VECTOR_SHUFFLE(16, unpack_high, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
/* The first and third group of four lanes of each, and the second and fourth. */
VECTOR_SHUFFLE(16, even_groups, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
VECTOR_SHUFFLE(16, odd_groups, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#endif

#endif

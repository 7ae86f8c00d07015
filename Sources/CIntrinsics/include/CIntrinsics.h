/* Instructions that Swift has no operator for, each a function of one line. What is here depends on the instruction set that
 * the importing module is compiled for. */
#ifndef CINTRINSICS_H
#define CINTRINSICS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

typedef float intrinsics_float4 __attribute__((ext_vector_type(4)));

/** c + Σ a b of the four bytes of each lane, those of a without and those of b with a sign; exact. */
static inline intrinsics_float4 intrinsics_dot_int8_4(intrinsics_float4 a, intrinsics_float4 b, intrinsics_float4 c) {
    const __m128i x = (__m128i)a, w = (__m128i)b, low = _mm_set1_epi16(0xff);
    const __m128i even = _mm_madd_epi16(_mm_and_si128(x, low), _mm_srai_epi16(_mm_slli_epi16(w, 8), 8));
    const __m128i odd = _mm_madd_epi16(_mm_srli_epi16(x, 8), _mm_srai_epi16(w, 8));
    return (intrinsics_float4)_mm_add_epi32((__m128i)c, _mm_add_epi32(even, odd));
}
#endif

#if defined(__AVX2__)
#include <immintrin.h>

typedef float intrinsics_float8 __attribute__((ext_vector_type(8)));

/** Keeps the compiler from merging a shuffle with those before and after it: what it makes of a whole transposition takes four
 *  times as long. */
#define INTRINSICS_KEEP(vector) __asm__("" : "+v"(vector))

/** Ones in the first `count` of eight lanes. */
static inline __m256i intrinsics_first_lanes_8(int64_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/** The first `count` of eight elements; the other lanes are 0, and are not read. */
static inline intrinsics_float8 intrinsics_load_first_8(const float *pointer, int64_t count) {
    return (intrinsics_float8)_mm256_maskload_ps(pointer, intrinsics_first_lanes_8(count));
}

/** Writes the first `count` of eight lanes. */
static inline void intrinsics_store_first_8(float *pointer, intrinsics_float8 vector, int64_t count) {
    _mm256_maskstore_ps(pointer, intrinsics_first_lanes_8(count), (__m256)vector);
}

/** In each group of four lanes: a0 b0 a1 b1. */
static inline intrinsics_float8 intrinsics_unpack_low_8(intrinsics_float8 a, intrinsics_float8 b) {
    intrinsics_float8 result = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    INTRINSICS_KEEP(result);
    return result;
}

/** In each group of four lanes: a2 b2 a3 b3. */
static inline intrinsics_float8 intrinsics_unpack_high_8(intrinsics_float8 a, intrinsics_float8 b) {
    intrinsics_float8 result = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    INTRINSICS_KEEP(result);
    return result;
}

/** The first group of four lanes of each. */
static inline intrinsics_float8 intrinsics_first_group_8(intrinsics_float8 a, intrinsics_float8 b) {
    intrinsics_float8 result = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    INTRINSICS_KEEP(result);
    return result;
}

/** The second group of four lanes of each. */
static inline intrinsics_float8 intrinsics_second_group_8(intrinsics_float8 a, intrinsics_float8 b) {
    intrinsics_float8 result = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    INTRINSICS_KEEP(result);
    return result;
}

/** c + Σ a b of the four bytes of each lane, those of a without and those of b with a sign; exact. */
static inline intrinsics_float8 intrinsics_dot_int8_8(intrinsics_float8 a, intrinsics_float8 b, intrinsics_float8 c) {
    const __m256i x = (__m256i)a, w = (__m256i)b, low = _mm256_set1_epi16(0xff);
    const __m256i even = _mm256_madd_epi16(_mm256_and_si256(x, low), _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8));
    const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(w, 8));
    return (intrinsics_float8)_mm256_add_epi32((__m256i)c, _mm256_add_epi32(even, odd));
}
#endif

#if defined(__AVX512F__)
typedef float intrinsics_float16 __attribute__((ext_vector_type(16)));

/** Ones in the first `count` of sixteen lanes. */
static inline __mmask16 intrinsics_first_lanes_16(int64_t count) { return (__mmask16)_bzhi_u32(0xffff, (unsigned)count); }

/** The first `count` of sixteen elements; the other lanes are 0, and are not read. */
static inline intrinsics_float16 intrinsics_load_first_16(const float *pointer, int64_t count) {
    return (intrinsics_float16)_mm512_maskz_loadu_ps(intrinsics_first_lanes_16(count), pointer);
}

/** Writes the first `count` of sixteen lanes. */
static inline void intrinsics_store_first_16(float *pointer, intrinsics_float16 vector, int64_t count) {
    _mm512_mask_storeu_ps(pointer, intrinsics_first_lanes_16(count), (__m512)vector);
}

/** In each group of four lanes: a0 b0 a1 b1. */
static inline intrinsics_float16 intrinsics_unpack_low_16(intrinsics_float16 a, intrinsics_float16 b) {
    intrinsics_float16 result = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    INTRINSICS_KEEP(result);
    return result;
}

/** In each group of four lanes: a2 b2 a3 b3. */
static inline intrinsics_float16 intrinsics_unpack_high_16(intrinsics_float16 a, intrinsics_float16 b) {
    intrinsics_float16 result = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    INTRINSICS_KEEP(result);
    return result;
}

/** The first and third group of four lanes of each. */
static inline intrinsics_float16 intrinsics_even_groups_16(intrinsics_float16 a, intrinsics_float16 b) {
    intrinsics_float16 result = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    INTRINSICS_KEEP(result);
    return result;
}

/** The second and fourth group of four lanes of each. */
static inline intrinsics_float16 intrinsics_odd_groups_16(intrinsics_float16 a, intrinsics_float16 b) {
    intrinsics_float16 result = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    INTRINSICS_KEEP(result);
    return result;
}
#endif

#if defined(__AVX512BF16__)
/** Writes the bfloat16 nearest to the first `count` of sixteen elements. */
static inline void intrinsics_round_first_bfloat16_16(const float *from, uint16_t *to, int64_t count) {
    const __mmask16 lanes = intrinsics_first_lanes_16(count);
    _mm256_mask_storeu_epi16(to, lanes, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, from)));
}

/** c + Σ a b of the two bfloat16 of each lane. */
static inline intrinsics_float16 intrinsics_dot_bfloat16_16(intrinsics_float16 a, intrinsics_float16 b, intrinsics_float16 c) {
    return (intrinsics_float16)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b);
}
#endif

#if defined(__AVX512VNNI__)
/** c + Σ a b of the four bytes of each lane, those of a without and those of b with a sign; exact. */
static inline intrinsics_float16 intrinsics_dot_int8_16(intrinsics_float16 a, intrinsics_float16 b, intrinsics_float16 c) {
    return (intrinsics_float16)_mm512_dpbusd_epi32((__m512i)c, (__m512i)a, (__m512i)b);
}
#endif

#endif

/*
 * chainrule.h: the C interface of Chainrule, a library that trains and runs neural networks.
 *
 * This is the whole interface: the library exports nothing else. The file is valid C99, C11 and C++17 and needs only the
 * C standard headers. 'make header' generates it from the library's sources.
 *
 *
 * What it does
 *
 * A network maps rows of numbers to rows of numbers through layers h_l = σ(z_l), z_l = W_l h_{l-1} + b_l. The library
 * computes the network's output, a cost C of it, and the gradient ∂C/∂w of every weight and bias by the chain rule
 * (backpropagation). It changes the weights with that gradient. Three tiers; each works without the ones above it:
 *
 *     the passes    crl_forward(), crl_cost(), crl_backward() and crl_step(), on your own arrays
 *     the network   crl_network_predict(), crl_network_value_and_gradient(), and derivatives beyond the gradient, such as
 *                   crl_network_hessian_product()
 *     the trainer   crl_network_fit(): epochs, batches, shuffling, validation, progress; and crl_network_minimize():
 *                   L-BFGS and other methods that look at all of the data at once; and
 *                   crl_network_create_cascade(), which grows a network
 *
 *
 * An example: exclusive or
 *
 *     #include <chainrule.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         const float x[] = { 0, 0,  0, 1,  1, 0,  1, 1 }, t[] = { 0, 1, 1, 0 };
 *         float y[4] = { 0, 0, 0, 0 };
 *         crl_network *net = NULL;
 *         crl_targets targets = CRL_TARGETS_INIT;
 *         crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
 *         targets.values = t, targets.rows = 4, targets.columns = 1, targets.stride = 1;
 *         options.epochs = 5000;
 *         if (crl_network_create(2, &net) || crl_network_add_dense(net, 8, CRL_TANH, NULL) ||
 *             crl_network_add_dense(net, 1, CRL_SIGMOID, NULL) || crl_network_build(net, 1) ||
 *             crl_network_fit(net, x, 4, 2, &targets, NULL, &options) || crl_network_predict(net, x, 4, 2, y, 4, 1))
 *             return fprintf(stderr, "%s\n", crl_error_message()), 1;
 *         printf("%.2f %.2f %.2f %.2f\n", y[0], y[1], y[2], y[3]);
 *         crl_network_destroy(net);
 *         return 0;
 *     }
 *
 *     cc prog.c -lchainrule              with the shared library, which needs libc and libm alone
 *     cc prog.c libchainrule.a -lm       with the static library
 *
 *
 * Conventions
 *
 * Status     A function that can fail returns a crl_status: CRL_OK, which is 0, or the kind of error. crl_error_message()
 *            then says what went wrong, where, and with which value, for the thread that made the call. A wrong argument
 *            gives a status, never a crash. The library cannot detect two faults: a pointer to memory that does not exist,
 *            and a pointer to an object already destroyed. A call that fails changes nothing, unless its description says
 *            otherwise. The last arguments receive results.
 * Errors     Every function that returns a status may return CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE,
 *            CRL_ERROR_VALUE, CRL_ERROR_MEMORY, and: CRL_ERROR_NOT_BUILT if it takes a built network, CRL_ERROR_OVERLAP if it
 *            writes an array, CRL_ERROR_CALLBACK if it runs a callback, CRL_CANCELLED if it computes. Its description names
 *            the others, and which arguments lead to these.
 * Numbers    Values, weights and gradients are 32-bit floats (float). Costs are doubles.
 * Matrices   A matrix is row-major, one row for each sample. Pass a pointer, the rows, and the stride: the number of
 *            floats from the start of one row to the start of the next, at least the number of columns. The network
 *            determines the columns, or you pass them after the rows. A vector is a pointer and a count. The library
 *            checks every length.
 * Handles    crl_network, crl_workspace, crl_optimizer, crl_trainer, crl_predictor, crl_publisher, crl_stream and
 *            crl_cancel. A function ..._create(), ..._copy() or ..._load() makes one. It is yours: give it back once, to the
 *            matching ..._destroy(), which accepts NULL.
 * Ownership  Arrays and strings that you pass stay yours. The library reads them during the call and keeps none of them. A
 *            pointer that the library returns stays the library's; its function says how long it is valid. Arguments of a
 *            callback are valid until the callback returns.
 * Overlap    An array that a call writes must lie apart from everything the call reads, from the network's parameters, and
 *            from everything else it writes, unless its description says otherwise. Otherwise: CRL_ERROR_OVERLAP. Rows may
 *            lie between rows, as the columns of one table do.
 * NULL       A pointer must not be NULL, unless its description says what NULL means. Otherwise: CRL_ERROR_NULL.
 * Callbacks  A callback must return. If it leaves by longjmp(), by a C++ exception or by ending its thread, the library
 *            cannot clean up: memory is lost, and the calling object stays busy for ever. To stop the call, return a
 *            number other than 0. In C++, catch every exception in the callback.
 * Strings    UTF-8, ending with a zero byte. Paths are any bytes.
 * Options    A structure that may grow begins with its size. Start from its CRL_..._INIT macro, or from its function
 *            crl_..._init(). A later version appends members, whose initial value is zero. Your structure may be of an older
 *            header: the library takes what it lacks as the macro has it. It may be of a newer one: the bytes that this library
 *            does not know must be zero. Otherwise: CRL_ERROR_SIZE. The library reads a structure once, and writes no more than
 *            its size. A structure that a callback gets has the library's size: copy no more. CRL_AUTO and CRL_AUTO_SIZE leave a
 *            member to the library.
 * Threads    Functions that take a const crl_network may run in any number of threads at once on one network, each with
 *            its own workspace. While a function runs that takes a non-const crl_network, no other may use that network.
 *            Networks share no state.
 * Memory     Out of memory is CRL_ERROR_MEMORY. It does not end the program, in any number of threads. The library asks for
 *            what grows with your sizes before it uses it. Small objects of a call that find no memory go into a reserve within
 *            the library: 32 KiB for each of 56 calls at once, and 256 KiB for all (on 32-bit systems 16 KiB for each of 4, and
 *            32 KiB). No call was found to need more than 19 KiB. A call that finds no reserve free takes one from the system,
 *            or is CRL_ERROR_MEMORY. crl_set_allocator() makes the library use the program's own functions.
 *            One case is the C library's: if dlopen() loaded this library, glibc ends the program when it has no memory for
 *            its 560 bytes of variables of a thread. It takes them at the thread's first call; crl_error_message() is enough.
 * Forks      A child of fork() may use everything that its parent has, whatever other threads did. One exception: a
 *            trainer that another thread was training with, and its network, are unusable. The child has only its own
 *            thread: a fit that forks in a callback continues alone in the child.
 * Ends       A thread that watches a crl_cancel ends its call when another thread, or a signal handler, sets it. Every
 *            function that computes may then return CRL_CANCELLED, even if its description does not name it.
 * Manners    The library never prints, exits or aborts. It leaves signals, locale, environment and rand() alone. It has no
 *            global state beside each thread's error message and what it watches, the reserve of memory, and the choices of
 *            an allocator and of an instruction set.
 */

#ifndef CHAINRULE_H
#define CHAINRULE_H

#include <stddef.h>
#include <stdint.h>

/* Marks. To replace one, define it before this header is included: CRL_NODISCARD as nothing, for instance, where statuses
 * are not looked at. */
#ifndef CRL_API
#if defined(_WIN32) && defined(CRL_BUILD)
#define CRL_API __declspec(dllexport)
#elif defined(_WIN32) && !defined(CRL_STATIC)
#define CRL_API __declspec(dllimport)
#elif defined(__GNUC__)
#define CRL_API __attribute__((visibility("default")))
#else
#define CRL_API
#endif
#endif

/* A status that must be looked at. */
#ifndef CRL_NODISCARD
#if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define CRL_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define CRL_NODISCARD __attribute__((warn_unused_result))
#else
#define CRL_NODISCARD
#endif
#endif

/* A function that goes with the next major version, and what takes its place. */
#ifndef CRL_DEPRECATED
#if defined(__GNUC__)
#define CRL_DEPRECATED(message) __attribute__((deprecated(message)))
#elif defined(_MSC_VER)
#define CRL_DEPRECATED(message) __declspec(deprecated(message))
#else
#define CRL_DEPRECATED(message)
#endif
#endif

/* Pointers that may be NULL, for clang and its analyzer. gcc has no such mark. */
#if defined(__clang__) && !defined(CRL_NULLABLE)
#define CRL_NULLABLE _Nullable
#define CRL_NONNULL _Nonnull
#define CRL_ASSUMES_NONNULL
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#pragma clang assume_nonnull begin
#elif !defined(CRL_NULLABLE)
#define CRL_NULLABLE
#endif
#ifndef CRL_NONNULL
#define CRL_NONNULL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------------------
 * The library
 * ------------------------------------------------------------------------------------------------------------------
 * The library's version, the instruction set it computes with, its memory, and the last error.
 */

/** The version of this header. crl_version() returns the version of the library that the program runs with. */
#define CRL_VERSION_MAJOR 0
#define CRL_VERSION_MINOR 2
#define CRL_VERSION_PATCH 0
/** 10000 × major + 100 × minor + patch. */
#define CRL_VERSION (10000 * CRL_VERSION_MAJOR + 100 * CRL_VERSION_MINOR + CRL_VERSION_PATCH)

/** In a float or double member: the library's own value, which the member's description names. It is −FLT_MAX. */
#define CRL_AUTO (-3.4028234663852886e38f)
/** The same in a size_t member. */
#define CRL_AUTO_SIZE SIZE_MAX

/** What a call came to: CRL_OK or one of the codes below. crl_error_message() then says what, where and which value. */
typedef int32_t crl_status;

enum {
    CRL_OK = 0,

    /* 100–199: an argument is wrong. Nothing was changed. */
    CRL_ERROR_NULL = 100,          /**< a pointer is NULL and must not be */
    CRL_ERROR_HANDLE = 101,        /**< a handle is of another kind */
    CRL_ERROR_SIZE = 102,          /**< a count, stride or shape is zero, too small, too large, or does not fit the
                                        network; a structure's size is wrong */
    CRL_ERROR_VALUE = 103,         /**< a number is out of range or not finite; an enumerator is unknown */
    CRL_ERROR_NAME = 104,          /**< a name is empty, malformed, taken, or unknown */
    CRL_ERROR_TARGET = 105,        /**< a target or sample weight is out of range or not finite */
    CRL_ERROR_OVERLAP = 106,       /**< an output array overlaps an input array or another output array */

    /* 200–299: the call does not fit the object's state. Nothing was changed. */
    CRL_ERROR_NOT_BUILT = 200,     /**< build the network first */
    CRL_ERROR_ALREADY_BUILT = 201, /**< the layers of a built network are fixed */
    CRL_ERROR_MISMATCH = 202,      /**< the workspace, optimizer or checkpoint belongs to another network or purpose; a
                                        custom activation or cost lacks a derivative that the call needs */
    CRL_ERROR_NO_FORWARD = 203,    /**< backward needs the forward pass of the same rows, with the present parameters */
    CRL_ERROR_BUSY = 204,          /**< a callback tries to change the trainer or network that it serves; the library
                                        computes with another instruction set already */

    /* 300–399: arithmetic. */
    CRL_ERROR_NOT_FINITE = 300,    /**< NaN or infinity in the training data, in C, or in a step's result; or an output
                                        outside the cost's domain */

    /* 400–499: callbacks and cancellation. */
    CRL_CANCELLED = 400,           /**< a progress callback, or a crl_cancel that the thread watches, asked to stop. The
                                        parameters are those trained so far */
    CRL_ERROR_CALLBACK = 401,      /**< a callback for costs, activations, data, reading or writing returned non-zero, or wrote
                                        NaN, infinity, targets out of range or more bytes than asked for */

    /* 500–599: files. */
    CRL_ERROR_FILE = 500,          /**< a file cannot be opened, read, written or renamed */
    CRL_ERROR_FORMAT = 501,        /**< a file is truncated, altered, or no model file */
    CRL_ERROR_FILE_VERSION = 502,  /**< a newer version of the format */

    /* 600–699: resources. */
    CRL_ERROR_MEMORY = 600         /**< no memory, or a size overflows */
};

/** The instruction set of the library's arithmetic. The default is the best that the processor has. */
typedef int32_t crl_instructions;

enum {
    CRL_INSTRUCTIONS_BASELINE = 0, /**< every x86-64 processor has it; the only one on 32-bit systems */
    CRL_INSTRUCTIONS_AVX2 = 1,     /**< AVX2 and FMA: x86-64-v3 */
    CRL_INSTRUCTIONS_AVX512 = 2,   /**< AVX-512 F, BW, CD, DQ and VL: x86-64-v4. Predictors in bfloat16 use the processor's
                                        dot products of bfloat16 where it has them, and round differently then */
    CRL_INSTRUCTIONS_NEON = 3      /**< every arm64 processor has it */
};

/** Takes memory for crl_set_allocator(): `bytes`, never 0, aligned as malloc() aligns, to 2 × sizeof(void *). It need not be
 *  zeroed. Return NULL if there is none: the call of the library is then CRL_ERROR_MEMORY, or takes from its reserve. The library
 *  gives memory that is not aligned back at once, and counts it as none. Any thread may call it, several at once. It must return,
 *  and must not call the library. */
typedef void *CRL_NULLABLE (*crl_allocate_function)(void *CRL_NULLABLE user, size_t bytes);

/** Gives back what crl_allocate_function took, never NULL, with the bytes that it was taken with. Any thread may give back what
 *  another took; otherwise as crl_allocate_function. */
typedef void (*crl_free_function)(void *CRL_NULLABLE user, void *memory, size_t bytes);

/** Returns the version of the library at run time, in the form of CRL_VERSION. Your program may go on if the major
 *  numbers agree, and before 1.0 the minor numbers too.
 *
 *  Threads: any.
 *  @return 10000 × major + 100 × minor + patch. */
CRL_API int32_t crl_version(void);

/** Returns the version of the library as text, such as "0.1.0".
 *
 *  Threads: any.
 *  @return a constant string, never NULL. */
CRL_API const char *crl_version_string(void);

/** Returns the instruction set that the library computes with: "avx512", "avx2" or "baseline" on x86-64, "neon" on
 *  arm64. It is the processor's best, unless crl_set_instruction_set() or crl_network_build_for() chose another.
 *  With one instruction set all results are the same bit for bit, in every run and with any number of threads.
 *  Between two they differ by rounding. (Two functions are the C library's: the logarithm for normally distributed
 *  initial weights, and the cosine of cosine and one-cycle schedules.)
 *
 *  Threads: any.
 *  @return a constant string, never NULL. */
CRL_API const char *crl_instruction_set(void);

/** Chooses the instruction set of the process, to get the numbers of a machine with no better one. It applies to
 *  networks that are built, loaded or grown, with their trainers and predictors, and to crl_cost(). Files do not
 *  record it. For one network alone: crl_network_build_for().
 *
 *  Call it before all of these: the first of them chooses the best. Afterwards only the one chosen is accepted.
 *
 *  Threads: any; of several calls at once, one decides.
 *  @param instruction_set CRL_INSTRUCTIONS_BASELINE, CRL_INSTRUCTIONS_AVX2, CRL_INSTRUCTIONS_AVX512 or
 *      CRL_INSTRUCTIONS_NEON.
 *  @return a status; also CRL_ERROR_VALUE if it is unknown or this processor lacks it, or CRL_ERROR_BUSY if the
 *      library already computes with another. */
CRL_NODISCARD CRL_API crl_status crl_set_instruction_set(crl_instructions instruction_set);

/** Makes the library take all of its memory from your functions, in the whole process and for good.
 *
 *  Call it before all functions but crl_version(), crl_version_string(), crl_status_name() and crl_error_message():
 *  the first that takes memory chooses malloc() and free().
 *
 *  The library then takes every array of numbers and every object from your functions. Three things stay outside:
 *  what your own callbacks take; the reserve of memory, which is part of the library (see Memory at the top); and
 *  what the C library and the dynamic linker take for themselves: threads' stacks and thread-local variables.
 *
 *  Threads: any; of several calls at once, one sets.
 *  @param allocate takes memory from the program.
 *  @param free gives it back.
 *  @param user passed to both; may be NULL.
 *  @return a status; also CRL_ERROR_NULL if one of the functions is missing, or CRL_ERROR_BUSY if functions are set
 *      already or the library has already taken memory. After an error nothing has changed. */
CRL_NODISCARD CRL_API crl_status crl_set_allocator(crl_allocate_function allocate, crl_free_function free,
                                                   void *CRL_NULLABLE user);

/** Returns the name of a status, such as "CRL_ERROR_SIZE".
 *
 *  Threads: any.
 *  @param status any number.
 *  @return a constant string, never NULL; "CRL_UNKNOWN" for a number that is no status. */
CRL_API const char *crl_status_name(crl_status status);

/** Returns what went wrong in the last call that failed on this thread: the function, the fault, where, and the
 *  value. For people: its wording may change.
 *
 *  Threads: each has its own message.
 *  @return a UTF-8 string of at most 511 bytes, never NULL; "" if no call has failed yet. Valid until the next
 *      failure on this thread. */
CRL_API const char *crl_error_message(void);

/* ------------------------------------------------------------------------------------------------------------------
 * Describing a network
 * ------------------------------------------------------------------------------------------------------------------
 * Describe a network layer by layer, then build it. A layer reads the one before it unless you name another. Several
 * layers may read the same one; sums and concatenations read several. Residual and multi-branch networks are described
 * the same way. The last layer is the output. Every layer has a name, by default its position: "0", "1", …; "input" is
 * the network's own input. Only one thread at a time may use a network until it is built.
 */

/** A network: describe it layer by layer, build it, use it. */
typedef struct crl_network crl_network;

/** An activation σ: h = σ(z). */
typedef int32_t crl_activation;

enum {
    CRL_IDENTITY = 0,    /**< σ(z) = z */
    CRL_SIGMOID = 1,     /**< σ(z) = 1 / (1 + e⁻ᶻ) */
    CRL_TANH = 2,        /**< σ(z) = tanh z */
    CRL_RELU = 3,        /**< σ(z) = max(0, z); σ'(0) = 0 */
    CRL_LEAKY_RELU = 4,  /**< σ(z) = z for z > 0, else α z; α = 0.01 by default. With α = 0, −∞ gives NaN */
    CRL_ELU = 5,         /**< σ(z) = z for z > 0, else α (eᶻ − 1); α = 1 by default */
    CRL_SELU = 6,        /**< σ(z) = 1.0507 × ELU with α = 1.67326 (Klambauer et al. 2017) */
    CRL_SOFTPLUS = 7,    /**< σ(z) = log(1 + eᶻ) */
    CRL_GELU = 8,        /**< σ(z) = z Φ(z), Φ the normal distribution function, exact through erf */
    CRL_GELU_TANH = 9,   /**< the tanh approximation of GELU (Hendrycks and Gimpel 2016) */
    CRL_SILU = 10,       /**< σ(z) = z / (1 + e⁻ᶻ), also called swish */
    CRL_SOFTMAX = 11,    /**< over a row of at least 2: σ(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ */
    CRL_LOG_SOFTMAX = 12,/**< over a row: σ(z)ᵢ = zᵢ − log Σⱼ e^zⱼ */
    CRL_SOFTSIGN = 13,   /**< σ(z) = z / (1 + |z|) */
    CRL_HARD_SIGMOID = 14,/**< σ(z) = min(max(0, z / 6 + 1/2), 1) (Howard et al. 2019); σ'(±3) = 0 */
    CRL_HARD_SWISH = 15, /**< σ(z) = z times its hard sigmoid (Howard et al. 2019); σ'(−3) = 0, σ'(3) = 1 */
    CRL_MISH = 16,       /**< σ(z) = z tanh(log(1 + eᶻ)) (Misra 2019) */
    CRL_CLIPPED_RELU = 17,/**< σ(z) = min(max(0, z), α); α = 6 by default: ReLU6; σ'(0) = σ'(α) = 0 */
    CRL_EXPONENTIAL = 18,/**< σ(z) = eᶻ */
    CRL_CUSTOM_ACTIVATION = 100 /**< the functions in crl_layer_options */
};

/** How to draw a tensor's first values. fan_in and fan_out are the columns and rows of W. */
typedef int32_t crl_initializer_kind;

enum {
    CRL_INIT_DEFAULT = 0,       /**< weights: Glorot uniform; He uniform before softplus; LeCun normal before SELU.
                                     Biases: uniform in ± sqrt(6 / (fan_in + fan_out)) */
    CRL_INIT_ZEROS = 1,         /**< 0 */
    CRL_INIT_CONSTANT = 2,      /**< a */
    CRL_INIT_UNIFORM = 3,       /**< uniform in [a, b) */
    CRL_INIT_NORMAL = 4,        /**< normal with mean a and standard deviation b */
    CRL_INIT_GLOROT_UNIFORM = 5,/**< uniform in ± sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010) */
    CRL_INIT_GLOROT_NORMAL = 6, /**< normal with variance 2 / (fan_in + fan_out) */
    CRL_INIT_HE_UNIFORM = 7,    /**< uniform in ± sqrt(6 / fan_in) (He et al. 2015) */
    CRL_INIT_HE_NORMAL = 8,     /**< normal with variance 2 / fan_in */
    CRL_INIT_LECUN_UNIFORM = 9, /**< uniform in ± sqrt(3 / fan_in) (LeCun et al. 1998) */
    CRL_INIT_LECUN_NORMAL = 10  /**< normal with variance 1 / fan_in */
};

/** An initializer: its kind and the kind's parameters a and b, 0 where it has none. This structure does not grow. */
typedef struct crl_initializer {
    crl_initializer_kind kind;
    float a;
    float b;
} crl_initializer;

/** A custom σ, for some rows of a batch: reads z and writes h, both rows × columns, row-major and contiguous. A layer of
 *  several axes has a row for each position, and its last axis as columns. Any thread that uses the network may call it.
 *  Return 0, or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_activation_function)(void *CRL_NULLABLE user, const float *z, float *h, size_t rows, size_t columns);

/** A custom σ': reads z and h = σ(z), writes dh_dz, elementwise. Arrays and result as for crl_activation_function. */
typedef int32_t (*crl_activation_derivative)(void *CRL_NULLABLE user, const float *z, const float *h, float *dh_dz,
                                             size_t rows, size_t columns);

/** What a layer takes beyond its width and activation. Start from CRL_LAYER_OPTIONS_INIT. Leave alone what is not for the
 *  layer and its activation; a change there is CRL_ERROR_VALUE. Only `bias` is ignored where it has no meaning. */
typedef struct crl_layer_options {
    size_t size;                          /**< sizeof(crl_layer_options) */
    const char *CRL_NULLABLE name;        /**< 1 to 63 bytes of A–Z a–z 0–9 _ -; NULL: the layer's position, "0", "1", … */
    const char *CRL_NULLABLE input;       /**< the layer to read; "input" is the network's own input; NULL: the layer
                                               before */
    int32_t bias;                         /**< dense: non-zero for a bias b */
    crl_initializer weight_initializer;   /**< dense */
    crl_initializer bias_initializer;     /**< dense */
    float alpha;                          /**< leaky ReLU, ELU: α ≥ 0, clipped ReLU: α > 0; CRL_AUTO: 0.01, 1 and 6 */
    crl_activation_function CRL_NULLABLE function;     /**< CRL_CUSTOM_ACTIVATION: σ */
    crl_activation_derivative CRL_NULLABLE derivative; /**< CRL_CUSTOM_ACTIVATION: σ' */
    crl_activation_derivative CRL_NULLABLE second_derivative; /**< CRL_CUSTOM_ACTIVATION: writes σ'' to dh_dz; NULL: none,
                                               and crl_network_hessian_product() is CRL_ERROR_MISMATCH */
    void *CRL_NULLABLE user;              /**< passed to the three functions */
} crl_layer_options;

#define CRL_LAYER_OPTIONS_INIT \
    { sizeof(crl_layer_options), NULL, NULL, 1, { CRL_INIT_DEFAULT, 0.0f, 0.0f }, { CRL_INIT_DEFAULT, 0.0f, 0.0f }, \
      CRL_AUTO, NULL, NULL, NULL, NULL }

/** One number for each axis of a layer but its channels, in their order; 0 for the axes that the layer lacks. */
typedef struct crl_axes {
    size_t first;
    size_t second;
    size_t third;
} crl_axes;

/** Where windows lie beyond the edges of what a layer reads, and so how many there are. */
typedef int32_t crl_padding;

enum {
    CRL_PADDING_VALID = 0,   /**< nowhere: all windows lie within it */
    CRL_PADDING_SAME = 1,    /**< as many windows as positions, divided by the stride and rounded up; as many positions before
                                  and after, or one more after */
    CRL_PADDING_CAUSAL = 2,  /**< the same, with all positions before: no output depends on later positions; for one axis */
    CRL_PADDING_EXPLICIT = 3 /**< `before` and `after` say how far */
};

/** The window of a convolution or of a pooling layer. Start from CRL_WINDOW_INIT, and set the kernel. */
typedef struct crl_window {
    size_t size;         /**< sizeof(crl_window) */
    crl_axes kernel;     /**< the taps along each axis */
    crl_axes stride;     /**< how far apart windows lie; all 0: 1 */
    crl_axes dilation;   /**< how far apart taps lie; all 0: 1 */
    crl_axes before;     /**< CRL_PADDING_EXPLICIT: positions before the first */
    crl_axes after;      /**< CRL_PADDING_EXPLICIT: positions after the last */
    crl_padding padding;
    int32_t reserved;    /**< 0 */
    crl_axes output_padding; /**< transposed convolution with CRL_PADDING_VALID or CRL_PADDING_EXPLICIT: positions added after
                                  the last, less those of `after`; otherwise 0 */
} crl_window;

#define CRL_WINDOW_INIT \
    { sizeof(crl_window), { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, CRL_PADDING_VALID, 0, \
      { 0, 0, 0 } }

/** What pooling makes of the elements under a window. */
typedef int32_t crl_pooling;

enum {
    CRL_POOLING_MAXIMUM = 0,
    CRL_POOLING_MEAN = 1,             /**< of the positions that exist */
    CRL_POOLING_MEAN_WITH_PADDING = 2 /**< of all taps; positions that do not exist count as 0 */
};

/** A function f of each element. */
typedef int32_t crl_function;

enum {
    CRL_FUNCTION_AFFINE = 0,      /**< f(x) = p x + q, both finite */
    CRL_FUNCTION_CLIP = 1,        /**< f(x) = min(max(x, p), q), p ≤ q; -INFINITY and INFINITY: no bound; f' is 0 at both */
    CRL_FUNCTION_LOG = 2,         /**< f(x) = log x */
    CRL_FUNCTION_SQUARE_ROOT = 3, /**< f(x) = √x */
    CRL_FUNCTION_ABSOLUTE = 4,    /**< f(x) = |x|, with f'(0) = 0 */
    CRL_FUNCTION_RECIPROCAL = 5,  /**< f(x) = 1 / x */
    CRL_FUNCTION_SQUARE = 6,      /**< f(x) = x² */
    CRL_FUNCTION_ERF = 7,         /**< the error function */
    CRL_FUNCTION_SINE = 8,        /**< f(x) = sin x, within 2e-7 for |x| up to 10,000 */
    CRL_FUNCTION_STEP = 9,        /**< f(x) = 0 below 0, otherwise 1; f' = 0 */
    /** FANN's approximation of 1 / (1 + e^(-2x)): straight lines between its values 0.005, 0.05, 0.25, 0.75, 0.95, 0.995 */
    CRL_FUNCTION_STEPWISE_SIGMOID = 10,
    /** f(x) = round(x / p) + q, halves to the even number, p > 0; f' = 1 / p, as without rounding (the straight-through estimator) */
    CRL_FUNCTION_QUANTIZE = 11,
    CRL_FUNCTION_FLOOR = 12       /**< f(x): the largest whole number that is not above x; f' = 0 */
};

/** What a reduction makes of the elements along its axes. */
typedef int32_t crl_reduction_method;

enum {
    CRL_REDUCE_SUM = 0,
    CRL_REDUCE_MEAN = 1,
    CRL_REDUCE_MAXIMUM = 2,
    CRL_REDUCE_MINIMUM = 3,
    CRL_REDUCE_ARGMAX = 4 /**< the place of the first of the largest, a whole number from 0; over several axes counted row by
                               row */
};

/** What normalization takes together. */
typedef int32_t crl_normalization;

enum {
    CRL_NORMALIZATION_BATCH = 0, /**< each channel, over all rows and positions of a batch */
    CRL_NORMALIZATION_LAYER = 1, /**< the channels of each position */
    CRL_NORMALIZATION_RMS = 2,   /**< the same, divided by the root of their mean square and not centred */
    CRL_NORMALIZATION_GROUP = 3  /**< groups of channels, over all positions of a sample */
};

/** How to normalize. Start from CRL_NORMALIZATION_OPTIONS_INIT. */
typedef struct crl_normalization_options {
    size_t size;     /**< sizeof(crl_normalization_options) */
    size_t groups;   /**< CRL_NORMALIZATION_GROUP: how many; as many as channels: instance normalization */
    float epsilon;   /**< added to variances, > 0 */
    float momentum;  /**< CRL_NORMALIZATION_BATCH: how far each step moves the running statistics, in [0, 1] */
    int32_t affine;  /**< non-zero: a learned scale γ follows, and a learned offset β (none after the root of a mean square) */
    int32_t reserved; /**< 0 */
} crl_normalization_options;

#define CRL_NORMALIZATION_OPTIONS_INIT { sizeof(crl_normalization_options), 1, 1e-5f, 0.1f, 1, 0 }

/** What makes a state h of x and of the state before. */
typedef int32_t crl_cell;

enum {
    CRL_CELL_TANH = 0, /**< h = tanh(z), z = W_ih x + W_hh h' + b */
    CRL_CELL_RELU = 1, /**< h = max(0, z) */
    CRL_CELL_GRU = 2,  /**< gated recurrent unit, gates in the order r, z, n */
    CRL_CELL_LSTM = 3  /**< long short-term memory, gates in the order i, f, g, o */
};

/** What a recurrent layer reads and gives. Start from CRL_RECURRENT_OPTIONS_INIT. */
typedef struct crl_recurrent_options {
    size_t size;         /**< sizeof(crl_recurrent_options) */
    const char *CRL_NULLABLE initial_state; /**< the layer that gives h before the first step, of as many elements as there are
                              units; CRL_CELL_LSTM: twice as many, h and then c. NULL: 0 */
    const char *CRL_NULLABLE lengths; /**< the layer of one element that gives each row's number of steps; NULL: all */
    int32_t last;        /**< non-zero: the output is h of the last step; 0: h of all steps */
    int32_t backwards;   /**< non-zero: from the last step to the first */
    int32_t reset_first; /**< CRL_CELL_GRU: non-zero: the reset gate multiplies h' before the product; 0: the product, as in
                              PyTorch */
    int32_t peepholes;   /**< CRL_CELL_LSTM: non-zero: the gates also see c */
    int32_t cell;        /**< CRL_CELL_LSTM: non-zero: the output has one more step, c after the last one */
    int32_t reserved;    /**< 0 */
} crl_recurrent_options;

#define CRL_RECURRENT_OPTIONS_INIT { sizeof(crl_recurrent_options), NULL, NULL, 0, 0, 0, 0, 0, 0 }

/** What tells a network where in a sequence an element lies. */
typedef int32_t crl_positions;

enum {
    CRL_POSITIONS_SINUSOIDAL = 0, /**< sines and cosines of the position */
    CRL_POSITIONS_LEARNED = 1     /**< numbers of their own for each position */
};

/** What attention reads and who sees whom. Start from CRL_ATTENTION_OPTIONS_INIT. */
typedef struct crl_attention_options {
    size_t size;         /**< sizeof(crl_attention_options) */
    size_t heads;        /**< how many share the width, which they divide */
    size_t width;        /**< the channels of queries, keys, values and h; 0: those of the layer that gives the queries */
    const char *CRL_NULLABLE key;     /**< the layer that gives the keys; NULL: the one that gives the queries */
    const char *CRL_NULLABLE value;   /**< the layer that gives the values; NULL: the one that gives the keys */
    const char *CRL_NULLABLE lengths; /**< the layer of one element that gives each row's number of keys; NULL: all */
    int32_t causal;      /**< non-zero: a query sees no keys after its own position */
    int32_t bare;        /**< non-zero: no dense layers; channels that come from one layer lie side by side in it: queries, keys,
                              values */
} crl_attention_options;

#define CRL_ATTENTION_OPTIONS_INIT { sizeof(crl_attention_options), 1, 0, NULL, NULL, NULL, 0, 0 }

/** Creates a network without layers.
 *  @param inputs N_0, the length of x: from 1 to 2³¹ − 1.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_create(size_t inputs, crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Copies a network: its layers and, if it is built, its parameters and its instruction set. The two share only the
 *  functions of custom activations, and what their user points to.
 *  @param network built or not; only read.
 *  @param copy receives the copy; free it with crl_network_destroy(). NULL after an error.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_copy(const crl_network *network,
                                                  crl_network *CRL_NULLABLE *CRL_NONNULL copy);

/** Frees a network. Its workspaces and optimizers stay valid until you destroy them, but can no longer be used.
 *  @param network NULL: does nothing. */
CRL_API void crl_network_destroy(crl_network *CRL_NULLABLE network);

/** Adds a dense layer: z = W h' + b, h = σ(z), at every position of the layer that it reads. W has units rows, and a
 *  column for each element of that layer's last axis.
 *  @param network not built yet.
 *  @param units N_l, the length of the last axis: at least 1, and at most 2³¹ − 1 outputs at all positions.
 *  @param activation σ.
 *  @param options name, input, bias, initializers, α, custom functions; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the
 *      strings are copied.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_dense(crl_network *network, size_t units, crl_activation activation,
                                                       const crl_layer_options *CRL_NULLABLE options);

/** Adds an activation as a layer of its own: z is the input's h, h = σ(z).
 *  @param network not built yet.
 *  @param activation σ.
 *  @param options name, input, α, custom functions; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_activation(crl_network *network, crl_activation activation,
                                                            const crl_layer_options *CRL_NULLABLE options);

/** Adds dropout (Srivastava et al. 2014). In training it sets each element of h' to 0 with probability p, and
 *  divides the others by 1 − p. Elsewhere h is h'. It is active in crl_network_fit(), and with a workspace if
 *  crl_workspace_set_noise() says so.
 *  @param network not built yet.
 *  @param rate p in [0, 1).
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_dropout(crl_network *network, float rate,
                                                         const crl_layer_options *CRL_NULLABLE options);

/** Adds Gaussian noise: in training h is h' plus normally distributed numbers. It is active when dropout is.
 *  @param network not built yet.
 *  @param deviation the numbers' standard deviation, finite and ≥ 0; their mean is 0.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_noise(crl_network *network, float deviation,
                                                       const crl_layer_options *CRL_NULLABLE options);

/** Gives h' another shape: the same elements in the same order, with 1 to 4 axes, channels last. Dense layers,
 *  softmax and concatenations work along the last axis, at every position alike: a dense layer of 8 units that reads
 *  the shape 10 × 3 has the shape 10 × 8, and 8 × 3 weights.
 *  @param network not built yet.
 *  @param extents the lengths of the axes, each at least 1; their product is the width of the layer it reads. NULL:
 *      one axis of all elements.
 *  @param extents_count 1 to 4; 0 with NULL.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_reshape(crl_network *network, const size_t *CRL_NULLABLE extents,
                                                         size_t extents_count,
                                                         const crl_layer_options *CRL_NULLABLE options);

/** Adds the elementwise sum of layers, as in a residual connection. From the last axis on, their lengths are equal
 *  or 1: a layer is repeated along axes of length 1, and along axes that it lacks before its first, as in numpy.
 *  @param network not built yet.
 *  @param inputs the names of the layers to add.
 *  @param inputs_count how many, at least 1.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_sum(crl_network *network,
                                                     const char *const CRL_NONNULL *CRL_NONNULL inputs,
                                                     size_t inputs_count, const char *CRL_NULLABLE name);

/** Adds the concatenation of layers along the last axis: their outputs, one after the other. Their other axes are
 *  equal.
 *  @param network not built yet.
 *  @param inputs the names of the layers, in order.
 *  @param inputs_count how many, at least 1.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_concatenation(crl_network *network,
                                                               const char *const CRL_NONNULL *CRL_NONNULL inputs,
                                                               size_t inputs_count, const char *CRL_NULLABLE name);

/** Builds the network: plans its memory, allocates its parameters and draws their first values. Its layers are then
 *  fixed.
 *  @param network with at least one layer; a later layer must read each one but the last.
 *  @param seed of the generator; the same seed always gives the same parameters.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_build(crl_network *network, uint64_t seed);

/** Builds the network as crl_network_build() does, for the instruction set that you choose. This network, its
 *  trainers and its predictors compute with it, whatever the process computes with. Files do not record it: to use
 *  it again, build such a network and load a file with crl_network_load_parameters().
 *  @param network with at least one layer; a later layer must read each one but the last.
 *  @param seed of the generator; the same seed gives the same parameters with every instruction set.
 *  @param instruction_set CRL_INSTRUCTIONS_BASELINE, CRL_INSTRUCTIONS_AVX2, CRL_INSTRUCTIONS_AVX512 or
 *      CRL_INSTRUCTIONS_NEON.
 *  @return as crl_network_build(); also CRL_ERROR_VALUE if the instruction set is unknown or this processor lacks
 *      it. */
CRL_NODISCARD CRL_API crl_status crl_network_build_for(crl_network *network, uint64_t seed,
                                                       crl_instructions instruction_set);

/** Adds the elementwise mean of layers. Shapes: see crl_network_add_sum().
 *  @param network not built yet.
 *  @param inputs the names of the layers.
 *  @param inputs_count how many, at least 1.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_mean(crl_network *network,
                                                      const char *const CRL_NONNULL *CRL_NONNULL inputs,
                                                      size_t inputs_count, const char *CRL_NULLABLE name);

/** Adds the elementwise difference of two layers: h = a − b. Shapes: see crl_network_add_sum().
 *  @param network not built yet.
 *  @param a the name of a layer.
 *  @param b the name of another, or the same.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_difference(crl_network *network, const char *a, const char *b,
                                                            const char *CRL_NULLABLE name);

/** Adds the elementwise product of two layers: h = a ⊙ b. Shapes: see crl_network_add_sum().
 *  @param network not built yet.
 *  @param a the name of a layer.
 *  @param b the name of another, or the same.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_product(crl_network *network, const char *a, const char *b,
                                                         const char *CRL_NULLABLE name);

/** Adds the elementwise quotient of two layers: h = a / b. Shapes: see crl_network_add_sum().
 *  @param network not built yet.
 *  @param a the name of a layer.
 *  @param b the name of another, or the same.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_quotient(crl_network *network, const char *a, const char *b,
                                                          const char *CRL_NULLABLE name);

/** Adds the matrix product of two layers over their last two axes: h = a b, or h = a bᵀ. Both have at least two
 *  axes; those before the last two are equal or 1 long, and repeated as in crl_network_add_sum(), with a product for
 *  each of their indices.
 *  @param network not built yet.
 *  @param a the name of a layer, [..., m, k].
 *  @param b the name of another, or the same, [..., k, n], or [..., n, k] if it is transposed.
 *  @param transpose_b non-zero: a is multiplied by the transpose of b.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_matrix_product(crl_network *network, const char *a, const char *b,
                                                                int32_t transpose_b, const char *CRL_NULLABLE name);

/** Adds the elementwise maximum of two layers: the larger of a and b. Of equal ones, a gets δ. Shapes: see
 *  crl_network_add_sum().
 *  @param network not built yet.
 *  @param a the name of a layer.
 *  @param b the name of another, or the same.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_maximum(crl_network *network, const char *a, const char *b,
                                                         const char *CRL_NULLABLE name);

/** Adds the elementwise minimum of two layers: the smaller of a and b. Of equal ones, a gets δ. Shapes: see
 *  crl_network_add_sum().
 *  @param network not built yet.
 *  @param a the name of a layer.
 *  @param b the name of another, or the same.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_minimum(crl_network *network, const char *a, const char *b,
                                                         const char *CRL_NULLABLE name);

/** Adds the elementwise power of two layers: h = aᵇ. Of a negative a it is NaN, unless b is whole. The derivatives
 *  along b are 0 where a is not above 0. Shapes: see crl_network_add_sum().
 *  @param network not built yet.
 *  @param a the name of a layer.
 *  @param b the name of another, or the same.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_power(crl_network *network, const char *a, const char *b,
                                                       const char *CRL_NULLABLE name);

/** Adds a function of each element of h'. Where IEEE arithmetic gives infinity or NaN, as for the logarithm of 0 and
 *  of −1, so does the layer.
 *  @param network not built yet.
 *  @param function which.
 *  @param p CRL_FUNCTION_AFFINE, CRL_FUNCTION_CLIP, CRL_FUNCTION_QUANTIZE: its first number; otherwise 0.
 *  @param q likewise its second.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_function(crl_network *network, crl_function function, float p, float q,
                                                          const crl_layer_options *CRL_NULLABLE options);

/** Adds a sum, a mean, a maximum or a minimum over some axes of h', or the place of the maximum. A maximum or
 *  minimum passes δ to the first of its largest or smallest elements; places have the gradient 0.
 *  @param network not built yet.
 *  @param method what to make of the elements along the axes.
 *  @param axes each at most once, from 0.
 *  @param axes_count how many, at least 1.
 *  @param keep_axes non-zero: they stay, with length 1; 0: they go. Of all axes, one of length 1 is left.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_reduction(crl_network *network, crl_reduction_method method,
                                                           const size_t *axes, size_t axes_count, int32_t keep_axes,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds a recurrent layer: at each step of a sequence, h of x and of the state h' of the step before. The layer that
 *  it reads has two axes, steps and channels.
 *
 *  Tensors and their layout are PyTorch's: "weight_ih", gates · units × channels, "weight_hh", gates · units ×
 *  units, and "bias", gates · units, which is the sum of PyTorch's two. A GRU whose reset gate multiplies the
 *  product has "bias_hn", units, as well: PyTorch's bias_hh of the gate n; "bias" then has bias_ih of that gate
 *  alone. Peepholes are "peephole", 3 · units: of the gates i, f and o. CRL_INIT_DEFAULT is uniform in ± 1 /
 *  sqrt(units) for all of them, as in PyTorch.
 *
 *  A row with a length has so many steps. Nothing is computed beyond them: h is 0 there, and no number of the row
 *  depends on what x holds there, as long as that is finite. The last state is that of the row's last step;
 *  backwards, the row begins there. A length that is no whole number from 1 to the number of steps is
 *  CRL_ERROR_VALUE.
 *  @param network not built yet.
 *  @param cell what makes h.
 *  @param units the elements of h, at least 1.
 *  @param recurrent initialized with CRL_RECURRENT_OPTIONS_INIT; NULL: its values. Only read; the strings are
 *      copied.
 *  @param options name, input, bias, initializers; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_recurrent(crl_network *network, crl_cell cell, size_t units,
                                                           const crl_recurrent_options *CRL_NULLABLE recurrent,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds a recurrent layer for each direction, and joins their outputs along the channels: the two of
 *  crl_network_add_recurrent(), with "_forward" and "_backward" after the name, and a concatenation of that name.
 *  Both read the same first state.
 *  @param network not built yet.
 *  @param cell what makes h.
 *  @param units the elements of each direction's h, at least 1.
 *  @param recurrent initialized with CRL_RECURRENT_OPTIONS_INIT; NULL: its values. backwards is 0. Only read; the
 *      strings are copied.
 *  @param options name, input, bias, initializers; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_bidirectional(crl_network *network, crl_cell cell, size_t units,
                                                               const crl_recurrent_options *CRL_NULLABLE recurrent,
                                                               const crl_layer_options *CRL_NULLABLE options);

/** Adds a table of vectors, one for each token: h of a position is the row of the table that x there says. The layer
 *  that it reads holds whole numbers from 0 to tokens − 1; any other number is CRL_ERROR_VALUE in a pass, with the
 *  layer, the row, the position and the number. They get no error signal.
 *
 *  Its tensor is "weight", tokens × width, as PyTorch's. CRL_INIT_DEFAULT is normal with mean 0 and deviation 1, as
 *  there. Its gradient is 0 but in the rows of tokens that the batch holds. Training by gradient descent or AdaGrad
 *  without penalties looks at no other rows; momentum and weight decay move all of them.
 *  @param network not built yet.
 *  @param tokens the rows of the table, 1 to 16777216.
 *  @param width the elements of a vector, at least 1: the last axis of h. A layer of the shape T gives T × width; if
 *      its last axis is 1, as in T × 1, width replaces it.
 *  @param options name, input, weight_initializer; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_embedding(crl_network *network, size_t tokens, size_t width,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds to each element of a sequence numbers that tell its position. The layer that it reads has two axes, steps
 *  and channels.
 *
 *  CRL_POSITIONS_SINUSOIDAL adds sin(t ω_i) to the channel 2 i of step t, and cos(t ω_i) to the channel 2 i + 1,
 *  with ω_i = 10000^(−2 i / channels) (Vaswani et al. 2017). CRL_POSITIONS_LEARNED is the sum with a layer of
 *  parameters of the same shape, which has "_value" after the name: two layers, and any shape. CRL_INIT_DEFAULT is 0
 *  for them.
 *  @param network not built yet.
 *  @param positions which numbers.
 *  @param options name, input, weight_initializer of those that are learned; NULL: CRL_LAYER_OPTIONS_INIT. Only
 *      read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_positions(crl_network *network, crl_positions positions,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds multi-head attention (Vaswani et al. 2017): h of each query is the mean of the values, weighted by softmax
 *  of their keys' products with it, for each head with its channels. The layers that it reads have two axes, steps
 *  and channels; h has the steps of the queries.
 *
 *  Dense layers come before and after it. The last has the name of the whole, the attention "_heads" after the name,
 *  and the others "_in" if the queries' layer gives all, "_query" and "_key_value" if keys and values come from
 *  another one, "_query", "_key" and "_value" if they come from two. "_in.weight" is PyTorch's in_proj_weight, and
 *  the weight of the last its out_proj.weight. With bare only the attention is added, under the name itself.
 *
 *  A row with a length has so many keys, and no number depends on those beyond, as long as they are finite. If the
 *  queries' layer gives all, it has as many queries, and h is 0 beyond. A length that is no whole number from 1 to
 *  the number of steps is CRL_ERROR_VALUE.
 *  @param network not built yet.
 *  @param attention initialized with CRL_ATTENTION_OPTIONS_INIT; NULL: its values. Only read; the strings are
 *      copied.
 *  @param options name, input (which gives the queries), bias, initializers; NULL: CRL_LAYER_OPTIONS_INIT. Only
 *      read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_attention(crl_network *network,
                                                           const crl_attention_options *CRL_NULLABLE attention,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds parameters as a layer: h is the same for every row, and learned. A recurrent layer can read its first state
 *  from it. Its tensor is "value", of this shape. CRL_INIT_DEFAULT is 0; weight_initializer says otherwise.
 *  @param network not built yet.
 *  @param extents the lengths of its axes, channels last; each at least 1.
 *  @param extents_count 1 to 4.
 *  @param options name, weight_initializer; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_parameter(crl_network *network, const size_t *extents,
                                                           size_t extents_count,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds numbers as a layer that no training changes: h is the same for every row. They are the network's state, its
 *  tensor "value" of this shape: write them with crl_network_state() after crl_network_build(); files hold them.
 *  CRL_INIT_DEFAULT is 0; weight_initializer says otherwise.
 *  @param network not built yet.
 *  @param extents the lengths of its axes, channels last; each at least 1.
 *  @param extents_count 1 to 4.
 *  @param options name, weight_initializer; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_constant(crl_network *network, const size_t *extents,
                                                          size_t extents_count,
                                                          const crl_layer_options *CRL_NULLABLE options);

/** Names the next part of x, and gives it a shape. Parts follow one another in a row of x, in the order of these
 *  calls. The part is a layer: later layers read it by its name, or as the layer before.
 *  @param network not built yet.
 *  @param name the part's name.
 *  @param extents the lengths of its axes, channels last; each at least 1.
 *  @param extents_count 1 to 4.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_input(crl_network *network, const char *name, const size_t *extents,
                                                       size_t extents_count);

/** Adds a convolution: z = L(W, h') + b, h = σ(z). At output position o, z's channel u is the sum over the window's
 *  taps t and over the channels c of u's group of W[u, t, c] h'[o · stride + t · dilation − before, c]. The layer
 *  that it reads has 2 to 4 axes: one to three that the window slides over, and the channels. Positions beyond its
 *  edges count as 0. W has the shape channels × taps along each axis × channels of a group.
 *  @param network not built yet.
 *  @param channels of the output, the length of its last axis; at least 1.
 *  @param activation σ.
 *  @param window initialized with CRL_WINDOW_INIT. Only read.
 *  @param groups each group of output channels reads its own group of input channels; 1: all read all. As many as
 *      channels on both sides: depthwise. Divides both numbers of channels.
 *  @param options name, input, bias, initializers, α; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are
 *      copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_convolution(crl_network *network, size_t channels,
                                                             crl_activation activation, const crl_window *window,
                                                             size_t groups,
                                                             const crl_layer_options *CRL_NULLABLE options);

/** Adds a transposed convolution: the map of a convolution's input gradient, as decoders use it. Each input position
 *  adds a window to the output: the output has (n − 1) · stride + (taps − 1) · dilation + 1 positions along an axis
 *  of n, less what the padding cuts off; with CRL_PADDING_SAME n · stride. W has the shape input channels × taps
 *  along each axis × output channels of a group.
 *  @param network not built yet.
 *  @param channels of the output, the length of its last axis; at least 1.
 *  @param activation σ.
 *  @param window initialized with CRL_WINDOW_INIT. Only read.
 *  @param groups each group of output channels reads its own group of input channels; 1: all read all. As many as
 *      channels on both sides: depthwise. Divides both numbers of channels.
 *  @param options name, input, bias, initializers, α; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are
 *      copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_transposed_convolution(crl_network *network, size_t channels,
                                                                        crl_activation activation,
                                                                        const crl_window *window, size_t groups,
                                                                        const crl_layer_options *CRL_NULLABLE options);

/** Adds the largest or the mean of each channel under a window. A maximum passes δ to the first of its largest
 *  elements.
 *  @param network not built yet.
 *  @param method what to make of the elements.
 *  @param window initialized with CRL_WINDOW_INIT; NULL: all positions, and the output has one axis, the channels.
 *      Only read.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_pooling(crl_network *network, crl_pooling method,
                                                         const crl_window *CRL_NULLABLE window,
                                                         const crl_layer_options *CRL_NULLABLE options);

/** Adds normalization: z = (h' − μ) / √(v + ε) with the mean μ and the variance v of what is taken together, and h =
 *  γ z + β with a learned γ and β for each channel.
 *
 *  Batch normalization takes the batch's μ and v in crl_network_fit(), and with a workspace if
 *  crl_workspace_use_batch_statistics() says so; elsewhere the running statistics: the layer's tensors
 *  "running_mean" and "running_var", which files hold and no optimizer steps (crl_network_state()).
 *  @param network not built yet.
 *  @param method what to take together.
 *  @param normalization initialized with CRL_NORMALIZATION_OPTIONS_INIT; NULL: its values. Only read.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_normalization(crl_network *network, crl_normalization method,
                                                               const crl_normalization_options *CRL_NULLABLE normalization,
                                                               const crl_layer_options *CRL_NULLABLE options);

/** Adds a rectifier whose slope below 0 is learned for each channel (He et al. 2015): h = z where z > 0, otherwise α
 *  z.
 *  @param network not built yet.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_prelu(crl_network *network,
                                                       const crl_layer_options *CRL_NULLABLE options);

/** Adds softmax along an axis: h = e^h' divided by the sum of its line along the axis. Along the last axis that is
 *  an activation layer with CRL_SOFTMAX, and the layer becomes one.
 *  @param network not built yet.
 *  @param axis from 0; of at least 2 elements.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_softmax(crl_network *network, size_t axis,
                                                         const crl_layer_options *CRL_NULLABLE options);

/** Adds dropout of whole channels (Tompson et al. 2015): as crl_network_add_dropout(), but one draw decides about
 *  all positions of a channel.
 *  @param network not built yet.
 *  @param rate p in [0, 1).
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_channel_dropout(crl_network *network, float rate,
                                                                 const crl_layer_options *CRL_NULLABLE options);

/** Permutes the axes: axis i of h is axis axes[i] of h'.
 *  @param network not built yet.
 *  @param axes each axis of h' once, from 0.
 *  @param axes_count the number of axes.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_transpose(crl_network *network, const size_t *axes, size_t axes_count,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Takes a box of h': along each axis the elements from begin[axis] to before end[axis].
 *  @param network not built yet.
 *  @param begin a number for each axis, from 0.
 *  @param end likewise, at most the axis' length.
 *  @param axes_count the number of axes.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_slice(crl_network *network, const size_t *begin, const size_t *end,
                                                       size_t axes_count,
                                                       const crl_layer_options *CRL_NULLABLE options);

/** Cuts a layer along an axis into parts, one after the other: adds a slice for each, or none after an error. The
 *  next layer reads the last of them, if it names no other.
 *  @param network not built yet.
 *  @param axis from 0.
 *  @param sizes the length of each part, at least 1; together the axis' length. NULL: the parts are equal.
 *  @param sizes_count the number of parts.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. A name "part" names them "part-0", "part-1", … Only
 *      read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_split(crl_network *network, size_t axis,
                                                       const size_t *CRL_NULLABLE sizes, size_t sizes_count,
                                                       const crl_layer_options *CRL_NULLABLE options);

/** Adds positions of zeros before and after each axis but the channels.
 *  @param network not built yet.
 *  @param before a number for each axis but the channels.
 *  @param after likewise.
 *  @param axes_count the number of axes less 1.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_zero_padding(crl_network *network, const size_t *before,
                                                              const size_t *after, size_t axes_count,
                                                              const crl_layer_options *CRL_NULLABLE options);

/** Takes elements along an axis in any order, some of them several times or not at all: element i of the output is
 *  element indices[i] of the input.
 *  @param network not built yet.
 *  @param axis from 0.
 *  @param indices from 0, less than the axis' length.
 *  @param indices_count how many, at least 1.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_take(crl_network *network, size_t axis, const size_t *indices,
                                                      size_t indices_count,
                                                      const crl_layer_options *CRL_NULLABLE options);

/** Repeats each position factors[axis] times along each axis but the channels (nearest neighbour).
 *  @param network not built yet.
 *  @param factors a number for each axis but the channels, at least 1.
 *  @param axes_count the number of axes less 1.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_upsampling(crl_network *network, const size_t *factors,
                                                            size_t axes_count,
                                                            const crl_layer_options *CRL_NULLABLE options);

/** Repeats the elements of h' in a larger shape, by numpy's rules: along axes of length 1, and along axes that h'
 *  lacks before its first. From the last axis on, the lengths of h' are those of the shape or 1.
 *  @param network not built yet.
 *  @param extents the lengths of the axes.
 *  @param extents_count 1 to 4.
 *  @param options name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_broadcast(crl_network *network, const size_t *extents,
                                                           size_t extents_count,
                                                           const crl_layer_options *CRL_NULLABLE options);

/** Adds the concatenation of layers along an axis: crl_network_add_concatenation() along any axis. All others are
 *  equal.
 *  @param network not built yet.
 *  @param inputs the names of the layers, in order.
 *  @param inputs_count how many, at least 1.
 *  @param axis from 0.
 *  @param name the layer's name; NULL: its position.
 *  @return a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT. */
CRL_NODISCARD CRL_API crl_status crl_network_add_concatenation_along(crl_network *network,
                                                                     const char *const CRL_NONNULL *CRL_NONNULL inputs,
                                                                     size_t inputs_count, size_t axis,
                                                                     const char *CRL_NULLABLE name);

/** Adds a standardization, h = (h' − mean) · scale, with a number of each for every channel of h': inputs as a
 *  problem has them become numbers of the size that training likes, and whoever gets the file need not know how. It
 *  is four layers: the constants NAME_mean, of 0, and NAME_scale, of 1; the difference NAME_difference; and the
 *  product, NAME. Means and scales are state: after crl_network_build() set them with
 *  crl_network_fit_standardization() or crl_network_set_standardization().
 *  @param network not built yet.
 *  @param options name and input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
 *  @return as crl_network_add_dense(). */
CRL_NODISCARD CRL_API crl_status crl_network_add_standardization(crl_network *network,
                                                                 const crl_layer_options *CRL_NULLABLE options);

/** Sets the means and scales of a standardization so that each channel of x has the mean 0 and the deviation 1. A
 *  scale is 1 divided by the deviation (of the population), or 1 where that is 0. The layer reads the network's
 *  input, directly or through reshapes.
 *  @param network built. Requires exclusive access to it.
 *  @param layer the standardization's name.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @return a status; also CRL_ERROR_NAME, CRL_ERROR_VALUE if the layer reads something else, CRL_ERROR_NOT_FINITE,
 *      or CRL_ERROR_BUSY (in a callback while the network trains or loads). After an error nothing has changed. */
CRL_NODISCARD CRL_API crl_status crl_network_fit_standardization(crl_network *network, const char *layer,
                                                                 const float *x, size_t x_rows, size_t x_stride);

/** Sets the means and scales of a standardization.
 *  @param network built. Requires exclusive access to it.
 *  @param layer the standardization's name.
 *  @param mean a number for each channel, all finite.
 *  @param scale the same.
 *  @param count how many channels there are.
 *  @return a status; also CRL_ERROR_NAME, CRL_ERROR_SIZE, CRL_ERROR_NOT_FINITE, or CRL_ERROR_BUSY (in a callback
 *      while the network trains or loads). After an error nothing has changed. */
CRL_NODISCARD CRL_API crl_status crl_network_set_standardization(crl_network *network, const char *layer,
                                                                 const float *mean, const float *scale, size_t count);

/* ------------------------------------------------------------------------------------------------------------------
 * Looking at a network
 * ------------------------------------------------------------------------------------------------------------------
 * Ask for sizes and layers at any time, and for parameters once the network is built. All parameters lie in one
 * contiguous vector; gradients are vectors of the same shape. A crl_tensor says where each weight and bias lies in any
 * of them.
 */

/** What a layer does: the function that adds it. */
typedef int32_t crl_layer_kind;

enum {
    CRL_LAYER_DENSE = 0,
    CRL_LAYER_ACTIVATION = 1,
    CRL_LAYER_DROPOUT = 2,
    CRL_LAYER_NOISE = 3,
    CRL_LAYER_SUM = 4,
    CRL_LAYER_CONCATENATION = 5,
    CRL_LAYER_RESHAPE = 6,
    CRL_LAYER_MEAN = 7,
    CRL_LAYER_DIFFERENCE = 8,
    CRL_LAYER_PRODUCT = 9,
    CRL_LAYER_TRANSPOSE = 10,
    CRL_LAYER_SLICE = 11,
    CRL_LAYER_ZERO_PADDING = 12,
    CRL_LAYER_UPSAMPLING = 13,
    CRL_LAYER_INPUT = 14,
    CRL_LAYER_CONVOLUTION = 15,
    CRL_LAYER_TRANSPOSED_CONVOLUTION = 16,
    CRL_LAYER_POOLING = 17,
    CRL_LAYER_NORMALIZATION = 18,
    CRL_LAYER_PRELU = 19,
    CRL_LAYER_CHANNEL_DROPOUT = 20,
    CRL_LAYER_SOFTMAX = 21,
    CRL_LAYER_RNN = 22,
    CRL_LAYER_GRU = 23,
    CRL_LAYER_LSTM = 24,
    CRL_LAYER_PARAMETER = 25,
    CRL_LAYER_EMBEDDING = 26,
    CRL_LAYER_POSITIONS = 27,
    CRL_LAYER_ATTENTION = 28,
    CRL_LAYER_BROADCAST = 29,
    CRL_LAYER_QUOTIENT = 30,
    CRL_LAYER_MAXIMUM = 31,
    CRL_LAYER_MINIMUM = 32,
    CRL_LAYER_POWER = 33,
    CRL_LAYER_FUNCTION = 34,
    CRL_LAYER_CONSTANT = 35,
    CRL_LAYER_REDUCTION = 36,
    CRL_LAYER_MATRIX_PRODUCT = 37,
    CRL_LAYER_TAKE = 38
};

/** A layer of a network. Start from CRL_LAYER_INIT. */
typedef struct crl_layer {
    size_t size;               /**< sizeof(crl_layer) */
    const char *CRL_NULLABLE name; /**< lives as long as the network */
    crl_layer_kind kind;
    crl_activation activation; /**< dense, activation, convolution, simple recurrent layer: σ; otherwise CRL_IDENTITY */
    size_t units;              /**< N_l: the width, or the length of the last of several axes */
    size_t inputs;             /**< how many layers it reads: crl_network_layer_input() names them */
    float amount;              /**< dropout: p; noise: the standard deviation; function: its first number; otherwise 0 */
    int32_t bias;              /**< 1 for a dense layer, a convolution or a recurrent layer with a bias */
    size_t groups;             /**< convolution: its groups; otherwise 0 */
    size_t axis;               /**< concatenation, softmax, take: along which; otherwise 0 */
    size_t first;              /**< named input: the place of its first element in a row of x; otherwise 0 */
    int32_t method;            /**< pooling: its crl_pooling; normalization: its crl_normalization; function: its crl_function;
                                    reduction: its crl_reduction_method; matrix product: 1 of a transposed b; otherwise 0 */
    float more;                /**< function: its second number; otherwise 0 */
    size_t tokens;             /**< embedding: how many; otherwise 0 */
} crl_layer;

#define CRL_LAYER_INIT { sizeof(crl_layer), NULL, CRL_LAYER_DENSE, CRL_IDENTITY, 0, 0, 0.0f, 0, 0, 0, 0, 0, 0.0f, 0 }

/** Where a parameter tensor lies in the flat parameter vector, and in every gradient vector. Start from CRL_TENSOR_INIT. */
typedef struct crl_tensor {
    size_t size;      /**< sizeof(crl_tensor) */
    const char *CRL_NULLABLE name; /**< such as "layer.weight" or "layer.bias"; lives as long as the network */
    size_t offset;    /**< its first element, in floats from the start of the vector */
    size_t rows;      /**< the length of the first axis: N_l, the layer's units */
    size_t columns;   /**< the elements of a row: N_{l−1}, the units it reads, for a dense weight; 1 for a bias */
    size_t rank;      /**< 1 for a vector, such as a bias; 2 for a matrix, of one column too; more for a convolution's weight:
                           crl_network_tensor_shape() */
} crl_tensor;

#define CRL_TENSOR_INIT { sizeof(crl_tensor), NULL, 0, 0, 0, 0 }

/** Gets N_0, the length of x.
 *  @param network built or not.
 *  @param inputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_input_size(const crl_network *network, size_t *inputs);

/** Gets N_L, the length of y: the width of the last layer, or of the input while there are no layers.
 *  @param network built or not.
 *  @param outputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_output_size(const crl_network *network, size_t *outputs);

/** Gets the number of layers, without the input.
 *  @param network built or not.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_count(const crl_network *network, size_t *count);

/** Gets a layer: its name, kind, activation and units.
 *  @param network built or not.
 *  @param index from 0, in the order the layers were added.
 *  @param layer initialized with CRL_LAYER_INIT; receives the layer.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_layer(const crl_network *network, size_t index, crl_layer *layer);

/** Gets a layer's shape: the lengths of its axes, channels last. Their product is the layer's width.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param extents receives the lengths; NULL: not wanted.
 *  @param extents_count the length of the array, at least the number of axes; 4 is enough for any layer. Ignored
 *      with NULL.
 *  @param rank receives the number of axes.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_shape(const crl_network *network, size_t index,
                                                         size_t *CRL_NULLABLE extents, size_t extents_count,
                                                         size_t *rank);

/** Gets what a layer that moves elements was added with: a number for each axis, or for each but the channels.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param extents receives a transpose's axes, a slice's begin, a zero padding's before, an upsampling's factors, a
 *      reduction's axes or a take's indices; NULL: not wanted.
 *  @param ends receives a slice's end or a zero padding's after; other layers leave it alone. NULL: not wanted.
 *  @param extents_count the length of each array, at least the number of axes, or of indices; 4 is enough for any
 *      layer but a take. Ignored with NULL.
 *  @param rank receives how many numbers there are.
 *  @return a status; CRL_ERROR_VALUE if the layer is none of these. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_axes(const crl_network *network, size_t index,
                                                        size_t *CRL_NULLABLE extents, size_t *CRL_NULLABLE ends,
                                                        size_t extents_count, size_t *rank);

/** Gets the name of one of a layer's inputs.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param input from 0, in the order the layer reads its inputs.
 *  @param name receives the name, valid as long as the network; "input" is the network's own input.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_input(const crl_network *network, size_t index, size_t input,
                                                         const char *CRL_NONNULL *CRL_NONNULL name);

/** Gets the options a layer was added with. What a kind of layer does not take has its initial value: so the input
 *  is NULL for parameters and for layers that combine several; a recurrent layer's is its sequence. A network from a
 *  file has the default initializers: files do not record them.
 *  @param network built or not.
 *  @param index from 0, in the order the layers were added.
 *  @param options initialized with CRL_LAYER_OPTIONS_INIT; receives the options. The strings are valid as long as
 *      the network.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_options(const crl_network *network, size_t index,
                                                           crl_layer_options *options);

/** Gets the window of a convolution or of a pooling layer.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param window initialized with CRL_WINDOW_INIT; receives the window. All 0 for pooling over all positions.
 *  @return a status; CRL_ERROR_VALUE if the layer has no window. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_window(const crl_network *network, size_t index, crl_window *window);

/** Gets what a normalization layer was added with. Its method is in crl_layer.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param normalization initialized with CRL_NORMALIZATION_OPTIONS_INIT; receives the options. What is not the
 *      method's has its initial value.
 *  @return a status; CRL_ERROR_VALUE if the layer is no normalization. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_normalization(const crl_network *network, size_t index,
                                                                 crl_normalization_options *normalization);

/** Gets the flat parameter vector itself, not a copy. You may read and change it. It belongs to the network and
 *  lives as long. Changing it requires exclusive access to the network, and voids earlier forward passes.
 *
 *  The library does not see when you change it. After this call crl_network_predict() therefore reads the vector
 *  itself, and is slower for few rows. A predictor stays fast, and so does a crl_network_copy().
 *  @param network built.
 *  @param parameters receives the address, aligned to 64 bytes.
 *  @param count receives the number of floats.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_parameters(const crl_network *network,
                                                        float *CRL_NONNULL *CRL_NONNULL parameters, size_t *count);

/** Gets the number of parameter tensors: weights and biases.
 *  @param network built.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_tensor_count(const crl_network *network, size_t *count);

/** Gets a parameter tensor by its index, in the order of the parameter vector.
 *  @param network built.
 *  @param index from 0.
 *  @param tensor initialized with CRL_TENSOR_INIT; receives the tensor's name, place and shape.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_tensor(const crl_network *network, size_t index, crl_tensor *tensor);

/** Gets a parameter tensor by its name.
 *  @param network built.
 *  @param name such as "0.weight" or "hidden.bias".
 *  @param tensor initialized with CRL_TENSOR_INIT; receives the tensor's name, place and shape.
 *  @return a status; also CRL_ERROR_NAME. */
CRL_NODISCARD CRL_API crl_status crl_network_find_tensor(const crl_network *network, const char *name,
                                                         crl_tensor *tensor);

/** Gets the shape of a parameter tensor: the lengths of its axes. A convolution's weight has one for the output
 *  channels, one for the taps along each axis, and one for the channels of a group.
 *  @param network built.
 *  @param index the tensor's, from 0.
 *  @param extents receives the lengths; NULL: not wanted.
 *  @param extents_count the length of the array, at least the number of axes; 5 is enough for any tensor. Ignored
 *      with NULL.
 *  @param rank receives the number of axes.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_tensor_shape(const crl_network *network, size_t index,
                                                          size_t *CRL_NULLABLE extents, size_t extents_count,
                                                          size_t *rank);

/** Gets the flat vector of the network's state itself, not a copy: the running statistics of batch normalization,
 *  which training moves, and constants, which only the caller changes. Files hold them, no optimizer steps them.
 *  What crl_network_parameters() says holds here, too.
 *  @param network built.
 *  @param state receives the address, or NULL if there is no state.
 *  @param count receives the number of floats.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_state(const crl_network *network, float *CRL_NULLABLE *CRL_NONNULL state,
                                                   size_t *count);

/** Gets the number of tensors of the state.
 *  @param network built.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_state_tensor_count(const crl_network *network, size_t *count);

/** Gets a tensor of the state by its index, such as "layer.running_mean".
 *  @param network built.
 *  @param index from 0.
 *  @param tensor initialized with CRL_TENSOR_INIT; receives the tensor's name, shape, and place in the state vector.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_state_tensor(const crl_network *network, size_t index, crl_tensor *tensor);

/** Gets the shape of a tensor of the state: the lengths of its axes.
 *  @param network built.
 *  @param index the tensor's, from 0.
 *  @param extents receives the lengths; NULL: not wanted.
 *  @param extents_count the length of the array, at least the number of axes; 4 is enough for any such tensor.
 *      Ignored with NULL.
 *  @param rank receives the number of axes.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_state_tensor_shape(const crl_network *network, size_t index,
                                                                size_t *CRL_NULLABLE extents, size_t extents_count,
                                                                size_t *rank);

/** Gets the options of a recurrent layer.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param recurrent initialized with CRL_RECURRENT_OPTIONS_INIT; receives the options. The strings are valid as long
 *      as the network.
 *  @return a status; CRL_ERROR_VALUE if the layer is not recurrent. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_recurrent(const crl_network *network, size_t index,
                                                             crl_recurrent_options *recurrent);

/** Gets what an attention layer was added with, as a bare one: the dense layers around it are layers of their own.
 *  @param network built or not.
 *  @param index the layer's, from 0.
 *  @param attention initialized with CRL_ATTENTION_OPTIONS_INIT; receives the options. The strings are valid as long
 *      as the network.
 *  @return a status; CRL_ERROR_VALUE if the layer is no attention. */
CRL_NODISCARD CRL_API crl_status crl_network_layer_attention(const crl_network *network, size_t index,
                                                             crl_attention_options *attention);

/* ------------------------------------------------------------------------------------------------------------------
 * Training
 * ------------------------------------------------------------------------------------------------------------------
 * crl_network_fit() goes through the data in batches, epoch after epoch. Each batch takes a forward pass, the cost, a
 * backward pass and a step.
 */

/** An optimizer: a method, its hyperparameters and its state (momenta) for one network's parameters. */
typedef struct crl_optimizer crl_optimizer;

/** A cost for one row of N outputs y and targets t. crl_reduction combines the rows. */
typedef int32_t crl_cost_kind;

enum {
    CRL_MEAN_SQUARED_ERROR = 0,         /**< (1/N) Σ (y − t)² */
    CRL_MEAN_ABSOLUTE_ERROR = 1,        /**< (1/N) Σ |y − t|; derivative 0 at y = t */
    CRL_HUBER = 2,                      /**< (1/N) Σ of (y − t)²/2 where |y − t| ≤ d, else d (|y − t| − d/2) */
    CRL_BINARY_CROSS_ENTROPY = 3,       /**< −(1/N) Σ t log y + (1 − t) log(1 − y); y and t in [0, 1]; logarithms
                                             are cut at −100. Another y: CRL_ERROR_NOT_FINITE */
    CRL_BINARY_CROSS_ENTROPY_LOGITS = 4,/**< the same of σ(y), the sigmoid, fused and stable; any y. A network that ends
                                             in a sigmoid is CRL_ERROR_VALUE */
    CRL_CROSS_ENTROPY = 5,              /**< −Σ t log softmax(y), fused and stable; y at least 2 logits; t a class index, or
                                             a distribution whose elements add up to 1 to within 0.001. A network that ends
                                             in a softmax is CRL_ERROR_VALUE: it would be applied twice */
    CRL_CUSTOM_COST = 100               /**< the function in crl_cost_options */
};

/** How the costs c_r of the rows, with sample weights w_r (1 by default), become C. */
typedef int32_t crl_reduction;

enum {
    CRL_REDUCTION_MEAN = 0, /**< C = Σ w_r c_r / Σ w_r */
    CRL_REDUCTION_SUM = 1   /**< C = Σ w_r c_r */
};

/** A custom cost, for a whole batch: reads y (rows × columns), targets (rows × target_columns; NULL without targets) and
 *  sample weights (rows; NULL without weights), row-major and contiguous; writes C and ∇C = ∂C/∂y (rows × columns). It
 *  combines the rows itself. Any thread that uses the cost may call it. Return 0, or another number to end the call with
 *  CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_cost_function)(void *CRL_NULLABLE user, const float *y, const float *CRL_NULLABLE targets,
                                     const float *CRL_NULLABLE weights, size_t rows, size_t columns, size_t target_columns,
                                     double *C, float *dC_dy);

/** The Hessian of a custom cost times a vector: reads y, targets and weights as crl_cost_function does, and v of the shape of
 *  y; writes H v with H = ∂∇C/∂y, of the same shape. Result and threads as for crl_cost_function. */
typedef int32_t (*crl_cost_hessian_product)(void *CRL_NULLABLE user, const float *y, const float *CRL_NULLABLE targets,
                                            const float *CRL_NULLABLE weights, const float *v, size_t rows, size_t columns,
                                            size_t target_columns, float *Hv);

/** A cost and its parameters. Start from CRL_COST_OPTIONS_INIT. Leave alone what is not for the kind; a change there is
 *  CRL_ERROR_VALUE. */
typedef struct crl_cost_options {
    size_t size;                /**< sizeof(crl_cost_options) */
    crl_cost_kind kind;
    crl_reduction reduction;    /**< ignored by CRL_CUSTOM_COST */
    float huber_delta;          /**< CRL_HUBER: d > 0 */
    float label_smoothing;      /**< CRL_CROSS_ENTROPY: ε in [0, 1), for (1 − ε) t + ε / N instead of t (Szegedy et al. 2016) */
    crl_cost_function CRL_NULLABLE function; /**< CRL_CUSTOM_COST */
    crl_cost_hessian_product CRL_NULLABLE hessian_product; /**< CRL_CUSTOM_COST: H v; NULL: none, and
                                     crl_network_hessian_product() and crl_network_gauss_newton_product() are
                                     CRL_ERROR_MISMATCH */
    void *CRL_NULLABLE user;    /**< passed to both functions */
} crl_cost_options;

#define CRL_COST_OPTIONS_INIT \
    { sizeof(crl_cost_options), CRL_MEAN_SQUARED_ERROR, CRL_REDUCTION_MEAN, 1.0f, 0.0f, NULL, NULL, NULL }

/** Targets: values or classes, one for each row of the outputs, and sample weights if wanted. The arrays stay the
 *  caller's. Start from CRL_TARGETS_INIT. */
typedef struct crl_targets {
    size_t size;            /**< sizeof(crl_targets) */
    const float *CRL_NULLABLE values; /**< rows × columns; NULL with classes, or if a custom cost needs none */
    size_t rows;
    size_t columns;         /**< the number of outputs; any width ≥ 1 for a custom cost */
    size_t stride;          /**< floats from one row of values to the next, ≥ columns */
    const int32_t *CRL_NULLABLE classes; /**< CRL_CROSS_ENTROPY: class indices from 0 to N − 1 */
    size_t classes_count;
    const float *CRL_NULLABLE weights; /**< sample weights, finite and ≥ 0, their sum > 0; NULL: all 1 */
    size_t weights_count;
} crl_targets;

#define CRL_TARGETS_INIT { sizeof(crl_targets), NULL, 0, 0, 0, NULL, 0, NULL, 0 }

/** Data to validate on. The arrays stay the caller's. Start from CRL_VALIDATION_INIT. */
typedef struct crl_validation {
    size_t size;   /**< sizeof(crl_validation) */
    const float *CRL_NULLABLE x; /**< rows × inputs, all finite */
    size_t rows;   /**< at least 1 */
    size_t stride; /**< floats from one row of x to the next, ≥ inputs */
    const crl_targets *CRL_NULLABLE targets; /**< for each row of x; NULL only for a custom cost that needs none */
} crl_validation;

#define CRL_VALIDATION_INIT { sizeof(crl_validation), NULL, 0, 0, NULL }

/** An optimization method. g is the gradient ∂C/∂w, η the learning rate. */
typedef int32_t crl_optimizer_method;

enum {
    CRL_GRADIENT_DESCENT = 0, /**< w ← w − η g */
    CRL_MOMENTUM = 1,         /**< v ← μ v + g; w ← w − η v (Polyak 1964) */
    CRL_ADAM = 2,             /**< m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε) with
                                   m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) in step t (Kingma and Ba 2015,
                                   algorithm 1) */
    CRL_NESTEROV = 3,         /**< v ← μ v + g; w ← w − η (g + μ v) (Sutskever et al. 2013, simplified by Bengio et al.
                                   2013) */
    CRL_ADAGRAD = 4,          /**< v ← v + g²; w ← w − η g / (√v + ε) (Duchi et al. 2011) */
    CRL_RMSPROP = 5,          /**< v ← β₂ v + (1 − β₂) g²; w ← w − η g / (√v + ε) (Tieleman and Hinton 2012) */
    CRL_ADAMW = 6,            /**< Adam with a weight_decay of 0.01 by default (Loshchilov and Hutter 2019, algorithm 2) */
    CRL_AMSGRAD = 7,          /**< Adam with the largest v so far in the last formula (Reddi et al. 2018) */
    CRL_NADAM = 8,            /**< Adam with Nesterov's momentum (Dozat 2016; μ_t = β₁ (1 − 0.96^(0.004 t) / 2)) */
    CRL_LION = 9,             /**< w ← w − η sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g (Chen et al. 2023,
                                   algorithm 2; its λ is weight_decay) */
    CRL_IRPROP_MINUS = 10,    /**< for gradients over all of the data: w ← w − Δ sign(g). Δ begins as η, grows by η⁺ while
                                   g keeps its sign, and shrinks by η⁻, without a step, where it does not (iRPROP⁻: Igel
                                   and Hüsken 2000) */
    CRL_QUICKPROP = 11        /**< for gradients over all of the data: d ← r d − η g with r = g / (p − g), at most μ, and
                                   p the g of the step before; − η g only where g keeps its sign; w ← w + d (Fahlman
                                   1988; its decay is l2) */
};

/** An optimization method and its hyperparameters. Start from CRL_OPTIMIZER_OPTIONS_INIT. CRL_AUTO stands for the value that
 *  a member's description ends with. Leave CRL_AUTO where a hyperparameter is not the method's; another value there is
 *  CRL_ERROR_VALUE.
 *
 *  From weight_decay on, members are for every method. A step works in this order: clip g, over all layers that are not
 *  frozen; add penalties, g ← g + λ₂ w + λ₁ sign(w) (the reported C does not include them); decay weights, w ← w − η λ w;
 *  let the method step along g; limit the norms of W's rows. Penalties and decay apply to weights, and to biases with
 *  regularize_biases. */
typedef struct crl_optimizer_options {
    size_t size;                 /**< sizeof(crl_optimizer_options) */
    crl_optimizer_method method;
    float learning_rate;         /**< η, finite and ≥ 0 */
    float momentum;              /**< momentum, Nesterov: μ in [0, 1); 0.9 */
    float beta1;                 /**< Adam, AdamW, AMSGrad, NAdam, Lion: β₁ in [0, 1); 0.9 */
    float beta2;                 /**< those and RMSprop: β₂ in [0, 1); 0.999, Lion and RMSprop 0.99 */
    float epsilon;               /**< AdaGrad, RMSprop, Adam, AdamW, AMSGrad, NAdam: ε ≥ 1e-30 and finite; 1e-8, AdaGrad
                                      1e-10 */
    float growth;                /**< iRPROP⁻: η⁺ ≥ 1 and finite; 1.2. Quickprop: μ > 0 and finite; 1.75 */
    float shrink;                /**< iRPROP⁻: η⁻ in [0, 1); 0.5 */
    float min_step;              /**< iRPROP⁻: the smallest Δ, > 0 and ≤ max_step; 1e-6 */
    float max_step;              /**< iRPROP⁻: the largest Δ. Quickprop: the largest |d|. > 0 and finite; 50 */
    float weight_decay;          /**< λ of decoupled weight decay (Loshchilov and Hutter 2019), ≥ 0 and finite; 0, AdamW
                                      0.01 */
    float l1;                    /**< λ₁ ≥ 0 and finite */
    float l2;                    /**< λ₂ ≥ 0 and finite */
    float max_norm;              /**< largest norm of a unit's row of W, > 0 (Srivastava et al. 2014); infinity */
    float clip_norm;             /**< c > 0: g ← g min(1, c / (‖g‖ + 1e-6)), ‖g‖ over all parameters (Pascanu et al. 2013;
                                      PyTorch's clip_grad_norm_); infinity */
    float clip_value;            /**< > 0: before that, cuts each element of g at ± this; infinity */
    int32_t regularize_biases;   /**< non-zero: penalties and weight decay apply to biases, too */
    int32_t reserved;            /**< 0 */
} crl_optimizer_options;

#define CRL_OPTIMIZER_OPTIONS_INIT \
    { sizeof(crl_optimizer_options), CRL_ADAM, 0.001f, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, \
      CRL_AUTO, CRL_AUTO, 0.0f, 0.0f, CRL_AUTO, CRL_AUTO, CRL_AUTO, 0, 0 }

/** How to step one layer's parameters, where that differs from the rest. Start from CRL_LAYER_STEP_INIT. */
typedef struct crl_layer_step {
    size_t size;                /**< sizeof(crl_layer_step) */
    float learning_rate_factor; /**< multiplies η; ≥ 0 and finite. iRPROP⁻ only begins with η */
    float weight_decay;         /**< as in crl_optimizer_options; CRL_AUTO: the optimizer's */
    float l1;                   /**< the same */
    float l2;                   /**< the same */
    float max_norm;             /**< the same; INFINITY: no limit */
    int32_t frozen;             /**< non-zero: the parameters and their optimizer state stay as they are. Steps ignore their
                                     gradients; crl_network_fit() does not compute them */
} crl_layer_step;

#define CRL_LAYER_STEP_INIT { sizeof(crl_layer_step), 1.0f, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, 0 }

/** How the learning rate depends on t, the number of steps or epochs taken so far; η is the rate at first. */
typedef int32_t crl_schedule_kind;

enum {
    CRL_SCHEDULE_CONSTANT = 0,    /**< η: for a warm-up alone */
    CRL_SCHEDULE_STEP = 1,        /**< η γ^⌊t / T⌋ */
    CRL_SCHEDULE_EXPONENTIAL = 2, /**< η γᵗ */
    CRL_SCHEDULE_COSINE = 3,      /**< η₋ + (η − η₋) (1 + cos(π t' / T')) / 2, with t' the time since the last restart and T'
                                       the time from that to the next: T at first, then M times the last (Loshchilov and
                                       Hutter 2017) */
    CRL_SCHEDULE_ONE_CYCLE = 4,   /**< half a cosine up from η / d₀ to η, at t = p T − 1, and another down to η / (d₀ d₁), at
                                       t = T − 1 (Smith 2018; PyTorch's OneCycleLR) */
    CRL_SCHEDULE_PLATEAU = 5,     /**< after more than `patience` epochs without a cost below C₋ − threshold × |C₋|, C₋ the
                                       lowest: max(γ × the last, η₋); not again for `cooldown` epochs */
    CRL_CUSTOM_SCHEDULE = 100     /**< the function in crl_schedule_options */
};

/** A custom schedule: writes the learning rate at t, finite and ≥ 0. `base` is the optimizer's own rate; `cost` is C of the
 *  epoch before, on the validation data if there are any, NaN in the first. Runs on the thread that called
 *  crl_network_fit(). Return 0, or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_schedule_function)(void *CRL_NULLABLE user, size_t t, float base, double cost, float *rate);

/** A schedule of the learning rate, and its warm-up. Start from CRL_SCHEDULE_OPTIONS_INIT. CRL_AUTO and CRL_AUTO_SIZE stand
 *  for the value that a member's description ends with. Leave alone what is not the kind's; a change there is
 *  CRL_ERROR_VALUE. */
typedef struct crl_schedule_options {
    size_t size;                    /**< sizeof(crl_schedule_options) */
    crl_schedule_kind kind;
    int32_t per_epoch;              /**< non-zero: t counts epochs, otherwise steps. A plateau counts epochs; its warm-up
                                         follows this */
    size_t warmup;                  /**< W: for so many t the rate rises in a line, before the schedule begins */
    size_t period;                  /**< step: T ≥ 1, which must be given. Cosine, one-cycle: T ≥ 1; in crl_network_fit() the
                                         whole run */
    size_t period_factor;           /**< cosine: M ≥ 1; 1 */
    size_t patience;                /**< plateau; 10 */
    size_t cooldown;                /**< plateau; 0 */
    float warmup_start;             /**< in [0, 1]: the warm-up begins at this part of the rate */
    float factor;                   /**< step, exponential, plateau: γ in (0, 1]; 0.1 */
    float min_rate;                 /**< cosine, plateau: η₋ ≥ 0 and finite; 0 */
    float peak;                     /**< one-cycle: p in [0, 1], the part that goes up; 0.3 */
    float start_divisor;            /**< one-cycle: d₀ ≥ 1 and finite; 25 */
    float end_divisor;              /**< one-cycle: d₁ ≥ 1 and finite; 10000 */
    float threshold;                /**< plateau: in [0, 1); 0.0001 */
    crl_schedule_function CRL_NULLABLE function; /**< CRL_CUSTOM_SCHEDULE */
    void *CRL_NULLABLE user;        /**< passed to function */
} crl_schedule_options;

#define CRL_SCHEDULE_OPTIONS_INIT \
    { sizeof(crl_schedule_options), CRL_SCHEDULE_CONSTANT, 0, 0, CRL_AUTO_SIZE, CRL_AUTO_SIZE, CRL_AUTO_SIZE, CRL_AUTO_SIZE, \
      0.333333343f, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, NULL, NULL }

/** What happened in one batch. */
typedef struct crl_batch {
    size_t size;  /**< sizeof(crl_batch) in the library */
    size_t epoch; /**< from 1 */
    size_t batch; /**< from 1 in each epoch */
    uint64_t step; /**< how many steps the optimizer has taken, this one included */
    size_t rows;
    double cost;  /**< C of the batch before its step */
} crl_batch;

/** What happened in one epoch. Start from CRL_EPOCH_INIT. */
typedef struct crl_epoch {
    size_t size;                /**< sizeof(crl_epoch); in callbacks the library's */
    size_t epoch;               /**< from 1 */
    size_t epochs;              /**< how many there will be */
    int32_t is_best;            /**< 1 for the lowest cost so far, of the validation data if there are any */
    double cost;                /**< C of the epoch's rows, each batch before its step, combined by the reduction; for a
                                     custom cost the mean by rows */
    double accuracy;            /**< the share of the epoch's rows that were right, by their weights, each batch before its
                                     step; see crl_metrics. NaN with costs that decide nothing */
    double validation_cost;     /**< C on the validation data after the epoch; NaN without them */
    double validation_accuracy; /**< of the validation data; see crl_metrics. NaN without them */
    double validation_r2;       /**< of the validation data; see crl_metrics. NaN without them */
    double seconds;             /**< the epoch's time, without validation */
    double samples_per_second;  /**< rows trained on, by seconds */
} crl_epoch;

#define CRL_EPOCH_INIT { sizeof(crl_epoch), 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0 }

/** Runs after each batch, on the thread that called; otherwise as crl_epoch_callback. */
typedef int32_t (*crl_batch_callback)(void *CRL_NULLABLE user, const crl_batch *batch);

/** Runs after each epoch, on the thread that called. It may read the network (predict, save, publish), save the trainer and
 *  set the optimizer's learning rate; it must change nothing else. Return 0 to go on, another number to stop with
 *  CRL_CANCELLED. */
typedef int32_t (*crl_epoch_callback)(void *CRL_NULLABLE user, const crl_epoch *epoch);

/** How to train. Start from CRL_TRAIN_OPTIONS_INIT. */
typedef struct crl_train_options {
    size_t size;                 /**< sizeof(crl_train_options) */
    const crl_cost_options *CRL_NULLABLE cost; /**< NULL: CRL_COST_OPTIONS_INIT */
    crl_optimizer *CRL_NULLABLE optimizer;     /**< made for this network; NULL: a fresh one, CRL_OPTIMIZER_OPTIONS_INIT */
    const crl_schedule_options *CRL_NULLABLE schedule; /**< the learning rate of each step; NULL: the optimizer's. The
                                      schedule begins with the optimizer's rate, and gives it back afterwards */
    size_t epochs;               /**< at least 1 */
    size_t batch_size;           /**< at least 1; the last batch of an epoch may be shorter */
    size_t threads;              /**< from 1 to 1024 share the work. CRL_AUTO_SIZE: the library decides, by the size of a
                                      step and the time that steps took. The results are the same bit for bit. A custom
                                      cost or activation runs on one */
    size_t patience;             /**< at least 1: training stops after so many epochs without a new best cost, of the
                                      validation data if there are any; then, or after the last epoch, it puts the best
                                      parameters back. CRL_AUTO_SIZE: it goes on to the last epoch, and keeps what that
                                      leaves */
    const float *CRL_NULLABLE class_weights; /**< factors for the sample weights of each class's rows in training, finite and
                                      ≥ 0; copied. Targets must be classes, or exactly 0 and 1 with a binary cross-entropy
                                      of one output. NULL: all 1 */
    size_t class_weights_count;  /**< the number of outputs; 2 with a binary cross-entropy of one output. With one of several
                                      outputs there are no classes: give the rows weights */
    crl_epoch_callback CRL_NULLABLE on_epoch;
    crl_batch_callback CRL_NULLABLE on_batch;
    void *CRL_NULLABLE user;     /**< passed to on_epoch and on_batch */
    int32_t shuffle;             /**< non-zero: a new order of the rows in each epoch */
    int32_t carry_states;        /**< non-zero: recurrent layers carry their states from batch to batch. Row i of a batch begins
                                      with the state that row i of the batch before ended with; gradients stop there. Each
                                      epoch of a fit begins with states of 0; see crl_trainer_reset_states(). shuffle is 0, all
                                      batches are whole, and recurrent layers go forwards and read no first state */
    uint64_t seed;               /**< of everything random: the held-out rows, the orders, and the numbers of dropout and
                                      noise, which follow from this and the number of steps that the optimizer has taken */
    double validation_split;     /**< in [0, 1): the share of the rows to hold out and validate on: the last, or any with
                                      shuffle. If it is not 0, at least one row is held out and at least one is not, and the
                                      call takes no other validation data */
    double min_delta;            /**< by how much a cost must be lower to be a new best; finite and ≥ 0 */
} crl_train_options;

#define CRL_TRAIN_OPTIONS_INIT \
    { sizeof(crl_train_options), NULL, NULL, NULL, 10, 32, CRL_AUTO_SIZE, CRL_AUTO_SIZE, NULL, 0, NULL, NULL, NULL, 1, 0, \
      0, 0.0, 0.0 }

/** How outputs compare with targets. Rows count by their sample weights. Start from CRL_METRICS_INIT. */
typedef struct crl_metrics {
    size_t size;         /**< sizeof(crl_metrics) */
    size_t rows;
    double cost;         /**< C, by the cost's reduction */
    double accuracy;     /**< the share of rows that are right. CRL_CROSS_ENTROPY: the largest output (the first of equals)
                              is the target class, or lies where the largest target does. Binary cross-entropies: all
                              outputs are on the targets' side of a half. Otherwise NaN */
    double top_accuracy; /**< CRL_CROSS_ENTROPY: the share of rows whose class is among the `top` largest outputs. Otherwise
                              NaN */
    double r2;           /**< other costs: R² = 1 − Σ (t − y)² / Σ (t − mean of t)², its mean over the outputs; where all
                              targets are equal, 1 if the outputs equal them, else 0. NaN with cross-entropies */
} crl_metrics;

#define CRL_METRICS_INIT { sizeof(crl_metrics), 0, 0.0, 0.0, 0.0, 0.0 }

/** Trains the network. Requires exclusive access to it; the epoch callback may read it. To continue an earlier call,
 *  pass both the same optimizer: its state, the orders of the rows and the dropout masks go on. A schedule begins
 *  anew. Takes subnormal numbers for 0; where a cost or an activation is a function of yours, only in the
 *  optimizer's steps.
 *
 *  Checks everything in x and the targets before the first step. An error leaves the parameters as the last complete
 *  step left them, with one exception. CRL_ERROR_NOT_FINITE in an epoch means that training diverges: the message
 *  names the step, the parameters are those of the epoch with the lowest cost so far, and the optimizer has
 *  forgotten its steps.
 *  @param network built.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1; fewer than a batch make one short batch.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param validation data to validate on after each epoch; NULL: none.
 *  @param options cost, optimizer, epochs, batch size, shuffling, callbacks; NULL: CRL_TRAIN_OPTIONS_INIT.
 *  @return a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH, CRL_ERROR_BUSY (in a callback while the network
 *      trains or loads) or CRL_ERROR_NOT_FINITE. */
CRL_NODISCARD CRL_API crl_status crl_network_fit(crl_network *network, const float *x, size_t x_rows, size_t x_stride,
                                                 const crl_targets *CRL_NULLABLE targets,
                                                 const crl_validation *CRL_NULLABLE validation,
                                                 const crl_train_options *CRL_NULLABLE options);

/** Compares the outputs for x with targets: C, accuracy, R², and how often each class is taken for each.
 *  @param network built; only read, by any number of threads at once.
 *  @param cost the cost, which also says what the outputs decide; NULL: CRL_COST_OPTIONS_INIT, the mean squared
 *      error.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param top top_accuracy counts a class among this many of the largest outputs; at least 1.
 *  @param metrics initialized with CRL_METRICS_INIT; receives the numbers.
 *  @param confusion receives N × N numbers: at row t, column y the weight of the rows of class t decided as y. N is
 *      the number of outputs, or 2 with a binary cross-entropy of one output. NULL: none.
 *  @param confusion_count N × N; ignored if confusion is NULL.
 *  @return a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. After an error the contents of confusion are
 *      unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_evaluate(const crl_network *network,
                                                      const crl_cost_options *CRL_NULLABLE cost, const float *x,
                                                      size_t x_rows, size_t x_stride,
                                                      const crl_targets *CRL_NULLABLE targets, size_t top,
                                                      crl_metrics *metrics, double *CRL_NULLABLE confusion,
                                                      size_t confusion_count);

/** Creates an optimizer: a method, its hyperparameters, and its state for the parameters of one network.
 *  @param network built. The optimizer is for this network alone.
 *  @param options NULL: CRL_OPTIMIZER_OPTIONS_INIT, Adam with η = 0.001.
 *  @param optimizer receives the optimizer; free it with crl_optimizer_destroy(). NULL after an error.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_optimizer_create(const crl_network *network,
                                                      const crl_optimizer_options *CRL_NULLABLE options,
                                                      crl_optimizer *CRL_NULLABLE *CRL_NONNULL optimizer);

/** Copies an optimizer for another network: method, hyperparameters and state. If that network is from
 *  crl_network_copy(), training continues as it would in the original, bit for bit.
 *  @param optimizer only read.
 *  @param network built, with tensors of the same names and shapes. The copy is for this network alone.
 *  @param copy receives the copy; free it with crl_optimizer_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_MISMATCH. */
CRL_NODISCARD CRL_API crl_status crl_optimizer_copy(const crl_optimizer *optimizer, const crl_network *network,
                                                    crl_optimizer *CRL_NULLABLE *CRL_NONNULL copy);

/** Frees an optimizer.
 *  @param optimizer NULL: does nothing. */
CRL_API void crl_optimizer_destroy(crl_optimizer *CRL_NULLABLE optimizer);

/** Gets the learning rate η.
 *  @param optimizer only read.
 *  @param learning_rate receives η.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_optimizer_learning_rate(const crl_optimizer *optimizer, float *learning_rate);

/** Sets the learning rate. Keeps the state.
 *  @param optimizer one thread at a time.
 *  @param learning_rate η, finite and ≥ 0.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_optimizer_set_learning_rate(crl_optimizer *optimizer, float learning_rate);

/** Sets how one layer's parameters are stepped from now on: learning rate, weight decay, penalties, or not at all.
 *  Replaces the layer's earlier settings. Keeps the state.
 *  @param optimizer one thread at a time.
 *  @param layer the layer's name. For a layer without parameters the call has no effect.
 *  @param options NULL: CRL_LAYER_STEP_INIT, like the rest.
 *  @return a status; also CRL_ERROR_NAME. */
CRL_NODISCARD CRL_API crl_status crl_optimizer_set_layer(crl_optimizer *optimizer, const char *layer,
                                                         const crl_layer_step *CRL_NULLABLE options);

/* ------------------------------------------------------------------------------------------------------------------
 * Predicting
 * ------------------------------------------------------------------------------------------------------------------
 * A predictor is a network prepared for prediction: a second, read-only object. Its weights lie packed in the order in
 * which products read them, in the precision that you choose. crl_network_predict() makes one for itself when predictions
 * repeat, unless the caller has the parameters' address. Any number of threads may use one at once.
 *
 *     crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor);     the network may be trained on, or destroyed
 *     crl_predictor_predict(predictor, x, 1, inputs, y, 1, outputs);
 */

/** A network prepared for prediction: a packed, read-only copy of its weights, in one precision. */
typedef struct crl_predictor crl_predictor;
/** A predictor to exchange while other threads predict with it. */
typedef struct crl_publisher crl_publisher;

/** The numbers that a predictor computes with. */
typedef int32_t crl_precision;

enum {
    CRL_PRECISION_FLOAT32 = 0,  /**< the network's own numbers; see crl_predictor_create() */
    CRL_PRECISION_BFLOAT16 = 1, /**< weights and activations rounded to the upper 16 bits of a float32; sums in float32 */
    CRL_PRECISION_INT8 = 2      /**< weights in steps of 1/127 of each unit's largest, activations in 255 steps over the
                                     range of each row of a product; exact sums in 32-bit integers. A row with NaN or
                                     infinity gives NaN */
};

/** Predicts: writes the outputs y for the inputs x. A row's result is the same bit for bit, whichever rows it is
 *  predicted with and from whichever thread. NaN and infinity propagate.
 *
 *  After some predictions with the same parameters, the network keeps a second copy of them, packed as in a
 *  predictor of CRL_PRECISION_FLOAT32. Predictions are then as fast as the predictor's, with the same results. The
 *  network frees the copy when its parameters change. It does without if there is no memory for it, after
 *  crl_network_parameters(), with custom activations, and beyond 67,108,864 parameters.
 *  @param network built; only read, by any number of threads at once.
 *  @param x x_rows × inputs.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param y receives x_rows × outputs. Must not overlap x.
 *  @param y_rows the rows that fit in y, at least x_rows.
 *  @param y_stride floats from one row to the next, at least the number of outputs.
 *  @return a status. After CRL_ERROR_CALLBACK the first rows of y may have been written. */
CRL_NODISCARD CRL_API crl_status crl_network_predict(const crl_network *network, const float *x, size_t x_rows,
                                                     size_t x_stride, float *y, size_t y_rows, size_t y_stride);

/** Prepares a network for prediction. The predictor is a copy: later changes to the network do not reach it. It
 *  still calls the functions of a custom activation, with their user.
 *
 *  With CRL_PRECISION_FLOAT32 the results are those of crl_network_predict(), bit for bit, unless the predictor
 *  folds a batch normalization into the layer before it: then they differ by rounding. CRL_PRECISION_BFLOAT16 takes
 *  half the memory and CRL_PRECISION_INT8 a quarter. Both round; docs/prediction.md says what that costs, and what
 *  is folded.
 *  @param network built; only read.
 *  @param precision CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8.
 *  @param predictor receives the predictor; free it with crl_predictor_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_SIZE for a layer in int8 that sums more than 66,311 products. */
CRL_NODISCARD CRL_API crl_status crl_predictor_create(const crl_network *network, crl_precision precision,
                                                      crl_predictor *CRL_NULLABLE *CRL_NONNULL predictor);

/** Saves a predictor as it is prepared, for crl_predictor_open(). The file is for the predictor's precision and
 *  instruction set, and for this version of the library: keep the model file, and prepare it anew elsewhere. Atomic,
 *  as crl_network_save().
 *  @param predictor only read.
 *  @param path the file to create or replace.
 *  @return a status; also CRL_ERROR_FILE, or CRL_ERROR_VALUE for a network with a custom activation. */
CRL_NODISCARD CRL_API crl_status crl_predictor_save(const crl_predictor *predictor, const char *path);

/** Opens a file of crl_predictor_save(). The predictor gives the same results bit for bit. The file is mapped where
 *  the system can do that: its weights are read when a prediction first needs them, and all processes that open the
 *  file share them. Checks everything but the weights.
 *
 *  While the predictor lives, nobody may write into the file or shorten it: the system would end the process with
 *  SIGBUS. Replacing the file by another of its name is safe, and crl_predictor_save() does that; so is removing it.
 *  @param path the file.
 *  @param check_data non-zero: read all of the file, and compare the checksum of the weights, too.
 *  @param predictor receives the predictor; free it with crl_predictor_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION if another version of the library
 *      prepared the file, CRL_ERROR_MISMATCH if it is for an instruction set that this processor lacks, or
 *      CRL_ERROR_MEMORY. */
CRL_NODISCARD CRL_API crl_status crl_predictor_open(const char *path, int32_t check_data,
                                                    crl_predictor *CRL_NULLABLE *CRL_NONNULL predictor);

/** Frees a predictor.
 *  @param predictor NULL: does nothing. */
CRL_API void crl_predictor_destroy(crl_predictor *CRL_NULLABLE predictor);

/** Predicts: writes the outputs y for the inputs x. A row's result is the same bit for bit, whichever rows it is
 *  predicted with and from whichever thread. Small networks allocate nothing. Others allocate only when more calls
 *  run at once than before, or with more rows.
 *
 *  With CRL_PRECISION_FLOAT32 and CRL_PRECISION_BFLOAT16, NaN and infinity propagate. With CRL_PRECISION_INT8 either
 *  one in a row of a dense layer's inputs makes all of the layer's outputs for that row NaN.
 *  @param predictor only read, by any number of threads at once.
 *  @param x x_rows × inputs.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param y receives x_rows × outputs. Must not overlap x.
 *  @param y_rows the rows that fit in y, at least x_rows.
 *  @param y_stride floats from one row to the next, at least the number of outputs.
 *  @return a status. After CRL_ERROR_CALLBACK the first rows of y may have been written. */
CRL_NODISCARD CRL_API crl_status crl_predictor_predict(const crl_predictor *predictor, const float *x, size_t x_rows,
                                                       size_t x_stride, float *y, size_t y_rows, size_t y_stride);

/** Gets N_0, the length of x.
 *  @param predictor only read.
 *  @param inputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_predictor_input_size(const crl_predictor *predictor, size_t *inputs);

/** Gets N_L, the length of y.
 *  @param predictor only read.
 *  @param outputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_predictor_output_size(const crl_predictor *predictor, size_t *outputs);

/** Gets the precision that the predictor computes with.
 *  @param predictor only read.
 *  @param precision receives CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_predictor_precision(const crl_predictor *predictor, crl_precision *precision);

/** Creates a publisher and publishes a network for the first time. A publisher holds a predictor that you can
 *  exchange while other threads predict with it. Use it to train and serve a network at the same time.
 *  @param network built; only read.
 *  @param precision CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8, also for what is published
 *      later.
 *  @param publisher receives the publisher; free it with crl_publisher_destroy(). NULL after an error.
 *  @return as crl_predictor_create(). */
CRL_NODISCARD CRL_API crl_status crl_publisher_create(const crl_network *network, crl_precision precision,
                                                      crl_publisher *CRL_NULLABLE *CRL_NONNULL publisher);

/** Frees a publisher. No thread may be predicting with it.
 *  @param publisher NULL: does nothing. */
CRL_API void crl_publisher_destroy(crl_publisher *CRL_NULLABLE publisher);

/** Publishes the network as it is now: replaces the predictor published before. A prediction under way finishes all
 *  of its rows with the old predictor. After an error the old one stays. This call, a later one or
 *  crl_publisher_destroy() frees an old predictor, once no thread predicts with it.
 *
 *  Reads the network: do not train it during the call. A trainer's callback is the place to call it.
 *  @param publisher any number of threads may be predicting and publishing with it.
 *  @param network built, with the same number of inputs and outputs; only read.
 *  @return as crl_predictor_create(); also CRL_ERROR_MISMATCH, or CRL_ERROR_BUSY if 255 old predictors are still in
 *      use. */
CRL_NODISCARD CRL_API crl_status crl_publisher_publish(crl_publisher *publisher, const crl_network *network);

/** Predicts with the predictor published last; otherwise as crl_predictor_predict(). Waits for no other thread.
 *  Frees no old predictor.
 *  @param publisher any number of threads may predict at once, also while others publish.
 *  @param x x_rows × inputs.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param y receives x_rows × outputs. Must not overlap x.
 *  @param y_rows the rows that fit in y, at least x_rows.
 *  @param y_stride floats from one row to the next, at least the number of outputs.
 *  @return a status. After CRL_ERROR_CALLBACK the first rows of y may have been written. */
CRL_NODISCARD CRL_API crl_status crl_publisher_predict(const crl_publisher *publisher, const float *x, size_t x_rows,
                                                       size_t x_stride, float *y, size_t y_rows, size_t y_stride);

/** Gets N_0, the length of x.
 *  @param publisher only read.
 *  @param inputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_publisher_input_size(const crl_publisher *publisher, size_t *inputs);

/** Gets N_L, the length of y.
 *  @param publisher only read.
 *  @param outputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_publisher_output_size(const crl_publisher *publisher, size_t *outputs);

/** Gets the precision that the publisher's predictors compute with.
 *  @param publisher only read.
 *  @param precision receives CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_publisher_precision(const crl_publisher *publisher, crl_precision *precision);

/** Gets how many times a network was published, including the first time.
 *  @param publisher only read.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_publisher_count(const crl_publisher *publisher, size_t *count);

/* ------------------------------------------------------------------------------------------------------------------
 * Files
 * ------------------------------------------------------------------------------------------------------------------
 * Model files are safetensors files: the tensors by name in PyTorch's [out, in] layout, and the architecture as JSON in
 * the metadata. Paths are C strings of any encoding and reach the system unchanged. Messages write bytes that are not
 * UTF-8 in the form \xf6.
 *
 * A file can hold metadata, too: texts of yours by key, such as the network's author, and those that other programs wrote there. And
 * a recipe: how the network is trained, so that a program can go on training a network that it was sent.
 *
 *     crl_network_set_recipe(network, &options);                              the options of crl_network_fit()
 *     crl_network_recipe(loaded, &options, &optimizer, &cost, &schedule, NULL, 0);
 *     crl_optimizer_create(loaded, &optimizer, &options.optimizer);
 *     crl_network_fit(loaded, x, rows, inputs, &targets, NULL, &options);
 */

/** The lengths of the axes of an ONNX model's input. */
typedef struct crl_onnx_shape {
    const char *input;     /**< the input's name */
    const size_t *lengths; /**< of each axis, at least 1; CRL_AUTO_SIZE: as the model has it */
    size_t rank;           /**< how many axes there are */
} crl_onnx_shape;

/** How to read an ONNX model. Start from CRL_ONNX_OPTIONS_INIT. */
typedef struct crl_onnx_options {
    size_t size;         /**< sizeof(crl_onnx_options) */
    size_t memory_limit; /**< as in crl_network_load_limited(). What the library computes of constants is limited to as much */
    const crl_onnx_shape *CRL_NULLABLE shapes; /**< of inputs with axes, besides the batch, whose lengths the model leaves open;
                              NULL: none */
    size_t shapes_count; /**< the number of shapes. Ignored with NULL */
} crl_onnx_options;

#define CRL_ONNX_OPTIONS_INIT { sizeof(crl_onnx_options), 0, NULL, 0 }

/** What to write as C source. Start from CRL_C_SOURCE_OPTIONS_INIT. */
typedef struct crl_c_source_options {
    size_t size;             /**< sizeof(crl_c_source_options) */
    const char *CRL_NULLABLE name; /**< begins the names of all functions and, in capitals, of all macros: a letter, then letters,
                                  digits and _, 63 at most. NULL: "network" */
    crl_precision precision; /**< CRL_PRECISION_FLOAT32 or CRL_PRECISION_INT8 */
    int32_t trains;          /**< not 0: the code also trains, in float32; then its parameters can change */
    int32_t has_momentum;    /**< not 0: a training step has momentum, which takes a number for each parameter */
    int32_t reserved;        /**< 0 */
    const crl_cost_options *CRL_NULLABLE cost; /**< what training minimizes: CRL_MEAN_SQUARED_ERROR, CRL_CROSS_ENTROPY without
                                  label_smoothing, or CRL_BINARY_CROSS_ENTROPY_LOGITS; the reduction does not matter to one
                                  row. NULL: CRL_COST_OPTIONS_INIT */
} crl_c_source_options;

#define CRL_C_SOURCE_OPTIONS_INIT { sizeof(crl_c_source_options), NULL, CRL_PRECISION_FLOAT32, 0, 0, 0, NULL }

/** Saves a network: its architecture and parameters. Atomic: the file is always the whole old one or the whole new
 *  one.
 *  @param network built; only read.
 *  @param path the file to create or replace.
 *  @return a status; also CRL_ERROR_FILE, or CRL_ERROR_SIZE if the network's names and inputs take more than the
 *      16,000,000 bytes that a file has for them. */
CRL_NODISCARD CRL_API crl_status crl_network_save(const crl_network *network, const char *path);

/** Loads a network from a model file, built and ready. Checks everything in the file before using it. Limits the
 *  network's memory as crl_network_load_limited() does with a limit of 0. Cannot make a network with a custom
 *  activation: build that one yourself, then call crl_network_load_parameters(). A file has at most 10,000 layers,
 *  each reading at most 10,000, and at most 16,000,000 bytes before its numbers.
 *  @param path the file.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_network_load(const char *path, crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Loads a network as crl_network_load() does, with your own memory limit. A file of a few hundred bytes can
 *  describe layers of any width, and each prediction would need their memory.
 *  @param path the file.
 *  @param memory_limit how many bytes the parameters and one row of a prediction may take together. 0: 64 MiB, or 16
 *      times the length of the file if that is more, as with crl_network_load(). SIZE_MAX: no limit. Predicting many
 *      rows takes the memory of up to 64 in each thread; in training a row takes up to eight times as much.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the
 *      network needs more than the limit. */
CRL_NODISCARD CRL_API crl_status crl_network_load_limited(const char *path, size_t memory_limit,
                                                          crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Loads only the parameters, into a network whose tensors have the file's names and shapes. After an error they are
 *  unchanged.
 *  @param network built. Requires exclusive access to it.
 *  @param path the file.
 *  @return a status; also CRL_ERROR_BUSY (in a callback while the network trains or loads), CRL_ERROR_FILE,
 *      CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_network_load_parameters(crl_network *network, const char *path);

/** Writes a network as C99 source: one file that depends on nothing, allocates nothing, and holds the parameters. It
 *  computes what crl_network_predict() does for one row, with the bits of the network's instruction set; in int8
 *  what a crl_predictor does. If wanted, it also trains, by gradient descent along one row after the other.
 *  docs/c-source.md describes it. Atomic, as crl_network_save().
 *  @param network built; only read.
 *  @param path the file to create or replace.
 *  @param options names, precision, training; NULL: CRL_C_SOURCE_OPTIONS_INIT. Only read.
 *  @return a status; also CRL_ERROR_FILE, CRL_ERROR_NAME for a name that cannot begin C's names, CRL_ERROR_VALUE if
 *      a layer has no form in C (the message names it) or options do not go together, CRL_ERROR_NOT_FINITE for a
 *      parameter that is not finite, or CRL_ERROR_SIZE if something would be too large. */
CRL_NODISCARD CRL_API crl_status crl_network_export_c(const crl_network *network, const char *path,
                                                      const crl_c_source_options *CRL_NULLABLE options);

/** Writes a network to memory as C99 source: the text that crl_network_export_c() writes to a file, in UTF-8 and
 *  without a 0 at its end.
 *  @param network built; only read.
 *  @param options names, precision, training; NULL: CRL_C_SOURCE_OPTIONS_INIT. Only read.
 *  @param bytes receives the text; NULL, with a capacity of 0: only count it. After an error the contents are
 *      unspecified.
 *  @param capacity how many bytes may be written, at least the count.
 *  @param count receives how many bytes the text has.
 *  @return a status as of crl_network_export_c(); also CRL_ERROR_SIZE if the capacity is too small (the message
 *      names the count). */
CRL_NODISCARD CRL_API crl_status crl_network_export_c_to_memory(const crl_network *network,
                                                                const crl_c_source_options *CRL_NULLABLE options,
                                                                void *CRL_NULLABLE bytes, size_t capacity,
                                                                size_t *count);

/** Names the classes that a network's outputs stand for: one name for each output, or two for a network with a
 *  single output, which is the second class's. Model files and copies keep them; nothing computes with them.
 *  crl_network_load_onnx() sets those of a classifier. Needs exclusive access to the network.
 *  @param network built.
 *  @param labels the names, in UTF-8, each of at most 255 bytes. Copied. NULL, with a count of 0: none.
 *  @param labels_count how many there are: as many as outputs, 2 for a single output, or 0.
 *  @return a status; CRL_ERROR_VALUE if a name is too long or no UTF-8. After an error the names are unchanged. */
CRL_NODISCARD CRL_API crl_status crl_network_set_class_labels(crl_network *network,
                                                              const char *const CRL_NONNULL *CRL_NULLABLE labels,
                                                              size_t labels_count);

/** Gets how many class labels a network has: 0 if it has none.
 *  @param network built or not.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_class_label_count(const crl_network *network, size_t *count);

/** Gets the name of a class.
 *  @param network built or not.
 *  @param index the class's, from 0.
 *  @param label receives the name in UTF-8, valid as long as the network and until other labels are set.
 *  @return a status; CRL_ERROR_SIZE if the network has no such label. */
CRL_NODISCARD CRL_API crl_status crl_network_class_label(const crl_network *network, size_t index,
                                                         const char *CRL_NONNULL *CRL_NONNULL label);

/** Gets how many class labels a predictor has: those that its network had when it was prepared, also after
 *  crl_predictor_open(); 0 if it had none.
 *  @param predictor only read.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_predictor_class_label_count(const crl_predictor *predictor, size_t *count);

/** Gets the name of a class.
 *  @param predictor only read.
 *  @param index the class's, from 0.
 *  @param label receives the name in UTF-8, valid as long as the predictor.
 *  @return a status; CRL_ERROR_SIZE if the predictor has no such label. */
CRL_NODISCARD CRL_API crl_status crl_predictor_class_label(const crl_predictor *predictor, size_t index,
                                                           const char *CRL_NONNULL *CRL_NONNULL label);

/** Reads a network that FANN saved, in float or in fixed point, into a network, built and ready: it predicts as
 *  fann_run(), trains and saves as any other. Missing connections have the weight 0. What FANN applies on request
 *  alone, the scaling of inputs and outputs, is not read, nor are the settings of its training. FANN keeps the sums
 *  of linear neurons within ± 150 / steepness; here they have no limit. Checks everything in the file before using
 *  it.
 *  @param path the file.
 *  @param memory_limit as in crl_network_load_limited().
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, or CRL_ERROR_MEMORY, also if the network needs more than
 *      the limit. */
CRL_NODISCARD CRL_API crl_status crl_network_load_fann(const char *path, size_t memory_limit,
                                                       crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Reads a network of FANN from memory, as crl_network_load_fann() does from a file.
 *  @param bytes a whole file and nothing else, at any alignment. Not needed after the call.
 *  @param count how many bytes there are.
 *  @param memory_limit as in crl_network_load_limited().
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FORMAT, or CRL_ERROR_MEMORY, also if the network needs more than the limit. */
CRL_NODISCARD CRL_API crl_status crl_network_load_fann_from_memory(const void *bytes, size_t count, size_t memory_limit,
                                                                   crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Sets one of a network's texts, or removes it.
 *  @param network built. Requires exclusive access to it.
 *  @param key UTF-8, from 1 to 255 bytes. Not one of the format's own: format, format_version, architecture,
 *      training, and whatever begins with "chainrule.".
 *  @param value UTF-8; NULL: remove the key, if it is there. All keys and values together have at most 4,000,000
 *      bytes, and there are at most 10,000 keys.
 *  @return a status; also CRL_ERROR_VALUE for a key of the format or for what is not UTF-8, or CRL_ERROR_SIZE. After
 *      an error nothing has changed. */
CRL_NODISCARD CRL_API crl_status crl_network_set_metadata(crl_network *network, const char *key,
                                                          const char *CRL_NULLABLE value);

/** Gets one of a network's texts.
 *  @param network built; only read.
 *  @param key the text's.
 *  @param value receives the text, UTF-8, which is valid until it is set anew or the network is destroyed. NULL
 *      after an error.
 *  @return a status; also CRL_ERROR_NAME if there is no such key. */
CRL_NODISCARD CRL_API crl_status crl_network_metadata(const crl_network *network, const char *key,
                                                      const char *CRL_NULLABLE *CRL_NONNULL value);

/** Gets how many texts a network has.
 *  @param network built; only read.
 *  @param count receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_metadata_count(const crl_network *network, size_t *count);

/** Gets one of a network's texts by its place. A new key comes last; removing one moves those behind it.
 *  @param network built; only read.
 *  @param index from 0.
 *  @param key receives the key, valid as the value.
 *  @param value receives the text: see crl_network_metadata().
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_metadata_at(const crl_network *network, size_t index,
                                                         const char *CRL_NONNULL *CRL_NONNULL key,
                                                         const char *CRL_NONNULL *CRL_NONNULL value);

/** Reads an ONNX model into a network, built and ready: it predicts, trains and saves as any other. Constant floats
 *  of several elements become its parameters. Rows of x hold the model's inputs one after another, rows of y its
 *  outputs, each in ONNX's order of axes: crl_network_onnx_input() and crl_network_onnx_output() say which. Checks
 *  everything in the file before using it. docs/onnx.md lists the operators; what is not supported is an error that
 *  names the node, its operator and the operator set.
 *
 *  The first axis of each input is the batch, and each of its rows is a row of x. A model that cannot be read so,
 *  and whose lengths are all known, is read as whole tensors: one is one row. Give the lengths of axes that the
 *  model leaves open in options->shapes. Of a classifier y has the scores, not the label, which is that of the
 *  largest one: crl_network_class_label() names it.
 *  @param path the file.
 *  @param options NULL: CRL_ONNX_OPTIONS_INIT. Only read.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_NAME if there is no such input, CRL_ERROR_SIZE if a shape is not the input's,
 *      CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the network needs more
 *      than the limit. */
CRL_NODISCARD CRL_API crl_status crl_network_load_onnx(const char *path, const crl_onnx_options *CRL_NULLABLE options,
                                                       crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Reads an ONNX model from memory, as crl_network_load_onnx() does from a file.
 *  @param bytes a whole file and nothing else, at any alignment. Not needed after the call.
 *  @param count how many bytes there are.
 *  @param options NULL: CRL_ONNX_OPTIONS_INIT. Only read.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return as crl_network_load_onnx(), without CRL_ERROR_FILE. */
CRL_NODISCARD CRL_API crl_status crl_network_load_onnx_from_memory(const void *bytes, size_t count,
                                                                   const crl_onnx_options *CRL_NULLABLE options,
                                                                   crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Saves a network as an ONNX model of operator set 17, for ONNX Runtime and others. The model computes what
 *  crl_network_predict() does; docs/onnx.md says how layers become nodes. Inputs and outputs of a network from
 *  crl_network_load_onnx() keep their names. Atomic, as crl_network_save().
 *  @param network built; only read.
 *  @param path the file to create or replace.
 *  @return a status; also CRL_ERROR_FILE, CRL_ERROR_VALUE if a layer has no ONNX form (the message names it), or
 *      CRL_ERROR_SIZE if the model would have more than 2 GiB. */
CRL_NODISCARD CRL_API crl_status crl_network_save_onnx(const crl_network *network, const char *path);

/** Saves a network to memory as an ONNX model: the bytes that crl_network_save_onnx() writes to a file.
 *  @param network built; only read.
 *  @param bytes receives the bytes; NULL, with a capacity of 0: only count them. After an error the contents are
 *      unspecified.
 *  @param capacity how many bytes may be written, at least the count.
 *  @param count receives how many bytes the model has.
 *  @return a status; also CRL_ERROR_VALUE as in crl_network_save_onnx(), or CRL_ERROR_SIZE if the capacity is too
 *      small (the message names the count) or the model too large. */
CRL_NODISCARD CRL_API crl_status crl_network_save_onnx_to_memory(const crl_network *network, void *CRL_NULLABLE bytes,
                                                                 size_t capacity, size_t *count);

/** Gets how many inputs and outputs the ONNX model had that a network was read from; 0 for other networks.
 *  @param network built or not.
 *  @param inputs receives the number of inputs.
 *  @param outputs receives the number of outputs.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_onnx_count(const crl_network *network, size_t *inputs, size_t *outputs);

/** Gets an input of the ONNX model that a network was read from: its name and its axes. In a row of x it follows the
 *  inputs before it.
 *  @param network from crl_network_load_onnx() or a copy.
 *  @param index the input's, from 0.
 *  @param name receives the name, valid as long as the network.
 *  @param extents receives the lengths of its axes for one row, that of the batch as 1; NULL: not wanted.
 *  @param extents_count the length of the array, at least the number of axes; 16 is enough. Ignored with NULL.
 *  @param rank receives the number of axes.
 *  @param batch_axis receives which axis the rows are; -1 if the whole tensor is one row.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_onnx_input(const crl_network *network, size_t index,
                                                        const char *CRL_NONNULL *CRL_NONNULL name,
                                                        size_t *CRL_NULLABLE extents, size_t extents_count,
                                                        size_t *rank, int32_t *batch_axis);

/** Gets an output of the ONNX model that a network was read from: its name and its axes. In a row of y it follows
 *  the outputs before it.
 *  @param network from crl_network_load_onnx() or a copy.
 *  @param index the output's, from 0.
 *  @param name receives the name, valid as long as the network.
 *  @param extents receives the lengths of its axes for one row, that of the batch as 1; NULL: not wanted.
 *  @param extents_count the length of the array, at least the number of axes; 16 is enough. Ignored with NULL.
 *  @param rank receives the number of axes.
 *  @param batch_axis receives which axis the rows are; -1 if the whole tensor is one row.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_network_onnx_output(const crl_network *network, size_t index,
                                                         const char *CRL_NONNULL *CRL_NONNULL name,
                                                         size_t *CRL_NULLABLE extents, size_t extents_count,
                                                         size_t *rank, int32_t *batch_axis);

/** Keeps how a network is trained, for its copies and its files. Replaces an earlier recipe.
 *  @param network built. Requires exclusive access to it.
 *  @param options as for crl_network_fit(); of the optimizer its method, numbers and regularization are kept, not
 *      its state, nor the settings of single layers. Threads and callbacks are not kept. NULL: forget the recipe.
 *  @return a status; also CRL_ERROR_VALUE for a cost or a schedule that is a function of yours: files hold no
 *      functions. After an error nothing has changed. */
CRL_NODISCARD CRL_API crl_status crl_network_set_recipe(crl_network *network,
                                                        const crl_train_options *CRL_NULLABLE options);

/** Gets how a network is trained: what crl_network_set_recipe() kept, or its file holds. Writes it into structures
 *  of yours, and the addresses of these into options: it is ready for crl_network_fit(), but for the optimizer,
 *  which crl_optimizer_create() makes.
 *  @param network built; only read.
 *  @param options initialized with CRL_TRAIN_OPTIONS_INIT; receives the numbers. Its optimizer, threads and
 *      callbacks stay as they are.
 *  @param optimizer initialized with CRL_OPTIMIZER_OPTIONS_INIT; receives method, numbers and regularization.
 *  @param cost initialized with CRL_COST_OPTIONS_INIT; receives the cost, and options->cost its address.
 *  @param schedule initialized with CRL_SCHEDULE_OPTIONS_INIT; receives the schedule, and options->schedule its
 *      address, or NULL if there is none.
 *  @param class_weights receives the class weights, if there are any, and options->class_weights its address; NULL:
 *      not wanted.
 *  @param class_weights_count how many fit there; options->class_weights_count receives how many there are. Ignored
 *      with NULL.
 *  @return a status; also CRL_ERROR_NAME if nothing is known, CRL_ERROR_FORMAT if the file's recipe is damaged or of
 *      a newer version, or CRL_ERROR_SIZE if the class weights do not fit. */
CRL_NODISCARD CRL_API crl_status crl_network_recipe(const crl_network *network, crl_train_options *options,
                                                    crl_optimizer_options *optimizer, crl_cost_options *cost,
                                                    crl_schedule_options *schedule, float *CRL_NULLABLE class_weights,
                                                    size_t class_weights_count);

/* ------------------------------------------------------------------------------------------------------------------
 * Trainers
 * ------------------------------------------------------------------------------------------------------------------
 * A trainer can stop after any batch, be saved, and continue. It can take its rows from a function.
 */

/** A run of training that can stop after any batch and go on. */
typedef struct crl_trainer crl_trainer;

/** How far a trainer has come. Start from CRL_PROGRESS_INIT. */
typedef struct crl_progress {
    size_t size;       /**< sizeof(crl_progress) */
    size_t epochs;     /**< finished epochs */
    size_t rows;       /**< rows done of the next epoch; 0 between epochs */
    size_t batches;    /**< batches done of the next epoch */
    uint64_t steps;    /**< steps that the optimizer has taken */
    size_t best_epoch; /**< the epoch with the lowest cost; 0 before the first */
    double best_cost;  /**< its cost, of the validation data if there were any; infinity before the first */
} crl_progress;

#define CRL_PROGRESS_INIT { sizeof(crl_progress), 0, 0, 0, 0, 0, 0.0 }

/** Which batch a data source is to write, and where. */
typedef struct crl_data_request {
    size_t size;      /**< sizeof(crl_data_request) in the library */
    size_t epoch;     /**< from 1 */
    size_t first_row; /**< how many rows of the epoch came before; 0 asks for its first batch. A trainer that goes on within
                           an epoch begins there: the source finds its place by it */
    size_t max_rows;  /**< the most rows that the batch can have */
    float *x;         /**< max_rows × inputs: write finite numbers */
    float *CRL_NULLABLE values;    /**< max_rows × columns targets; NULL if the source's columns are 0 */
    int32_t *CRL_NULLABLE classes; /**< max_rows class indices; NULL if the source has no classes */
    float *CRL_NULLABLE weights;   /**< max_rows sample weights; NULL if the source has none */
} crl_data_request;

/** Writes the first rows of a batch, and their number to rows; 0 ends the epoch. Runs on the thread that trains. Return 0,
 *  or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_data_function)(void *CRL_NULLABLE user, const crl_data_request *request, size_t *rows);

/** Data that need not fit in memory. Start from CRL_DATA_SOURCE_INIT. */
typedef struct crl_data_source {
    size_t size;             /**< sizeof(crl_data_source) */
    crl_data_function CRL_NULLABLE function;
    void *CRL_NULLABLE user; /**< passed to function */
    size_t columns;          /**< the width of the target values; 0 with classes, or if a custom cost needs no targets */
    int32_t classes;         /**< non-zero: the targets are class indices */
    int32_t weights;         /**< non-zero: with sample weights */
} crl_data_source;

#define CRL_DATA_SOURCE_INIT { sizeof(crl_data_source), NULL, NULL, 0, 0, 0 }

/** Creates a trainer: a training run that can stop after any batch, be saved, and continue, in this process or
 *  another, bit for bit as if it had never stopped. crl_network_fit() uses a trainer once.
 *
 *  The random choices of an epoch follow from the seed, the epochs and, for dropout and noise, the steps that the
 *  optimizer has taken. Training on with the same optimizer gives other orders and masks.
 *  @param network built. The trainer keeps it and the optimizer.
 *  @param options cost, optimizer, epochs, batch size, callbacks and so on; NULL: CRL_TRAIN_OPTIONS_INIT. The
 *      trainer copies them, but not what user and a custom cost's user point to.
 *  @param trainer receives the trainer; free it with crl_trainer_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_MISMATCH. */
CRL_NODISCARD CRL_API crl_status crl_trainer_create(crl_network *network, const crl_train_options *CRL_NULLABLE options,
                                                    crl_trainer *CRL_NULLABLE *CRL_NONNULL trainer);

/** Frees a trainer. The network and the optimizer stay.
 *  @param trainer NULL: does nothing. */
CRL_API void crl_trainer_destroy(crl_trainer *CRL_NULLABLE trainer);

/** Trains to the last epoch, from wherever the trainer is. Finishes an interrupted epoch first. Does nothing if all
 *  epochs are done or the patience has run out. Requires exclusive access to the network; the callbacks may read it.
 *
 *  An error leaves the parameters as the last complete step left them, with one exception. CRL_ERROR_NOT_FINITE in
 *  an epoch means that training diverges: the message names the step, the parameters are the best so far, and the
 *  optimizer has forgotten its steps (its state is what it was before the first). The trainer can then continue at a
 *  lower rate.
 *  @param trainer one call at a time.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1. Fewer than a batch make one short batch.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param validation data to validate on after each epoch; NULL: none.
 *  @return a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH, CRL_ERROR_BUSY or CRL_ERROR_NOT_FINITE. */
CRL_NODISCARD CRL_API crl_status crl_trainer_fit(crl_trainer *trainer, const float *x, size_t x_rows, size_t x_stride,
                                                 const crl_targets *CRL_NULLABLE targets,
                                                 const crl_validation *CRL_NULLABLE validation);

/** Trains as crl_trainer_fit() does, with rows from a data source, in the source's order.
 *  @param trainer one call at a time.
 *  @param source gives the rows.
 *  @param validation data to validate on after each epoch; NULL: none.
 *  @return as crl_trainer_fit(); CRL_ERROR_CALLBACK also if the source returns a number other than 0, or gives too
 *      many rows, no row in an epoch, rows that are not finite, or targets or weights out of range. */
CRL_NODISCARD CRL_API crl_status crl_trainer_fit_source(crl_trainer *trainer, const crl_data_source *source,
                                                        const crl_validation *CRL_NULLABLE validation);

/** Sets how many epochs crl_trainer_fit() trains in all. Raise it to continue after the last.
 *  @param trainer not from its callbacks.
 *  @param epochs at least 1. If as many are finished, crl_trainer_fit() does nothing.
 *  @return a status; also CRL_ERROR_BUSY. */
CRL_NODISCARD CRL_API crl_status crl_trainer_set_epochs(crl_trainer *trainer, size_t epochs);

/** Trains once through these rows, for data that arrive bit by bit. The call is an epoch of its own: it validates
 *  nothing and never counts as the best. Gives up an interrupted epoch.
 *  @param trainer one call at a time.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param epoch initialized with CRL_EPOCH_INIT; receives what happened. NULL: none.
 *  @return as crl_trainer_fit(), but after any error the parameters are as the last complete step left them. */
CRL_NODISCARD CRL_API crl_status crl_trainer_partial_fit(crl_trainer *trainer, const float *x, size_t x_rows,
                                                         size_t x_stride, const crl_targets *CRL_NULLABLE targets,
                                                         crl_epoch *CRL_NULLABLE epoch);

/** Makes the next batch begin with states of 0, if crl_train_options.carry_states is set. crl_trainer_partial_fit()
 *  goes on with the states of the call before: call this before the first part of new sequences. crl_trainer_fit()
 *  does it itself at the beginning of each epoch.
 *  @param trainer not from its callbacks.
 *  @return a status; CRL_ERROR_MISMATCH if the trainer carries no states, or CRL_ERROR_BUSY. */
CRL_NODISCARD CRL_API crl_status crl_trainer_reset_states(crl_trainer *trainer);

/** Gets how far a trainer has come. Its callbacks may call this.
 *  @param trainer only read.
 *  @param progress initialized with CRL_PROGRESS_INIT; receives the numbers.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_trainer_progress(const crl_trainer *trainer, crl_progress *progress);

/** Saves a checkpoint: the parameters, the optimizer's state, the epoch, and the trainer's place in it. Its
 *  callbacks may call this. Atomic: the file is always the whole old one or the whole new one.
 *  @param trainer only read.
 *  @param path the file to create or replace.
 *  @return a status; also CRL_ERROR_FILE, or CRL_ERROR_SIZE if the network's names and inputs take more than the
 *      16,000,000 bytes that a file has for them. */
CRL_NODISCARD CRL_API crl_status crl_trainer_save(const crl_trainer *trainer, const char *path);

/** Continues from a checkpoint that a trainer of the same network, optimizer and options saved. The number of
 *  epochs, patience, min_delta, threads and callbacks may differ. Sets the network's parameters to the checkpoint's.
 *  Checks everything in the file first. After an error everything is unchanged.
 *  @param trainer Requires exclusive access to it, its network and its optimizer.
 *  @param path the file.
 *  @return a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
 *      CRL_ERROR_FILE, CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_trainer_load(crl_trainer *trainer, const char *path);

/* ------------------------------------------------------------------------------------------------------------------
 * Files in memory and through callbacks
 * ------------------------------------------------------------------------------------------------------------------
 * Save to memory, load from memory, or do both through your callbacks: for networks in archives, databases and streams.
 * The bytes are the same as in a file. Nothing is atomic: after an error discard what was written.
 *
 *     crl_network_save_to_memory(network, NULL, 0, &count);          how many bytes?
 *     bytes = malloc(count);
 *     crl_network_save_to_memory(network, bytes, count, &count);
 *     crl_network_load_from_memory(bytes, count, 0, &copy);
 *
 * A callback may call what its description allows, and must return, like every callback (see Callbacks at the top). The
 * library checks a thread's crl_cancel before each call of it.
 */

/** Takes the next `count` bytes of a file, at least 1, in order. Runs on the thread that called. It may read the network; it must
 *  not change it. Return 0, or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_write_function)(void *CRL_NULLABLE user, const void *bytes, size_t count);

/** Gives the next bytes of a file, in order: writes up to `capacity` of them to `bytes`, and their number to `count`. Fewer than
 *  `capacity` are no error; 0 end the file. The library never asks for more than the file has: what follows in a stream stays
 *  there. Runs on the thread that called. Return 0, or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_read_function)(void *CRL_NULLABLE user, void *bytes, size_t capacity, size_t *count);

/** Saves a network to memory: the bytes that crl_network_save() writes to a file.
 *  @param network built; only read.
 *  @param bytes receives the bytes; NULL, with a capacity of 0: only count them. After an error the contents are
 *      unspecified.
 *  @param capacity how many bytes may be written, at least the count.
 *  @param count receives how many bytes the file has.
 *  @return a status; also CRL_ERROR_SIZE if the capacity is too small (the message names the count) or the network
 *      too large for a file, as in crl_network_save(). */
CRL_NODISCARD CRL_API crl_status crl_network_save_to_memory(const crl_network *network, void *CRL_NULLABLE bytes,
                                                            size_t capacity, size_t *count);

/** Saves a network through a callback: the bytes that crl_network_save() writes to a file.
 *  @param network built; only read.
 *  @param write takes the bytes, some at a time.
 *  @param user passed to write; may be NULL.
 *  @return a status; also CRL_ERROR_BUSY if the callback changed the network, or CRL_ERROR_SIZE as in
 *      crl_network_save(). */
CRL_NODISCARD CRL_API crl_status crl_network_save_to_callback(const crl_network *network, crl_write_function write,
                                                              void *CRL_NULLABLE user);

/** Loads a network from memory, with the checks of crl_network_load().
 *  @param bytes a whole file and nothing else, at any alignment. Not needed after the call.
 *  @param count how many bytes there are.
 *  @param memory_limit as in crl_network_load_limited(); 0: 64 MiB, or 16 times the count if that is more.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the network needs
 *      more than the limit. */
CRL_NODISCARD CRL_API crl_status crl_network_load_from_memory(const void *bytes, size_t count, size_t memory_limit,
                                                              crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Loads a network through a callback, with the checks of crl_network_load(). Asks the callback for a file's bytes
 *  and none beyond, so files can follow one another in a stream.
 *  @param read gives the bytes.
 *  @param user passed to read; may be NULL.
 *  @param memory_limit as in crl_network_load_limited(); 0: 64 MiB, since the length of the file is unknown.
 *  @param network receives the network; free it with crl_network_destroy(). NULL after an error.
 *  @return a status; also CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the network needs
 *      more than the limit. */
CRL_NODISCARD CRL_API crl_status crl_network_load_from_callback(crl_read_function read, void *CRL_NULLABLE user,
                                                                size_t memory_limit,
                                                                crl_network *CRL_NULLABLE *CRL_NONNULL network);

/** Loads only the parameters from memory, as crl_network_load_parameters() does from a file. After an error they are
 *  unchanged.
 *  @param network built. Requires exclusive access to it.
 *  @param bytes a whole file and nothing else.
 *  @param count how many bytes there are.
 *  @return a status; also CRL_ERROR_BUSY (in a callback while the network trains or loads), CRL_ERROR_FORMAT or
 *      CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_network_load_parameters_from_memory(crl_network *network, const void *bytes,
                                                                         size_t count);

/** Loads only the parameters through a callback, as crl_network_load_parameters() does from a file. After an error
 *  they are unchanged.
 *  @param network built. Requires exclusive access to it; the callback may read it.
 *  @param read gives the bytes.
 *  @param user passed to read; may be NULL.
 *  @return a status; also CRL_ERROR_BUSY (in a callback while the network trains or loads), CRL_ERROR_FORMAT or
 *      CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_network_load_parameters_from_callback(crl_network *network, crl_read_function read,
                                                                           void *CRL_NULLABLE user);

/** Saves a checkpoint to memory: the bytes that crl_trainer_save() writes to a file. The trainer's callbacks may
 *  call it.
 *  @param trainer only read.
 *  @param bytes receives the bytes; NULL, with a capacity of 0: only count them. After an error the contents are
 *      unspecified.
 *  @param capacity how many bytes may be written, at least the count.
 *  @param count receives how many bytes the checkpoint has. More training may change it.
 *  @return a status; also CRL_ERROR_SIZE if the capacity is too small (the message names the count) or the network
 *      too large for a file, as in crl_trainer_save(). */
CRL_NODISCARD CRL_API crl_status crl_trainer_save_to_memory(const crl_trainer *trainer, void *CRL_NULLABLE bytes,
                                                            size_t capacity, size_t *count);

/** Saves a checkpoint through a callback: the bytes that crl_trainer_save() writes to a file. The trainer's
 *  callbacks may call it.
 *  @param trainer only read.
 *  @param write takes the bytes, some at a time.
 *  @param user passed to write; may be NULL.
 *  @return a status; also CRL_ERROR_BUSY if the callback changed the network, or CRL_ERROR_SIZE as in
 *      crl_trainer_save(). */
CRL_NODISCARD CRL_API crl_status crl_trainer_save_to_callback(const crl_trainer *trainer, crl_write_function write,
                                                              void *CRL_NULLABLE user);

/** Continues from a checkpoint in memory, as crl_trainer_load() does from a file. After an error everything is
 *  unchanged.
 *  @param trainer requires exclusive access to it, its network and its optimizer.
 *  @param bytes a whole checkpoint and nothing else.
 *  @param count how many bytes there are.
 *  @return a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
 *      CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_trainer_load_from_memory(crl_trainer *trainer, const void *bytes, size_t count);

/** Continues from a checkpoint that a callback gives, as crl_trainer_load() does from a file. After an error
 *  everything is unchanged.
 *  @param trainer requires exclusive access to it, its network and its optimizer; the callback may read them.
 *  @param read gives the bytes.
 *  @param user passed to read; may be NULL.
 *  @return a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
 *      CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_trainer_load_from_callback(crl_trainer *trainer, crl_read_function read,
                                                                void *CRL_NULLABLE user);

/* ------------------------------------------------------------------------------------------------------------------
 * Step by step
 * ------------------------------------------------------------------------------------------------------------------
 * Forward, cost, backward and step on your own buffers. A workspace holds the intermediate values. Once it exists, none
 * of the four allocates memory (except with a custom cost).
 *
 *     crl_forward (network, workspace, x, …, y, …);               z_l = W_l h_{l−1} + b_l,  h_l = σ(z_l)
 *     crl_cost    (&cost, y, …, &targets, &C, dC_dy, …);          C and ∇C
 *     crl_backward(network, workspace, dC_dy, …, gradients, …);   s = δ ⊙ σ'(z_l),  ∂C/∂W_l = s ⊗ h_{l−1},  δ ← W_lᵀ s
 *     crl_step    (optimizer, network, gradients, …);             W ← W − η ∂C/∂W
 */

/** The memory of one forward and backward pass: z, h and δ of every layer. One for each thread. */
typedef struct crl_workspace crl_workspace;

/** What a workspace is for. */
typedef int32_t crl_purpose;

enum {
    CRL_PURPOSE_TRAINING = 0, /**< keeps z, h and δ of every layer */
    CRL_PURPOSE_INFERENCE = 1 /**< forward only; keeps h alone */
};

/** Which of a layer's quantities crl_workspace_values() returns. */
typedef int32_t crl_quantity;

enum {
    CRL_QUANTITY_Z = 0,    /**< z = W h + b, the preactivation */
    CRL_QUANTITY_H = 1,    /**< h = σ(z), the activation */
    CRL_QUANTITY_DELTA = 2 /**< δ = ∂C/∂h, the error signal that reached the layer */
};

/** What CRL_SCHEDULE_PLATEAU remembers from one epoch to the next. Start from CRL_PLATEAU_STATE_INIT. */
typedef struct crl_plateau_state {
    size_t size;    /**< sizeof(crl_plateau_state) */
    size_t epochs;  /**< how many there were */
    double lowest;  /**< the lowest of their costs */
    size_t waited;  /**< epochs since then that counted */
    size_t cooling; /**< epochs to come that do not count */
} crl_plateau_state;

#define CRL_PLATEAU_STATE_INIT { sizeof(crl_plateau_state), 0, 0.0, 0, 0 }

/** Creates a workspace: the memory for passes of up to max_rows samples through one network.
 *  @param network built. The workspace works with this network only.
 *  @param max_rows the largest batch, at least 1.
 *  @param purpose CRL_PURPOSE_TRAINING, or CRL_PURPOSE_INFERENCE for forward passes only, in less memory.
 *  @param workspace receives the workspace; free it with crl_workspace_destroy(). NULL after an error.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_workspace_create(const crl_network *network, size_t max_rows, crl_purpose purpose,
                                                      crl_workspace *CRL_NULLABLE *CRL_NONNULL workspace);

/** Frees a workspace.
 *  @param workspace NULL: does nothing. */
CRL_API void crl_workspace_destroy(crl_workspace *CRL_NULLABLE workspace);

/** Gets a layer's z, h or δ from the last pass: a contiguous matrix with one row for each sample. "input" is the
 *  network's input: its h is x, its δ is ∂C/∂x.
 *  @param workspace after a forward pass; for δ, after a backward pass; for δ of "input", after a backward pass with
 *      dC_dx.
 *  @param layer the layer's name.
 *  @param quantity CRL_QUANTITY_Z, CRL_QUANTITY_H or CRL_QUANTITY_DELTA.
 *  @param values receives the address, inside the workspace. Valid until the workspace's next pass.
 *  @param rows receives the number of samples.
 *  @param columns receives the width of the layer.
 *  @return a status; also CRL_ERROR_NAME, CRL_ERROR_VALUE (also for z and δ of a workspace for inference, and for z
 *      of the input) or CRL_ERROR_NO_FORWARD. */
CRL_NODISCARD CRL_API crl_status crl_workspace_values(const crl_workspace *workspace, const char *layer,
                                                      crl_quantity quantity,
                                                      const float *CRL_NONNULL *CRL_NONNULL values, size_t *rows,
                                                      size_t *columns);

/** Runs the forward pass: computes z_l = W_l h_{l−1} (+ b_l) and h_l = σ(z_l) for every layer and keeps them in the
 *  workspace. Copies x: you may reuse its memory afterwards. NaN and infinity propagate.
 *  @param network built; only read, by any number of threads at once.
 *  @param workspace made for this network; one thread at a time.
 *  @param x x_rows × inputs.
 *  @param x_rows from 1 to the workspace's max_rows.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param y receives x_rows × outputs; NULL: none. May overlap x.
 *  @param y_rows the rows that fit in y, at least x_rows; ignored if y is NULL.
 *  @param y_stride floats from one row to the next, at least the number of outputs; ignored if y is NULL.
 *  @return a status; also CRL_ERROR_MISMATCH. After CRL_ERROR_CALLBACK or CRL_CANCELLED the workspace holds no
 *      forward pass. */
CRL_NODISCARD CRL_API crl_status crl_forward(const crl_network *network, crl_workspace *workspace, const float *x,
                                             size_t x_rows, size_t x_stride, float *CRL_NULLABLE y, size_t y_rows,
                                             size_t y_stride);

/** Computes the cost C of outputs and targets, and its gradient ∇C = ∂C/∂y, where the error signal δ starts.
 *
 *  C is a double even where its terms exceed float32, as the square of 10²⁰ does. A row with sample weight 0 adds
 *  nothing to C or ∇C, whatever its target; its outputs must still be finite. A custom cost applies the weights
 *  itself.
 *
 *  Threads: any, if a custom cost's function permits.
 *  @param cost the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
 *  @param y y_rows × y_columns outputs.
 *  @param y_rows at least 1.
 *  @param y_columns N, at least 1.
 *  @param y_stride floats from one row to the next, at least y_columns.
 *  @param targets for each row of y; NULL: none, only for a custom cost that needs none.
 *  @param C receives the cost.
 *  @param dC_dy receives y_rows × y_columns; NULL: none. May be y itself, except with a custom cost.
 *  @param dC_dy_rows the rows that fit in dC_dy, at least y_rows; ignored if dC_dy is NULL.
 *  @param dC_dy_stride floats from one row to the next, at least y_columns; ignored if dC_dy is NULL.
 *  @return a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. After an error the contents of dC_dy are
 *      unspecified. */
CRL_NODISCARD CRL_API crl_status crl_cost(const crl_cost_options *CRL_NULLABLE cost, const float *y, size_t y_rows,
                                          size_t y_columns, size_t y_stride, const crl_targets *CRL_NULLABLE targets,
                                          double *C, float *CRL_NULLABLE dC_dy, size_t dC_dy_rows, size_t dC_dy_stride);

/** Runs the backward pass. Starts from any ∇C at the outputs of the last forward pass. Computes the gradients of all
 *  parameters, summed over the rows, the error signal δ of every layer (see crl_workspace_values()) and the gradient
 *  of the input.
 *
 *  Needs the weights of the forward pass: after crl_step(), run crl_forward() on the same workspace first.
 *  @param network built; only read.
 *  @param workspace for training, after a forward pass of as many rows.
 *  @param dC_dy ∇C, dC_dy_rows × outputs. Copied: gradients and dC_dx may overlap it.
 *  @param dC_dy_rows the rows of the last forward pass.
 *  @param dC_dy_stride floats from one row to the next, at least the number of outputs.
 *  @param gradients receives ∂C/∂w in the order of the parameter vector; NULL: only δ and dC_dx.
 *  @param gradients_count the number of parameters; ignored if gradients is NULL.
 *  @param accumulate 0: sets gradients. Non-zero: adds to them.
 *  @param dC_dx receives ∂C/∂x, dC_dy_rows × inputs; NULL: none.
 *  @param dC_dx_rows the rows that fit in dC_dx, at least dC_dy_rows; ignored if dC_dx is NULL.
 *  @param dC_dx_stride floats from one row to the next, at least the number of inputs; ignored if dC_dx is NULL.
 *  @return a status; also CRL_ERROR_MISMATCH or CRL_ERROR_NO_FORWARD. After CRL_ERROR_CALLBACK the contents of
 *      gradients are unspecified, and the workspace holds no δ. */
CRL_NODISCARD CRL_API crl_status crl_backward(const crl_network *network, crl_workspace *workspace, const float *dC_dy,
                                              size_t dC_dy_rows, size_t dC_dy_stride, float *CRL_NULLABLE gradients,
                                              size_t gradients_count, int32_t accumulate, float *CRL_NULLABLE dC_dx,
                                              size_t dC_dx_rows, size_t dC_dx_stride);

/** Runs a part of a backward pass, from the last layer towards the first: as far as some gradients need. These can
 *  travel to other processes while the next call goes on. Cut the vector anywhere: give dC_dy with the last piece,
 *  then NULL with each piece before it, down to first = 0. All pieces together have the bits of crl_backward().
 *
 *  A forward pass, crl_backward() and an error of a layer's function end the pass.
 *  @param network built; only read.
 *  @param workspace for training, after a forward pass of as many rows.
 *  @param dC_dy ∇C, dC_dy_rows × outputs, starts a pass. Copied. NULL: goes on with the one that the last call
 *      started.
 *  @param dC_dy_rows the rows of the last forward pass; ignored if dC_dy is NULL.
 *  @param dC_dy_stride floats from one row to the next, at least the number of outputs; ignored if dC_dy is NULL.
 *  @param first the gradients from this index to the end of the vector are complete afterwards. 0: the pass ends,
 *      and crl_workspace_values() has δ of every layer.
 *  @param gradients receives ∂C/∂w in the order of the parameter vector, whole layers at a time. Give the same
 *      vector in each call.
 *  @param gradients_count the number of parameters.
 *  @param accumulate 0: sets gradients. Non-zero: adds to them.
 *  @return a status; also CRL_ERROR_MISMATCH or CRL_ERROR_NO_FORWARD. After CRL_ERROR_CALLBACK the contents of
 *      gradients are unspecified, and the workspace holds no δ. */
CRL_NODISCARD CRL_API crl_status crl_backward_until(const crl_network *network, crl_workspace *workspace,
                                                    const float *CRL_NULLABLE dC_dy, size_t dC_dy_rows,
                                                    size_t dC_dy_stride, size_t first, float *gradients,
                                                    size_t gradients_count, int32_t accumulate);

/** Sets whether dropout and noise layers are active in the workspace's next passes, and what they draw. The numbers
 *  follow from seed, step, layer, row and column alone. Afterwards the workspace holds no forward pass.
 *  @param workspace one thread at a time.
 *  @param active 0, as in a new workspace: they do nothing. Non-zero: they are active.
 *  @param seed crl_network_fit() uses its options' seed.
 *  @param step below 2⁵⁰. Each step gives other numbers. crl_network_fit() uses the number of steps that the
 *      optimizer has taken.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_workspace_set_noise(crl_workspace *workspace, int32_t active, uint64_t seed,
                                                         uint64_t step);

/** Sets whether batch normalization takes its mean and variance from the batch in the workspace's next passes, as
 *  crl_network_fit() does, or from its running statistics. Afterwards the workspace holds no forward pass.
 *  @param workspace not for inference; one thread at a time.
 *  @param active 0, as in a new workspace: from the running statistics. Non-zero: from the batch.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_workspace_use_batch_statistics(crl_workspace *workspace, int32_t active);

/** Moves the running statistics of batch normalization towards those of the workspace's last forward pass, which
 *  took them from the batch. crl_network_fit() does so after each step. A change of the network: a backward pass
 *  needs another forward pass afterwards.
 *  @param network built.
 *  @param workspace of this network.
 *  @return a status; also CRL_ERROR_NO_FORWARD or CRL_ERROR_MISMATCH. */
CRL_NODISCARD CRL_API crl_status crl_network_update_statistics(crl_network *network, const crl_workspace *workspace);

/** Computes C at the present parameters, and ∂C/∂w of every parameter: forward, cost and backward in one call. Use
 *  it with an outside optimizer.
 *  @param network built; only read, by any number of threads at once.
 *  @param cost the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param C receives the cost.
 *  @param gradients receives ∂C/∂w in the order of the parameter vector; NULL: only C.
 *  @param gradients_count the number of parameters; ignored if gradients is NULL.
 *  @return a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. After an error the contents of gradients are
 *      unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_value_and_gradient(const crl_network *network,
                                                                const crl_cost_options *CRL_NULLABLE cost,
                                                                const float *x, size_t x_rows, size_t x_stride,
                                                                const crl_targets *CRL_NULLABLE targets, double *C,
                                                                float *CRL_NULLABLE gradients, size_t gradients_count);

/** Takes one step of the optimizer: changes the network's parameters along a gradient. Gradient descent is W ← W − η
 *  ∂C/∂W.
 *
 *  Requires exclusive access to the network. Returns CRL_ERROR_NOT_FINITE and changes nothing if the gradient is not
 *  finite, or if the step could make a parameter or the optimizer's state overflow. Ignores the gradients of frozen
 *  layers. Takes subnormal numbers for 0.
 *  @param optimizer made for this network.
 *  @param network built.
 *  @param gradients ∂C/∂w in the order of the parameter vector, from crl_backward() or from anywhere else.
 *  @param gradients_count the number of parameters.
 *  @return a status; also CRL_ERROR_MISMATCH, CRL_ERROR_BUSY (in a callback while the network trains or loads) or
 *      CRL_ERROR_NOT_FINITE. */
CRL_NODISCARD CRL_API crl_status crl_step(crl_optimizer *optimizer, crl_network *network, const float *gradients,
                                          size_t gradients_count);

/** Computes the learning rate of a schedule at t. The rate must follow from t alone: not for CRL_SCHEDULE_PLATEAU,
 *  CRL_CUSTOM_SCHEDULE or a period of 0.
 *  @param schedule the schedule, with its warm-up.
 *  @param base η, the starting rate, finite and ≥ 0.
 *  @param t the number of steps or epochs taken.
 *  @param rate receives the rate.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_schedule_rate(const crl_schedule_options *schedule, float base, size_t t,
                                                   float *rate);

/** Computes the learning rate after an epoch, by CRL_SCHEDULE_PLATEAU.
 *  @param schedule of this kind. Its warm-up is ignored.
 *  @param state holds the state after the earlier epochs, CRL_PLATEAU_STATE_INIT before the first; receives the
 *      next. It is complete: you may copy and store it.
 *  @param cost C of the epoch, finite.
 *  @param rate holds the rate, finite and ≥ 0; receives the next.
 *  @return a status; also CRL_ERROR_NOT_FINITE. After an error state and rate are unchanged. */
CRL_NODISCARD CRL_API crl_status crl_plateau_rate(const crl_schedule_options *schedule, crl_plateau_state *state,
                                                  double cost, float *rate);

/* ------------------------------------------------------------------------------------------------------------------
 * Derivatives beyond the gradient
 * ------------------------------------------------------------------------------------------------------------------
 * How the outputs change along a direction, and products of vectors with the second derivatives of the cost: the
 * building blocks of second-order methods. No product makes a matrix. Each costs about two gradients, and allocates
 * nothing after the first call for as many rows. A result that is not finite is CRL_ERROR_NOT_FINITE.
 *
 *     crl_network_jvp                    R{y} = ∂y/∂w R{w} + ∂y/∂x R{x}        along a direction R{w}, R{x}
 *     crl_network_vjp                    uᵀ ∂y/∂w and uᵀ ∂y/∂x                 back from any u at the outputs
 *     crl_network_hessian_product        H v,  H = ∂²C/∂w²                     exact (Pearlmutter 1994)
 *     crl_network_gauss_newton_product   G v,  G = Σ Jᵀ H_C J                  J = ∂y/∂w, H_C = ∂²C/∂y²
 */

/** What crl_network_jacobian() differentiates with respect to. */
typedef int32_t crl_variable;

enum {
    CRL_VARIABLE_PARAMETERS = 0, /**< w, in the order of the parameter vector */
    CRL_VARIABLE_INPUT = 1       /**< x */
};

/** How crl_network_check_gradient() checks. Start from CRL_GRADIENT_CHECK_OPTIONS_INIT. */
typedef struct crl_gradient_check_options {
    size_t size;            /**< sizeof(crl_gradient_check_options) */
    float step;             /**< the largest step of the differences, for numbers up to 1 in size, in proportion for larger
                                 ones; finite and > 0 */
    float tolerance;        /**< the largest relative error that passes; finite and > 0. Float32 rounds: the smaller the
                                 tolerance, the more coordinates cannot be checked; below about 1e-4 most */
    size_t max_coordinates; /**< check at most so many parameters, some of every tensor, and a custom function at so many
                                 numbers; at least 1 */
    uint64_t seed;          /**< of the choice among more */
} crl_gradient_check_options;

#define CRL_GRADIENT_CHECK_OPTIONS_INIT { sizeof(crl_gradient_check_options), 0.1f, 0.005f, 1000, 0 }

/** Which derivative a check looked at. */
typedef int32_t crl_checked_quantity;

enum {
    CRL_CHECKED_PARAMETER_GRADIENT = 0,           /**< ∂C/∂w of a parameter */
    CRL_CHECKED_ACTIVATION_DERIVATIVE = 1,        /**< σ' of a layer's custom activation */
    CRL_CHECKED_ACTIVATION_SECOND_DERIVATIVE = 2, /**< σ'' of a layer's custom activation */
    CRL_CHECKED_COST_GRADIENT = 3,                /**< ∇C of a custom cost */
    CRL_CHECKED_COST_HESSIAN_PRODUCT = 4          /**< H v of a custom cost, for a random v */
};

/** What crl_network_check_gradient() found: counts, and the coordinate with the largest relative error. If a custom
 *  function fails, it is that function's: what is computed with it is wrong, too. Start from CRL_GRADIENT_REPORT_INIT. */
typedef struct crl_gradient_report {
    size_t size;                   /**< sizeof(crl_gradient_report) */
    size_t checked;                /**< coordinates compared with differences */
    size_t skipped;                /**< those that could not be: beside a kink, or lost in rounding */
    size_t failed;                 /**< compared coordinates beyond the tolerance */
    crl_checked_quantity quantity; /**< of the worst coordinate, as is all that follows */
    const char *CRL_NULLABLE name; /**< the tensor, such as "0.weight"; the layer of an activation; "cost". Lives as long as
                                        the network. NULL if nothing could be compared; what follows is then 0 */
    size_t row;                    /**< in the tensor; otherwise the row of the batch */
    size_t column;                 /**< in the tensor; otherwise the unit or output */
    double analytic;               /**< the derivative as computed */
    double numeric;                /**< the derivative by differences */
    double absolute_error;         /**< |analytic − numeric| */
    double relative_error;         /**< that by the larger of the two, or by a hundredth of the largest derivative of the same
                                        tensor or function, if that is larger still */
} crl_gradient_report;

#define CRL_GRADIENT_REPORT_INIT \
    { sizeof(crl_gradient_report), 0, 0, 0, CRL_CHECKED_PARAMETER_GRADIENT, NULL, 0, 0, 0.0, 0.0, 0.0, 0.0 }

/** Computes the Jacobian-vector product: y, and its change when the parameters change along w_tangent and x along
 *  x_tangent.
 *  @param network built; only read, by any number of threads at once.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param x_tangent R{x}, x_rows × inputs, all finite; NULL: 0.
 *  @param x_tangent_stride floats from one row to the next, at least the number of inputs; ignored if x_tangent is
 *      NULL.
 *  @param w_tangent R{w}, in the order of the parameter vector, all finite; NULL: 0.
 *  @param w_tangent_count the number of parameters; ignored if w_tangent is NULL.
 *  @param y receives x_rows × outputs; NULL: none.
 *  @param y_rows the rows that fit in y, at least x_rows; ignored if y is NULL.
 *  @param y_stride floats from one row to the next, at least the number of outputs; ignored if y is NULL.
 *  @param y_tangent receives R{y}, x_rows × outputs. Must not overlap anything else.
 *  @param y_tangent_rows the rows that fit in y_tangent, at least x_rows.
 *  @param y_tangent_stride floats from one row to the next, at least the number of outputs.
 *  @return a status; also CRL_ERROR_NOT_FINITE. After an error the contents of y and y_tangent are unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_jvp(const crl_network *network, const float *x, size_t x_rows,
                                                 size_t x_stride, const float *CRL_NULLABLE x_tangent,
                                                 size_t x_tangent_stride, const float *CRL_NULLABLE w_tangent,
                                                 size_t w_tangent_count, float *CRL_NULLABLE y, size_t y_rows,
                                                 size_t y_stride, float *y_tangent, size_t y_tangent_rows,
                                                 size_t y_tangent_stride);

/** Computes the vector-Jacobian product: a forward pass, then a backward pass from any u at the outputs instead of
 *  ∇C.
 *  @param network built; only read, by any number of threads at once.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param u x_rows × outputs, all finite.
 *  @param u_stride floats from one row to the next, at least the number of outputs.
 *  @param gradients receives uᵀ ∂y/∂w, summed over the rows, in the order of the parameter vector; NULL: none.
 *  @param gradients_count the number of parameters; ignored if gradients is NULL.
 *  @param x_gradient receives uᵀ ∂y/∂x, x_rows × inputs; NULL: none.
 *  @param x_gradient_rows the rows that fit in x_gradient, at least x_rows; ignored if x_gradient is NULL.
 *  @param x_gradient_stride floats from one row to the next, at least the number of inputs; ignored if x_gradient is
 *      NULL.
 *  @return a status; also CRL_ERROR_NOT_FINITE. After an error the contents of the results are unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_vjp(const crl_network *network, const float *x, size_t x_rows,
                                                 size_t x_stride, const float *u, size_t u_stride,
                                                 float *CRL_NULLABLE gradients, size_t gradients_count,
                                                 float *CRL_NULLABLE x_gradient, size_t x_gradient_rows,
                                                 size_t x_gradient_stride);

/** Computes the product H v with the Hessian H = ∂²C/∂w²: exact, for any network and cost (Pearlmutter 1994). At a
 *  kink of σ or of the cost, the second derivative is taken from the same side as the first.
 *  @param network built; only read, by any number of threads at once.
 *  @param cost the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param vector v, in the order of the parameter vector, all finite.
 *  @param vector_count the number of parameters.
 *  @param product receives H v. Must not overlap vector.
 *  @param product_count the number of parameters.
 *  @return a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH (a custom activation without second_derivative, a
 *      custom cost without hessian_product) or CRL_ERROR_NOT_FINITE. After an error the contents of product are
 *      unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_hessian_product(const crl_network *network,
                                                             const crl_cost_options *CRL_NULLABLE cost, const float *x,
                                                             size_t x_rows, size_t x_stride,
                                                             const crl_targets *CRL_NULLABLE targets,
                                                             const float *vector, size_t vector_count, float *product,
                                                             size_t product_count);

/** Computes the product G v with the Gauss-Newton matrix G = Σ Jᵀ H_C J over the rows, J = ∂y/∂w and H_C = ∂²C/∂y²
 *  (Schraudolph 2002). G is the Hessian without the second derivatives of the network. It is positive semidefinite
 *  if C is convex in y, as every built-in cost is.
 *  @param network built; only read, by any number of threads at once.
 *  @param cost the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param vector v, in the order of the parameter vector, all finite.
 *  @param vector_count the number of parameters.
 *  @param product receives G v. Must not overlap vector.
 *  @param product_count the number of parameters.
 *  @return as crl_network_hessian_product(), but no activation needs a second_derivative. */
CRL_NODISCARD CRL_API crl_status crl_network_gauss_newton_product(const crl_network *network,
                                                                  const crl_cost_options *CRL_NULLABLE cost,
                                                                  const float *x, size_t x_rows, size_t x_stride,
                                                                  const crl_targets *CRL_NULLABLE targets,
                                                                  const float *vector, size_t vector_count,
                                                                  float *product, size_t product_count);

/** Computes the whole Hessian ∂²C/∂w², for small networks: one product for each parameter. It is symmetric to the
 *  last bit.
 *  @param network built; only read, by any number of threads at once.
 *  @param cost the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param hessian receives one row and one column for each parameter, in the order of the parameter vector.
 *  @param hessian_rows the rows that fit in hessian, at least the number of parameters.
 *  @param hessian_stride floats from one row to the next, at least the number of parameters.
 *  @return as crl_network_hessian_product(). After an error the contents of hessian are unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_hessian(const crl_network *network,
                                                     const crl_cost_options *CRL_NULLABLE cost, const float *x,
                                                     size_t x_rows, size_t x_stride,
                                                     const crl_targets *CRL_NULLABLE targets, float *hessian,
                                                     size_t hessian_rows, size_t hessian_stride);

/** Computes the Jacobian of the outputs, for small networks: the derivatives of every output of every row of x with
 *  respect to the parameters or to the row itself.
 *  @param network built; only read, by any number of threads at once.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param variable CRL_VARIABLE_PARAMETERS or CRL_VARIABLE_INPUT.
 *  @param jacobian receives x_rows · outputs rows. Row r · outputs + k holds ∂y_k of row r of x, with one column for
 *      each parameter or input.
 *  @param jacobian_rows the rows that fit in jacobian, at least x_rows · outputs.
 *  @param jacobian_stride floats from one row to the next, at least the number of columns.
 *  @return a status; also CRL_ERROR_NOT_FINITE. After an error the contents of jacobian are unspecified. */
CRL_NODISCARD CRL_API crl_status crl_network_jacobian(const crl_network *network, const float *x, size_t x_rows,
                                                      size_t x_stride, crl_variable variable, float *jacobian,
                                                      size_t jacobian_rows, size_t jacobian_stride);

/** Checks derivatives against differences of values. The differences use neither σ', ∇C nor the backward pass.
 *  Checks the derivatives of custom functions first, where the network uses them for these rows, then ∂C/∂w. Finds
 *  an error of 1 % in a custom derivative. Each parameter takes up to 18 forward passes over x: a few dozen rows are
 *  enough.
 *
 *  A derivative that fails is not an error of the call: look at the report's failed.
 *  @param network built; only read, by any number of threads at once. Moves the parameters of a copy.
 *  @param cost the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param options step, tolerance, number of coordinates; NULL: CRL_GRADIENT_CHECK_OPTIONS_INIT.
 *  @param report initialized with CRL_GRADIENT_REPORT_INIT; receives what was found.
 *  @return a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. */
CRL_NODISCARD CRL_API crl_status crl_network_check_gradient(const crl_network *network,
                                                            const crl_cost_options *CRL_NULLABLE cost, const float *x,
                                                            size_t x_rows, size_t x_stride,
                                                            const crl_targets *CRL_NULLABLE targets,
                                                            const crl_gradient_check_options *CRL_NULLABLE options,
                                                            crl_gradient_report *report);

/* ------------------------------------------------------------------------------------------------------------------
 * Minimizing
 * ------------------------------------------------------------------------------------------------------------------
 * Second-order methods and line searches. They look at all of the data in every step, and take as few steps as they
 * can.
 */

/** A method that minimizes C over all of the data. g is the gradient ∂C/∂w, d the search direction. */
typedef int32_t crl_minimizer;

enum {
    CRL_LBFGS = 0,            /**< d = −H g, H the inverse Hessian by the last m steps (Liu and Nocedal 1989) */
    CRL_BFGS = 1,             /**< the same with H by all steps: n × n numbers for n parameters, at most 8192 (Nocedal and
                                   Wright 2006, algorithm 6.1) */
    CRL_FLETCHER_REEVES = 2,  /**< nonlinear conjugate gradients: d ← −g + β d with β = g·g / g₋·g₋, g₋ the g before
                                   (Fletcher and Reeves 1964), and β = 0 where |g·g₋| ≥ 0.7 g·g (Powell 1977) */
    CRL_POLAK_RIBIERE = 3,    /**< the same with β = max(0, g·(g − g₋) / g₋·g₋) always (Polak and Ribière 1969) */
    CRL_NEWTON_CG = 4,        /**< (G + λ) d = −g by conjugate gradients, with products of G, the Gauss-Newton matrix, and
                                   vectors ("Hessian-free": Martens 2010) */
    CRL_LEVENBERG_MARQUARDT = 5 /**< (G + μ) d = −g by factoring, for the mean squared error alone: G has n × n numbers for n
                                   parameters, at most 8192 (Marquardt 1963; Nielsen 1999) */
};

/** What happened in one iteration of a minimization. */
typedef struct crl_iteration {
    size_t size;                /**< sizeof(crl_iteration) in the library */
    size_t iteration;           /**< from 1 */
    size_t evaluations;         /**< of C and its gradient, so far */
    size_t products;            /**< of G and a vector, or Gs made, so far */
    int32_t is_best;            /**< 1 for the lowest cost so far, of the validation data if there are any */
    double cost;                /**< C after the iteration, with the penalty of l2 */
    double gradient_norm;       /**< the largest magnitude in ∂C/∂w after the iteration */
    double step;                /**< ‖Δw‖, the Euclidean length of the step */
    double penalty;             /**< the penalty's part of C; 0 without l2 */
    double validation_cost;     /**< of the validation data after the iteration, without the penalty; NaN without them,
                                     infinity where it is not finite */
    double validation_accuracy; /**< of the validation data; see crl_metrics. NaN without them */
    double validation_r2;       /**< of the validation data; see crl_metrics. NaN without them */
} crl_iteration;

/** Runs after each iteration, on the thread that called crl_network_minimize(). It must not use the network. Return 0 to go
 *  on, another number to stop with CRL_CANCELLED. */
typedef int32_t (*crl_iteration_callback)(void *CRL_NULLABLE user, const crl_iteration *iteration);

/** How to minimize. Start from CRL_MINIMIZE_OPTIONS_INIT. CRL_AUTO and CRL_AUTO_SIZE stand for the value that a member's
 *  description ends with. Leave CRL_AUTO where a number is not the method's; another value there is CRL_ERROR_VALUE. */
typedef struct crl_minimize_options {
    size_t size;                 /**< sizeof(crl_minimize_options) */
    const crl_cost_options *CRL_NULLABLE cost; /**< NULL: CRL_COST_OPTIONS_INIT */
    crl_minimizer method;
    int32_t regularize_biases;   /**< non-zero: the penalty applies to biases, too */
    size_t memory;               /**< L-BFGS: m, from 1 to 1000; 10 */
    size_t max_iterations;       /**< at least 1 */
    size_t max_evaluations;      /**< of C and its gradient, at least 1; no limit */
    size_t threads;              /**< from 1 to 1024 share the evaluation of C. CRL_AUTO_SIZE: the library decides. The
                                      results are the same bit for bit. A custom cost or activation runs on one */
    size_t patience;             /**< at least 1: ends after so many iterations without a new best cost, of the validation data
                                      if there are any, otherwise C. With validation data every end then leaves the parameters
                                      with the best validation cost, those at the beginning included. CRL_AUTO_SIZE: it goes
                                      on, and validation data change nothing */
    crl_iteration_callback CRL_NULLABLE on_iteration;
    void *CRL_NULLABLE user;     /**< passed to on_iteration */
    uint64_t seed;               /**< of the held-out rows: those of crl_network_fit() with the same seed and shuffle */
    double gradient_tolerance;   /**< ends where no element of ∂√|C|/∂w = ∂C/∂w / 2√|C| has a larger magnitude than this times
                                      the largest of the run, whatever the scale of C; ≥ 0 */
    double cost_tolerance;       /**< ends where an iteration lowers C by no more than this, relative to C; ≥ 0; 0: never */
    double target_cost;          /**< ends at once where C is no larger; never */
    double c1;                   /**< methods with a line search: c₁ of the Wolfe conditions, in (0, ½); 1e-4 */
    double c2;                   /**< those: c₂, in (c₁, 1); 0.9, Fletcher-Reeves and Polak-Ribière 0.1 */
    double damping;              /**< > 0 and finite. Newton-CG: λ at first; 0.01. Levenberg-Marquardt: μ at first, relative to
                                      the largest element on G's diagonal; 0.001 */
    double l2;                   /**< λ₂ of the penalty λ₂/2 Σ w² over the weights; C, minimized and reported, includes it.
                                      ≥ 0 and finite. Beside a mean it is scikit-learn's alpha by the number of rows. There is
                                      no l1: the methods need a smooth C */
    double validation_split;     /**< in [0, 1): the share of the rows, any, to hold out and validate on. If it is not 0, at
                                      least one row is held out and at least one is not, and the call takes no other
                                      validation data */
    double min_delta;            /**< by how much a cost must be lower to be a new best; finite and ≥ 0 */
} crl_minimize_options;

#define CRL_MINIMIZE_OPTIONS_INIT \
    { sizeof(crl_minimize_options), NULL, CRL_LBFGS, 0, CRL_AUTO_SIZE, 1000, CRL_AUTO_SIZE, CRL_AUTO_SIZE, CRL_AUTO_SIZE, NULL, \
      NULL, 0, 1e-5, 1e-9, CRL_AUTO, CRL_AUTO, CRL_AUTO, CRL_AUTO, 0.0, 0.0, 0.0 }

/** Why a minimization ended. */
typedef int32_t crl_minimum_reason;

enum {
    CRL_MINIMUM_GRADIENT = 0,        /**< the gradient is within its tolerance */
    CRL_MINIMUM_COST = 1,            /**< an iteration lowered C by no more than the tolerance */
    CRL_MINIMUM_TARGET = 2,          /**< C has reached the target */
    CRL_MINIMUM_MAX_ITERATIONS = 3,
    CRL_MINIMUM_MAX_EVALUATIONS = 4,
    CRL_MINIMUM_NO_PROGRESS = 5,     /**< no step lowers C, not even along the steepest descent: float32 cannot tell it from a
                                          minimum, or the gradient is not C's */
    CRL_MINIMUM_CANCELLED = 6,       /**< the callback asked to stop */
    CRL_MINIMUM_PATIENCE = 7         /**< the patience ran out */
};

/** What a minimization found. Start from CRL_MINIMUM_INIT. */
typedef struct crl_minimum {
    size_t size;               /**< sizeof(crl_minimum) */
    crl_minimum_reason reason; /**< why it ended */
    size_t iterations;
    size_t evaluations;        /**< of C and its gradient, the first included */
    size_t products;           /**< of G and a vector, or Gs made */
    size_t best_iteration;     /**< the last with a new best cost, of the validation data if there are any; 0: the beginning */
    double cost;               /**< C of the parameters, with the penalty of l2 */
    double gradient_norm;      /**< the largest magnitude in ∂C/∂w */
    double penalty;            /**< the penalty's part of the cost: crl_network_evaluate() returns the rest */
    double validation_cost;    /**< of best_iteration, without the penalty; NaN without validation data. With patience it is
                                    that of the parameters */
} crl_minimum;

#define CRL_MINIMUM_INIT { sizeof(crl_minimum), CRL_MINIMUM_NO_PROGRESS, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0 }

/** Looks for the parameters with the lowest cost over all rows of x, starting from the present ones. Requires
 *  exclusive access to the network.
 *
 *  Afterwards, even after an error, the parameters are those with the lowest C found; with patience and validation
 *  data, those with the best validation cost. C includes the penalty of l2. If C is not finite at the start, the
 *  call fails. A step to where C is not finite is taken back. The methods compute in float64; C and its gradient
 *  come from float32 passes.
 *  @param network built.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least the number of inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param validation data to validate on at the beginning and after each iteration; NULL: none.
 *  @param options method, cost, tolerances and limits, penalty, patience, callback; NULL: CRL_MINIMIZE_OPTIONS_INIT,
 *      L-BFGS.
 *  @param minimum initialized with CRL_MINIMUM_INIT; receives what was found; NULL: none. After CRL_CANCELLED too,
 *      if C was known by then.
 *  @return a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH (the method needs a custom cost's Hessian product),
 *      CRL_ERROR_BUSY (in a callback while the network trains or loads) or CRL_ERROR_NOT_FINITE. */
CRL_NODISCARD CRL_API crl_status crl_network_minimize(crl_network *network, const float *x, size_t x_rows,
                                                      size_t x_stride, const crl_targets *CRL_NULLABLE targets,
                                                      const crl_validation *CRL_NULLABLE validation,
                                                      const crl_minimize_options *CRL_NULLABLE options,
                                                      crl_minimum *CRL_NULLABLE minimum);

/* ------------------------------------------------------------------------------------------------------------------
 * Growing a network
 * ------------------------------------------------------------------------------------------------------------------
 * Cascade correlation: the network finds out how many hidden units it needs.
 */

/** What a growing network has come to: without hidden units at first, then with each new one. */
typedef struct crl_cascade_unit {
    size_t size;                /**< sizeof(crl_cascade_unit) in the library */
    size_t units;               /**< how many hidden units there are */
    size_t max_units;           /**< the most that there will be */
    int32_t is_best;            /**< 1 for the lowest cost so far, of the validation data if there are any */
    double cost;                /**< C of x; the outputs are trained */
    double accuracy;            /**< of x; see crl_metrics. NaN if the cost has none */
    double validation_cost;     /**< NaN without validation data; infinity where it is not finite */
    double validation_accuracy; /**< NaN without validation data, or if the cost has none */
    double correlation;         /**< S of the last hidden unit, from 0 to 1: how well it followed the network's errors; NaN
                                     without units */
} crl_cascade_unit;

/** Runs for the network without hidden units and after each new one, on the thread that called
 *  crl_network_create_cascade(). Return 0 to go on, another number to stop with CRL_CANCELLED. */
typedef int32_t (*crl_cascade_callback)(void *CRL_NULLABLE user, const crl_cascade_unit *unit);

/** How to grow a network. Start from CRL_CASCADE_OPTIONS_INIT. */
typedef struct crl_cascade_options {
    size_t size;                      /**< sizeof(crl_cascade_options) */
    const crl_cost_options *CRL_NULLABLE cost; /**< NULL: CRL_COST_OPTIONS_INIT */
    crl_activation output_activation; /**< of the output layer; not CRL_CUSTOM_ACTIVATION */
    const crl_activation *CRL_NULLABLE activations; /**< of the hidden units: the candidates take them in turn. Not CRL_SOFTMAX,
                                           CRL_LOG_SOFTMAX or CRL_CUSTOM_ACTIVATION. NULL: CRL_TANH */
    size_t activations_count;         /**< from 1 to candidates; ignored if activations is NULL */
    size_t candidates;                /**< how many units compete for each place: from 1 to 10000 */
    size_t max_units;                 /**< growing ends with so many hidden units: from 1 to 4999. A pass of the network keeps
                                           some max_units² / 2 floats for each row */
    size_t max_iterations;            /**< of L-BFGS at most, for the outputs each time, and for each candidate; at least 1 */
    size_t threads;                   /**< from 1 to 1024 share the training of the outputs. CRL_AUTO_SIZE: the library
                                           decides. The results are the same bit for bit */
    size_t patience;                  /**< at least 1: growing ends after so many units without a lower cost, of the validation
                                           data if there are any. CRL_AUTO_SIZE: it goes on */
    crl_cascade_callback CRL_NULLABLE on_unit;
    void *CRL_NULLABLE user;          /**< passed to on_unit */
    uint64_t seed;                    /**< of the first weights */
    double target_cost;               /**< growing ends where C of x is no larger, or, but for a custom cost, 0. CRL_AUTO: no
                                           such target */
    double min_delta;                 /**< by how much a cost must be lower for patience to begin anew; finite and ≥ 0 */
} crl_cascade_options;

#define CRL_CASCADE_OPTIONS_INIT \
    { sizeof(crl_cascade_options), NULL, CRL_IDENTITY, NULL, 0, 8, 30, 200, CRL_AUTO_SIZE, CRL_AUTO_SIZE, NULL, NULL, 0, \
      CRL_AUTO, 0.0 }

/** Grows a network on data: cascade correlation (Fahlman and Lebiere 1990).
 *
 *  Begins with the outputs alone, which read x, and trains them. Then repeats three steps. It trains some candidates
 *  for a hidden unit to follow what the network still does wrong; they read x and the earlier hidden units. It
 *  installs the best candidate and keeps its weights fixed while the network grows. It trains the outputs, which
 *  read x and all hidden units. The candidates follow the outputs' ∂C/∂z, so growing works with every cost.
 *
 *  The layers are "unit1", "features1" (a concatenation of what the unit reads and the unit), "unit2", … and
 *  "output". The result is a built network like any other: you can save it, and train it further with all of its
 *  weights. Returns the best network seen during growth: the one with the lowest cost, of the validation data if
 *  there are any. One seed gives one network, bit for bit, whatever the number of threads.
 *  @param inputs N_0, the length of x, at least 1.
 *  @param outputs N_L, the length of y, at least 1.
 *  @param x x_rows × inputs, all finite.
 *  @param x_rows at least 1.
 *  @param x_stride floats from one row to the next, at least inputs.
 *  @param targets for each row of x; NULL: none, only for a custom cost that needs none.
 *  @param validation data to validate on after each unit; NULL: none.
 *  @param options cost, activations, candidates, when to end, callback; NULL: CRL_CASCADE_OPTIONS_INIT.
 *  @param network receives the network; free it with crl_network_destroy(). After CRL_CANCELLED too, as far as it
 *      has grown. NULL after another error.
 *  @return a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. */
CRL_NODISCARD CRL_API crl_status crl_network_create_cascade(size_t inputs, size_t outputs, const float *x,
                                                            size_t x_rows, size_t x_stride,
                                                            const crl_targets *CRL_NULLABLE targets,
                                                            const crl_validation *CRL_NULLABLE validation,
                                                            const crl_cascade_options *CRL_NULLABLE options,
                                                            crl_network *CRL_NULLABLE *CRL_NONNULL network);

/* ------------------------------------------------------------------------------------------------------------------
 * Cancelling
 * ------------------------------------------------------------------------------------------------------------------
 * A flag that any thread, or a signal's handler, sets to end the long calls of another thread early.
 *
 *     crl_cancel_create(NULL, NULL, &cancel);
 *     crl_cancel_watch(cancel, NULL);             this thread's calls look at it from now on
 *     crl_network_fit(...);                       CRL_CANCELLED, soon after any thread calls
 *                                                 crl_cancel_set(cancel)
 *
 * Every function that can take long looks at the flag: those that build, train, minimize and grow networks, predict,
 * evaluate, load, save and prepare, those that compute gradients, products and matrices of derivatives, and the passes.
 * They look every few milliseconds. They end within 50 ms, unless a layer has tens of millions of parameters or a
 * written file waits for the disk. An optimizer's step, once begun, always completes. A call of less than a millisecond
 * may not look.
 *
 * A cancelled call leaves what any error of the call would leave. A trainer can continue from the last complete step,
 * bit for bit as if it had not stopped.
 */

/** A flag that ends the long calls of the threads that watch it. */
typedef struct crl_cancel crl_cancel;

/** For crl_cancel_create(). Runs within long calls of the thread that watches, about every 20 ms. Return 0 to go on, another
 *  number to set the flag. */
typedef int32_t (*crl_cancel_poll)(void *CRL_NULLABLE user);

/** Creates a flag, not yet set.
 *  @param poll asks whether to set the flag. Called during the long calls of a thread that watches, on that thread,
 *      about every 20 ms. NULL: only crl_cancel_set() sets it.
 *  @param user passed to poll; may be NULL.
 *  @param cancel receives the flag; free it with crl_cancel_destroy(). NULL after an error.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_cancel_create(crl_cancel_poll CRL_NULLABLE poll, void *CRL_NULLABLE user,
                                                   crl_cancel *CRL_NULLABLE *CRL_NONNULL cancel);

/** Frees a flag. The calling thread stops watching it. No other thread may be watching it.
 *  @param cancel NULL: does nothing. */
CRL_API void crl_cancel_destroy(crl_cancel *CRL_NULLABLE cancel);

/** Sets the flag. Calls of threads that watch it end with CRL_CANCELLED: those under way, and all that begin before
 *  crl_cancel_reset().
 *
 *  Threads: any, at any time; also a signal's handler, whatever it interrupts.
 *  @param cancel the flag. NULL or a handle of another kind: does nothing. */
CRL_API void crl_cancel_set(crl_cancel *CRL_NULLABLE cancel);

/** Clears the flag.
 *
 *  Threads: any.
 *  @param cancel the flag.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_cancel_reset(crl_cancel *cancel);

/** Makes the calls of this thread look at this flag from now on, and at no other.
 *
 *  Threads: each watches for itself. Several may watch one flag.
 *  @param cancel the flag, which must live as long as it is watched; NULL: none.
 *  @param before receives what this thread watched until now, or NULL, so that you can restore it; may be NULL.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_cancel_watch(crl_cancel *CRL_NULLABLE cancel,
                                                  crl_cancel *CRL_NULLABLE *CRL_NULLABLE before);

/* ------------------------------------------------------------------------------------------------------------------
 * Initial values
 * ------------------------------------------------------------------------------------------------------------------
 * The CRL_..._INIT macros as functions, for languages without macros. Each function writes the initial value into a
 * structure of size bytes, and sets the structure's own size.
 */

/** Gets the value of CRL_LAYER_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_layer_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_layer_options_init(crl_layer_options *options, size_t size);

/** Gets the value of CRL_WINDOW_INIT.
 *  @param window receives the value.
 *  @param size sizeof(crl_window).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_window_init(crl_window *window, size_t size);

/** Gets the value of CRL_NORMALIZATION_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_normalization_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_normalization_options_init(crl_normalization_options *options, size_t size);

/** Gets the value of CRL_RECURRENT_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_recurrent_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_recurrent_options_init(crl_recurrent_options *options, size_t size);

/** Gets the value of CRL_ATTENTION_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_attention_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_attention_options_init(crl_attention_options *options, size_t size);

/** Gets the value of CRL_ONNX_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_onnx_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_onnx_options_init(crl_onnx_options *options, size_t size);

/** Gets the value of CRL_LAYER_INIT.
 *  @param layer receives the value.
 *  @param size sizeof(crl_layer).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_layer_init(crl_layer *layer, size_t size);

/** Gets the value of CRL_TENSOR_INIT.
 *  @param tensor receives the value.
 *  @param size sizeof(crl_tensor).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_tensor_init(crl_tensor *tensor, size_t size);

/** Gets the value of CRL_COST_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_cost_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_cost_options_init(crl_cost_options *options, size_t size);

/** Gets the value of CRL_TARGETS_INIT.
 *  @param targets receives the value.
 *  @param size sizeof(crl_targets).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_targets_init(crl_targets *targets, size_t size);

/** Gets the value of CRL_VALIDATION_INIT.
 *  @param validation receives the value.
 *  @param size sizeof(crl_validation).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_validation_init(crl_validation *validation, size_t size);

/** Gets the value of CRL_OPTIMIZER_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_optimizer_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_optimizer_options_init(crl_optimizer_options *options, size_t size);

/** Gets the value of CRL_LAYER_STEP_INIT.
 *  @param step receives the value.
 *  @param size sizeof(crl_layer_step).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_layer_step_init(crl_layer_step *step, size_t size);

/** Gets the value of CRL_SCHEDULE_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_schedule_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_schedule_options_init(crl_schedule_options *options, size_t size);

/** Gets the value of CRL_EPOCH_INIT.
 *  @param epoch receives the value.
 *  @param size sizeof(crl_epoch).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_epoch_init(crl_epoch *epoch, size_t size);

/** Gets the value of CRL_TRAIN_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_train_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_train_options_init(crl_train_options *options, size_t size);

/** Gets the value of CRL_METRICS_INIT.
 *  @param metrics receives the value.
 *  @param size sizeof(crl_metrics).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_metrics_init(crl_metrics *metrics, size_t size);

/** Gets the value of CRL_PROGRESS_INIT.
 *  @param progress receives the value.
 *  @param size sizeof(crl_progress).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_progress_init(crl_progress *progress, size_t size);

/** Gets the value of CRL_DATA_SOURCE_INIT.
 *  @param source receives the value.
 *  @param size sizeof(crl_data_source).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_data_source_init(crl_data_source *source, size_t size);

/** Gets the value of CRL_PLATEAU_STATE_INIT.
 *  @param state receives the value.
 *  @param size sizeof(crl_plateau_state).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_plateau_state_init(crl_plateau_state *state, size_t size);

/** Gets the value of CRL_C_SOURCE_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_c_source_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_c_source_options_init(crl_c_source_options *options, size_t size);

/** Gets the value of CRL_GRADIENT_CHECK_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_gradient_check_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_gradient_check_options_init(crl_gradient_check_options *options, size_t size);

/** Gets the value of CRL_GRADIENT_REPORT_INIT.
 *  @param report receives the value.
 *  @param size sizeof(crl_gradient_report).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_gradient_report_init(crl_gradient_report *report, size_t size);

/** Gets the value of CRL_MINIMIZE_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_minimize_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_minimize_options_init(crl_minimize_options *options, size_t size);

/** Gets the value of CRL_MINIMUM_INIT.
 *  @param minimum receives the value.
 *  @param size sizeof(crl_minimum).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_minimum_init(crl_minimum *minimum, size_t size);

/** Gets the value of CRL_CASCADE_OPTIONS_INIT.
 *  @param options receives the value.
 *  @param size sizeof(crl_cascade_options).
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_cascade_options_init(crl_cascade_options *options, size_t size);

/* ------------------------------------------------------------------------------------------------------------------
 * Streams
 * ------------------------------------------------------------------------------------------------------------------
 * A stream takes a sequence frame by frame, as it comes: sound, or what a sensor measures. A frame is a step of the sequence
 * [steps, channels] that the network reads. The outputs are those of the whole sequence at once, bit for bit, however it is
 * cut into blocks; the network's own number of steps does not matter.
 *
 *     crl_stream_create(predictor, &stream);
 *     crl_stream_push(stream, x, 64, y);          64 frames of x, 64 frames of y
 *     crl_stream_push(stream, x, 64, y);          the next ones
 *
 * crl_stream_push() is made for threads that must not wait: it allocates nothing, takes no lock and makes no system call, and
 * its time depends on the number of frames alone. Make the stream, and free it, on another thread. Any number of streams may
 * share a predictor, each on a thread of its own; one stream serves one thread at a time.
 */

/** A sequence on its way through a predictor, frame by frame. */
typedef struct crl_stream crl_stream;

/** Makes a stream. It keeps the predictor's weights: the predictor may be destroyed first.
 *
 *  The layers must be causal: no output may depend on later steps. Dense layers, embeddings, activations,
 *  normalization of channels, batch normalization, sums, products, concatenations along the channels, recurrent
 *  layers that go forwards, and causal convolutions of stride 1 are. Where the network gives what the last step
 *  leaves, as a recurrent layer's last state, the stream gives it after each frame.
 *  @param predictor only read.
 *  @param stream receives the stream, before its first frame; free it with crl_stream_destroy(). NULL after an
 *      error.
 *  @return a status; CRL_ERROR_VALUE, with its name in the message, for a layer that is not causal. */
CRL_NODISCARD CRL_API crl_status crl_stream_create(const crl_predictor *predictor,
                                                   crl_stream *CRL_NULLABLE *CRL_NONNULL stream);

/** Frees a stream.
 *  @param stream NULL: does nothing. */
CRL_API void crl_stream_destroy(crl_stream *CRL_NULLABLE stream);

/** Takes the next frames, and writes their outputs. NaN and infinity propagate, and stay in a recurrent layer's
 *  state until crl_stream_reset().
 *
 *  If the network has recurrent layers, the call takes subnormal numbers for 0, so that a state that decays does not
 *  slow it down, as all predictions with them do. It leaves the caller's arithmetic as it was.
 *  @param stream by one thread at a time: the library cannot notice two.
 *  @param x frames × inputs.
 *  @param frames at least 1.
 *  @param y receives frames × outputs. It may be x if a frame of it has no more numbers than one of x; otherwise it
 *      must not overlap x.
 *  @return a status. An error leaves the stream as it was, unless a layer fails in the middle: a custom activation,
 *      or an embedding with a token that it lacks. Then the next call may say that the stream must be reset. */
CRL_NODISCARD CRL_API crl_status crl_stream_push(crl_stream *stream, const float *x, size_t frames, float *y);

/** Goes back to before the first frame.
 *  @param stream requires exclusive access to it.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_stream_reset(crl_stream *stream);

/** Makes another stream of the same predictor, which goes on from where this one is.
 *  @param stream only read.
 *  @param copy receives the copy; free it with crl_stream_destroy(). NULL after an error.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_stream_copy(const crl_stream *stream, crl_stream *CRL_NULLABLE *CRL_NONNULL copy);

/** Saves the state: what came so far, for as much as later outputs depend on it. Only counts the bytes if there is
 *  no room given. Allocates nothing.
 *  @param stream only read.
 *  @param bytes receives the state; NULL, with a capacity of 0: only count them.
 *  @param capacity how many bytes may be written, at least the count.
 *  @param count receives how many bytes the state has; that never changes.
 *  @return a status; also CRL_ERROR_SIZE if the capacity is too small, or CRL_ERROR_NO_FORWARD if the stream must be
 *      reset. */
CRL_NODISCARD CRL_API crl_status crl_stream_save(const crl_stream *stream, void *CRL_NULLABLE bytes, size_t capacity,
                                                 size_t *count);

/** Goes on from a saved state. After an error the stream is unchanged.
 *  @param stream requires exclusive access to it.
 *  @param bytes what crl_stream_save() wrote, for a stream of this predictor or of another network of the same
 *      architecture; at any alignment. Not needed after the call.
 *  @param count how many bytes there are.
 *  @return a status; also CRL_ERROR_MISMATCH for a state of another architecture, CRL_ERROR_FORMAT or
 *      CRL_ERROR_FILE_VERSION. */
CRL_NODISCARD CRL_API crl_status crl_stream_restore(crl_stream *stream, const void *bytes, size_t count);

/** Gets how many numbers a frame of x has.
 *  @param stream only read.
 *  @param inputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_stream_input_size(const crl_stream *stream, size_t *inputs);

/** Gets how many numbers a frame of y has.
 *  @param stream only read.
 *  @param outputs receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_stream_output_size(const crl_stream *stream, size_t *outputs);

/** Gets how many frames came since the beginning.
 *  @param stream only read.
 *  @param frames receives the number.
 *  @return a status. */
CRL_NODISCARD CRL_API crl_status crl_stream_frames(const crl_stream *stream, uint64_t *frames);

#ifdef __cplusplus
}
#endif

#ifdef CRL_ASSUMES_NONNULL
#pragma clang assume_nonnull end
#pragma clang diagnostic pop
#undef CRL_ASSUMES_NONNULL
#endif

#endif

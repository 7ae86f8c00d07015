/* The types of the public header, written by hand; headergen copies what stands between the two marker lines, each section
 * in front of the functions of the group that it names. */
#ifndef CHAINRULE_TYPES_H
#define CHAINRULE_TYPES_H

/* The public header defines it for clang: "may be NULL". To Swift every pointer is an optional. */
#ifndef CRL_NULLABLE
#define CRL_NULLABLE
#endif

/* ---- 8< ---- */
#include <stddef.h>
#include <stdint.h>

/* ---- GROUP 1 ---- */

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

/* ---- GROUP 2 ---- */

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

/* ---- GROUP 3 ---- */

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

/* ---- GROUP 4 ---- */

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

/* ---- GROUP 5 ---- */

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

/* ---- GROUP 6 ---- */

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

/* ---- GROUP 7 ---- */

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

/* ---- GROUP 8 ---- */


/** Takes the next `count` bytes of a file, at least 1, in order. Runs on the thread that called. It may read the network; it must
 *  not change it. Return 0, or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_write_function)(void *CRL_NULLABLE user, const void *bytes, size_t count);

/** Gives the next bytes of a file, in order: writes up to `capacity` of them to `bytes`, and their number to `count`. Fewer than
 *  `capacity` are no error; 0 end the file. The library never asks for more than the file has: what follows in a stream stays
 *  there. Runs on the thread that called. Return 0, or another number to end the call with CRL_ERROR_CALLBACK. */
typedef int32_t (*crl_read_function)(void *CRL_NULLABLE user, void *bytes, size_t capacity, size_t *count);

/* ---- GROUP 9 ---- */

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

/* ---- GROUP 10 ---- */

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

/* ---- GROUP 11 ---- */

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

/* ---- GROUP 12 ---- */

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

/* ---- GROUP 13 ---- */

/** A flag that ends the long calls of the threads that watch it. */
typedef struct crl_cancel crl_cancel;

/** For crl_cancel_create(). Runs within long calls of the thread that watches, about every 20 ms. Return 0 to go on, another
 *  number to set the flag. */
typedef int32_t (*crl_cancel_poll)(void *CRL_NULLABLE user);

/* ---- GROUP 15 ---- */

/** A sequence on its way through a predictor, frame by frame. */
typedef struct crl_stream crl_stream;

/* ---- >8 ---- */
#endif

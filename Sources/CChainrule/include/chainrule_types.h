/* The public C types of Chainrule: handles, status codes, enumerations, option structures and callbacks.
 * headergen copies everything below the line into include/chainrule.h. */
#ifndef CHAINRULE_TYPES_H
#define CHAINRULE_TYPES_H
/* ---- 8< ---- */
#include <stddef.h>
#include <stdint.h>

/** The version of this header. crl_version() gives the version of the library that the program runs with. */
#define CRL_VERSION_MAJOR 0
#define CRL_VERSION_MINOR 1
#define CRL_VERSION_PATCH 0
/** 10000 × major + 100 × minor + patch. */
#define CRL_VERSION (10000 * CRL_VERSION_MAJOR + 100 * CRL_VERSION_MINOR + CRL_VERSION_PATCH)

/* ------------------------------------------------------------------------------------------------------------------
 * Handles
 * ------------------------------------------------------------------------------------------------------------------ */

/** A network: first described layer by layer, then built, then used. */
typedef struct crl_network crl_network;
/** The memory of one forward and backward pass: z, h and δ of every layer. One per thread. */
typedef struct crl_workspace crl_workspace;
/** An optimizer: a method, its hyperparameters and its state (momenta) for one network's parameters. */
typedef struct crl_optimizer crl_optimizer;
/** A network prepared for prediction: its weights as they were, packed, in a precision of choice. Read-only. */
typedef struct crl_predictor crl_predictor;
/** A run of training that can stop after any batch and go on. */
typedef struct crl_trainer crl_trainer;
/** A predictor that can be exchanged while others predict with it. */
typedef struct crl_publisher crl_publisher;
/** A flag that ends the long calls of the threads that watch it. */
typedef struct crl_cancel crl_cancel;

/* ------------------------------------------------------------------------------------------------------------------
 * Status
 * ------------------------------------------------------------------------------------------------------------------ */

/** What a call came to: CRL_OK, or one of the codes below. crl_error_message() then says what, where and which value. */
typedef int32_t crl_status;

enum {
    CRL_OK = 0,

    /* 100–199: an argument is wrong; nothing was changed. */
    CRL_ERROR_NULL = 100,          /**< a pointer that must not be NULL is NULL */
    CRL_ERROR_HANDLE = 101,        /**< a handle is of another kind */
    CRL_ERROR_SIZE = 102,          /**< a count, stride or shape is zero, too small, too large, or does not fit the
                                        network */
    CRL_ERROR_VALUE = 103,         /**< a number is out of its range or not finite; an enumerator is unknown */
    CRL_ERROR_NAME = 104,          /**< a name is empty, malformed, already taken, or unknown */
    CRL_ERROR_TARGET = 105,        /**< a target or sample weight is out of range or not finite */
    CRL_ERROR_OVERLAP = 106,       /**< an array that is written overlaps one that is read, or another that is written */

    /* 200–299: the call does not fit the object's state; nothing was changed. */
    CRL_ERROR_NOT_BUILT = 200,     /**< the network must be built first */
    CRL_ERROR_ALREADY_BUILT = 201, /**< a built network's layers are fixed */
    CRL_ERROR_MISMATCH = 202,      /**< the workspace, optimizer or checkpoint is for another network or purpose; a custom
                                        activation or cost lacks the derivative that the call needs */
    CRL_ERROR_NO_FORWARD = 203,    /**< backward needs the forward pass of the same rows, with the present parameters */
    CRL_ERROR_BUSY = 204,          /**< a callback calls what would change the trainer or network that it serves; the
                                        library already computes with another instruction set */

    /* 300–399: arithmetic. */
    CRL_ERROR_NOT_FINITE = 300,    /**< NaN or infinity in what is trained on; C not finite, or outputs where it is not
                                        defined; or a step that would produce NaN or infinity */

    /* 400–499: callbacks, and the caller's wish to end. */
    CRL_CANCELLED = 400,           /**< a progress callback, or a crl_cancel that the thread watches, asked to stop; the
                                        parameters are those trained so far */
    CRL_ERROR_CALLBACK = 401,      /**< a cost, activation, data, read or write callback returned non-zero, or wrote
                                        NaN, infinity, targets out of range or more bytes than asked for */

    /* 500–599: files. */
    CRL_ERROR_FILE = 500,          /**< a file cannot be opened, read, written or renamed */
    CRL_ERROR_FORMAT = 501,        /**< a file is truncated, altered, or no model file at all */
    CRL_ERROR_FILE_VERSION = 502,  /**< a file was written by a newer version of the format */

    /* 600–699: resources. */
    CRL_ERROR_MEMORY = 600         /**< memory cannot be allocated, or the size needed overflows */
};

/* ------------------------------------------------------------------------------------------------------------------
 * Instruction sets
 * ------------------------------------------------------------------------------------------------------------------ */

/** What the library's arithmetic is compiled for. Without a choice it takes the best that the processor has. */
typedef int32_t crl_instructions;

enum {
    CRL_INSTRUCTIONS_BASELINE = 0, /**< what every x86-64 processor has */
    CRL_INSTRUCTIONS_AVX2 = 1,     /**< AVX2 and FMA: x86-64-v3 */
    CRL_INSTRUCTIONS_AVX512 = 2,   /**< AVX-512 F, BW, CD, DQ and VL: x86-64-v4. Where the processor has dot products of bfloat16 too,
                           predictors in bfloat16 take them, and round otherwise than with AVX-512 alone */
    CRL_INSTRUCTIONS_NEON = 3      /**< what every arm64 processor has */
};

/* ------------------------------------------------------------------------------------------------------------------
 * Describing layers
 * ------------------------------------------------------------------------------------------------------------------ */

/** An activation σ, applied as h = σ(z). One of the enumerators below. */
typedef int32_t crl_activation;

enum {
    CRL_IDENTITY = 0,    /**< σ(z) = z */
    CRL_SIGMOID = 1,     /**< σ(z) = 1 / (1 + e⁻ᶻ) */
    CRL_TANH = 2,        /**< σ(z) = tanh z */
    CRL_RELU = 3,        /**< σ(z) = max(0, z); σ'(0) = 0 */
    CRL_LEAKY_RELU = 4,  /**< σ(z) = z for z > 0, α z otherwise; α = 0.01 unless given. With α = 0, −∞ gives NaN */
    CRL_ELU = 5,         /**< σ(z) = z for z > 0, α (eᶻ − 1) otherwise; α = 1 unless given */
    CRL_SELU = 6,        /**< σ(z) = 1.0507 × ELU with α = 1.67326 (Klambauer et al. 2017) */
    CRL_SOFTPLUS = 7,    /**< σ(z) = log(1 + eᶻ) */
    CRL_GELU = 8,        /**< σ(z) = z Φ(z), Φ the normal distribution function, exact through erf */
    CRL_GELU_TANH = 9,   /**< the tanh approximation of GELU (Hendrycks and Gimpel 2016) */
    CRL_SILU = 10,       /**< σ(z) = z / (1 + e⁻ᶻ), also called swish */
    CRL_SOFTMAX = 11,    /**< over the row, of at least 2: σ(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ */
    CRL_LOG_SOFTMAX = 12,/**< over the row: σ(z)ᵢ = zᵢ − log Σⱼ e^zⱼ */
    CRL_CUSTOM_ACTIVATION = 100 /**< the functions in crl_layer_options */
};

/** How a tensor's first values are drawn. fan_in and fan_out are the columns and rows of W. */
typedef int32_t crl_initializer_kind;

enum {
    CRL_INIT_DEFAULT = 0,       /**< weights: Glorot uniform, but He uniform in front of softplus, and LeCun normal in
                                     front of SELU; biases: uniform in ± sqrt(6 / (fan_in + fan_out)) */
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

/** An initializer: its kind and, where the kind has parameters, a and b, otherwise 0. This structure does not grow. */
typedef struct crl_initializer {
    crl_initializer_kind kind;
    float a;
    float b;
} crl_initializer;

/** A custom σ, for some rows of a batch: reads z and writes h, both rows × columns, row-major and contiguous.
 *  Returns 0, or another number to stop the call with CRL_ERROR_CALLBACK. May be called from any thread that uses the
 *  network. It must return, as every callback: no longjmp(), no exception (see Callbacks at the top). */
typedef int32_t (*crl_activation_function)(void *user, const float *z, float *h, size_t rows, size_t columns);

/** A custom σ', for some rows of a batch: reads z and h = σ(z) and writes dh_dz, elementwise; arrays and result as for
 *  crl_activation_function. */
typedef int32_t (*crl_activation_derivative)(void *user, const float *z, const float *h, float *dh_dz, size_t rows,
                                             size_t columns);

/** What a layer can be told beyond its width and activation. Start from CRL_LAYER_OPTIONS_INIT. What is not for the layer and
 *  its activation stays as it is there, or the status is CRL_ERROR_VALUE; bias alone is ignored. */
typedef struct crl_layer_options {
    size_t size;                          /**< sizeof(crl_layer_options) */
    const char *name;                     /**< the layer's name, 1 to 63 bytes of A–Z a–z 0–9 _ -; NULL: its
                                               position, "0", "1", … */
    const char *input;                    /**< the layer it reads, "input" for the network's own input; NULL: the
                                               layer before */
    int32_t bias;                         /**< dense: non-zero for a bias b */
    crl_initializer weight_initializer;   /**< dense */
    crl_initializer bias_initializer;     /**< dense */
    float alpha;                          /**< leaky ReLU and ELU: α ≥ 0; −1: the activation's own */
    crl_activation_function function;     /**< CRL_CUSTOM_ACTIVATION: σ */
    crl_activation_derivative derivative; /**< CRL_CUSTOM_ACTIVATION: σ' */
    void *user;                           /**< handed to the three functions */
    crl_activation_derivative second_derivative; /**< CRL_CUSTOM_ACTIVATION: σ'', written to dh_dz; NULL: none, and
                                               crl_network_hessian_product() gives CRL_ERROR_MISMATCH */
} crl_layer_options;

#define CRL_LAYER_OPTIONS_INIT \
    { sizeof(crl_layer_options), NULL, NULL, 1, { CRL_INIT_DEFAULT, 0.0f, 0.0f }, { CRL_INIT_DEFAULT, 0.0f, 0.0f }, \
      -1.0f, NULL, NULL, NULL, NULL }

/** Where a parameter tensor lies in the network's flat parameter vector, and in any gradient vector. */
typedef struct crl_tensor {
    size_t size;      /**< sizeof(crl_tensor) */
    const char *name; /**< such as "layer.weight" or "layer.bias"; lives as long as the network */
    size_t offset;    /**< its first element, in floats from the start of the vector */
    size_t rows;      /**< N_l: the width of the layer */
    size_t columns;   /**< N_{l−1} for a weight, 1 for a bias; elements are row-major */
    size_t rank;      /**< 1 for a vector, as a bias is; 2 for a matrix of one column or more */
} crl_tensor;

#define CRL_TENSOR_INIT { sizeof(crl_tensor), NULL, 0, 0, 0, 0 }

/* ------------------------------------------------------------------------------------------------------------------
 * Passes
 * ------------------------------------------------------------------------------------------------------------------ */

/** What a workspace is for. */
typedef int32_t crl_purpose;

enum {
    CRL_PURPOSE_TRAINING = 0, /**< keeps z, h and δ of every layer */
    CRL_PURPOSE_INFERENCE = 1 /**< forward only; keeps h alone */
};

/** Which of a layer's quantities crl_workspace_values() gives. */
typedef int32_t crl_quantity;

enum {
    CRL_QUANTITY_Z = 0,    /**< z = W h + b, the preactivation */
    CRL_QUANTITY_H = 1,    /**< h = σ(z), the activation */
    CRL_QUANTITY_DELTA = 2 /**< δ = ∂C/∂h, the error signal that reached the layer */
};

/* ------------------------------------------------------------------------------------------------------------------
 * Predictors
 * ------------------------------------------------------------------------------------------------------------------ */

/** The numbers that a predictor computes with. */
typedef int32_t crl_precision;

enum {
    CRL_PRECISION_FLOAT32 = 0,  /**< the network's own numbers, and its results bit for bit */
    CRL_PRECISION_BFLOAT16 = 1, /**< weights and activations rounded to the upper 16 bits of a float32; sums in float32 */
    CRL_PRECISION_INT8 = 2      /**< weights in steps of 1/127 of each unit's largest, activations in 255 steps over each row's
                           range; exact sums in 32-bit integers. A row with NaN or infinity gives NaN */
};

/* ------------------------------------------------------------------------------------------------------------------
 * Costs
 * ------------------------------------------------------------------------------------------------------------------ */

/** A cost. Each is given for one row of N outputs y and targets t; crl_reduction says how rows are put together. */
typedef int32_t crl_cost_kind;

enum {
    CRL_MEAN_SQUARED_ERROR = 0,         /**< (1/N) Σ (y − t)² */
    CRL_MEAN_ABSOLUTE_ERROR = 1,        /**< (1/N) Σ |y − t|; derivative 0 at y = t */
    CRL_HUBER = 2,                      /**< (1/N) Σ of (y − t)²/2 where |y − t| ≤ d, else d (|y − t| − d/2) */
    CRL_BINARY_CROSS_ENTROPY = 3,       /**< −(1/N) Σ t log y + (1 − t) log(1 − y); y and t in [0, 1]; logarithms
                                             are cut at −100. Another y: CRL_ERROR_NOT_FINITE */
    CRL_BINARY_CROSS_ENTROPY_LOGITS = 4,/**< the same of σ(y), the sigmoid, fused and stable; y any number. A
                                             network that ends in a sigmoid is CRL_ERROR_VALUE */
    CRL_CROSS_ENTROPY = 5,              /**< −Σ t log softmax(y), fused and stable; y logits, at least 2: of 1 it would
                                             be 0 whatever y is; t a class index or a distribution, whose elements add
                                             up to 1, to within 0.001. A network that ends in a softmax, which would be
                                             applied twice, is CRL_ERROR_VALUE */
    CRL_CUSTOM_COST = 100               /**< the function in crl_cost_options */
};

/** How the costs of the rows, c_r with sample weights w_r (1 unless given), become C. */
typedef int32_t crl_reduction;

enum {
    CRL_REDUCTION_MEAN = 0, /**< C = Σ w_r c_r / Σ w_r */
    CRL_REDUCTION_SUM = 1   /**< C = Σ w_r c_r */
};

/** A custom cost, for a whole batch: reads y (rows × columns), targets (rows × target_columns; NULL if none were given)
 *  and the sample weights (rows; NULL if none were given), all row-major and contiguous, and writes C and ∇C = ∂C/∂y
 *  (rows × columns). It reduces over the rows itself. Returns 0, or another number to stop the call with
 *  CRL_ERROR_CALLBACK. May be called from any thread that uses the cost. It must return: no longjmp(), no exception. */
typedef int32_t (*crl_cost_function)(void *user, const float *y, const float *targets, const float *weights, size_t rows,
                                     size_t columns, size_t target_columns, double *C, float *dC_dy);

/** How the ∇C of a custom cost changes with y: reads y, targets and sample weights as crl_cost_function does, and a vector v
 *  of the shape of y, and writes H v with H = ∂∇C/∂y, of the same shape. Result and threads as for crl_cost_function. */
typedef int32_t (*crl_cost_hessian_product)(void *user, const float *y, const float *targets, const float *weights,
                                            const float *v, size_t rows, size_t columns, size_t target_columns,
                                            float *Hv);

/** A cost and its parameters. Start from CRL_COST_OPTIONS_INIT. What is not for the kind stays as it is there, or the status is
 *  CRL_ERROR_VALUE. */
typedef struct crl_cost_options {
    size_t size;                /**< sizeof(crl_cost_options) */
    crl_cost_kind kind;
    crl_reduction reduction;    /**< not used by CRL_CUSTOM_COST */
    float huber_delta;          /**< CRL_HUBER: d > 0 */
    crl_cost_function function; /**< CRL_CUSTOM_COST */
    void *user;                 /**< handed to function and hessian_product */
    crl_cost_hessian_product hessian_product; /**< CRL_CUSTOM_COST: H v; NULL: none, and
                                     crl_network_hessian_product() and crl_network_gauss_newton_product() give
                                     CRL_ERROR_MISMATCH */
    float label_smoothing;      /**< CRL_CROSS_ENTROPY: ε in [0, 1): (1 − ε) t + ε / N in the place of t (Szegedy et al.
                                     2016) */
} crl_cost_options;

#define CRL_COST_OPTIONS_INIT { sizeof(crl_cost_options), CRL_MEAN_SQUARED_ERROR, CRL_REDUCTION_MEAN, 1.0f, NULL, NULL, NULL, 0.0f }

/** What the outputs are compared with: values or classes, one for each row of the outputs, and sample weights if wanted.
 *  Start from CRL_TARGETS_INIT. The arrays stay the caller's and are only read. */
typedef struct crl_targets {
    size_t size;            /**< sizeof(crl_targets) */
    const float *values;    /**< rows × columns targets; NULL if classes are given, or if a custom cost needs none */
    size_t rows;
    size_t columns;         /**< the width of the network's output; any width ≥ 1 for a custom cost */
    size_t stride;          /**< floats from one row of values to the next, ≥ columns */
    const int32_t *classes; /**< CRL_CROSS_ENTROPY: class indices from 0 to N − 1 */
    size_t classes_count;
    const float *weights;   /**< sample weights, each finite and ≥ 0, their sum > 0; NULL: all 1 */
    size_t weights_count;
} crl_targets;

#define CRL_TARGETS_INIT { sizeof(crl_targets), NULL, 0, 0, 0, NULL, 0, NULL, 0 }

/* ------------------------------------------------------------------------------------------------------------------
 * Derivatives
 * ------------------------------------------------------------------------------------------------------------------ */

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
    float tolerance;        /**< the largest relative error that passes; finite and > 0. Float32 rounds: the smaller it is,
                                 the more coordinates cannot be checked; below about 1e-4 most */
    size_t max_coordinates; /**< how many parameters to check at most, some of every tensor; and at how many numbers a
                                 custom function; ≥ 1 */
    uint64_t seed;          /**< of the choice among more */
} crl_gradient_check_options;

#define CRL_GRADIENT_CHECK_OPTIONS_INIT { sizeof(crl_gradient_check_options), 0.1f, 0.005f, 1000, 0 }

/** Which derivative was checked. */
typedef int32_t crl_checked_quantity;

enum {
    CRL_CHECKED_PARAMETER_GRADIENT = 0,           /**< ∂C/∂w of a parameter */
    CRL_CHECKED_ACTIVATION_DERIVATIVE = 1,        /**< σ' of a layer's custom activation */
    CRL_CHECKED_ACTIVATION_SECOND_DERIVATIVE = 2, /**< σ'' of a layer's custom activation */
    CRL_CHECKED_COST_GRADIENT = 3,                /**< ∇C of a custom cost */
    CRL_CHECKED_COST_HESSIAN_PRODUCT = 4          /**< H v of a custom cost, for a random v */
};

/** What crl_network_check_gradient() found: counts, and the coordinate with the largest relative error. If a custom function
 *  fails, it is one of that function's, because what is computed with it is then wrong, too. */
typedef struct crl_gradient_report {
    size_t size;                   /**< sizeof(crl_gradient_report) */
    size_t checked;                /**< coordinates that were compared with differences */
    size_t skipped;                /**< those that could not be: beside a kink, or lost in rounding */
    size_t failed;                 /**< of those compared: beyond the tolerance */
    crl_checked_quantity quantity; /**< of the worst coordinate, as is all that follows */
    const char *name;              /**< the tensor, such as "0.weight"; the layer of an activation; "cost". Lives as long as
                                        the network. NULL if nothing could be compared; what follows is then 0 */
    size_t row;                    /**< in the tensor; otherwise the row of the batch */
    size_t column;                 /**< in the tensor; otherwise the unit or output */
    double analytic;               /**< the derivative as it was computed */
    double numeric;                /**< the derivative by differences */
    double absolute_error;         /**< |analytic − numeric| */
    double relative_error;         /**< the same by the larger of the two, or by a hundredth of the largest derivative of
                                        the same tensor or function, if that is larger still */
} crl_gradient_report;

#define CRL_GRADIENT_REPORT_INIT \
    { sizeof(crl_gradient_report), 0, 0, 0, CRL_CHECKED_PARAMETER_GRADIENT, NULL, 0, 0, 0.0, 0.0, 0.0, 0.0 }

/* ------------------------------------------------------------------------------------------------------------------
 * Optimizers
 * ------------------------------------------------------------------------------------------------------------------ */

/** An optimization method. g is the gradient ∂C/∂w, η the learning rate. */
typedef int32_t crl_optimizer_method;

enum {
    CRL_GRADIENT_DESCENT = 0, /**< w ← w − η g */
    CRL_MOMENTUM = 1,         /**< v ← μ v + g; w ← w − η v (Polyak 1964) */
    CRL_ADAM = 2,             /**< m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η m̂ / (√v̂ + ε) with
                                   m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) in step t (Kingma and Ba 2015,
                                   algorithm 1) */
    CRL_NESTEROV = 3,         /**< v ← μ v + g; w ← w − η (g + μ v) (Sutskever et al. 2013, as Bengio et al. 2013
                                   simplify it) */
    CRL_ADAGRAD = 4,          /**< v ← v + g²; w ← w − η g / (√v + ε) (Duchi et al. 2011) */
    CRL_RMSPROP = 5,          /**< v ← β₂ v + (1 − β₂) g²; w ← w − η g / (√v + ε) (Tieleman and Hinton 2012) */
    CRL_ADAMW = 6,            /**< Adam, but with a weight_decay of 0.01 unless another is given (Loshchilov and Hutter
                                   2019, algorithm 2) */
    CRL_AMSGRAD = 7,          /**< Adam, but with the largest v so far for v in the last formula (Reddi et al. 2018) */
    CRL_NADAM = 8,            /**< Adam with Nesterov's momentum (Dozat 2016; μ_t = β₁ (1 − 0.96^(0.004 t) / 2)) */
    CRL_LION = 9,             /**< w ← w − η sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g (Chen et al. 2023,
                                   algorithm 2, whose λ is weight_decay) */
    CRL_IRPROP_MINUS = 10,    /**< for gradients over all of the data: w ← w − Δ sign(g), where Δ begins as η, grows by
                                   η⁺ as long as g keeps its sign, and shrinks by η⁻, with no step, where it does not
                                   (iRPROP⁻: Igel and Hüsken 2000) */
    CRL_QUICKPROP = 11        /**< for gradients over all of the data: d ← r d − η g with r = g / (p − g), at most μ,
                                   and p the g of the step before; − η g only where g keeps its sign; w ← w + d
                                   (Fahlman 1988, whose decay is l2) */
};

/** An optimization method and its hyperparameters, each either in its range or −1, for the method's own value, which is
 *  given here. One that is not the method's is CRL_ERROR_VALUE unless it is −1.
 *
 *  What stands from weight_decay on is for every method. A step does it in this order: g is clipped, over all layers that are
 *  not frozen; penalties are added, g ← g + λ₂ w + λ₁ sign(w), whose own value is not part of the C that is reported;
 *  weights decay, w ← w − η λ w; the method makes its step along g; the norms of W's rows are limited. Penalties and decay
 *  are for weights, and for biases if regularize_biases is set. Start from CRL_OPTIMIZER_OPTIONS_INIT. */
typedef struct crl_optimizer_options {
    size_t size;                 /**< sizeof(crl_optimizer_options) */
    crl_optimizer_method method;
    float learning_rate;         /**< η, finite and ≥ 0; no −1 */
    float momentum;              /**< momentum, Nesterov: μ in [0, 1); 0.9 */
    float beta1;                 /**< Adam, AdamW, AMSGrad, NAdam, Lion: β₁ in [0, 1); 0.9 */
    float beta2;                 /**< those and RMSprop: β₂ in [0, 1); 0.999, Lion and RMSprop 0.99 */
    float epsilon;               /**< AdaGrad, RMSprop, Adam, AdamW, AMSGrad, NAdam: ε ≥ 1e-30 and finite; 1e-8, AdaGrad
                                      1e-10 */
    float growth;                /**< iRPROP⁻: η⁺ ≥ 1 and finite; 1.2. Quickprop: μ > 0 and finite; 1.75 */
    float shrink;                /**< iRPROP⁻: η⁻ in [0, 1); 0.5 */
    float min_step;              /**< iRPROP⁻: Δ does not shrink below it; > 0 and ≤ max_step; 1e-6 */
    float max_step;              /**< iRPROP⁻: Δ does not grow beyond it. Quickprop: |d| is cut there. > 0 and finite;
                                      50 */
    float weight_decay;          /**< λ of decoupled weight decay (Loshchilov and Hutter 2019), ≥ 0 and finite; 0, AdamW
                                      0.01 */
    float l1;                    /**< λ₁ ≥ 0 and finite; no −1 */
    float l2;                    /**< λ₂ ≥ 0 and finite; no −1 */
    float max_norm;              /**< largest norm of a unit's row of W, > 0 (Srivastava et al. 2014); no limit */
    float clip_norm;             /**< c > 0: g ← g min(1, c / (‖g‖ + 1e-6)), ‖g‖ over all parameters (Pascanu et al. 2013;
                                      PyTorch's clip_grad_norm_); no limit */
    float clip_value;            /**< > 0: before that each element of g is cut at ± this; no limit */
    int32_t regularize_biases;   /**< non-zero: penalties and weight decay are for biases, too */
} crl_optimizer_options;

#define CRL_OPTIMIZER_OPTIONS_INIT \
    { sizeof(crl_optimizer_options), CRL_ADAM, 0.001f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, \
      0.0f, 0.0f, -1.0f, -1.0f, -1.0f, 0 }

/** How one layer's parameters are stepped, where that differs from the rest. Start from CRL_LAYER_STEP_INIT. */
typedef struct crl_layer_step {
    size_t size;                /**< sizeof(crl_layer_step) */
    float learning_rate_factor; /**< what η is multiplied by, ≥ 0 and finite. iRPROP⁻ only begins with η */
    float weight_decay;         /**< as in crl_optimizer_options; −1: the optimizer's */
    float l1;                   /**< the same */
    float l2;                   /**< the same */
    float max_norm;             /**< the same; INFINITY: no limit */
    int32_t frozen;             /**< non-zero: the parameters and their part of the optimizer's state stay as they are;
                                     their gradients are not looked at, and crl_network_fit() does not compute them */
} crl_layer_step;

#define CRL_LAYER_STEP_INIT { sizeof(crl_layer_step), 1.0f, -1.0f, -1.0f, -1.0f, -1.0f, 0 }

/* ------------------------------------------------------------------------------------------------------------------
 * Schedules
 * ------------------------------------------------------------------------------------------------------------------ */

/** How the learning rate goes with t, from 0, the number of steps or epochs that were taken; η is the rate it begins with. */
typedef int32_t crl_schedule_kind;

enum {
    CRL_SCHEDULE_CONSTANT = 0,         /**< η: for a warm-up alone */
    CRL_SCHEDULE_STEP = 1,             /**< η γ^⌊t / T⌋ */
    CRL_SCHEDULE_EXPONENTIAL = 2,      /**< η γᵗ */
    CRL_SCHEDULE_COSINE = 3,           /**< η₋ + (η − η₋) (1 + cos(π t' / T')) / 2, where t' is the time since the last restart and T' the
                                   time from that to the next: T at first, then M times the last (Loshchilov and Hutter
                                   2017) */
    CRL_SCHEDULE_ONE_CYCLE = 4,        /**< along half a cosine up from η / d₀ to η, at t = p T − 1, and along another down to
                                   η / (d₀ d₁), at t = T − 1 (Smith 2018; PyTorch's OneCycleLR) */
    CRL_SCHEDULE_PLATEAU = 5,          /**< after more than `patience` epochs without a cost below C₋ − threshold × |C₋|, C₋ the lowest:
                                   max(γ × the last, η₋), and for `cooldown` epochs no other */
    CRL_CUSTOM_SCHEDULE = 100 /**< the function in crl_schedule_options */
};

/** A custom schedule, called on the thread that called crl_network_fit(): writes the learning rate at t, finite and ≥ 0.
 *  `base` is the rate that the optimizer had before; `cost` is C of the epoch before, on the validation data if there are
 *  any, NaN in the first. Returns 0, or another number to stop the call with CRL_ERROR_CALLBACK. It must return: no
 *  longjmp(), no exception. */
typedef int32_t (*crl_schedule_function)(void *user, size_t t, float base, double cost, float *rate);

/** A schedule of the learning rate, and its warm-up. Start from CRL_SCHEDULE_OPTIONS_INIT, which leaves every number to the
 *  kind: what the kind takes then is given here. A number, or a function, that is not the kind's is CRL_ERROR_VALUE. */
typedef struct crl_schedule_options {
    size_t size;                    /**< sizeof(crl_schedule_options) */
    crl_schedule_kind kind;
    int32_t per_epoch;              /**< non-zero: t counts epochs, otherwise steps. A plateau always goes by epochs, and this
                                         is about its warm-up */
    size_t warmup;                  /**< W: for so many t before the schedule begins the rate rises in a line */
    float warmup_start;             /**< from this part of itself, in [0, 1] */
    size_t period;                  /**< T: step ≥ 1; cosine, one-cycle: 0 for the whole run, in crl_network_fit() alone */
    size_t period_factor;           /**< cosine: M ≥ 1; 0 for 1 */
    float factor;                   /**< step, exponential, plateau: γ in (0, 1]; −1 for 0.1 */
    float min_rate;                 /**< cosine, plateau: η₋ ≥ 0 and finite; −1 for 0 */
    float peak;                     /**< one-cycle: p in [0, 1], the part that goes up; −1 for 0.3 */
    float start_divisor;            /**< one-cycle: d₀ ≥ 1 and finite; −1 for 25 */
    float end_divisor;              /**< one-cycle: d₁ ≥ 1 and finite; −1 for 10000 */
    size_t patience;                /**< plateau; SIZE_MAX for 10 */
    size_t cooldown;                /**< plateau; 0 for none */
    float threshold;                /**< plateau: in [0, 1); −1 for 0.0001 */
    crl_schedule_function function; /**< CRL_CUSTOM_SCHEDULE */
    void *user;                     /**< handed to function */
} crl_schedule_options;

#define CRL_SCHEDULE_OPTIONS_INIT \
    { sizeof(crl_schedule_options), CRL_SCHEDULE_CONSTANT, 0, 0, 0.333333343f, 0, 0, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, SIZE_MAX, \
      0, -1.0f, NULL, NULL }

/** What CRL_SCHEDULE_PLATEAU remembers from one epoch to the next. Start from CRL_PLATEAU_STATE_INIT. */
typedef struct crl_plateau_state {
    size_t size;    /**< sizeof(crl_plateau_state) */
    size_t epochs;  /**< how many there were */
    double lowest;  /**< the lowest of their costs */
    size_t waited;  /**< epochs since then that counted */
    size_t cooling; /**< epochs to come that do not count */
} crl_plateau_state;

#define CRL_PLATEAU_STATE_INIT { sizeof(crl_plateau_state), 0, 0.0, 0, 0 }

/* ------------------------------------------------------------------------------------------------------------------
 * Training
 * ------------------------------------------------------------------------------------------------------------------ */

/** How a network's outputs compare with targets. Rows count by their sample weights. Start from CRL_METRICS_INIT. */
typedef struct crl_metrics {
    size_t size;         /**< sizeof(crl_metrics) */
    size_t rows;
    double cost;         /**< C, as the cost's reduction has it */
    double accuracy;     /**< the share of rows that are right. CRL_CROSS_ENTROPY: where the largest output, the first of
                              equals, is the target class, or where the largest target is. Binary cross-entropies: where
                              all outputs are on the targets' side of a half. NaN with other costs */
    double top_accuracy; /**< CRL_CROSS_ENTROPY: the share of rows whose class is among so many of the largest outputs;
                              otherwise NaN */
    double r2;           /**< with other costs R² = 1 − Σ (t − y)² / Σ (t − mean of t)², its mean over the outputs; where
                              all targets are the same, 1 if the outputs are they, else 0. NaN with cross-entropies */
} crl_metrics;

#define CRL_METRICS_INIT { sizeof(crl_metrics), 0, 0.0, 0.0, 0.0, 0.0 }

/** What happened in one batch. */
typedef struct crl_batch {
    size_t size;  /**< sizeof(crl_batch) in the library; later versions append fields */
    size_t epoch; /**< from 1 */
    size_t batch; /**< from 1 in each epoch */
    size_t step;  /**< how many steps the optimizer has taken, this one included */
    size_t rows;
    double cost;  /**< C of the batch before its step */
} crl_batch;

/** What happened in one epoch. */
typedef struct crl_epoch {
    size_t size;                /**< sizeof(crl_epoch) in the library; later versions append fields */
    size_t epoch;               /**< from 1 */
    size_t epochs;              /**< how many there will be */
    double cost;                /**< C of the epoch's rows, each batch's as it was before its step, put together as the
                                     reduction has it; for a custom cost the mean by rows */
    double validation_cost;     /**< C on the validation data after the epoch; NaN without them */
    double validation_accuracy; /**< of the validation data, as crl_metrics has it; NaN without them */
    double seconds;             /**< time the epoch took, validation not included */
    double samples_per_second;  /**< rows trained on, by seconds */
    double validation_r2;       /**< of the validation data, as crl_metrics has it; NaN without them */
    int32_t is_best;            /**< 1 if the cost, that of the validation data if there are any, is the best so far */
    double accuracy;            /**< the share of the epoch's rows that were right, by their weights, each as it was before
                                     the step of its batch; otherwise as crl_metrics has it, NaN with costs that decide
                                     nothing */
} crl_epoch;

#define CRL_EPOCH_INIT { sizeof(crl_epoch), 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0 }

/** Called after each batch, on the thread that called; otherwise as crl_epoch_callback. */
typedef int32_t (*crl_batch_callback)(void *user, const crl_batch *batch);

/** Asked in the midst of long calls of the thread that watches, about every 20 ms, for crl_cancel_create(). Returns 0 to go
 *  on, another number to set the flag. */
typedef int32_t (*crl_cancel_poll)(void *user);

/** Called after each epoch, on the thread that called. The network may be read (predicted with, saved, published), the
 *  trainer saved, the optimizer's learning rate set; nothing else may be changed. Returns 0 to go on, another number to stop
 *  with CRL_CANCELLED. It must return: a longjmp() or an exception would leave the trainer busy for ever. */
typedef int32_t (*crl_epoch_callback)(void *user, const crl_epoch *epoch);

/** How to train. Start from CRL_TRAIN_OPTIONS_INIT. */
typedef struct crl_train_options {
    size_t size;                           /**< sizeof(crl_train_options) */
    const crl_cost_options *cost;          /**< NULL: CRL_COST_OPTIONS_INIT */
    crl_optimizer *optimizer;              /**< made for this network; NULL: a fresh one, CRL_OPTIMIZER_OPTIONS_INIT */
    size_t epochs;                         /**< ≥ 1 */
    size_t batch_size;                     /**< ≥ 1; the last batch of an epoch may be shorter */
    int32_t shuffle;                       /**< non-zero: a new order of the rows in each epoch */
    uint64_t seed;                         /**< of everything random: which rows are held out, the orders, and the numbers
                                                of dropout and noise, which follow from this and the steps that the
                                                optimizer has taken */
    const float *validation_x;             /**< validation_rows × inputs; NULL: no validation data. For
                                                crl_network_fit(); a trainer gets them in crl_trainer_fit() */
    size_t validation_rows;
    size_t validation_stride;              /**< floats from one row to the next, ≥ inputs */
    const crl_targets *validation_targets;
    crl_epoch_callback on_epoch;           /**< may be NULL */
    void *user;                            /**< handed to on_epoch and on_batch */
    size_t threads;                        /**< how many threads share the work: 0: the library decides, by the size of
                                                a step and by what steps took so far; at most 1024. The
                                                results are the same bit for bit. With a custom cost or activation
                                                it is always one */
    crl_batch_callback on_batch;           /**< may be NULL */
    double validation_split;               /**< in [0, 1): the share of the rows that is held out to validate on: the last,
                                                or with shuffle any. If it is not 0, at least one row is held out and
                                                at least one is not, and there are no other validation data */
    const float *class_weights;            /**< factors for the sample weights of the rows of each class in training, each
                                                finite and ≥ 0; copied. The targets must be classes, or with a binary
                                                cross-entropy of one output exactly 0 and 1. NULL: all 1 */
    size_t class_weights_count;            /**< the number of outputs; 2 with a binary cross-entropy of one output. One of
                                                several outputs has no classes: give the rows weights */
    size_t patience;                       /**< training stops after so many epochs without a new best cost, that of the
                                                validation data if there are any, and then, or after the last epoch,
                                                the best parameters are put back. 0: it goes on to the last epoch, and keeps what that
                                                leaves */
    double min_delta;                      /**< by how much a cost must be lower to be a new best; finite and ≥ 0 */
    const crl_schedule_options *schedule;  /**< the learning rate in each step; NULL: the optimizer's. The optimizer's is
                                                where the schedule begins, and what it has again afterwards */
} crl_train_options;

#define CRL_TRAIN_OPTIONS_INIT \
    { sizeof(crl_train_options), NULL, NULL, 10, 32, 1, 0, NULL, 0, 0, NULL, NULL, NULL, 0, NULL, 0.0, NULL, 0, 0, 0.0, NULL }

/** How far a trainer has come. Start from CRL_PROGRESS_INIT. */
typedef struct crl_progress {
    size_t size;       /**< sizeof(crl_progress) */
    size_t epochs;     /**< how many are finished */
    size_t rows;       /**< of the next epoch, how many rows are done; 0 between epochs */
    size_t batches;    /**< and how many batches */
    size_t steps;      /**< how many steps the optimizer has taken */
    size_t best_epoch; /**< the epoch with the lowest cost; 0 before the first */
    double best_cost;  /**< its cost, that of the validation data if there were any; infinity before the first */
} crl_progress;

#define CRL_PROGRESS_INIT { sizeof(crl_progress), 0, 0, 0, 0, 0, 0.0 }

/** Which batch a data source is asked for, and where it goes. */
typedef struct crl_data_request {
    size_t size;      /**< sizeof(crl_data_request) in the library; later versions append fields */
    size_t epoch;     /**< from 1 */
    size_t first_row; /**< how many rows of the epoch came before; 0 asks for its first batch. A trainer that goes on in
                           the middle of an epoch begins there: a source that can be resumed finds its place by it */
    size_t max_rows;  /**< the most rows that the batch can have */
    float *x;         /**< max_rows × inputs, to be filled with finite numbers */
    float *values;    /**< max_rows × columns targets; NULL if the source's columns are 0 */
    int32_t *classes; /**< max_rows class indices; NULL if the source has no classes */
    float *weights;   /**< max_rows sample weights; NULL if the source has none */
} crl_data_request;

/** Fills the first rows of a batch, and writes to rows how many they are; 0 ends the epoch. Returns 0, or another number to
 *  stop the call with CRL_ERROR_CALLBACK. Called on the thread that trains. It must return: no longjmp(), no exception. */
typedef int32_t (*crl_data_function)(void *user, const crl_data_request *request, size_t *rows);

/** Data that need not fit in memory. Start from CRL_DATA_SOURCE_INIT. */
typedef struct crl_data_source {
    size_t size;                /**< sizeof(crl_data_source) */
    crl_data_function function;
    void *user;                 /**< handed to function */
    int32_t classes;            /**< non-zero: the targets are class indices */
    size_t columns;             /**< or the width of the target values; 0 with classes, or if a custom cost needs no
                                     targets */
    int32_t weights;            /**< non-zero: with sample weights */
} crl_data_source;

#define CRL_DATA_SOURCE_INIT { sizeof(crl_data_source), NULL, NULL, 0, 0, 0 }

/* ------------------------------------------------------------------------------------------------------------------
 * Files through callbacks
 * ------------------------------------------------------------------------------------------------------------------ */

/** Takes the next bytes of a file, in order: `count` of them, at least 1. Returns 0, or another number to stop the call with
 *  CRL_ERROR_CALLBACK. Called on the thread that called. It may read the network, and must not change it. */
typedef int32_t (*crl_write_function)(void *user, const void *bytes, size_t count);

/** Gives the next bytes of a file, in order: writes up to `capacity` of them to `bytes`, and to `count` how many they are. Fewer
 *  than asked for are no error; 0 are the end. It is never asked for more than the file has, so that what follows in a stream
 *  stays there. Returns 0, or another number to stop the call with CRL_ERROR_CALLBACK. Called on the thread that called. */
typedef int32_t (*crl_read_function)(void *user, void *bytes, size_t capacity, size_t *count);

/* ------------------------------------------------------------------------------------------------------------------
 * Minimizing
 * ------------------------------------------------------------------------------------------------------------------ */

/** A method that minimizes C over all of the data. g is the gradient ∂C/∂w, d the direction in which it looks. */
typedef int32_t crl_minimizer;

enum {
    CRL_LBFGS = 0,            /**< d = −H g, H the inverse Hessian as the last m steps tell of it (Liu and Nocedal 1989) */
    CRL_BFGS = 1,             /**< the same with H as all steps tell of it: n × n numbers for n parameters, at most 8192
                                   (Nocedal and Wright 2006, algorithm 6.1) */
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
    size_t size;                /**< sizeof(crl_iteration) in the library; later versions append fields */
    size_t iteration;           /**< from 1 */
    size_t evaluations;         /**< of C and its gradient, so far */
    size_t products;            /**< of G and a vector, or Gs made, so far */
    double cost;                /**< C after the iteration, with the penalty of l2 */
    double gradient_norm;       /**< the largest magnitude in ∂C/∂w after the iteration */
    double step;                /**< ‖Δw‖, the Euclidean length of the step */
    double penalty;             /**< how much of C is the penalty; 0 without l2 */
    double validation_cost;     /**< of the validation data after the iteration, without the penalty; NaN without them,
                                     infinite where it is not finite */
    double validation_accuracy; /**< of the validation data, as crl_metrics has it; NaN without them */
    double validation_r2;       /**< of the validation data, as crl_metrics has it; NaN without them */
    int32_t is_best;            /**< 1 if the cost, that of the validation data if there are any, is the best so far */
} crl_iteration;

/** Called after each iteration, on the thread that called crl_network_minimize(). Must not use the network. Returns 0 to go
 *  on, another number to stop with CRL_CANCELLED. It must return: no longjmp(), no exception. */
typedef int32_t (*crl_iteration_callback)(void *user, const crl_iteration *iteration);

/** How to minimize. Start from CRL_MINIMIZE_OPTIONS_INIT. */
typedef struct crl_minimize_options {
    size_t size;                         /**< sizeof(crl_minimize_options) */
    crl_minimizer method;
    const crl_cost_options *cost;        /**< NULL: CRL_COST_OPTIONS_INIT */
    size_t max_iterations;               /**< ≥ 1 */
    size_t max_evaluations;              /**< of C and its gradient; 0: no limit */
    double gradient_tolerance;           /**< ends where no element of ∂√|C|/∂w = ∂C/∂w / 2√|C| has a larger magnitude than
                                              this times the largest of the run, whatever the scale of C; ≥ 0 */
    double cost_tolerance;               /**< ends where an iteration lowers C by no more than this, relative to C; ≥ 0, and
                                              0 for never */
    double target_cost;                  /**< ends at once where C is no larger */
    size_t threads;                      /**< how many threads share the evaluation of C: 0: the library decides; at most
                                              1024. The results are the same bit for bit. With a custom cost or activation
                                              it is always one */
    size_t memory;                       /**< this, c1, c2 and damping: −1, here 0, for the method's own value, which is given
                                              here; one that is not the method's is CRL_ERROR_VALUE. L-BFGS: m, from 1 to 1000; 10 */
    double c1;                           /**< methods with a line search: c₁ of the Wolfe conditions, in (0, ½); 1e-4 */
    double c2;                           /**< those: c₂, in (c₁, 1); 0.9, Fletcher-Reeves and Polak-Ribière 0.1 */
    double damping;                      /**< > 0 and finite. Newton-CG: λ at first; 0.01. Levenberg-Marquardt: μ at first,
                                              relative to the largest element on G's diagonal; 0.001 */
    crl_iteration_callback on_iteration; /**< may be NULL */
    void *user;                          /**< handed to on_iteration */
    double l2;                           /**< λ₂ of the penalty λ₂/2 Σ w² over the weights, a part of the C that is minimized
                                              and reported; ≥ 0 and finite. Beside a mean it is scikit-learn's alpha by the
                                              number of rows. There is no l1: the methods need a C that is smooth */
    int32_t regularize_biases;           /**< non-zero: the penalty is for biases, too */
    const float *validation_x;           /**< validation_rows × inputs, to measure on where the call begins and after each
                                              iteration; NULL: no validation data */
    size_t validation_rows;
    size_t validation_stride;            /**< floats from one row to the next, ≥ inputs */
    const crl_targets *validation_targets;
    double validation_split;             /**< in [0, 1): the share of the rows, any, that is held out to validate on. If it is
                                              not 0, at least one row is held out and at least one is not, and there are no
                                              other validation data */
    uint64_t seed;                       /**< which rows are held out: those of crl_network_fit() with the same seed and shuffle */
    size_t patience;                     /**< ends after so many iterations without a new best cost, that of the validation
                                              data if there are any, otherwise C. With validation data the parameters are then,
                                              and after any other end, the ones with the best validation cost, where the call
                                              began included. 0: it goes on, and validation data change nothing */
    double min_delta;                    /**< by how much a cost must be lower to be a new best; finite and ≥ 0 */
} crl_minimize_options;

#define CRL_MINIMIZE_OPTIONS_INIT \
    { sizeof(crl_minimize_options), CRL_LBFGS, NULL, 1000, 0, 1e-5, 1e-9, -1e308, 0, 0, -1.0, -1.0, -1.0, NULL, NULL, \
      0.0, 0, NULL, 0, 0, NULL, 0.0, 0, 0, 0.0 }

/** Why a minimization ended. */
typedef int32_t crl_minimum_reason;

enum {
    CRL_MINIMUM_GRADIENT = 0,        /**< the gradient is within its tolerance */
    CRL_MINIMUM_COST = 1,            /**< an iteration lowered C by no more than the tolerance */
    CRL_MINIMUM_TARGET = 2,          /**< C has reached the target */
    CRL_MINIMUM_MAX_ITERATIONS = 3,
    CRL_MINIMUM_MAX_EVALUATIONS = 4,
    CRL_MINIMUM_NO_PROGRESS = 5,     /**< no step lowers C, not even along the steepest descent: it is as near to a minimum
                                          as float32 can tell, or the gradient is not C's */
    CRL_MINIMUM_CANCELLED = 6,       /**< the callback asked to stop */
    CRL_MINIMUM_PATIENCE = 7         /**< as many iterations as the patience allows had no new best cost */
};

/** What a minimization found. */
typedef struct crl_minimum {
    size_t size;               /**< sizeof(crl_minimum) */
    crl_minimum_reason reason; /**< why it ended */
    double cost;               /**< C of the parameters, with the penalty of l2 */
    double gradient_norm;      /**< the largest magnitude in ∂C/∂w */
    size_t iterations;
    size_t evaluations;        /**< of C and its gradient, the first included */
    size_t products;           /**< of G and a vector, or Gs made */
    double penalty;            /**< how much of cost is the penalty: the rest is what crl_network_evaluate() gives */
    size_t best_iteration;     /**< the last with a new best cost, that of the validation data if there are any; 0: where the
                                    call began */
    double validation_cost;    /**< that of best_iteration, without the penalty; NaN without validation data. With patience it
                                    is that of the parameters */
} crl_minimum;

#define CRL_MINIMUM_INIT { sizeof(crl_minimum), CRL_MINIMUM_NO_PROGRESS, 0.0, 0.0, 0, 0, 0, 0.0, 0, 0.0 }

/** What a network that crl_network_create_cascade() grows has come to: without hidden units at first, then with each new one. */
typedef struct crl_cascade_unit {
    size_t size;                /**< sizeof(crl_cascade_unit) in the library; later versions append fields */
    size_t units;               /**< how many hidden units there are */
    size_t max_units;           /**< the most that there will be */
    double cost;                /**< C of x; the outputs are trained */
    double accuracy;            /**< of x, as in crl_metrics; NaN if the cost has none */
    double validation_cost;     /**< NaN without validation data; infinite where it is not finite */
    double validation_accuracy; /**< NaN without validation data, or if the cost has none */
    double correlation;         /**< S of the last hidden unit, from 0 to 1: how well it followed what the network did wrong
                                     before; NaN without units */
    int32_t is_best;            /**< 1 if the cost, that of the validation data if there are any, is the best so far */
} crl_cascade_unit;

/** Called for the network without hidden units and after each new one, on the thread that called
 *  crl_network_create_cascade(). Returns 0 to go on, another number to stop with CRL_CANCELLED. It must return:
 *  no longjmp(), no exception. */
typedef int32_t (*crl_cascade_callback)(void *user, const crl_cascade_unit *unit);

/** How crl_network_create_cascade() grows a network. Start from CRL_CASCADE_OPTIONS_INIT. */
typedef struct crl_cascade_options {
    size_t size;                           /**< sizeof(crl_cascade_options) */
    const crl_cost_options *cost;          /**< NULL: CRL_COST_OPTIONS_INIT */
    crl_activation output_activation;      /**< of the output layer; not CRL_CUSTOM_ACTIVATION */
    const crl_activation *activations;     /**< of the hidden units: the candidates take them in turn. Not CRL_SOFTMAX,
                                                CRL_LOG_SOFTMAX or CRL_CUSTOM_ACTIVATION. NULL: CRL_TANH */
    size_t activations_count;              /**< from 1 to candidates; ignored if activations is NULL */
    size_t candidates;                     /**< how many units compete for each place: from 1 to 10000 */
    size_t max_units;                      /**< growing ends with so many hidden units: from 1 to 4999. A pass of the network
                                                keeps some max_units² / 2 floats for each row */
    size_t max_iterations;                 /**< the most iterations of L-BFGS for the outputs each time, and for each
                                                candidate; ≥ 1 */
    double target_cost;                    /**< growing ends where C of x is no larger, or, but for a custom cost, 0 */
    size_t patience;                       /**< growing ends after so many units without a lower cost, that of the
                                                validation data if there are any; 0: it goes on */
    double min_delta;                      /**< by how much a cost must be lower for patience to begin anew; finite and ≥ 0 */
    uint64_t seed;                         /**< of the first weights */
    size_t threads;                        /**< how many threads share the training of the outputs: 0: the library decides;
                                                at most 1024. The results are the same bit for bit */
    const float *validation_x;             /**< validation_rows × inputs; NULL: no validation data */
    size_t validation_rows;
    size_t validation_stride;              /**< floats from one row to the next, ≥ inputs */
    const crl_targets *validation_targets;
    crl_cascade_callback on_unit;          /**< may be NULL */
    void *user;                            /**< handed to on_unit */
} crl_cascade_options;

#define CRL_CASCADE_OPTIONS_INIT \
    { sizeof(crl_cascade_options), NULL, CRL_IDENTITY, NULL, 0, 8, 30, 200, -1e308, 0, 0.0, 0, 0, NULL, 0, 0, NULL, NULL, NULL }

/* ---- >8 ---- */
#endif

/* Structures that grow: of an older or a newer header, of a wrong size, with something beyond that the library does not know. */
#include <stddef.h>
#include <stdint.h>

#include "check.h"

enum { ROWS = 4, INPUTS = 2, OUTPUTS = 1, LARGEST = 4096, UNTOUCHED = 0xA5 };

static const float x[ROWS * INPUTS] = { 0, 0, 0, 1, 1, 0, 1, 1 };
static const float t[ROWS * OUTPUTS] = { 0, 1, 1, 0 };
static crl_targets targets = CRL_TARGETS_INIT;
static crl_network *shared; /* for what only reads it */

/* A structure of any size, and memory behind it that no call may touch. */
typedef union {
    size_t size;
    void *alignment;
    unsigned char bytes[LARGEST + 64];
} memory;

/* Calls, each with the structure in place of one of its arguments */

static crl_status add_dense(void *options)
{
    crl_network *network = NULL;
    OK(crl_network_create(INPUTS, &network));
    const crl_status status = crl_network_add_dense(network, 3, CRL_TANH, options);
    crl_network_destroy(network);
    return status;
}

static crl_status read_layer(void *layer) { return crl_network_layer(shared, 1, layer); }
static crl_status read_options(void *options) { return crl_network_layer_options(shared, 1, options); }
static crl_status read_tensor(void *tensor) { return crl_network_tensor(shared, 2, tensor); }
static crl_status look_up_tensor(void *tensor) { return crl_network_find_tensor(shared, "1.bias", tensor); }

static crl_status cost(void *options)
{
    double C = 0;
    return crl_cost(options, x, ROWS, OUTPUTS, INPUTS, &targets, &C, NULL, 0, 0);
}

static crl_status compare(void *given)
{
    double C = 0;
    return crl_cost(NULL, x, ROWS, OUTPUTS, INPUTS, given, &C, NULL, 0, 0);
}

static crl_status fit_with(const crl_validation *validation, const crl_train_options *options)
{
    crl_network *network = two_layers(INPUTS, 3, CRL_TANH, OUTPUTS, 1);
    const crl_status status = crl_network_fit(network, x, ROWS, INPUTS, &targets, validation, options);
    crl_network_destroy(network);
    return status;
}

static crl_train_options one_epoch(void)
{
    crl_train_options options = CRL_TRAIN_OPTIONS_INIT;
    options.epochs = 1;
    options.threads = 1;
    return options;
}

static crl_status fit(void *options) { return fit_with(NULL, options); }

static crl_status validate(void *validation)
{
    const crl_train_options options = one_epoch();
    return fit_with(validation, &options);
}

static crl_status fit_for_cost(void *given)
{
    crl_train_options options = one_epoch();
    options.cost = given;
    return fit_with(NULL, &options);
}

static crl_status fit_on_schedule(void *schedule)
{
    crl_train_options options = one_epoch();
    options.schedule = schedule;
    return fit_with(NULL, &options);
}

static crl_status validate_against(void *given)
{
    const crl_train_options options = one_epoch();
    const crl_validation validation = validation_of(x, ROWS, INPUTS, given);
    return fit_with(&validation, &options);
}

static crl_status make_optimizer(void *options)
{
    crl_optimizer *optimizer = NULL;
    const crl_status status = crl_optimizer_create(shared, options, &optimizer);
    crl_optimizer_destroy(optimizer);
    return status;
}

static crl_status set_layer(void *options)
{
    crl_optimizer *optimizer = NULL;
    OK(crl_optimizer_create(shared, NULL, &optimizer));
    const crl_status status = crl_optimizer_set_layer(optimizer, "0", options);
    crl_optimizer_destroy(optimizer);
    return status;
}

static crl_status rate_of(void *schedule)
{
    float rate = 0;
    return crl_schedule_rate(schedule, 0.1f, 3, &rate);
}

static crl_status plateau(void *state)
{
    crl_schedule_options schedule = CRL_SCHEDULE_OPTIONS_INIT;
    float rate = 0.1f;
    schedule.kind = CRL_SCHEDULE_PLATEAU;
    return crl_plateau_rate(&schedule, state, 0.5, &rate);
}

static int32_t give(void *user, const crl_data_request *request, size_t *rows)
{
    (void)user;
    *rows = request->first_row ? 0 : ROWS;
    memcpy(request->x, x, *rows * INPUTS * sizeof *x);
    memcpy(request->values, t, *rows * OUTPUTS * sizeof *t);
    return 0;
}

enum trained { CREATE, PARTIALLY, STREAM, PROGRESS };

static crl_status with_trainer(enum trained what, void *structure)
{
    crl_network *network = two_layers(INPUTS, 3, CRL_TANH, OUTPUTS, 1);
    crl_trainer *trainer = NULL;
    const crl_train_options options = one_epoch();
    crl_status status = crl_trainer_create(network, what == CREATE ? structure : &options, &trainer);
    if (what == PARTIALLY)
        status = crl_trainer_partial_fit(trainer, x, ROWS, INPUTS, &targets, structure);
    if (what == STREAM)
        status = crl_trainer_fit_source(trainer, structure, NULL);
    if (what == PROGRESS) {
        OK(crl_trainer_fit(trainer, x, ROWS, INPUTS, &targets, NULL));
        status = crl_trainer_progress(trainer, structure);
    }
    crl_trainer_destroy(trainer);
    crl_network_destroy(network);
    return status;
}

static crl_status make_trainer(void *options) { return with_trainer(CREATE, options); }
static crl_status fit_partially(void *epoch) { return with_trainer(PARTIALLY, epoch); }
static crl_status fit_source(void *source) { return with_trainer(STREAM, source); }
static crl_status read_progress(void *progress) { return with_trainer(PROGRESS, progress); }

static crl_status evaluate(void *metrics)
{
    return crl_network_evaluate(shared, NULL, x, ROWS, INPUTS, &targets, 1, metrics, NULL, 0);
}

static crl_status export_c(void *options)
{
    size_t count = 0;
    return crl_network_export_c_to_memory(shared, options, NULL, 0, &count);
}

static crl_status check_gradient(void *options)
{
    crl_gradient_report report = CRL_GRADIENT_REPORT_INIT;
    return crl_network_check_gradient(shared, NULL, x, ROWS, INPUTS, &targets, options, &report);
}

static crl_status report_gradient(void *report)
{
    return crl_network_check_gradient(shared, NULL, x, ROWS, INPUTS, &targets, NULL, report);
}

static crl_status minimize_with(const crl_minimize_options *options, crl_minimum *minimum)
{
    crl_network *network = two_layers(INPUTS, 3, CRL_TANH, OUTPUTS, 1);
    const crl_status status = crl_network_minimize(network, x, ROWS, INPUTS, &targets, NULL, options, minimum);
    crl_network_destroy(network);
    return status;
}

static crl_status minimize(void *options)
{
    crl_minimum minimum = CRL_MINIMUM_INIT;
    return minimize_with(options, &minimum);
}

static crl_status find_minimum(void *minimum)
{
    crl_minimize_options options = CRL_MINIMIZE_OPTIONS_INIT;
    options.max_iterations = 3;
    options.threads = 1;
    return minimize_with(&options, minimum);
}

static crl_status grow(void *options)
{
    crl_network *network = NULL;
    const crl_status status =
        crl_network_create_cascade(INPUTS, OUTPUTS, x, ROWS, INPUTS, &targets, NULL, options, &network);
    crl_network_destroy(network);
    return status;
}

/* Structures: name, macro */
#define STRUCTURES(ROW) \
    ROW(layer_options, LAYER_OPTIONS) \
    ROW(layer, LAYER) \
    ROW(tensor, TENSOR) \
    ROW(cost_options, COST_OPTIONS) \
    ROW(targets, TARGETS) \
    ROW(validation, VALIDATION) \
    ROW(optimizer_options, OPTIMIZER_OPTIONS) \
    ROW(layer_step, LAYER_STEP) \
    ROW(schedule_options, SCHEDULE_OPTIONS) \
    ROW(epoch, EPOCH) \
    ROW(train_options, TRAIN_OPTIONS) \
    ROW(metrics, METRICS) \
    ROW(progress, PROGRESS) \
    ROW(data_source, DATA_SOURCE) \
    ROW(c_source_options, C_SOURCE_OPTIONS) \
    ROW(plateau_state, PLATEAU_STATE) \
    ROW(gradient_check_options, GRADIENT_CHECK_OPTIONS) \
    ROW(gradient_report, GRADIENT_REPORT) \
    ROW(minimize_options, MINIMIZE_OPTIONS) \
    ROW(minimum, MINIMUM) \
    ROW(cascade_options, CASCADE_OPTIONS)

#define BEGIN(name, NAME) \
    static crl_status begin_##name(void *structure, size_t size) { return crl_##name##_init(structure, size); } \
    static const crl_##name macro_##name = CRL_##NAME##_INIT;
STRUCTURES(BEGIN)

#define NUMBER(name, NAME) NUMBER_##name,
enum number { STRUCTURES(NUMBER) STRUCTURES_COUNT };

#define DESCRIBE(name, NAME) { "crl_" #name, begin_##name, &macro_##name, PUBLISHED(crl_##name) },
static const struct {
    const char *name;
    crl_status (*begin)(void *structure, size_t size);
    const void *macro;
    size_t published;
} structures[] = { STRUCTURES(DESCRIBE) };

enum direction { READ, WRITTEN, WRITTEN_WITH_TIMES };

static const struct {
    enum number structure;
    enum direction direction;
    crl_status without; /* what the call comes to if the structure is NULL */
    crl_status (*make)(void *structure);
} calls[] = {
    { NUMBER_layer_options, READ, CRL_OK, add_dense },
    { NUMBER_layer_options, WRITTEN, CRL_ERROR_NULL, read_options },
    { NUMBER_layer, WRITTEN, CRL_ERROR_NULL, read_layer },
    { NUMBER_tensor, WRITTEN, CRL_ERROR_NULL, read_tensor },
    { NUMBER_tensor, WRITTEN, CRL_ERROR_NULL, look_up_tensor },
    { NUMBER_cost_options, READ, CRL_OK, cost },
    { NUMBER_cost_options, READ, CRL_OK, fit_for_cost },
    { NUMBER_targets, READ, CRL_ERROR_NULL, compare },
    { NUMBER_targets, READ, CRL_ERROR_NULL, validate_against },
    { NUMBER_validation, READ, CRL_OK, validate },
    { NUMBER_optimizer_options, READ, CRL_OK, make_optimizer },
    { NUMBER_layer_step, READ, CRL_OK, set_layer },
    { NUMBER_schedule_options, READ, CRL_ERROR_NULL, rate_of },
    { NUMBER_schedule_options, READ, CRL_OK, fit_on_schedule },
    { NUMBER_epoch, WRITTEN_WITH_TIMES, CRL_OK, fit_partially },
    { NUMBER_train_options, READ, CRL_OK, fit },
    { NUMBER_train_options, READ, CRL_OK, make_trainer },
    { NUMBER_metrics, WRITTEN, CRL_ERROR_NULL, evaluate },
    { NUMBER_progress, WRITTEN, CRL_ERROR_NULL, read_progress },
    { NUMBER_data_source, READ, CRL_ERROR_NULL, fit_source },
    { NUMBER_plateau_state, WRITTEN, CRL_ERROR_NULL, plateau },
    { NUMBER_c_source_options, READ, CRL_OK, export_c },
    { NUMBER_gradient_check_options, READ, CRL_OK, check_gradient },
    { NUMBER_gradient_report, WRITTEN, CRL_ERROR_NULL, report_gradient },
    { NUMBER_minimize_options, READ, CRL_OK, minimize },
    { NUMBER_minimum, WRITTEN, CRL_OK, find_minimum },
    { NUMBER_cascade_options, READ, CRL_OK, grow },
};

/* Sizes that a structure of so many bytes cannot have. */
static size_t wrong_size(size_t published, size_t i)
{
    const size_t sizes[] = { 0, 1, sizeof(size_t), published - 1, LARGEST + 1, SIZE_MAX / 2, SIZE_MAX };
    return sizes[i];
}
enum { WRONG_SIZES = 7 };

/* Sizes of a header as new as the library, and of newer ones. */
static size_t right_size(size_t published, size_t i)
{
    const size_t sizes[] = { published, published + 1, published + sizeof(double), published + 64, LARGEST };
    return sizes[i];
}
enum { RIGHT_SIZES = 5 };

static int are_all(const unsigned char *bytes, size_t begin, size_t end, unsigned char value)
{
    for (size_t i = begin; i < end; ++i)
        if (bytes[i] != value)
            return 0;
    return 1;
}

/* The macro's value for a structure of another size. */
static int is_macro(const memory *structure, enum number n, size_t size)
{
    const unsigned char *macro = structures[n].macro;
    const size_t first = sizeof(size_t);
    return structure->size == size &&
           memcmp(structure->bytes + first, macro + first, structures[n].published - first) == 0 &&
           are_all(structure->bytes, structures[n].published, size, 0);
}

static void begin(enum number n)
{
    static memory structure;
    const size_t published = structures[n].published;
    memset(structure.bytes, UNTOUCHED, sizeof structure);
    FAILS(CRL_ERROR_NULL, structures[n].name, structures[n].begin(NULL, published));
    for (size_t i = 0; i < WRONG_SIZES; ++i)
        FAILS(CRL_ERROR_SIZE, structures[n].name, structures[n].begin(&structure, wrong_size(published, i)));
    CHECK(are_all(structure.bytes, 0, sizeof structure, UNTOUCHED));
    for (size_t i = 0; i < RIGHT_SIZES; ++i) {
        const size_t size = right_size(published, i);
        memset(structure.bytes, UNTOUCHED, sizeof structure);
        OK(structures[n].begin(&structure, size));
        CHECK(is_macro(&structure, n, size));
        CHECK(are_all(structure.bytes, size, sizeof structure, UNTOUCHED));
    }
}

/* The macro's value with what a good call needs beyond it, of a size with zeros at the end. */
static void prepare(memory *structure, enum number n, size_t size)
{
    const size_t first = sizeof(size_t);
    memset(structure->bytes, UNTOUCHED, sizeof *structure);
    OK(structures[n].begin(structure, size));
    if (n == NUMBER_targets) {
        memcpy(structure->bytes + first, (const char *)&targets + first, structures[n].published - first);
    } else if (n == NUMBER_validation) {
        const crl_validation validation = validation_of(x, ROWS, INPUTS, &targets);
        memcpy(structure->bytes + first, (const char *)&validation + first, structures[n].published - first);
    } else if (n == NUMBER_data_source) {
        crl_data_source source = CRL_DATA_SOURCE_INIT;
        source.function = give;
        source.columns = OUTPUTS;
        memcpy(structure->bytes + first, (const char *)&source + first, structures[n].published - first);
    } else if (n == NUMBER_cascade_options) {
        crl_cascade_options options;
        memcpy(&options, structure->bytes, structures[n].published);
        options.candidates = options.max_units = 1;
        options.max_iterations = 2;
        options.threads = 1;
        memcpy(structure->bytes + first, (const char *)&options + first, structures[n].published - first);
    }
}

/* Whether two calls wrote the same. Bytes between members mean nothing. */
static int have_same_members(memory *a, memory *b, enum number n)
{
    const size_t first = sizeof(size_t);
    size_t gap = n == NUMBER_minimum           ? offsetof(crl_minimum, reason) + sizeof(int32_t)
                 : n == NUMBER_gradient_report ? offsetof(crl_gradient_report, quantity) + sizeof(int32_t)
                                               : 0;
    for (; gap % sizeof(size_t) != 0; ++gap)
        a->bytes[gap] = b->bytes[gap] = 0;
    return memcmp(a->bytes + first, b->bytes + first, structures[n].published - first) == 0;
}

static void call(size_t c)
{
    static memory structure, reference, before;
    const enum number n = calls[c].structure;
    const size_t published = structures[n].published;

    if (calls[c].without == CRL_OK)
        OK(calls[c].make(NULL));
    else
        FAILS(calls[c].without, "NULL", calls[c].make(NULL));

    prepare(&structure, n, published);
    for (size_t i = 0; i < WRONG_SIZES; ++i) {
        structure.size = wrong_size(published, i);
        before = structure;
        FAILS(CRL_ERROR_SIZE, structures[n].name, calls[c].make(&structure));
        CHECK(memcmp(&before, &structure, sizeof structure) == 0);
    }

    prepare(&reference, n, published);
    OK(calls[c].make(&reference));
    for (size_t i = 0; i < RIGHT_SIZES; ++i) {
        const size_t size = right_size(published, i);
        prepare(&structure, n, size);
        before = structure;
        OK(calls[c].make(&structure));
        if (calls[c].direction == READ)
            CHECK(memcmp(&before, &structure, sizeof structure) == 0);
        else
            CHECK(!have_same_members(&before, &structure, n));
        if (calls[c].direction == WRITTEN)
            CHECK(have_same_members(&reference, &structure, n));
        CHECK(structure.size == size && are_all(structure.bytes, published, size, 0));
        CHECK(are_all(structure.bytes, size, sizeof structure, UNTOUCHED));
    }

    /* Something that the library does not know, at each place. */
    for (size_t i = 1; i < RIGHT_SIZES; ++i) {
        const size_t size = right_size(published, i);
        for (size_t place = published; place < size; place += size == LARGEST && place + 100 < size ? 97 : 1) {
            char text[32];
            prepare(&structure, n, size);
            structure.bytes[place] = 1;
            before = structure;
            snprintf(text, sizeof text, "byte %lu", (unsigned long)place);
            FAILS(CRL_ERROR_SIZE, text, calls[c].make(&structure));
            CHECK(memcmp(&before, &structure, sizeof structure) == 0);
        }
    }
}

int main(void)
{
    int is_called[STRUCTURES_COUNT] = { 0 };
    targets.values = t;
    targets.rows = ROWS;
    targets.columns = targets.stride = OUTPUTS;
    shared = two_layers(INPUTS, 3, CRL_TANH, OUTPUTS, 1);

    for (enum number n = 0; n < STRUCTURES_COUNT; ++n)
        begin(n);
    for (size_t c = 0; c < COUNT(calls); ++c) {
        call(c);
        is_called[calls[c].structure] = 1;
    }
    for (enum number n = 0; n < STRUCTURES_COUNT; ++n)
        CHECK(is_called[n]);
    crl_network_destroy(shared);
    return finish();
}

#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

typedef struct settings {
    const char *output, *widths;
    crl_activation activation; /* -1: not given */
    crl_cost_options cost;
    int has_cost, classes;
    size_t targets;
    crl_optimizer_options optimizer;
    crl_schedule_options schedule;
    crl_train_options train;
    float *class_weights;
} settings;

/* What the callbacks use. */
typedef struct progress {
    int is_terminal;
    float *numbers[2], *best[2]; /* parameters and state: the network's own, and as they were after the best epoch */
    size_t counts[2];
    int has_best;
} progress;

static void progress_begin(progress *progress, const crl_network *network)
{
    check(crl_network_parameters(network, &progress->numbers[0], &progress->counts[0]));
    check(crl_network_state(network, &progress->numbers[1], &progress->counts[1]));
    for (int i = 0; i < 2; ++i)
        progress->best[i] = progress->counts[i] ? allocate(progress->counts[i], sizeof(float)) : NULL;
}

static void numbers_copy(const progress *progress, float *const *to, float *const *from)
{
    for (int i = 0; i < 2; ++i)
        if (progress->counts[i])
            memcpy(to[i], from[i], progress->counts[i] * sizeof(float));
}

static int32_t stop(void *user, const crl_batch *batch)
{
    (void)user, (void)batch;
    return interrupted;
}

/* A line for each epoch; in a terminal one that changes. */
static int32_t show(void *user, const crl_epoch *epoch)
{
    progress *progress = user;
    const int is_terminal = progress->is_terminal;
    if (epoch->is_best && isfinite(epoch->validation_cost)) {
        numbers_copy(progress, progress->best, progress->numbers);
        progress->has_best = 1;
    }
    fprintf(stderr, "%sepoch %zu/%zu  C %.6g", is_terminal ? "\r\033[K" : "", epoch->epoch, epoch->epochs, epoch->cost);
    if (isfinite(epoch->accuracy))
        fprintf(stderr, "  accuracy %.2f %%", 100 * epoch->accuracy);
    if (isfinite(epoch->validation_cost))
        fprintf(stderr, "  validation C %.6g%s", epoch->validation_cost, epoch->is_best ? " *" : "");
    if (isfinite(epoch->validation_accuracy))
        fprintf(stderr, "  accuracy %.2f %%", 100 * epoch->validation_accuracy);
    fprintf(stderr, "  %.0f rows/s%s", epoch->samples_per_second, is_terminal ? "" : "\n");
    return interrupted;
}

/* Takes the options. Returns the place of the first argument that is none. */
static int options_read(int count, char **arguments, settings *settings)
{
    enum { OUTPUT, NEW, ACTIVATION, TARGETS, CLASSES, COST, EPOCHS, BATCH, OPTIMIZER, RATE, VALIDATION, PATIENCE, SEED };
    static const struct option options[] = {
        { "output", required_argument, NULL, OUTPUT },
        { "new", required_argument, NULL, NEW },
        { "activation", required_argument, NULL, ACTIVATION },
        { "targets", required_argument, NULL, TARGETS },
        { "classes", no_argument, NULL, CLASSES },
        { "cost", required_argument, NULL, COST },
        { "epochs", required_argument, NULL, EPOCHS },
        { "batch", required_argument, NULL, BATCH },
        { "optimizer", required_argument, NULL, OPTIMIZER },
        { "rate", required_argument, NULL, RATE },
        { "validation", required_argument, NULL, VALIDATION },
        { "patience", required_argument, NULL, PATIENCE },
        { "seed", required_argument, NULL, SEED },
        { NULL, 0, NULL, 0 },
    };
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;)
        switch (option) {
        case OUTPUT: settings->output = optarg; break;
        case NEW: settings->widths = optarg; break;
        case ACTIVATION: settings->activation = number_of(optarg, activation_names, "activation"); break;
        case TARGETS: settings->targets = count_of(optarg, 1, "--targets"); break;
        case CLASSES: settings->classes = 1; break;
        case COST:
            settings->cost = (crl_cost_options)CRL_COST_OPTIONS_INIT;
            settings->cost.kind = number_of(optarg, cost_names, "cost");
            settings->has_cost = 1;
            break;
        case EPOCHS: settings->train.epochs = count_of(optarg, 1, "--epochs"); break;
        case BATCH: settings->train.batch_size = count_of(optarg, 1, "--batch"); break;
        case OPTIMIZER: {
            const crl_optimizer_method method = number_of(optarg, optimizer_names, "optimizer");
            if (method != settings->optimizer.method)
                settings->optimizer = (crl_optimizer_options)CRL_OPTIMIZER_OPTIONS_INIT;
            settings->optimizer.method = method;
            break;
        }
        case RATE: settings->optimizer.learning_rate = (float)real_of(optarg, 0, "--rate"); break;
        case VALIDATION:
            settings->train.validation_split = real_of(optarg, 0, "--validation");
            if (settings->train.validation_split >= 1)
                fail(2, "--validation is '%s'; a share below 1 is needed", optarg);
            break;
        case PATIENCE: settings->train.patience = count_of(optarg, 1, "--patience"); break;
        case SEED: settings->train.seed = count_of(optarg, 0, "--seed"); break;
        default: exit(2);
        }
    return optind;
}

/* Takes how the model was trained, if its file says so. */
static void recipe_read(const crl_network *network, settings *settings)
{
    size_t outputs;
    check(crl_network_output_size(network, &outputs));
    outputs = outputs < 2 ? 2 : outputs;
    settings->class_weights = allocate(outputs, sizeof(float));
    const crl_status status = crl_network_recipe(network, &settings->train, &settings->optimizer, &settings->cost,
                                                 &settings->schedule, settings->class_weights, outputs);
    if (status == CRL_ERROR_NAME)
        return;
    check(status);
    settings->has_cost = 1;
}

/* A perceptron with hidden layers of the widths in a text. */
static crl_network *perceptron(const settings *settings, size_t inputs, size_t outputs)
{
    crl_network *network = NULL;
    check(crl_network_create(inputs, &network));
    char *widths = allocate(strlen(settings->widths) + 1, 1), *rest = widths;
    strcpy(widths, settings->widths);
    for (char *width; (width = strsep(&rest, ",")) && strcmp(settings->widths, "0");)
        check(crl_network_add_dense(network, count_of(width, 1, "a width of --new"), settings->activation < 0 ? CRL_RELU : settings->activation, NULL));
    free(widths);
    check(crl_network_add_dense(network, outputs, CRL_IDENTITY, NULL));
    check(crl_network_build(network, settings->train.seed));
    return network;
}

/* The last column as classes. */
static int32_t *classes_of(const table *data)
{
    int32_t *classes = allocate(data->rows, sizeof *classes);
    for (size_t row = 0; row < data->rows; ++row) {
        const float value = data->values[(row + 1) * data->columns - 1];
        if (!(value >= 0 && value < 1e6f) || value != floorf(value))
            fail(1, "the class of row %zu is %g; whole numbers from 0 to 999999 are needed", row + 1, value);
        classes[row] = (int32_t)value;
    }
    return classes;
}

static size_t outputs_of(const settings *settings, const table *data, const int32_t *classes)
{
    size_t outputs = settings->targets ? settings->targets : 1;
    for (size_t row = 0; classes && row < data->rows; ++row)
        if ((size_t)classes[row] + 1 > outputs || row == 0)
            outputs = (size_t)classes[row] + 1;
    return classes && outputs < 2 ? 2 : outputs;
}

/* Fails before the training if its result could not be saved. */
static void folder_check(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 1;
    char *folder = allocate(length + 1, 1);
    memcpy(folder, slash ? path : ".", length);
    folder[length] = 0;
    if (access(folder, W_OK))
        fail(1, "'%s' cannot be written: %s", path, strerror(errno));
    free(folder);
}

int command_train(int count, char **arguments)
{
    settings settings = { NULL, NULL, -1, CRL_COST_OPTIONS_INIT, 0, 0, 0, CRL_OPTIMIZER_OPTIONS_INIT,
                          CRL_SCHEDULE_OPTIONS_INIT, CRL_TRAIN_OPTIONS_INIT, NULL };
    const int first = options_read(count + 1, arguments - 1, &settings);
    char **rest = arguments - 1 + first;
    const int left = count + 1 - first;
    if (left != (settings.widths ? 1 : 2))
        fail(2, settings.widths ? "train --new takes DATA" : "train takes a MODEL and DATA");
    if (!settings.output)
        fail(2, "train needs --output");
    if (!settings.widths && (settings.activation >= 0 || settings.targets))
        fail(2, "%s is for --new: MODEL has its own", settings.targets ? "--targets" : "--activation");
    if (settings.classes && settings.targets)
        fail(2, "--targets is not for --classes: the number of classes is that of DATA");
    if (ends_with(settings.output, ".onnx") || ends_with(settings.output, ".c") || ends_with(settings.output, ".net"))
        fail(2, "train writes the library's own format, which '%s' does not end like; chainrule convert makes others of it", settings.output);
    folder_check(settings.output);
    crl_network *network = settings.widths ? NULL : model_read(rest[0]);
    if (network) {
        recipe_read(network, &settings);
        optind = 0;
        options_read(count + 1, arguments - 1, &settings); /* again: what is given goes before what the file says */
    }
    const table data = table_read(rest[left - 1]);
    int32_t *classes = settings.classes ? classes_of(&data) : NULL;
    size_t outputs = settings.widths ? outputs_of(&settings, &data, classes) : 0;
    if (network)
        check(crl_network_output_size(network, &outputs));
    const size_t targets_columns = classes ? 1 : outputs;
    if (data.columns <= targets_columns)
        fail(1, "a row has %zu numbers; the last %zu are targets, and none is left for x", data.columns, targets_columns);
    const size_t inputs = data.columns - targets_columns;
    if (!network)
        network = perceptron(&settings, inputs, outputs);
    size_t needed;
    check(crl_network_input_size(network, &needed));
    if (needed != inputs)
        fail(1, "a row has %zu numbers before the %zu of its targets; the network has %zu inputs%s", inputs, targets_columns, needed,
             !classes && data.columns == needed + 1 ? ": is --classes missing, for a last column that is a class?" : "");
    if (classes && !settings.has_cost)
        settings.cost.kind = CRL_CROSS_ENTROPY;

    crl_targets targets = CRL_TARGETS_INIT;
    if (classes) {
        targets.classes = classes;
        targets.classes_count = data.rows;
    } else {
        targets.values = data.values + inputs;
        targets.rows = data.rows;
        targets.columns = outputs;
        targets.stride = data.columns;
    }
    progress progress = { .is_terminal = isatty(STDERR_FILENO) };
    progress_begin(&progress, network);
    const size_t patience = settings.train.patience;
    if (settings.train.validation_split > 0 && patience == CRL_AUTO_SIZE)
        settings.train.patience = settings.train.epochs; /* puts the best parameters back */
    settings.train.cost = &settings.cost;
    settings.train.on_epoch = show;
    settings.train.on_batch = stop;
    settings.train.user = &progress;
    check(crl_optimizer_create(network, &settings.optimizer, &settings.train.optimizer));
    signal(SIGINT, interrupt);
    const crl_status status = crl_network_fit(network, data.values, data.rows, data.columns, &targets, NULL, &settings.train);
    if (progress.is_terminal)
        fputc('\n', stderr);
    if (status != CRL_CANCELLED)
        check(status);
    else if (progress.has_best)
        numbers_copy(&progress, progress.numbers, progress.best);
    signal(SIGINT, SIG_DFL);
    settings.train.patience = patience;
    check(crl_network_set_recipe(network, &settings.train));
    check(crl_network_save(network, settings.output));
    if (status == CRL_CANCELLED)
        fprintf(stderr, "interrupted; '%s' has %s\n", settings.output,
                progress.has_best ? "the parameters of the best epoch (*)" : "what was learnt so far");
    crl_optimizer_destroy(settings.train.optimizer);
    crl_network_destroy(network);
    free(progress.best[0]);
    free(progress.best[1]);
    free(settings.class_weights);
    free(classes);
    free(data.values);
    return status == CRL_CANCELLED ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What a network's files hold beside it: texts, and how it is trained. */
#define _XOPEN_SOURCE 700
#include <stdlib.h>

#include "folder.h"

enum { LONGEST_KEY = 255, MOST_BYTES = 4000000 };

static crl_network *network;
static char model[300];

static int has(const crl_network *of, const char *key, const char *expected)
{
    const char *value = NULL;
    return crl_network_metadata(of, key, &value) == CRL_OK && strcmp(value, expected) == 0;
}

static int holds(const crl_network *of, size_t expected)
{
    size_t count = 99;
    return crl_network_metadata_count(of, &count) == CRL_OK && count == expected;
}

static void texts(void)
{
    const char *key = NULL, *value = NULL;
    CHECK(holds(network, 0));
    OK(crl_network_set_metadata(network, "author", "J\xc3\xb6rg \"\\\n\x01"));
    OK(crl_network_set_metadata(network, "data", ""));
    OK(crl_network_set_metadata(network, "\xe2\x82\xac", "\xf0\x9f\x98\x80"));
    CHECK(holds(network, 3) && has(network, "author", "J\xc3\xb6rg \"\\\n\x01") && has(network, "data", ""));
    OK(crl_network_set_metadata(network, "author", "somebody"));
    OK(crl_network_metadata_at(network, 0, &key, &value));
    CHECK(strcmp(key, "author") == 0 && strcmp(value, "somebody") == 0);
    OK(crl_network_set_metadata(network, "data", NULL));
    OK(crl_network_set_metadata(network, "data", NULL)); /* nothing is there to be removed */
    OK(crl_network_metadata_at(network, 1, &key, &value));
    CHECK(holds(network, 2) && strcmp(key, "\xe2\x82\xac") == 0 && strcmp(value, "\xf0\x9f\x98\x80") == 0);
    FAILS(CRL_ERROR_SIZE, "index is 2", crl_network_metadata_at(network, 2, &key, &value));
    FAILS_NULLING(CRL_ERROR_NAME, "'data'", value, crl_network_metadata(network, "data", &value));
    FAILS_NULLING(CRL_ERROR_NAME, "'chainrule.recipe'", value, crl_network_metadata(network, "chainrule.recipe", &value));
}

static void refused(void)
{
    const char *own[] = { "format", "format_version", "architecture", "training", "chainrule.", "chainrule.recipe" };
    const char *no_text[] = { "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98", "a\x80", "\xc3(" };
    for (size_t i = 0; i < COUNT(own); ++i) {
        FAILS(CRL_ERROR_VALUE, own[i], crl_network_set_metadata(network, own[i], "x"));
        OK(crl_network_set_metadata(network, own[i], NULL)); /* it is not there */
    }
    for (size_t i = 0; i < COUNT(no_text); ++i) {
        FAILS(CRL_ERROR_VALUE, "UTF-8", crl_network_set_metadata(network, "key", no_text[i]));
        FAILS(CRL_ERROR_VALUE, "UTF-8", crl_network_set_metadata(network, no_text[i], "value"));
    }
    char *text = malloc(MOST_BYTES + 2);
    memset(text, 'a', MOST_BYTES + 2);
    text[LONGEST_KEY] = 0;
    OK(crl_network_set_metadata(network, text, "x"));
    OK(crl_network_set_metadata(network, text, NULL));
    text[LONGEST_KEY] = 'a';
    text[MOST_BYTES + 1] = 0;
    FAILS(CRL_ERROR_SIZE, "256 bytes", crl_network_set_metadata(network, text, "x"));
    FAILS(CRL_ERROR_SIZE, "0 bytes", crl_network_set_metadata(network, "", "x"));
    FAILS(CRL_ERROR_SIZE, "at most 4000000", crl_network_set_metadata(network, "long", text));
    text[MOST_BYTES - 100] = 0;
    OK(crl_network_set_metadata(network, "long", text));
    FAILS(CRL_ERROR_SIZE, "at most 4000000", crl_network_set_metadata(network, "more", text));
    OK(crl_network_save(network, model));
    OK(crl_network_set_metadata(network, "long", NULL));
    /* Many keys. */
    for (int i = 0; i < 10000 - 2; ++i) {
        snprintf(text, 20, "key %d", i);
        if (crl_network_set_metadata(network, text, "") != CRL_OK)
            CHECK(0);
    }
    FAILS(CRL_ERROR_SIZE, "10000 keys", crl_network_set_metadata(network, "one more", ""));
    OK(crl_network_set_metadata(network, "author", "somebody"));
    for (int i = 0; i < 10000 - 2; ++i) {
        snprintf(text, 20, "key %d", i);
        if (crl_network_set_metadata(network, text, NULL) != CRL_OK)
            CHECK(0);
    }
    free(text);
    CHECK(holds(network, 2));
}

static int cost_is_asked;

static int32_t my_cost(void *user, const float *y, const float *targets, const float *weights, size_t rows, size_t columns,
                       size_t target_columns, double *C, float *dC_dy)
{
    (void)user, (void)y, (void)targets, (void)weights, (void)rows, (void)columns, (void)target_columns, (void)C, (void)dC_dy;
    return cost_is_asked = 1;
}

static void recipes(void)
{
    crl_train_options given = CRL_TRAIN_OPTIONS_INIT, train = CRL_TRAIN_OPTIONS_INIT;
    crl_optimizer_options options = CRL_OPTIMIZER_OPTIONS_INIT, optimizer = CRL_OPTIMIZER_OPTIONS_INIT;
    crl_cost_options cost = CRL_COST_OPTIONS_INIT, found_cost = CRL_COST_OPTIONS_INIT;
    crl_schedule_options schedule = CRL_SCHEDULE_OPTIONS_INIT, found = CRL_SCHEDULE_OPTIONS_INIT;
    const float weights[] = { 0.25f, 1.75f };
    float found_weights[2] = { 0, 0 };
    crl_network *loaded = NULL;

    FAILS(CRL_ERROR_NAME, "no recipe", crl_network_recipe(network, &train, &optimizer, &found_cost, &found, NULL, 0));
    cost.kind = CRL_CROSS_ENTROPY;
    cost.label_smoothing = 0.1f;
    cost.reduction = CRL_REDUCTION_SUM;
    schedule.kind = CRL_SCHEDULE_COSINE;
    schedule.warmup = 7;
    schedule.period_factor = 3;
    schedule.min_rate = 1e-6f;
    options.method = CRL_NADAM;
    options.learning_rate = 0.0123f;
    options.beta2 = 0.98f;
    options.weight_decay = 0.3f;
    options.clip_norm = 2.5f;
    options.regularize_biases = 1;
    OK(crl_optimizer_create(network, &options, &given.optimizer));
    given.cost = &cost;
    given.schedule = &schedule;
    given.epochs = 17;
    given.batch_size = 5;
    given.shuffle = 0;
    given.seed = UINT64_MAX;
    given.validation_split = 0.1;
    given.min_delta = 1e-7;
    given.patience = 4;
    given.class_weights = weights;
    given.class_weights_count = 2;
    OK(crl_network_set_recipe(network, &given));
    OK(crl_network_save(network, model));
    OK(crl_network_load(model, &loaded));
    CHECK(has(loaded, "author", "somebody") && holds(loaded, 2));
    OK(crl_network_recipe(loaded, &train, &optimizer, &found_cost, &found, found_weights, 2));
    CHECK(train.cost == &found_cost && found_cost.kind == CRL_CROSS_ENTROPY && found_cost.label_smoothing == 0.1f
          && found_cost.reduction == CRL_REDUCTION_SUM && found_cost.huber_delta == 1);
    CHECK(optimizer.method == CRL_NADAM && optimizer.learning_rate == 0.0123f && optimizer.beta1 == 0.9f
          && optimizer.beta2 == 0.98f && optimizer.weight_decay == 0.3f && optimizer.clip_norm == 2.5f
          && optimizer.regularize_biases == 1 && optimizer.momentum == CRL_AUTO);
    CHECK(train.schedule == &found && found.kind == CRL_SCHEDULE_COSINE && found.warmup == 7 && found.period_factor == 3
          && found.period == CRL_AUTO_SIZE && found.min_rate == 1e-6f && found.peak == CRL_AUTO);
    CHECK(train.epochs == 17 && train.batch_size == 5 && train.shuffle == 0 && train.seed == UINT64_MAX
          && train.validation_split == 0.1 && train.min_delta == 1e-7 && train.patience == 4);
    CHECK(train.class_weights == found_weights && train.class_weights_count == 2 && same_bits(weights, found_weights, 2));
    CHECK(train.optimizer == NULL && train.threads == CRL_AUTO_SIZE);
    FAILS(CRL_ERROR_SIZE, "2 class weights", crl_network_recipe(loaded, &train, &optimizer, &found_cost, &found, found_weights, 1));
    /* It trains as it is. */
    const float x[] = { 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1 };
    const int32_t classes[] = { 0, 1, 0, 1 };
    crl_targets targets = CRL_TARGETS_INIT;
    targets.classes = classes;
    targets.classes_count = 4;
    OK(crl_optimizer_create(loaded, &optimizer, &train.optimizer));
    OK(crl_network_fit(loaded, x, 4, 3, &targets, NULL, &train));
    crl_optimizer_destroy(train.optimizer);
    crl_network_destroy(loaded);
    /* Files hold no functions. */
    crl_cost_options custom = CRL_COST_OPTIONS_INIT;
    custom.kind = CRL_CUSTOM_COST;
    custom.function = my_cost;
    given.class_weights = NULL;
    given.class_weights_count = 0;
    given.cost = &custom;
    FAILS(CRL_ERROR_VALUE, "the cost is a function", crl_network_set_recipe(network, &given));
    CHECK(!cost_is_asked);
    given.cost = &cost;
    given.epochs = 0;
    FAILS(CRL_ERROR_SIZE, "epochs is 0", crl_network_set_recipe(network, &given));
    OK(crl_network_recipe(network, &train, &optimizer, &found_cost, &found, NULL, 0)); /* the one before */
    CHECK(train.class_weights == NULL && train.class_weights_count == 2);
    OK(crl_network_copy(network, &loaded));
    OK(crl_network_set_recipe(network, NULL));
    FAILS(CRL_ERROR_NAME, "no recipe", crl_network_recipe(network, &train, &optimizer, &found_cost, &found, NULL, 0));
    OK(crl_network_recipe(loaded, &train, &optimizer, &found_cost, &found, NULL, 0));
    crl_network_destroy(loaded);
    crl_optimizer_destroy(given.optimizer);
}

int main(void)
{
    make_folder();
    snprintf(model, sizeof model, "%s/model", folder);
    network = two_layers(3, 4, CRL_TANH, 2, 1);
    texts();
    refused();
    recipes();
    crl_network_destroy(network);
    CHECK(remove(model) == 0 && rmdir(folder) == 0);
    return finish();
}

/* Loads the network of digits_train and reads the held-out digits with it.
 *
 *     digits_predict digits.safetensors Examples/data/digits.csv
 */
#include <chainrule.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, SHOWN = 10 };

static void check(crl_status status)
{
    if (status != CRL_OK) {
        fprintf(stderr, "%s: %s\n", crl_status_name(status), crl_error_message());
        exit(EXIT_FAILURE);
    }
}

/* Reads one line, 64 pixels from 0 to 16 and the digit; 0 at the end of the file. */
static int read_image(FILE *file, float *pixels, int *digit)
{
    for (int i = 0; i < PIXELS; ++i) {
        if (fscanf(file, "%f,", &pixels[i]) != 1)
            return 0;
        pixels[i] /= 16;
    }
    return fscanf(file, "%d", digit) == 1 && *digit >= 0 && *digit < CLASSES;
}

/* e^z over the sum of all e^z: the logits as probabilities. */
static void softmax(const float *z, double *p)
{
    double largest = z[0], sum = 0;
    for (int c = 1; c < CLASSES; ++c)
        largest = fmax(largest, z[c]);
    for (int c = 0; c < CLASSES; ++c)
        sum += p[c] = exp(z[c] - largest);
    for (int c = 0; c < CLASSES; ++c)
        p[c] /= sum;
}

static int most_probable(const double *p, int except)
{
    int best = except == 0 ? 1 : 0;
    for (int c = 0; c < CLASSES; ++c)
        if (c != except && p[c] > p[best])
            best = c;
    return best;
}

int main(int argc, char **argv)
{
    crl_network *network = NULL;
    size_t inputs = 0, outputs = 0, seen[CLASSES] = { 0 }, count = 0, right = 0;
    float pixels[PIXELS], logits[CLASSES];
    double p[CLASSES];
    int digit;

    if (argc != 3) {
        fprintf(stderr, "usage: digits_predict MODEL.safetensors DIGITS.csv\n");
        return EXIT_FAILURE;
    }
    check(crl_network_load(argv[1], &network));
    check(crl_network_input_size(network, &inputs));
    check(crl_network_output_size(network, &outputs));
    FILE *file = fopen(argv[2], "r");
    if (!file || inputs != PIXELS || outputs != CLASSES) {
        fprintf(stderr, "%s\n", file ? "the network is not one for these digits" : "the digits cannot be opened");
        return EXIT_FAILURE;
    }

    printf("Loaded %s: %zu inputs, %zu outputs\n", argv[1], inputs, outputs);
    while (read_image(file, pixels, &digit)) {
        if (++seen[digit] % 4 != 0) /* digits_train learned from this one */
            continue;
        check(crl_network_predict(network, pixels, 1, PIXELS, logits, 1, CLASSES));
        softmax(logits, p);
        const int first = most_probable(p, -1), second = most_probable(p, first);
        right += first == digit;
        if (count++ < SHOWN)
            printf("  a %d: the network says %d (%.2f %%), or else %d (%.2f %%)\n", digit, first, 100 * p[first], second,
                   100 * p[second]);
    }
    fclose(file);
    crl_network_destroy(network);
    if (count == 0) {
        fprintf(stderr, "%s has no digits\n", argv[2]);
        return EXIT_FAILURE;
    }
    printf("Read %zu of %zu held-out digits right: %.2f %%\n", right, count, 100 * (double)right / (double)count);
    return EXIT_SUCCESS;
}

/* Sends sound through a network, as an effect would: reads a WAV file, pushes blocks of 64 frames through a stream for each
 * channel, and writes another WAV file. The network is one of sound: a number in, a number out for each frame.
 *
 *     wav_stream MODEL.safetensors IN.wav OUT.wav
 *     wav_stream                                     tries itself: with a small network and a sound of its own
 *
 * Reads and writes PCM of 16 bits and 32-bit floating point. See Examples/amplifier.py for networks. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chainrule.h>

enum { BLOCK = 64, MOST_CHANNELS = 8, PCM = 1, FLOATING = 3 };

struct sound {
    uint32_t rate, channels, bits, format, frames;
    float *samples; /* frames × channels */
};

static void stop(const char *what)
{
    fprintf(stderr, "wav_stream: %s\n", what);
    exit(1);
}

static void need(crl_status status)
{
    if (status != CRL_OK)
        stop(crl_error_message());
}

static uint32_t number(const unsigned char *bytes, int count)
{
    uint32_t value = 0;
    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

static void write_number(FILE *file, uint32_t value, int count)
{
    for (; count > 0; --count, value >>= 8)
        fputc((int)(value & 0xff), file);
}

/* A WAV file is chunks: a name of four bytes, a length of four, and the content, filled up to an even length. */
static struct sound read_wav(const char *path)
{
    struct sound sound = { 0, 0, 0, 0, 0, NULL };
    unsigned char head[12], chunk[8], format[16];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        stop("cannot open the sound");
    if (fread(head, 1, 12, file) != 12 || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0)
        stop("no WAV file");
    while (fread(chunk, 1, 8, file) == 8) {
        uint32_t length = number(chunk + 4, 4);
        if (memcmp(chunk, "fmt ", 4) == 0 && length >= 16) {
            if (fread(format, 1, 16, file) != 16)
                stop("the WAV file is cut off");
            sound.format = number(format, 2);
            sound.channels = number(format + 2, 2);
            sound.rate = number(format + 4, 4);
            sound.bits = number(format + 14, 2);
            length -= 16;
        } else if (memcmp(chunk, "data", 4) == 0) {
            uint32_t width = sound.bits / 8;
            if (!(sound.format == PCM && sound.bits == 16) && !(sound.format == FLOATING && sound.bits == 32))
                stop("only PCM of 16 bits and 32-bit floating point");
            if (sound.channels < 1 || sound.channels > MOST_CHANNELS)
                stop("1 to 8 channels");
            sound.frames = length / width / sound.channels;
            sound.samples = malloc((size_t)sound.frames * sound.channels * sizeof(float) + 1);
            if (sound.samples == NULL)
                stop("no memory for the sound");
            for (size_t i = 0; i < (size_t)sound.frames * sound.channels; ++i) {
                unsigned char bytes[4];
                if (fread(bytes, 1, width, file) != width)
                    stop("the WAV file is cut off");
                if (sound.format == FLOATING) {
                    uint32_t bits = number(bytes, 4);
                    memcpy(&sound.samples[i], &bits, sizeof bits);
                } else {
                    sound.samples[i] = (float)(int16_t)number(bytes, 2) / 32768;
                }
            }
            fclose(file);
            return sound;
        }
        if (fseek(file, (long)(length + (length & 1)), SEEK_CUR) != 0)
            break;
    }
    stop("the WAV file has no sound");
    return sound;
}

static void write_wav(const char *path, const struct sound *sound)
{
    uint32_t width = sound->bits / 8, bytes = sound->frames * sound->channels * width;
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        stop("cannot write the sound");
    fputs("RIFF", file);
    write_number(file, 36 + bytes, 4);
    fputs("WAVEfmt ", file);
    write_number(file, 16, 4);
    write_number(file, sound->format, 2);
    write_number(file, sound->channels, 2);
    write_number(file, sound->rate, 4);
    write_number(file, sound->rate * sound->channels * width, 4);
    write_number(file, sound->channels * width, 2);
    write_number(file, sound->bits, 2);
    fputs("data", file);
    write_number(file, bytes, 4);
    for (size_t i = 0; i < (size_t)sound->frames * sound->channels; ++i) {
        float sample = sound->samples[i];
        if (sound->format == FLOATING) {
            uint32_t bits;
            memcpy(&bits, &sample, sizeof bits);
            write_number(file, bits, 4);
        } else {
            sample = sample > 1 ? 1 : sample < -1 ? -1 : sample;
            write_number(file, (uint32_t)(int32_t)lrintf(sample * 32767), 2);
        }
    }
    if (fclose(file) != 0)
        stop("cannot write the sound");
}

/* What a plug-in does in its callback: a block of each channel, in place. Nothing here waits. */
static void process(crl_stream *const *streams, float *const *channels, size_t count, size_t frames)
{
    for (size_t channel = 0; channel < count; ++channel)
        need(crl_stream_push(streams[channel], channels[channel], frames, channels[channel]));
}

static void run(const crl_predictor *predictor, struct sound *sound)
{
    crl_stream *streams[MOST_CHANNELS];
    float blocks[MOST_CHANNELS][BLOCK], *channels[MOST_CHANNELS];
    size_t inputs, outputs;
    for (size_t channel = 0; channel < sound->channels; ++channel) {
        need(crl_stream_create(predictor, &streams[channel]));
        channels[channel] = blocks[channel];
    }
    need(crl_stream_input_size(streams[0], &inputs));
    need(crl_stream_output_size(streams[0], &outputs));
    if (inputs != 1 || outputs != 1)
        stop("the network is none of sound: a frame has more than one number");
    for (size_t first = 0; first < sound->frames; first += BLOCK) {
        size_t frames = sound->frames - first < BLOCK ? sound->frames - first : BLOCK;
        float *samples = sound->samples + first * sound->channels;
        for (size_t i = 0; i < frames * sound->channels; ++i)
            blocks[i % sound->channels][i / sound->channels] = samples[i];
        process(streams, channels, sound->channels, frames);
        for (size_t i = 0; i < frames * sound->channels; ++i)
            samples[i] = blocks[i % sound->channels][i / sound->channels];
    }
    for (size_t channel = 0; channel < sound->channels; ++channel)
        crl_stream_destroy(streams[channel]);
}

/* A GRU as small as effects have them, untrained. */
static crl_network *small_network(void)
{
    static const size_t shape[] = { 64, 1 };
    crl_network *network = NULL;
    need(crl_network_create(64, &network));
    need(crl_network_add_reshape(network, shape, 2, NULL));
    need(crl_network_add_recurrent(network, CRL_CELL_GRU, 8, NULL, NULL));
    need(crl_network_add_dense(network, 1, CRL_IDENTITY, NULL));
    need(crl_network_build(network, 1));
    return network;
}

/* Two channels: the stream in blocks must give what the predictor gives for the whole sequence of 64 frames, over and over. */
static int try_itself(void)
{
    struct sound sound = { 48000, 2, 32, FLOATING, 64, NULL }, again;
    const char *path = "build/wav_stream.wav";
    float x[64], y[64];
    int wrong = 0;
    crl_network *network = small_network();
    crl_predictor *predictor = NULL;
    need(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    sound.samples = malloc(128 * sizeof(float));
    if (sound.samples == NULL)
        stop("no memory for the sound");
    for (int i = 0; i < 128; ++i)
        sound.samples[i] = (i % 2 ? 0.5f : 1) * sinf((float)i * 0.2f);
    for (int i = 0; i < 64; ++i)
        x[i] = sound.samples[2 * i + 1];
    need(crl_predictor_predict(predictor, x, 1, 64, y, 1, 64));
    write_wav(path, &sound);
    again = read_wav(path);
    remove(path);
    wrong += again.frames != 64 || again.channels != 2 || again.rate != 48000;
    wrong += memcmp(again.samples, sound.samples, 128 * sizeof(float)) != 0;
    run(predictor, &again);
    for (int i = 0; i < 64; ++i)
        wrong += again.samples[2 * i + 1] != y[i];
    printf("a sound of 2 channels in blocks of %d: %s\n", BLOCK, wrong ? "wrong" : "the numbers of the whole sequence");
    free(sound.samples);
    free(again.samples);
    crl_predictor_destroy(predictor);
    crl_network_destroy(network);
    return wrong != 0;
}

int main(int count, char **arguments)
{
    struct sound sound;
    crl_network *network = NULL;
    crl_predictor *predictor = NULL;
    if (count == 1)
        return try_itself();
    if (count != 4)
        stop("usage: wav_stream MODEL.safetensors IN.wav OUT.wav");
    need(crl_network_load(arguments[1], &network));
    need(crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor));
    crl_network_destroy(network);
    sound = read_wav(arguments[2]);
    run(predictor, &sound);
    write_wav(arguments[3], &sound);
    printf("%u frames, %u channels\n", (unsigned)sound.frames, (unsigned)sound.channels);
    free(sound.samples);
    crl_predictor_destroy(predictor);
    return 0;
}

// What the programs that stream sound have in common: the weights, the sound, and the clock.
#ifndef STREAMS_HPP
#define STREAMS_HPP

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

[[noreturn]] inline void stop(const char *what)
{
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

// A number of about ±0.3, the same in each program. Gates of a GRU in the order z, r, n; of an LSTM i, f, g, o.
inline float number(int tensor, int gate, int unit, int column)
{
    unsigned hash = unsigned(tensor) * 2654435761u + unsigned(gate) * 40503u + unsigned(unit) * 9973u + unsigned(column) * 131u;
    hash ^= hash >> 15;
    hash *= 2246822519u;
    hash ^= hash >> 13;
    return (float(hash % 2000u) / 1000 - 1) * 0.3f;
}
inline float input_weight(int gate, int unit, int column) { return number(1, gate, unit, column); }
inline float state_weight(int gate, int unit, int column) { return number(2, gate, unit, column); }
inline float bias(int gate, int unit, int) { return number(3, gate, unit, 0); }
inline float state_bias(int, int unit, int) { return number(4, 0, unit, 0); }
inline float output_weight(int, int, int column) { return number(5, 0, 0, column); }
inline float zero(int, int, int) { return 0; }

struct Recurrent {
    bool isLSTM;
    int units;
};

// NETWORK BLOCK ROUNDS SECONDS: such as gru8, lstm40 or wavenet. Prints the frames' nanoseconds of each round, and a sum of outputs.
struct Task {
    std::string network;
    bool isRecurrent;
    Recurrent recurrent;
    int block, rounds;
    double seconds;

    Task(int count, char **arguments)
    {
        if (count != 5)
            stop("NETWORK BLOCK ROUNDS SECONDS");
        network = arguments[1];
        isRecurrent = network != "wavenet";
        recurrent.isLSTM = network.compare(0, 4, "lstm") == 0;
        recurrent.units = isRecurrent ? std::atoi(network.c_str() + (recurrent.isLSTM ? 4 : 3)) : 0;
        block = std::atoi(arguments[2]);
        rounds = std::atoi(arguments[3]);
        seconds = std::atof(arguments[4]);
    }

    template <typename Push> void measure(Push push) const
    {
        const int frames = 4096;
        std::vector<float> x(frames), y(frames);
        for (int i = 0; i < frames; ++i)
            x[size_t(i)] = float(std::sin(i * 0.03) * 0.7 + std::sin(i * 0.211) * 0.3);
        auto pass = [&] {
            for (int first = 0; first < frames; first += block)
                push(x.data() + first, y.data() + first, block);
        };
        double sum = 0;
        pass();
        for (float value : y)
            sum += value;
        for (int round = 0; round < rounds; ++round) {
            double best = INFINITY, spent = 0;
            while (spent < seconds) {
                auto start = std::chrono::steady_clock::now();
                pass();
                double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
                spent += took;
                best = took < best ? took : best;
            }
            std::printf("%.6g ", best / frames * 1e9);
        }
        std::printf("%.6g\n", sum);
    }
};

#endif

// A worker: a program that bench.py starts once for each peer, and that measures cells one repetition at a time, so
// that the repetitions of all peers can be interleaved. The conversation, a line each way:
//
//     prepare work=train widths=784-128-10 …    ready | cannot WHY
//     check                                     values V V …    what must agree between all peers
//     run SECONDS                               seconds S       for one step or call, over about SECONDS
#pragma once
#include "cell.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

class Work {
public:
    virtual ~Work() = default;
    // Training: the costs of the first steps. Inference: the first outputs.
    virtual std::vector<double> check() = 0;
    // Seconds for one step or call, measured over about `seconds`.
    virtual double run(double seconds) = 0;
};

int serve(const std::function<std::unique_ptr<Work>(const Cell &)> &prepare);

inline double now()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds for one of `repeat`'s repetitions: first as many as show how many fit into `seconds`, which also warms up, then
// one uninterrupted stretch with a clock at its ends only. repeat(n) does n repetitions.
template <class Repeat> double time_one(double seconds, Repeat &&repeat)
{
    const auto time = [&](size_t count) {
        const double start = now();
        repeat(count);
        return now() - start;
    };
    size_t count = 1;
    double elapsed = time(count);
    while (elapsed < seconds / 10)
        elapsed = time(count *= 2);
    if (elapsed < seconds)
        elapsed = std::min(elapsed, time(count)); // whatever held up the one before
    const size_t stretch = size_t(double(count) * seconds / elapsed) + 1;
    return time(stretch) / double(stretch);
}

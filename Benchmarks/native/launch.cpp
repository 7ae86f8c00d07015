// Starts a program again and again, as a worker. A step is one process from start to end; with "--" and a second program,
// the time of the first beyond that of the second, started in turns; with "--output" in front, the number that the program
// prints, in place of a time.
//
//     launch [--output] PROGRAM [ARGUMENT …] [-- PROGRAM [ARGUMENT …]]
#include "worker.hpp"

#include <cstdio>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

using Command = std::vector<char *>;

static double seconds_of(const Command &command)
{
    pid_t child = 0;
    int status = 0;
    const double start = now();
    if (posix_spawn(&child, command[0], nullptr, nullptr, command.data(), environ) != 0
        || waitpid(child, &status, 0) != child)
        throw std::runtime_error(std::string("cannot start ") + command[0]);
    const double seconds = now() - start;
    if (status != 0)
        throw std::runtime_error(std::string(command[0]) + " failed");
    return seconds;
}

static double output_of(const Command &command)
{
    std::string line;
    for (const char *word : command)
        line += word ? std::string(word) + " " : "";
    FILE *pipe = popen(line.c_str(), "r");
    double number = 0;
    const int read = std::fscanf(pipe, "%lf", &number);
    if (pclose(pipe) != 0 || read != 1)
        throw std::runtime_error(line + "printed no number");
    return number;
}

class Launch : public Work {
public:
    Launch(const Command &program, const Command &baseline, bool is_output)
        : program(program), baseline(baseline), is_output(is_output)
    {
    }
    std::vector<double> check() override { return {}; }

    // The median.
    double run(double seconds) override
    {
        if (is_output)
            return output_of(program);
        std::vector<double> times;
        for (const double start = now(); times.size() < 3 || now() - start < seconds;)
            times.push_back(seconds_of(program) - (baseline.empty() ? 0 : seconds_of(baseline)));
        std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
        return times[times.size() / 2];
    }

private:
    Command program, baseline;
    bool is_output;
};

int main(int argc, char **argv)
{
    Command program, baseline;
    Command *words = &program;
    const bool is_output = argc > 1 && std::strcmp(argv[1], "--output") == 0;
    for (char **word = argv + (is_output ? 2 : 1); *word; ++word)
        if (std::strcmp(*word, "--") == 0)
            words = &baseline;
        else
            words->push_back(*word);
    for (Command *command : {&program, &baseline})
        if (!command->empty())
            command->push_back(nullptr);
    if (program.empty())
        return std::fputs("usage: launch [--output] PROGRAM [ARGUMENT …] [-- PROGRAM [ARGUMENT …]]\n", stderr), 2;
    return serve([&](const Cell &) { return std::make_unique<Launch>(program, baseline, is_output); });
}

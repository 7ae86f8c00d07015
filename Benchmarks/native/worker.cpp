#include "worker.hpp"

#include <cstdio>
#include <iostream>

static void say(const char *word, const std::vector<double> &numbers)
{
    std::fputs(word, stdout);
    for (double number : numbers)
        std::printf(" %.9g", number);
    std::puts("");
}

int serve(const std::function<std::unique_ptr<Work>(const Cell &)> &prepare)
{
    std::unique_ptr<Work> work;
    for (std::string line; std::getline(std::cin, line); std::fflush(stdout)) {
        const std::string command = line.substr(0, line.find(' ')),
                          rest = line.substr(std::min(line.size(), command.size() + 1));
        try {
            if (command == "prepare") {
                work.reset();
                work = prepare(Cell(rest));
                std::puts("ready");
            } else if (command == "check" && work) {
                say("values", work->check());
            } else if (command == "run" && work) {
                say("seconds", {work->run(std::stod(rest))});
            } else {
                std::puts(("cannot " + command).c_str());
            }
        } catch (const std::exception &error) {
            std::puts((std::string("cannot ") + error.what()).c_str());
        }
    }
    return 0;
}

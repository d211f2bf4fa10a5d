// What main.cpp needs so that numbers are arguments: duration, time step, seed and progress report
// come from the environment, because Brian2 compiles them in.
#ifndef EXCITABLE_PROGRAM_H
#define EXCITABLE_PROGRAM_H
#include <cstdio>
#include <cstdlib>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#endif
#include "seeds.h"
#include "starting_arguments.h"

static void excitable_end_with_parent()
{
#ifdef __linux__
    const char* parent = getenv("EXCITABLE_END_WITH_PARENT");
    if (!parent) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != atoi(parent)) _exit(1);  // it has ended before this program said so
#endif
}

static double excitable_number(const char* name)
{
    const char* text = getenv(name);
    char* end = NULL;
    const double value = text ? strtod(text, &end) : 0;
    if (!text || *end || !(value > 0)) { fprintf(stderr, "Error: bad %s\n", name); exit(2); }
    return value;
}

static void excitable_report(const double, const double completed, const double, const double)
{
    fprintf(stderr, "@progress %.4f\n", completed);
    fflush(stderr);
}

// Each thread has a generator of its own; none begins where one of a neighbouring seed does.
template <typename Generators> void excitable_seed(Generators& generators)
{
    if (const char* seed = getenv("EXCITABLE_SEED"))
        for (size_t i = 0; i < generators.size(); i++)
            generators[i].seed(
                excitable_seed_of_32_bits(strtoull(seed, NULL, 10) + i*0x9e3779b97f4a7c15ull));
}
#endif

// A check of the results of a run: that all are there, whole and finite.

#include "results.h"

#include <sys/stat.h>

#include <cmath>
#include <cstdio>

#include "inputs.h"

namespace {

bool is_finite(const Output& output)
{
    for (double value : numbers(output.file, output.type))
        if (!std::isfinite(value)) return false;
    return true;
}

long long size_of(const std::string& name)
{
    struct stat about;
    return stat((wanted_results().folder + name).c_str(), &about) ? -1
        : static_cast<long long>(about.st_size);
}

// No reader takes for whole what has no "complete".
int give_up(const std::string& message)
{
    std::remove((wanted_results().folder + "complete").c_str());
    fprintf(stderr, "error: %s; do not use what is in %s\n", message.c_str(),
            wanted_results().folder.c_str());
    return 1;
}

// What is wrong with a result; nothing if it is as it must be.
std::string fault(const Output& output, long long spikes)
{
    const std::string file = output.file, shape = output.shape;
    const long long samples = size_of("trace_t")/8;
    const long long expected = shape == "neurons" ? NEURONS
        : shape == "spikes" ? spikes : shape == "samples" ? samples : samples*NEURONS;
    if (size_of(file) != expected*output.bytes)
        return "the result " + file + " is not whole (disk full?)";
    if (file.compare(0, 6, "state_") == 0 && !is_finite(output))
        return file.substr(6) + " is NaN or infinite in some neuron: the integration diverged; try a "
               "smaller dt";
    if (file == "spike_since" && !is_finite(output))
        return "a spike could not be located inside its step: the integration diverged; try a "
               "smaller dt";
    return "";
}

}  // namespace

int project_results()
{
    const Results& wanted = wanted_results();
    if (wanted.folder.empty()) return 0;
    if (size_of("complete") < 0) return give_up("the run was stopped before its end");
    long long spikes = 0;
    for (int count : content<int>("spike_count")) spikes += count;
    for (const Output& output : OUTPUTS)
    {
        const std::string wrong = fault(output, spikes);
        if (!wrong.empty()) return give_up(wrong);
    }
    const std::string lost = wanted.as_tables ? write_tables() : "";
    if (!lost.empty()) return give_up("the table " + lost + " cannot be written (disk full?)");
    printf("%lld spikes of %d neurons in %s%s\n", spikes, NEURONS, wanted.folder.c_str(),
           wanted.as_tables ? "" : " (--csv writes them as tables)");
    return 0;
}

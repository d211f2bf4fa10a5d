// The results of a run as tables, in the units of parameters.csv.

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "inputs.h"
#include "results.h"

namespace {

// One column: its name with the unit, and its values in the order of the rows.
struct Column
{
    std::string name;
    std::vector<double> values;
};

// Fifteen digits: those that survive a conversion of units. It has its name when it is whole.
bool write_table(const std::string& name, const std::vector<Column>& columns)
{
    const std::string place = wanted_results().folder + name, part = place + ".part";
    std::ofstream file(part.c_str());
    file.precision(15);
    for (size_t k = 0; k < columns.size(); k++) file << (k ? "," : "") << columns[k].name;
    file << "\n";
    for (size_t row = 0; row < columns[0].values.size(); row++)
    {
        for (size_t k = 0; k < columns.size(); k++) file << (k ? "," : "") << columns[k].values[row];
        file << "\n";
    }
    file.close();
    if (!file.fail() && !std::rename(part.c_str(), place.c_str())) return true;
    std::remove(part.c_str());
    return false;
}

bool is_output(const std::string& name)
{
    for (const Output& output : OUTPUTS)
        if (name == output.file) return true;
    return false;
}

std::vector<double> result(const std::string& name)
{
    for (const Output& output : OUTPUTS)
        if (name == output.file) return numbers(name, output.type);
    return std::vector<double>();
}

std::vector<double> scaled(std::vector<double> values, double unit)
{
    for (double& value : values) value /= unit;
    return values;
}

// The spikes in the order of time; they were located within the step.
std::vector<Column> spikes()
{
    const std::vector<double> neurons = result("spike_neuron"), since = result("spike_since");
    std::vector<double> t = result("spike_t");
    for (size_t k = 0; k < t.size(); k++)
    {
        t[k] *= 1e3;
        if (!since.empty()) t[k] = t[k] + wanted_results().dt_ms - since[k]*1e3;
    }
    std::vector<size_t> order(t.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&t](size_t a, size_t b) { return t[a] < t[b]; });
    Column neuron = {"neuron", {}}, times = {"t_ms", {}};
    for (size_t k : order)
    {
        neuron.values.push_back(neurons[k]);
        times.values.push_back(t[k]);
    }
    return {neuron, times};
}

// What differs between the neurons, and how many spikes each had.
std::vector<Column> neurons()
{
    Column number = {"neuron", std::vector<double>(NEURONS)};
    std::iota(number.values.begin(), number.values.end(), 0);
    std::vector<Column> columns = {number};
    for (const Input& input : INPUTS)
        if (input.per_neuron)
            columns.push_back({input.column, scaled(numbers(std::string("in_") + input.key,
                                                            input.is_single ? "float32" : "float64"),
                                            input.factor)});
    if (is_output("spike_count")) columns.push_back({"spike_count", result("spike_count")});
    return columns;
}

// One row for each neuron and sample; in the files one row is a sample of all neurons.
std::vector<Column> traces()
{
    const std::vector<double> t = result("trace_t");
    Column neuron = {"neuron", {}}, times = {"t_ms", {}};
    for (int k = 0; k < NEURONS; k++)
        for (double time : t)
        {
            neuron.values.push_back(k);
            times.values.push_back(time*1e3);
        }
    std::vector<Column> columns = {neuron, times};
    for (const Trace& trace : TRACES)
    {
        const std::vector<double> found = result(trace.file);
        Column column = {trace.column, {}};
        for (int k = 0; k < NEURONS; k++)
            for (size_t row = 0; row < t.size(); row++)
                column.values.push_back(found[row*NEURONS + k]/trace.factor);
        columns.push_back(column);
    }
    return columns;
}

}  // namespace

std::string write_tables()
{
    if (!write_table("spikes.csv", spikes())) return "spikes.csv";
    if (!write_table("neurons.csv", neurons())) return "neurons.csv";
    if (!TRACES.empty() && !write_table("traces.csv", traces())) return "traces.csv";
    return "";
}

// The files of a run's results, read back.
#pragma once
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "arguments.h"

// What is in a file of the results; nothing if it is not there.
template <typename T> std::vector<T> content(const std::string& name)
{
    std::ifstream stream((wanted_results().folder + name).c_str(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    std::vector<T> values(bytes.size()/sizeof(T));
    if (!values.empty()) memcpy(values.data(), bytes.data(), values.size()*sizeof(T));
    return values;
}

// The same for real numbers of either precision.
inline std::vector<double> numbers(const std::string& name, int bytes)
{
    if (bytes == 8) return content<double>(name);
    const std::vector<float> single = content<float>(name);
    return std::vector<double>(single.begin(), single.end());
}

// Write the results as tables: spikes.csv, neurons.csv and, where something was recorded, traces.csv.
// Return the name of a table that could not be written; nothing if all were.
std::string write_tables();

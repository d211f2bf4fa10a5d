// The files of a run's results, read back.
#pragma once
#include <cstdint>
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

template <typename T> std::vector<double> converted(const std::string& name)
{
    const std::vector<T> found = content<T>(name);
    return std::vector<double>(found.begin(), found.end());
}

// The same as real numbers, whatever type they have in the file: the one that numpy calls so.
inline std::vector<double> numbers(const std::string& name, const std::string& type)
{
    if (type == "float64") return content<double>(name);
    if (type == "float32") return converted<float>(name);
    if (type == "int32") return converted<int32_t>(name);
    return converted<int8_t>(name);  // of truth values
}

// Write the results as tables: spikes.csv, neurons.csv and, where something was recorded, traces.csv.
// Return the name of a table that could not be written; nothing if all were.
std::string write_tables();

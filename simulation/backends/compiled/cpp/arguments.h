#pragma once
#include <string>
#include <vector>

// Where results go, and how; no folder where Python has started the program and reads them itself.
struct Results
{
    std::string folder;  // with a slash at the end
    bool as_tables;
    double dt_ms;
};

// Turn what the user gave (parameters.csv, name=value, options) into what the program takes:
// files with the values in SI units. Exits with a message and code 2 where something is wrong.
std::vector<std::string> project_arguments(const char* program, std::vector<std::string> arguments);

// What the user wants of the results, after `project_arguments`.
const Results& wanted_results();

// Return the exit code of the program: 0 only if all results are there, whole and finite. Writes
// them as tables where that is wanted.
int project_results();

#pragma once
#include <string>
#include <vector>

// Turn what the user gave (parameters.csv, name=value, options) into what the program takes:
// files with the values in SI units. Exits with a message and code 2 where something is wrong.
std::vector<std::string> project_arguments(const char* program, std::vector<std::string> arguments);

// Return the exit code of the program: 0 only if all results are there, whole and finite.
int project_results();

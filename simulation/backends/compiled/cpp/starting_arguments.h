// Where a program's cells begin, as the environment and the arguments say.
#pragma once
#include <cstdio>
#include <cstdlib>

#include "starting_state.h"

inline void set_starting_state(const std::vector<std::string>& arguments)
{
    const char* wanted = getenv("EXCITABLE_START");
    const std::string start = wanted ? wanted : "";
    if (start.empty()) return;
    if (start != "initial" && !(start == "rest" && rest_is_known()))
    {
        fprintf(stderr, "Error: start '%s': expected %s\n", start.c_str(),
                rest_is_known() ? "rest or initial" : "initial (this model's rest is not known)");
        exit(2);
    }
    std::vector<std::string> given;
    for (const std::string& argument : arguments)
        if (argument.compare(0, 6, "cells.") == 0)
            given.push_back(argument.substr(6, argument.find('=') - 6));
    const Begun begun = start_cells(start == "rest", given);
    if (begun.restless)
        fprintf(stderr, "@note %d of %d cells have no stable equilibrium below the threshold without "
                "input, and start at the initial values of the model\n", begun.restless, begun.cells);
}

// Where cells begin: at rest, or at the model's initial values.
#pragma once
#include <string>
#include <vector>

struct Begun { int cells, restless; };

// Set the state of all cells, but for the variables that are given. Cells without a stable
// equilibrium begin at the initial values and are counted.
Begun start_cells(bool at_rest, const std::vector<std::string>& given);

// Whether it can be looked for at all; else all cells are without.
bool rest_is_known();

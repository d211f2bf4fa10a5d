// The state at time 0 of every neuron: at rest without input, or at the model's initial values.
// How rest is found is what excitable/dynamics/equilibria.py does: all zeros of dv/dt with the other
// variables at their steady state, on a grid and by bisection; the lowest one that is stable.

#include "starting_state.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "objects.h"
#include "model_equations.h"

namespace {

using model::ARGUMENTS;
using model::GRID;
using model::OTHERS;
using model::STATES;

double potential(int k)
{
    return model::LOWEST + k*((model::HIGHEST - model::LOWEST)/(GRID - 1));
}

bool opposite(double a, double b) { return (a < 0 && b > 0) || (a > 0 && b < 0); }

double bisect(double a, double b, double at_a, const double* p)
{
    for (int k = 0; k < 60; k++)
    {
        const double middle = (a + b)/2;
        const double value = model::current(middle, p);
        const bool same = (value > 0 && at_a > 0) || (value < 0 && at_a < 0);
        (same ? a : b) = middle;
    }
    return (a + b)/2;
}

// Routh-Hurwitz: whether all roots of the polynomial (highest power first) have a negative real part.
bool all_roots_negative(const std::vector<double>& polynomial)
{
    std::vector<double> above, row;
    for (size_t k = 0; k < polynomial.size(); k++) (k % 2 ? row : above).push_back(polynomial[k]);
    row.resize(above.size(), 0);
    for (size_t k = 0; k < polynomial.size(); k++)
    {
        if (!(above[0] > 0)) return false;
        std::vector<double> next(above.size(), 0);
        if (row[0] != 0)
            for (size_t j = 0; j + 1 < above.size(); j++)
                next[j] = above[j + 1] - above[0]/row[0]*row[j + 1];
        above = row;
        row = next;
    }
    return true;
}

// Each variable but the potential depends on itself and the potential alone, so the Jacobian is an
// arrow, and its characteristic polynomial is
// (x - a) prod_i (x - k_i) - sum_i b_i c_i prod_{j != i} (x - k_j).
bool is_stable(const double* state, const double* p)
{
    double own[STATES], row[STATES], column[STATES], scale = 0;
    for (int k = 0; k < STATES; k++)
    {
        double up[STATES], down[STATES], above[STATES], below[STATES];
        for (int j = 0; j < STATES; j++) up[j] = down[j] = state[j];
        const double h = 1e-6*std::max(std::fabs(state[k]), 1e-3);
        up[k] += h;
        down[k] -= h;
        model::rhs(up, p, above);
        model::rhs(down, p, below);
        own[k] = (above[k] - below[k])/(2*h);
        row[k] = (above[0] - below[0])/(2*h);
        if (k == 0)
            for (int j = 0; j < STATES; j++) column[j] = (above[j] - below[j])/(2*h);
        scale = std::max(scale, std::fabs(own[k]));
    }
    if (!(scale > 0)) return false;
    std::vector<double> sum(STATES + 1, 0);
    for (int left_out = -1; left_out < OTHERS; left_out++)
    {
        std::vector<double> product(1, 1.0);
        for (int k = 0; k < STATES; k++)
        {
            if (left_out >= 0 && (k == 0 || k == left_out + 1)) continue;
            product.push_back(0);
            for (size_t j = product.size() - 1; j > 0; j--) product[j] -= own[k]/scale*product[j - 1];
        }
        const double factor = left_out < 0 ? 1.0
            : -(row[left_out + 1]/scale)*(column[left_out + 1]/scale);
        for (size_t j = 0; j < product.size(); j++)
            sum[sum.size() - product.size() + j] += factor*product[j];
    }
    return all_roots_negative(sum);
}

bool find_rest(const double* p, double* state)
{
    static double grid[GRID], current[GRID];
    for (int k = 0; k < GRID; k++) grid[k] = potential(k);
    for (int k = 0; k < GRID; k++) current[k] = model::current(grid[k], p);
    for (int k = 0; k + 1 < GRID; k++)
    {
        if (!opposite(current[k], current[k + 1])) continue;
        state[0] = bisect(grid[k], grid[k + 1], current[k], p);
        model::steady(state[0], p, state + 1);
        bool finite = true;
        for (int j = 0; j < STATES; j++) finite = finite && std::isfinite(state[j]);
        if (finite && is_stable(state, p)) return true;
    }
    return false;
}

bool is_given(const std::vector<std::string>& arguments, int state)
{
    const std::string beginning = std::string("cells.") + model::NAMES[state] + "=";
    for (size_t k = 0; k < arguments.size(); k++)
        if (arguments[k].compare(0, beginning.size(), beginning) == 0) return true;
    return false;
}

}  // namespace

void set_starting_state(const std::vector<std::string>& arguments)
{
    const char* wanted = getenv("EXCITABLE_START");
    const std::string start = wanted ? wanted : "";
    if (start.empty()) return;
    if (start != "initial" && !(start == "rest" && model::HAS_REST))
    {
        fprintf(stderr, "Error: start '%s': expected %s\n", start.c_str(),
                model::HAS_REST ? "rest or initial" : "initial (this model's rest is not known)");
        exit(2);
    }
    bool given[STATES];
    for (int k = 0; k < STATES; k++) given[k] = is_given(arguments, k);
    std::map<std::vector<double>, std::vector<double> > known;  // neurons often share parameters
    for (int neuron = 0; neuron < model::NEURONS; neuron++)
    {
        std::vector<double> p(ARGUMENTS);
        model::arguments_of(neuron, p.data());
        std::vector<double>& state = known[p];
        if (state.empty())
        {
            state.resize(STATES);
            if (start == "initial" || !find_rest(p.data(), state.data()))
                model::initial(p.data(), state.data());
        }
        model::set_state(neuron, state.data(), given);
    }
}

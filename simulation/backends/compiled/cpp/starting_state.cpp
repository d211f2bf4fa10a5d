// The state at time 0 of every neuron: at rest without input, or at the model's initial values.
// How rest is found is what excitable/dynamics/equilibria.py does: all zeros of dv/dt with the other
// variables at their steady state, on a grid and by bisection, the lowest one that is stable; where
// variables do not follow from the potential, what a cell relaxes to.

#include "starting_state.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "objects.h"
#include "model_equations.h"

namespace {

using model::ARGUMENTS;
using model::STATES;

const int GRID = model::POINTS + 2*model::TAIL;

// Even from LOW to HIGH, then with ever wider steps.
std::vector<double> potentials()
{
    const double step = (model::HIGH - model::LOW)/(model::POINTS - 1);
    std::vector<double> grid(GRID);
    for (int k = 0; k < model::POINTS; k++) grid[model::TAIL + k] = model::LOW + k*step;
    double wide = step, beyond = 0;
    for (int k = 0; k < model::TAIL; k++)
    {
        wide *= model::WIDER;
        beyond += wide;
        grid[model::TAIL - 1 - k] = model::LOW - beyond;
        grid[model::TAIL + model::POINTS + k] = model::HIGH + beyond;
    }
    return grid;
}

// A zero that is a point of the grid is met once.
bool opposite(double a, double b) { return (a < 0 && b >= 0) || (a >= 0 && b < 0); }

// Where dv/dt is zero between two potentials; NaN where it has both signs because of a pole.
double bisect(double a, double b, double at_a, const double* p)
{
    const double most = model::POLE*std::max(std::fabs(at_a), std::fabs(model::current(b, p)));
    for (int k = 0; k < 60; k++)
    {
        const double middle = (a + b)/2;
        const double value = model::current(middle, p);
        const bool same = (value >= 0) == (at_a >= 0);
        (same ? a : b) = middle;
    }
    const double v = (a + b)/2;
    return std::fabs(model::current(v, p)) <= most ? v : NAN;
}

typedef std::vector<double> Matrix;  // square, row by row

// Solves a system of linear equations for several right-hand sides, in place; false if singular.
bool solve(Matrix a, std::vector<double>& b, int columns)
{
    for (int k = 0; k < STATES; k++)
    {
        int pivot = k;
        for (int i = k + 1; i < STATES; i++)
            if (std::fabs(a[i*STATES + k]) > std::fabs(a[pivot*STATES + k])) pivot = i;
        const double top = a[pivot*STATES + k];
        if (!(std::fabs(top) > 0) || !std::isfinite(top)) return false;
        for (int j = 0; j < STATES; j++) std::swap(a[k*STATES + j], a[pivot*STATES + j]);
        for (int j = 0; j < columns; j++) std::swap(b[k*columns + j], b[pivot*columns + j]);
        for (int i = 0; i < STATES; i++)
        {
            if (i == k) continue;
            const double factor = a[i*STATES + k]/a[k*STATES + k];
            for (int j = k; j < STATES; j++) a[i*STATES + j] -= factor*a[k*STATES + j];
            for (int j = 0; j < columns; j++) b[i*columns + j] -= factor*b[k*columns + j];
        }
    }
    for (int k = 0; k < STATES; k++)
        for (int j = 0; j < columns; j++) b[k*columns + j] /= a[k*STATES + k];
    return true;
}

// Whether all eigenvalues of the Jacobian have a negative real part: then, and only then, those of
// its Cayley transform (s - J)^-1 (s + J) lie inside the unit circle, and its powers vanish.
bool is_stable(const double* state, const double* p)
{
    Matrix j(STATES*STATES), below(STATES*STATES), power(STATES*STATES), square(STATES*STATES);
    model::jacobian(state, p, j.data());
    double scale = 0;
    for (double x : j) scale = std::max(scale, std::fabs(x));
    if (!(scale > 0) || !std::isfinite(scale)) return false;
    // The scale of the slowest direction decides how fast powers vanish: try from fast to slow.
    for (double s = scale; s > 1e-12*scale; s /= 1e3)
    {
        for (int i = 0; i < STATES*STATES; i++)
        {
            const double one = i % (STATES + 1) == 0 ? s : 0;
            below[i] = one - j[i];
            power[i] = one + j[i];
        }
        if (!solve(below, power, STATES)) return false;
        for (int k = 0; k < 40; k++)
        {
            double size = 0;
            for (double x : power) size = std::max(size, std::fabs(x));
            if (size < 1e-3/STATES) return true;
            if (!(size < 1e100)) return false;
            for (int i = 0; i < STATES; i++)
                for (int m = 0; m < STATES; m++)
                {
                    double sum = 0;
                    for (int l = 0; l < STATES; l++) sum += power[i*STATES + l]*power[l*STATES + m];
                    square[i*STATES + m] = sum;
                }
            power.swap(square);
        }
    }
    return false;
}

bool stays(const double* state, const double* p)
{
    for (int k = 0; k < STATES; k++)
        if (!std::isfinite(state[k])) return false;
    return is_stable(state, p) && !(model::IS_RESET && model::gap(state, p) > 0);
}

// Where dv/dt, of one sign at three neighbours, has the other sign between them; NaN where it has not.
double dip(const double* grid, const double* current, const double* p)
{
    const double up = current[2] < 0 ? -1 : 1;
    const double left = up*current[0], middle = up*current[1], right = up*current[2];
    if (!(middle >= 0 && middle < left && middle <= right && middle <= left + right - 2*middle)) return NAN;
    const double golden = (std::sqrt(5.0) - 1)/2;
    double a = grid[0], b = grid[2];
    for (int k = 0; k < model::CUTS; k++)
    {
        const double inner = golden*(b - a);
        const bool lower = up*model::current(b - inner, p) < up*model::current(a + inner, p);
        if (lower) b = a + inner;
        else a = b - inner;
    }
    const double v = (a + b)/2;
    return up*model::current(v, p) < -model::TOUCHES*std::max(left, right) ? v : NAN;
}

// Whether a cell stays at the zero of dv/dt between two potentials.
bool stays_between(double a, double b, double at_a, const double* p, double* state)
{
    state[0] = bisect(a, b, at_a, p);
    model::steady(state[0], p, state + 1);
    return stays(state, p);
}

const int BLOCK = 256;  // potentials at a time: one loop for the compiler to vectorise

// dv/dt at the potentials of the grid from one number on; the number that comes next.
int next_block(const std::vector<double>& grid, int from, const double* p, std::vector<double>& current)
{
    const int to = std::min(from + BLOCK, GRID);
    for (int k = from; k < to; k++) current[k] = model::current(grid[k], p);
    for (int k = from; k < to; k++)
    {
        const bool even = k >= model::TAIL && k < model::TAIL + model::POINTS;
        if (!even && current[k] == 0) current[k] = NAN;  // an underflow
    }
    return to;
}

// The lowest zero of dv/dt, with the other variables at their steady state, at which a cell stays.
// What lies above it is not asked for.
bool find_reduced(const double* p, double* state)
{
    static const std::vector<double> grid = potentials();
    std::vector<double> current(GRID);
    for (int k = 0, known = 0; k + 1 < GRID; k++)
    {
        if (k + 1 >= known) known = next_block(grid, known, p, current);
        const double here = current[k];
        if (opposite(here, current[k + 1]))
        {
            if (stays_between(grid[k], grid[k + 1], here, p, state)) return true;
            continue;
        }
        const double v = k > 0 ? dip(&grid[k - 1], &current[k - 1], p) : NAN;
        if (std::isnan(v)) continue;
        if (stays_between(grid[k - 1], v, here, p, state)) return true;
        if (stays_between(v, grid[k + 1], -here, p, state)) return true;
    }
    return false;
}

// Where a cell relaxes to from its initial values: linearly implicit Euler steps that grow.
bool relax(const double* p, double* state)
{
    model::initial(p, state);
    double step = model::FIRST_STEP;
    std::vector<double> move(STATES);
    Matrix j(STATES*STATES);
    for (int k = 0; k <= model::STEPS; k++)
    {
        model::rhs(state, p, move.data());
        model::jacobian(state, p, j.data());
        for (int i = 0; i < STATES*STATES; i++) j[i] = (i % (STATES + 1) == 0 ? 1/step : 0) - j[i];
        if (!solve(j, move, 1)) return false;
        for (int i = 0; i < STATES; i++)
        {
            if (k == model::STEPS && !(std::fabs(move[i]) <= model::SETTLED*std::fabs(state[i]) + 1e-300))
                return false;
            state[i] += move[i];
        }
        step *= model::GROWTH;
    }
    return stays(state, p);
}

bool find_rest(const double* p, double* state)
{
    return model::REDUCED ? find_reduced(p, state) : relax(p, state);
}

}  // namespace

Begun start_cells(bool at_rest, const std::vector<std::string>& given)
{
    bool is_given[STATES];
    for (int k = 0; k < STATES; k++)
        is_given[k] = std::count(given.begin(), given.end(), model::NAMES[k]) > 0;
    std::map<std::vector<double>, std::vector<double> > known;  // neurons often share parameters
    std::map<std::vector<double>, bool> restless;
    Begun begun = {model::neurons(), 0};
    for (int neuron = 0; neuron < begun.cells; neuron++)
    {
        std::vector<double> p(ARGUMENTS);
        model::arguments_of(neuron, p.data());
        std::vector<double>& state = known[p];
        if (state.empty())
        {
            state.resize(STATES);
            restless[p] = at_rest && !(model::HAS_REST && find_rest(p.data(), state.data()));
            if (!at_rest || restless[p]) model::initial(p.data(), state.data());
        }
        begun.restless += restless[p];
        model::set_state(neuron, state.data(), is_given);
    }
    return begun;
}

bool rest_is_known() { return model::HAS_REST; }

// The interface of @LIBRARY@.h: from names and units to the arrays that the model's code works on.

#include "@LIBRARY@.h"

#include <cmath>
#include <cstring>
#include <new>
#include <string>

#include "objects.h"
#include "names.h"
#include "rules.h"
#include "seeds.h"
#include "starting_state.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

typedef @LIBRARY@_cells Cells;

thread_local Cells* brian::_current_cells = NULL;

namespace {

const int MOST_CELLS = 100000000;
thread_local std::string message;

int fail(const std::string& why)
{
    message = why;
    return -1;
}

const Name* find(const std::string& name)
{
    for (const Name& known : NAMES)
        if (name == known.name) return &known;
    return NULL;
}

// What is wrong with a name and a cell's number; nothing if they go together.
std::string mismatch(const Cells* cells, const char* name, int cell, bool all_may_be)
{
    const Name* found = find(name);
    if (!found)
    {
        std::string known;
        for (const Name& each : NAMES) known += (known.empty() ? "" : ", ") + std::string(each.name);
        return "unknown name '" + std::string(name) + "'; known: " + known;
    }
    if (cell == @LIBRARY@_ALL && all_may_be) return "";
    if (cell < 0 || cell >= cells->n)
        return std::string(name) + ": cell " + std::to_string(cell) + ": expected 0 to "
               + std::to_string(cells->n - 1);
    return "";
}

// The sentence of the first rule that the parameters break; nothing where all hold.
std::string broken_rule(const Cells* cells)
{
    for (const Rule& rule : RULES)
    {
        const std::string sentence = broken(rule, cells->step(), [cells](const std::string& key) {
            std::vector<double> values;
            for (const Name& name : NAMES)
                for (int k = 0; key == name.key && k < (name.per_cell ? cells->n : 1); k++)
                    values.push_back(name.get(*cells, k));
            return values;
        });
        if (!sentence.empty()) return sentence;
    }
    return "";
}

// Before the model's code runs: whether the parameters make sense; the cells become its own.
bool is_ready(Cells* cells)
{
    if (!cells->checked) message = broken_rule(cells);
    cells->checked = cells->checked || message.empty();
    brian::_current_cells = cells;
    return cells->checked;
}

void set_defaults(Cells* cells)
{
    for (const Name& name : NAMES)
        for (int k = 0; k < (name.per_cell ? cells->n : 1); k++)
            name.set(*cells, k, name.value*name.factor);
}

}  // namespace

EXPORTED Cells* @LIBRARY@_init(int n, double step_ms)
{
    if (n < 1 || n > MOST_CELLS) { fail("cells: expected 1 to 100000000"); return NULL; }
    if (!std::isfinite(step_ms) || step_ms < 0) { fail("step: expected a time in ms, or 0"); return NULL; }
    const double step = step_ms == 0 ? STEP : step_ms*1e-3;
    if (FIXED_STEP && std::fabs(step - STEP) > 1e-9*STEP)
    {
        fail("step: is built in, with the model's timed arrays; export it with another dt");
        return NULL;
    }
    Cells* cells = NULL;
    try
    {
        cells = new Cells;
        cells->allocate(n, FIXED_STEP ? STEP : step);
        set_defaults(cells);
        if (@LIBRARY@_rest(cells) >= 0) return cells;
    }
    catch (const std::bad_alloc&) { fail("cells: there is not enough memory"); }
    delete cells;
    return NULL;
}

EXPORTED void @LIBRARY@_destroy(Cells* cells) { delete cells; }

EXPORTED int @LIBRARY@_set(Cells* cells, const char* name, int cell, double value)
{
    const std::string wrong = mismatch(cells, name, cell, true);
    if (!wrong.empty()) return fail(wrong);
    if (!std::isfinite(value)) return fail(std::string(name) + ": expected a finite number");
    const Name* found = find(name);
    if (!found->per_cell && cell != @LIBRARY@_ALL && cells->n > 1)
        return fail(std::string(name) + ": is one value for all cells, @LIBRARY@_ALL; to give each its "
                    "own, export the model with --vary " + name);
    const int first = cell == @LIBRARY@_ALL || !found->per_cell ? 0 : cell;
    const int last = cell == @LIBRARY@_ALL && found->per_cell ? cells->n - 1 : first;
    for (int k = first; k <= last; k++) found->set(*cells, k, value*found->factor);
    cells->checked = false;
    return 0;
}

EXPORTED double @LIBRARY@_get(const Cells* cells, const char* name, int cell)
{
    const std::string wrong = mismatch(cells, name, cell, false);
    if (!wrong.empty()) return fail(wrong), NAN;
    const Name* found = find(name);
    return found->get(*cells, found->per_cell ? cell : 0)/found->factor;
}

EXPORTED int @LIBRARY@_rest(Cells* cells)
{
    return is_ready(cells) ? start_cells(true, std::vector<std::string>()).restless : -1;
}

EXPORTED int @LIBRARY@_step(Cells* cells, const double* input, int* fired)
{
    if (!is_ready(cells)) return -1;
    const Name* driven = find(INPUT);
    for (int k = 0; input && k < cells->n; k++)
        if (!std::isfinite(input[k])) return fail("input of cell " + std::to_string(k) + ": is not finite");
    for (int k = 0; input && k < cells->n; k++) driven->set(*cells, k, input[k]*driven->factor);
    run_objects();
    const int spikes = cells->spikes();
    if (fired) memset(fired, 0, cells->n*sizeof(int));
    for (int j = 0; j < spikes; j++)
    {
        const int k = cells->spiking(j);
        cells->last_spike[k] = cells->spike_time(k);
        if (fired) fired[k] = 1;
    }
    cells->tick();
    return spikes;
}

EXPORTED double @LIBRARY@_time(const Cells* cells) { return cells->time()*1e3; }

EXPORTED double @LIBRARY@_spike_time(const Cells* cells, int cell)
{
    if (cell < 0 || cell >= cells->n)
        return fail("cell " + std::to_string(cell) + ": expected 0 to " + std::to_string(cells->n - 1)), NAN;
    return cells->last_spike[cell]*1e3;
}

EXPORTED void @LIBRARY@_seed(Cells* cells, unsigned long long seed)
{
    for (excitable::RandomNumbers& generator : cells->random)
        generator.seed(excitable_seed_of_32_bits(seed));
}

EXPORTED const char* @LIBRARY@_error(void) { return message.c_str(); }

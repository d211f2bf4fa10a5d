// What sums of a program's numbers must obey: the rules of input_rules.py.
#pragma once
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

struct Term { const char* key; double factor; };
struct Rule
{
    const char *must, *sentence, *shown;
    double unit;  // in which the inputs are shown, in SI units
    std::vector<Term> terms;
    std::vector<double> built;
};

const double ROUNDING = 1e-12;

inline double at(const std::vector<double>& values, size_t k) { return values[values.size() == 1 ? 0 : k]; }

inline std::string unit_of(const Rule& rule)
{
    return std::string(rule.shown) == "1" ? "" : std::string(" ") + rule.shown;
}

inline bool holds(const Rule& rule, double total, double size, double dt, size_t k)
{
    const std::string must = rule.must;
    if (must == "above zero") return total > ROUNDING*size;
    if (must == "not negative") return total >= -ROUNDING*size;
    if (must == "slow") return total*dt <= 0.25*(1 + ROUNDING);
    if (must == "long") return total >= dt*(1 - ROUNDING);
    if (must == "whole") return total == std::floor(total);
    if (must == "zero or one") return total == 0 || total == 1;
    return must == "as built" && std::fabs(total - at(rule.built, k)) <= ROUNDING*size;
}

// A sentence where a rule does not hold, else nothing. `in_si` returns the values of a number by its
// name in the program, in SI units: one, or one for each neuron.
template <typename Values> std::string broken(const Rule& rule, double dt, const Values& in_si)
{
    std::vector<std::vector<double> > values;
    size_t n = rule.built.size() > 1 ? rule.built.size() : 1;
    for (const Term& term : rule.terms)
    {
        values.push_back(in_si(term.key));
        if (values.back().size() > n) n = values.back().size();
    }
    for (size_t k = 0; k < n; k++)
    {
        double total = 0, size = 0;
        std::ostringstream got;
        for (size_t j = 0; j < values.size(); j++)
        {
            const double value = at(values[j], k), part = rule.terms[j].factor*value;
            total += part;
            size += std::fabs(part);
            got << (j ? ", " : "") << rule.terms[j].key << " = " << value/rule.unit
                << unit_of(rule);
        }
        if (holds(rule, total, size, dt, k)) continue;
        if (std::string(rule.must) == "slow" || std::string(rule.must) == "long")
            got << ", dt = " << dt*1e3 << " ms";
        return std::string(rule.sentence) + ", got " + got.str();
    }
    return "";
}

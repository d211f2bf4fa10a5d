// From parameters.csv and the command line to the inputs of the program.

#include "arguments.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "inputs.h"

namespace {

typedef std::vector<std::string> Texts;

Results results;

[[noreturn]] void fail(const std::string& message)
{
    fprintf(stderr, "error: %s\n", message.c_str());
    exit(2);
}

std::string known_names()
{
    std::string names = "duration, dt, start, seed";
    for (const Input& input : INPUTS) names += std::string(", ") + input.name;
    return names;
}

// --- what was given -----------------------------------------------------------------------------

struct Given
{
    std::map<std::string, std::string> settings;       // duration, dt, start, seed
    std::map<std::string, std::vector<double> > values;  // in the units of parameters.csv
    // Where a value was given, by name and neuron; the command line begins anew.
    std::map<std::string, std::map<int, std::string> > places;
};

const int ALL = -1;  // neurons

const Input* find(const std::string& name)
{
    for (const Input& input : INPUTS)
        if (name == input.name) return &input;
    return NULL;
}

bool is_setting(const std::string& name)
{
    return name == "duration" || name == "dt" || name == "start" || name == "seed";
}

double number(const std::string& where, const std::string& text)
{
    char* end = NULL;
    const double value = strtod(text.c_str(), &end);
    if (text.empty() || *end) fail(where + ": '" + text + "' is not a number");
    if (!std::isfinite(value)) fail(where + ": '" + text + "' is not finite");
    return value;
}

int neuron_number(const std::string& where, const std::string& text)
{
    char* end = NULL;
    const long neuron = strtol(text.c_str(), &end, 10);
    if (text.empty() || *end || neuron < 0 || neuron >= NEURONS)
    {
        std::ostringstream message;
        message << where << ": neuron '" << text << "': expected 0 to " << NEURONS - 1 << ", or all";
        fail(message.str());
    }
    return neuron;
}

// Each value is given once, and one for all neurons before those for single ones.
void check_order(Given& given, const std::string& where, const std::string& name, int neuron)
{
    std::map<int, std::string>& places = given.places[name];
    const std::string which = name + (neuron == ALL ? "" : " of neuron " + std::to_string(neuron));
    if (places.count(neuron)) fail(where + ": " + which + " was given before, in " + places[neuron]);
    if (neuron == ALL && !places.empty())
        fail(where + ": " + name + " for all neurons would replace what was given for single ones in "
             + places.begin()->second + "; put it before them");
    places[neuron] = where;
}

// Set one value; `neuron` is a number or "all".
void set(Given& given, const std::string& where, const std::string& name, const std::string& neuron,
         const std::string& text)
{
    const Input* input = find(name);
    if (!input && !is_setting(name))
        fail(where + ": unknown name '" + name + "'; known: " + known_names());
    if (neuron != "all" && !(input && input->per_neuron))
        fail(where + ": " + name + " is one value for all neurons");
    const int which = neuron == "all" ? ALL : neuron_number(where + ": " + name, neuron);
    check_order(given, where, name, which);
    if (!input)
    {
        given.settings[name] = text;
        return;
    }
    std::vector<double>& values = given.values[name];
    if (values.empty()) values.assign(input->per_neuron ? NEURONS : 1, NAN);
    const double value = number(where + ": " + name, text);
    if (which == ALL) values.assign(values.size(), value);
    else values[which] = value;
}

// --- parameters.csv -----------------------------------------------------------------------------

// Cut a line at its commas; those inside quotation marks belong to the text.
Texts cells(const std::string& line)
{
    Texts found(1);
    bool quoted = false;
    for (size_t k = 0; k < line.size(); k++)
    {
        if (line[k] == '"' && quoted && k + 1 < line.size() && line[k + 1] == '"') found.back() += line[k++];
        else if (line[k] == '"') quoted = !quoted;
        else if (line[k] == ',' && !quoted) found.push_back("");
        else found.back() += line[k];
    }
    for (std::string& cell : found)
    {
        const size_t first = cell.find_first_not_of(" \t"), last = cell.find_last_not_of(" \t");
        cell = first == std::string::npos ? "" : cell.substr(first, last - first + 1);
    }
    return found;
}

size_t column(const std::string& file, const Texts& header, const std::string& name)
{
    if (std::count(header.begin(), header.end(), name) > 1)
        fail(file + ": its first line has the column '" + name + "' twice");
    for (size_t k = 0; k < header.size(); k++)
        if (header[k] == name) return k;
    fail(file + ": its first line has no column '" + name
         + "'; expected name,neuron,value,unit,meaning, separated by commas");
}

// The unit in which a value is; of an unknown name the one that was given, it is refused later.
std::string unit_of(const std::string& name, const std::string& given)
{
    if (name == "duration" || name == "dt") return "ms";
    if (name == "start" || name == "seed") return "";
    const Input* input = find(name);
    return input ? input->unit : given;
}

void read_table(Given& given, const std::string& file)
{
    std::ifstream stream(file.c_str());
    if (!stream) fail("cannot read " + file);
    Texts header;
    std::string line;
    for (int k = 1; std::getline(stream, line); k++)
    {
        if (k == 1 && line.compare(0, 3, "\xEF\xBB\xBF") == 0) line.erase(0, 3);
        if (!line.empty() && line[line.size() - 1] == '\r') line.erase(line.size() - 1);
        if (line.find_first_not_of(" \t,") == std::string::npos) continue;
        Texts row = cells(line);
        std::ostringstream place;
        place << file << ", line " << k;
        if (header.empty())
        {
            header = row;
            for (const char* needed : {"name", "neuron", "value", "unit"}) column(file, header, needed);
            continue;
        }
        while (row.size() > header.size() && row.back().empty()) row.pop_back();
        if (row.size() != header.size())
            fail(place.str() + ": has " + (row.size() < header.size() ? "fewer" : "more")
                 + " columns than the first line; decimals have a point, no comma");
        const std::string name = row[column(file, header, "name")];
        const std::string neuron = row[column(file, header, "neuron")];
        const std::string unit = row[column(file, header, "unit")];
        if (unit != unit_of(name, unit))
            fail(place.str() + ": " + name + " is in '" + unit_of(name, unit) + "', not in '" + unit
                 + "'; convert the value");
        set(given, place.str(), name, neuron, row[column(file, header, "value")]);
    }
    if (header.empty()) fail(file + " is empty");
}

// --- the command line ---------------------------------------------------------------------------

std::string absolute(const std::string& path)
{
    if (!path.empty() && path[0] == '/') return path;
    char* here = getcwd(NULL, 0);
    if (!here) fail("the working directory is gone");
    const std::string found = std::string(here) + "/" + path;
    free(here);
    return found;
}

// The program's static arrays lie beside it; read from elsewhere its inputs would silently be zero.
void go_to_own_folder(const char* program)
{
    char link[4096];
    const ssize_t length = readlink("/proc/self/exe", link, sizeof link);
    const std::string own = length > 0 ? std::string(link, length) : program;
    const size_t slash = own.rfind('/');
    if (slash != std::string::npos && chdir(own.substr(0, slash + 1).c_str()))
        fail("cannot enter the folder of " + own);
    struct stat about;
    if (stat("manifest.json", &about))
        fail("manifest.json is not in the working directory: start the program by its path, as in "
             "./run.sh or some/folder/run.sh; if it is not beside the program, export again");
}

void make_folder(const std::string& path)
{
    for (size_t k = 1; k < path.size(); k++)
        if (path[k] == '/') mkdir(path.substr(0, k).c_str(), 0777);
    struct stat about;
    if (stat(path.c_str(), &about) || !S_ISDIR(about.st_mode)) fail("cannot make the folder " + path);
}

void show_help()
{
    printf("%s: %d neurons\n\n", TITLE, NEURONS);
    printf("usage: run.sh [--parameters FILE] [--results FOLDER] [--csv] [NAME=VALUE ...]\n\n"
           "NAME=VALUE replaces what stands in the file (default: parameters.csv), for all neurons;\n"
           "NAME[3]=VALUE for neuron 3. Times are in ms. Results go to results/ beside the program;\n"
           "--csv writes them as tables too: spikes.csv, neurons.csv and, if recorded, traces.csv.\n\n"
           "  %-14s %-12s %s\n  %-14s %-12s %s\n  %-14s %-12s %s\n  %-14s %-12s %s\n",
           "duration", "ms", "how long to run", "dt", "ms", "integration step",
           "start", "", "rest or initial: where the cells begin",
           "seed", "", "whole number, for noise");
    for (const Input& input : INPUTS)
        printf("  %-14s %-12s %s%s\n", input.name, input.unit, input.meaning,
               input.per_neuron ? " (one per neuron)" : "");
    exit(0);
}

void read_command_line(const Texts& arguments, std::string& table, Texts& assignments)
{
    for (size_t k = 0; k < arguments.size(); k++)
    {
        const std::string& argument = arguments[k];
        if (argument == "--help" || argument == "-h") show_help();
        if (argument == "--parameters" || argument == "--results")
        {
            if (k + 1 == arguments.size() || arguments[k + 1].empty())
                fail(argument + " needs a path behind it");
            (argument == "--results" ? results.folder : table) = absolute(arguments[++k]);
        }
        else if (argument == "--csv") results.as_tables = true;
        else if (argument.find('=') != std::string::npos) assignments.push_back(argument);
        else fail("cannot read '" + argument + "'; expected NAME=VALUE, --parameters FILE, "
                  "--results FOLDER, --csv or --help");
    }
}

void assign(Given& given, const std::string& assignment)
{
    const size_t equals = assignment.find('=');
    std::string name = assignment.substr(0, equals), neuron = "all";
    const size_t bracket = name.find('[');
    if (bracket != std::string::npos && name[name.size() - 1] == ']')
    {
        neuron = name.substr(bracket + 1, name.size() - bracket - 2);
        name.erase(bracket);
    }
    set(given, "command line", name, neuron, assignment.substr(equals + 1));
}

// --- to the program -----------------------------------------------------------------------------

double positive_ms(const Given& given, const std::string& name)
{
    const std::map<std::string, std::string>::const_iterator at = given.settings.find(name);
    if (at == given.settings.end()) fail("no value for " + name);
    const double value = number(name, at->second);
    if (!(value > 0)) fail(name + ": must be above zero, got " + at->second);
    return value;
}

void check_whole_number(const std::string& seed)
{
    errno = 0;
    strtoull(seed.c_str(), NULL, 10);
    if (errno || seed.empty() || seed.find_first_not_of("0123456789") != std::string::npos)
        fail("seed: expected a whole number from 0 to 2**64 - 1, got '" + seed + "'");
}

void hand_over(const char* name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.17g", value);
    setenv(name, text, 1);
}

struct Settings
{
    double duration, dt;
    std::string start, seed;
};

// --- rules --------------------------------------------------------------------------------------

void check_length(const Settings& settings)
{
    std::ostringstream message;
    if (settings.duration < settings.dt*(1 - 1e-9))
        message << "dt: the step of " << settings.dt << " ms is longer than the run of "
                << settings.duration << " ms; give a smaller dt or a longer duration";
    else if (settings.duration/settings.dt > MOST_STEPS)
        message << "duration: " << settings.duration << " ms at a step of " << settings.dt << " ms is "
                << settings.duration/settings.dt << " steps, which would never end; are the units right?";
    const double every = RECORD_DT_MS/settings.dt;
    if (RECORD_DT_MS && (every < 0.5 || std::fabs(every - std::round(every)) > 1e-6))
        message << "dt: traces are sampled every " << RECORD_DT_MS << " ms, which is no whole number of "
                << "steps of " << settings.dt << " ms; take a step of which it is a multiple";
    if (!message.str().empty()) fail(message.str());
}

// The values of a number in SI units, by its name in the program: one, or one for each neuron.
std::vector<double> in_si(const Given& given, const std::string& key)
{
    for (const Input& input : INPUTS)
        if (key == input.key)
        {
            std::vector<double> values = given.values.find(input.name)->second;
            for (double& value : values) value *= input.factor;
            return values;
        }
    fail("a rule names " + key + ", which is no input of this program");
}

void check_rule(const Rule& rule, const Given& given, double dt)
{
    const std::string sentence = broken(
        rule, dt, [&given](const std::string& key) { return in_si(given, key); });
    if (!sentence.empty()) fail(sentence);
}

// Everything that can be wrong with what was given is found here, before earlier results are touched.
Settings checked(Given& given)
{
    Settings settings;
    settings.duration = positive_ms(given, "duration");
    settings.dt = FIXED_DT && !given.settings.count("dt") ? DT_MS : positive_ms(given, "dt");
    if (FIXED_DT && settings.dt != DT_MS)
        fail("dt: the recorded input fixes it; it cannot be changed here");
    settings.start = given.settings.count("start") ? given.settings["start"] : "rest";
    if (settings.start != "rest" && settings.start != "initial")
        fail("start: expected rest or initial, got '" + settings.start + "'");
    if (given.settings.count("seed")) check_whole_number(settings.seed = given.settings["seed"]);
    for (const Input& input : INPUTS)
    {
        if (!given.values.count(input.name)) fail(std::string("no value for ") + input.name);
        const std::vector<double>& values = given.values[input.name];
        for (size_t k = 0; k < values.size(); k++)
            if (std::isnan(values[k]))
            {
                std::ostringstream message;
                message << "no value for " << input.name << " of neuron " << k;
                fail(message.str());
            }
    }
    check_length(settings);
    for (const Rule& rule : RULES) check_rule(rule, given, settings.dt*1e-3);
    return settings;
}

void hand_over_settings(const Settings& settings)
{
    hand_over("EXCITABLE_DURATION", settings.duration*1e-3);
    hand_over("EXCITABLE_DT", settings.dt*1e-3);
    setenv("EXCITABLE_START", settings.start.c_str(), 1);
    if (settings.seed.empty()) unsetenv("EXCITABLE_SEED");
    else setenv("EXCITABLE_SEED", settings.seed.c_str(), 1);
    results.dt_ms = settings.dt;
    std::ofstream file((results.folder + "settings.json").c_str());
    file.precision(17);
    file << "{\"duration_ms\": " << settings.duration << ", \"dt_ms\": " << settings.dt
         << ", \"start\": \"" << settings.start << "\", \"seed\": "
         << (settings.seed.empty() ? "null" : settings.seed) << "}\n";
}

template <typename T> void write(const std::string& file, const std::vector<double>& values, double factor)
{
    std::ofstream stream(file.c_str(), std::ios::binary);
    for (double value : values)
    {
        const T si = value*factor;
        stream.write(reinterpret_cast<const char*>(&si), sizeof si);
    }
    stream.close();
    if (!stream) fail("cannot write " + file);
}

std::string hand_over_value(const Input& input, Given& given)
{
    const std::string file = results.folder + "in_" + input.key;
    if (input.is_single) write<float>(file, given.values[input.name], input.factor);
    else write<double>(file, given.values[input.name], input.factor);
    return std::string("cells.") + input.key + "=" + file;
}

}  // namespace

std::vector<std::string> project_arguments(const char* program, std::vector<std::string> arguments)
{
    if (!arguments.empty() && arguments[0] == "--results_dir") return arguments;  // from Python
    std::string table;
    Texts assignments;
    read_command_line(arguments, table, assignments);
    go_to_own_folder(program);
    Given given;
    read_table(given, table.empty() ? "parameters.csv" : table);
    given.places.clear();
    for (const std::string& assignment : assignments) assign(given, assignment);
    const Settings settings = checked(given);
    if (results.folder.empty()) results.folder = "results";
    results.folder += "/";
    make_folder(results.folder);
    for (const char* earlier : {"complete", "spikes.csv", "neurons.csv", "traces.csv"})
        unlink((results.folder + earlier).c_str());
    hand_over_settings(settings);
    Texts found;
    found.push_back("--results_dir");
    found.push_back(results.folder);
    for (const Input& input : INPUTS) found.push_back(hand_over_value(input, given));
    return found;
}

const Results& wanted_results() { return results; }

// Spikes on their way to their targets, where all synapses of a pathway have one delay.
//
// Takes the place of Brian2's SynapticPathway, whose queue holds an entry for each synapse of a
// spike: here it holds the neuron that fired, and the synapses of a neuron are found by its place.
// They are split by the parts that their targets belong to, so that no two threads write to the
// same target and every target adds up its input in the same order, however many threads run.
#ifndef EXCITABLE_SOURCE_PATHWAY_H
#define EXCITABLE_SOURCE_PATHWAY_H
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "parts.h"

class SourcePathway
{
    struct Queue  // each part's own, though all hold the same
    {
        std::vector<std::vector<int32_t>> late;
        size_t now = 0;                // late[now] is due in this step
    };
    const std::vector<int32_t>& targets;
    const int first, last;             // the neurons that may fire: first ... last - 1
    const int n_targets, n_parts;      // cells of the group that holds the targets
    size_t delay = 0;
    std::vector<std::unique_ptr<Queue>> queues;
    std::vector<int32_t> order;        // synapses by source; empty: they already are
    std::vector<int32_t> bounds;       // of each source's synapses, part by part

    size_t place(int source, int part) const { return size_t(source - first) * n_parts + part; }
    int32_t target(size_t place) const { return targets[synapse(place)]; }

    void sort_by_source()
    {
        order.clear();
        if (std::is_sorted(sources.begin(), sources.end())) return;
        std::vector<size_t> place(last - first + 1, 0);
        for (int32_t source : sources) place[source - first + 1]++;
        for (size_t i = 1; i < place.size(); i++) place[i] += place[i - 1];
        order.resize(sources.size());
        for (size_t s = 0; s < sources.size(); s++) order[place[sources[s] - first]++] = s;
    }

    void sort_by_target(size_t begin, size_t end)
    {
        bool sorted = true;
        for (size_t k = begin + 1; k < end && sorted; k++) sorted = target(k - 1) <= target(k);
        if (sorted) return;
        if (order.empty())
        {
            order.resize(sources.size());
            for (size_t s = 0; s < order.size(); s++) order[s] = s;
        }
        std::stable_sort(order.begin() + begin, order.begin() + end,
                         [this](int32_t a, int32_t b) { return targets[a] < targets[b]; });
    }

    void find_bounds()
    {
        bounds.clear();
        bounds.reserve((last - first) * n_parts + 1);
        size_t place = 0, end = 0;
        for (int source = first; source < last; source++)
        {
            while (end < sources.size() && sources[synapse(end)] == source) end++;
            if (n_parts > 1) sort_by_target(place, end);
            for (int part = 0; part < n_parts; part++)
            {
                bounds.push_back(place);
                const int limit = part_begin(n_targets, part + 1, n_parts);
                if (part == n_parts - 1) place = end;
                while (place < end && target(place) < limit) place++;
            }
        }
        bounds.push_back(place);
    }

public:
    std::vector<int32_t>& sources;

    SourcePathway(std::vector<int32_t>& sources, const std::vector<int32_t>& targets,
                  int first, int last, int n_targets, int n_parts)
        : targets(targets), first(first), last(last), n_targets(n_targets), n_parts(n_parts),
          queues(n_parts), sources(sources)
    {
    }

    template <typename scalar>
    void prepare(int, int, const scalar* delays, int n_delays, const int*, int, double dt)
    {
        delay = n_delays ? (size_t)(delays[0] / dt + 0.5) : 0;
        on_all_parts(n_parts, [this](int part) {  // a thread allocates from memory of its own
            queues[part].reset(new Queue);
            queues[part]->late.resize(delay + 1);
        });
        sort_by_source();
        find_bounds();
    }

    void advance(int part)
    {
        Queue& queue = *queues[part];
        queue.late[queue.now].clear();
        queue.now = (queue.now + 1) % queue.late.size();
    }

    void push(int part, const int32_t* spikes, int n_spikes)  // ascending
    {
        const int32_t* begin = std::lower_bound(spikes, spikes + n_spikes, first);
        const int32_t* end = std::lower_bound(begin, spikes + n_spikes, last);
        Queue& queue = *queues[part];
        std::vector<int32_t>& late = queue.late[(queue.now + delay) % queue.late.size()];
        late.insert(late.end(), begin, end);
    }

    // The sources to be served in this step.
    const std::vector<int32_t>& due(int part) const { return queues[part]->late[queues[part]->now]; }

    // Where the synapses of due[k] on a part begin. Those of the sources that follow are fetched,
    // for they lie anywhere in memory. (gcc drops calls of a function that does nothing else.)
    size_t begin(const std::vector<int32_t>& due, size_t k, int part) const
    {
        if (k + 8 < due.size()) __builtin_prefetch(&bounds[place(due[k + 8], part)]);
        if (k + 4 < due.size())
        {
            const int32_t* list = order.empty() ? targets.data() : order.data();
            const size_t next = place(due[k + 4], part), line = 16;
            const size_t stop = std::min<size_t>(bounds[next + 1], bounds[next] + 8 * line);
            for (size_t i = bounds[next]; i < stop; i += line) __builtin_prefetch(&list[i]);
        }
        return bounds[place(due[k], part)];
    }

    size_t end(const std::vector<int32_t>& due, size_t k, int part) const
    {
        return bounds[place(due[k], part) + 1];
    }

    size_t synapse(size_t place) const { return order.empty() ? place : order[place]; }
};
#endif

// Which thread has which cells: the same ones in every step, whatever is done to them. What one
// thread has written another must fetch, and a few fetches take as long as thousands of cells.
#ifndef EXCITABLE_PARTS_H
#define EXCITABLE_PARTS_H
#include <cstddef>

// The first of n cells that belongs to a part. Parts meet where a vector register and a cache line
// end, so that a cell's exponentials are rounded alike with any number of threads.
inline size_t part_begin(size_t n, int part, int n_parts)
{
    return part == n_parts ? n : n / 64 * part / n_parts * 64;
}

// Do the work on every part, each on its own thread, and wait until all have done theirs.
template <typename Work> void on_all_parts(int n_parts, const Work& work)
{
    #pragma omp parallel for schedule(static)
    for (int part = 0; part < n_parts; part++) work(part);
}
#endif

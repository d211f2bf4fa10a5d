// Uniformly distributed numbers, a buffer at a time, and their logarithms, computed in vector
// registers: from those come the distances between one connection and the next. The numbers are
// those of Brian2's generator, in its order, whichever of the two is asked for.
#ifndef EXCITABLE_UNIFORMS_H
#define EXCITABLE_UNIFORMS_H
#include <cmath>
#include <cstdint>

namespace
{
// Compiled in each source with that source's own flags, hence not a member of the class.
inline void excitable_logarithms(const double* __restrict numbers, double* __restrict logs, int n)
{
    for (int i = 0; i < n; i++) logs[i] = std::log(numbers[i]);
}
}

class Uniforms
{
    static const int SIZE = 512;
    double numbers[SIZE], logs[SIZE];
    int next = SIZE;
    bool with_logs = false;

    template <typename Engine> void fill(Engine& engine)
    {
        uint32_t raw[2 * SIZE];
        for (int i = 0; i < 2 * SIZE; i++) raw[i] = engine();
        for (int i = 0; i < SIZE; i++)  // 27 and 26 bits of two numbers make the 53 of a double
        {
            const int32_t a = raw[2 * i] >> 5, b = raw[2 * i + 1] >> 6;
            numbers[i] = (a * 67108864.0 + b) / 9007199254740992.0;
        }
        next = 0;
        with_logs = false;
    }

public:
    void clear() { next = SIZE; }

    template <typename Engine> double draw(Engine& engine)
    {
        if (next == SIZE) fill(engine);
        return numbers[next++];
    }

    template <typename Engine> double draw_log(Engine& engine)
    {
        if (next == SIZE) fill(engine);
        if (!with_logs) excitable_logarithms(numbers, logs, SIZE);
        with_logs = true;
        return logs[next++];
    }
};
#endif

// Normally distributed numbers, a buffer at a time, so that their logarithms, sines and cosines are
// computed in vector registers (Box & Muller 1958, Ann. Math. Stat. 29:610-611).
#ifndef EXCITABLE_NORMALS_H
#define EXCITABLE_NORMALS_H
#include <cmath>

namespace
{
// Compiled in each source with that source's own flags, hence not a member of the class.
inline void excitable_box_muller(double* __restrict numbers, int pairs)
{
    for (int i = 0; i < pairs; i++)
    {
        const double radius = std::sqrt(-2 * std::log(numbers[i]));
        const double angle = 6.283185307179586 * numbers[i + pairs];
        // The cosine as a sine: gcc joins the two of one angle to a call that it cannot vectorise.
        numbers[i] = radius * std::sin(angle + 1.5707963267948966);
        numbers[i + pairs] = radius * std::sin(angle);
    }
}
}

class Normals
{
    static const int PAIRS = 128;
    double numbers[2 * PAIRS];
    int next = 2 * PAIRS;

public:
    void clear() { next = 2 * PAIRS; }

    // The generator's uniform numbers lie in [0, 1); the logarithm needs (0, 1].
    template <typename Generator> double draw(Generator& generator)
    {
        if (next == 2 * PAIRS)
        {
            for (int i = 0; i < PAIRS; i++) numbers[i] = 1 - generator.rand();
            for (int i = PAIRS; i < 2 * PAIRS; i++) numbers[i] = generator.rand();
            excitable_box_muller(numbers, PAIRS);
            next = 0;
        }
        return numbers[next++];
    }
};
#endif

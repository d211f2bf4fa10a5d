// Random numbers in buffers, in place of Brian2's generators: one for each thread.
#ifndef EXCITABLE_RANDOM_NUMBERS_H
#define EXCITABLE_RANDOM_NUMBERS_H
#include <random>
#include <vector>

#include "normals.h"
#include "uniforms.h"

namespace excitable
{
class RandomNumbers
{
    std::mt19937 engine;
    Uniforms uniforms;
    Normals normals;

public:
    RandomNumbers() { seed(std::random_device()()); }

    void seed(unsigned long seed)
    {
        engine.seed(seed);
        uniforms.clear();
        normals.clear();
    }

    double rand() { return uniforms.draw(engine); }
    double log_of_rand() { return uniforms.draw_log(engine); }
    double randn() { return normals.draw(*this); }
};

extern std::vector<RandomNumbers> random_numbers;
}
#endif

// The time of day in place of the processor time, for which Brian2's loop over steps asks the
// system in every step. Brian2 2.10 and later do so themselves.
#ifndef EXCITABLE_QUICK_CLOCK_H
#define EXCITABLE_QUICK_CLOCK_H
#include <chrono>
#include <ctime>

static std::clock_t quick_clock()
{
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    return std::clock_t(now.count()*CLOCKS_PER_SEC);
}
#endif

#pragma once

// The generators take seeds of 32 bits and forget the others, so larger seeds are mixed first (the
// end of splitmix64: Steele, Lea & Flood 2014, OOPSLA).
inline unsigned long excitable_seed_of_32_bits(unsigned long long seed)
{
    if (seed < 1ull << 32) return seed;
    seed = (seed ^ (seed >> 30))*0xbf58476d1ce4e5b9ull;
    seed = (seed ^ (seed >> 27))*0x94d049bb133111ebull;
    return (seed ^ (seed >> 31)) >> 32;
}

// Memory of the cells' variables.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <new>

// An array that begins where a cache line does, as those of the program do: so a cell's last digits
// do not depend on where it lies.
template <typename T> class Array
{
    void* block;

public:
    T* at;

    Array() : block(NULL), at(NULL) {}
    Array(const Array&) = delete;
    ~Array() { free(block); }

    void assign(size_t n, T value)
    {
        block = malloc(n*sizeof(T) + 64);
        if (!block) throw std::bad_alloc();
        at = reinterpret_cast<T*>((reinterpret_cast<size_t>(block) + 63)/64*64);
        for (size_t k = 0; k < n; k++) at[k] = value;
    }
};

// Arrays begin where a cache line does: a vector register that is stored across two lines takes
// twice as long. And the compiler lets a loop begin with single cells until it is at such a place;
// their exponentials are rounded in another way, so that a cell's last digit would depend on where
// its array lies. This replaces the program's own operators.
#include <cstdlib>
#include <new>

void* operator new[](std::size_t size)
{
    void* place = NULL;
    if (posix_memalign(&place, 64, size ? size : 1)) throw std::bad_alloc();
    return place;
}
void operator delete[](void* place) noexcept { free(place); }
void operator delete[](void* place, std::size_t) noexcept { free(place); }

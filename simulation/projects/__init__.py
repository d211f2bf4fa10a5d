"""Programs that leave home: a C++ project that needs no Python."""

#include "random_numbers.h"

std::vector<excitable::RandomNumbers> excitable::random_numbers;

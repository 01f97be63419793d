// The largest single piece of memory that was asked for, in this whole program.
#pragma once

#include <cstddef>

namespace steadfarm::test {

void reset_largest_allocation();
[[nodiscard]] std::size_t largest_allocation();

}  // namespace steadfarm::test

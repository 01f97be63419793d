// Assertions that stay on in release builds. They guard our own invariants; bad input from a user
// or from a file never reaches one.
#pragma once

namespace steadfarm {

/// Prints the failed expression with its place and aborts.
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);

}  // namespace steadfarm

#define STEADFARM_ASSERT(expression)   \
  ((expression) ? static_cast<void>(0) \
                : ::steadfarm::assert_failed(#expression, __FILE__, __LINE__))

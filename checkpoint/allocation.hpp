// Memory whose size comes from a file. That there is not enough of it says nothing about the file.
#pragma once

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace steadfarm::checkpoint {

/// `what` completes the sentence "N bytes of memory are not to be had for ...".
[[nodiscard]] inline Error memory_shortage(std::uint64_t bytes, const std::string& what) {
  return {ErrorCode::no_memory, std::to_string(bytes) + " bytes of memory are not to be had for " +
                                    what + "; raise the limit on memory (ulimit -v, the batch " +
                                    "system's, the container's) or use a machine with more"};
}

/// What is left to say if there is no memory even for the sentence: short enough to need none.
[[nodiscard]] inline Error wordless_no_memory() { return {ErrorCode::no_memory, "no memory"}; }

/// `count` values in memory, or `no_memory` with the need in bytes.
template <class T>
[[nodiscard]] Result<std::vector<T>> allocate(std::uint64_t count, const std::string& what) {
  try {
    return std::vector<T>(static_cast<std::size_t>(count));
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {  // more than any memory
  }
  return memory_shortage(count * sizeof(T), what);
}

/// What `act` returns, or `no_memory` if memory ran out in it where nobody counted the bytes.
template <class Act>
[[nodiscard]] auto or_no_memory(const char* what, const Act& act) -> decltype(act()) {
  try {
    return act();
  } catch (const std::bad_alloc&) {
  }
  try {
    return Error{ErrorCode::no_memory,
                 std::string("memory ran out while ") + what +
                     "; raise the limit on memory or use a machine with more"};
  } catch (const std::bad_alloc&) {
    return wordless_no_memory();
  }
}

}  // namespace steadfarm::checkpoint

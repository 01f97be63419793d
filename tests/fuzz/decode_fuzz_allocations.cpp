#include "decode_fuzz_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> largest{0};
}  // namespace

namespace steadfarm::test {
void reset_largest_allocation() { largest = 0; }
std::size_t largest_allocation() { return largest; }
}  // namespace steadfarm::test

void* operator new(std::size_t size) {
  if (size > largest) largest = size;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

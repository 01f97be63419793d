#include "transport/mpi/replacement.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace steadfarm::transport {

std::optional<Rank> take_replacement_rank() {
  const char* text = std::getenv(kReplacementVariable);
  if (text == nullptr) return std::nullopt;
  std::int32_t rank = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, rank);
  const bool good = error == std::errc() && stop == end && rank > 0;
  ::unsetenv(kReplacementVariable);
  return good ? std::optional<Rank>(rank) : std::nullopt;
}

}  // namespace steadfarm::transport

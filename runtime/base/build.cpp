#include "base/build.hpp"

#include <string_view>

namespace steadfarm {

std::string short_build(const std::string& build) {
  constexpr std::size_t kDigits = 12;
  std::string_view text(build);
  for (const std::string_view kind : {"gnu-", "xxh3-"}) {
    if (text.starts_with(kind)) text.remove_prefix(kind.size());
  }
  return text.empty() ? "unknown" : std::string(text.substr(0, kDigits));
}

}  // namespace steadfarm

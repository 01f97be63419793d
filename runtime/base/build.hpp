// What tells one build of a program from another.
#pragma once

#include <string>

namespace steadfarm {

/// For messages: the first digits of a build, without its kind; "unknown" for none.
[[nodiscard]] std::string short_build(const std::string& build);

}  // namespace steadfarm

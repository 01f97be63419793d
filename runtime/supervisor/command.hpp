// What can be learnt from the words of a command: pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace steadfarm::supervisor {

/// The folder that a command's own words give as --store DIR, --store=DIR or STEADFARM_STORE=DIR
/// (after `env` or mpirun's -x). The last one counts; a flag beats the environment.
[[nodiscard]] std::optional<std::string> store_in_words(const std::vector<std::string>& words);

/// The words as one line for people, with quotes where a shell would want them.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& words);

}  // namespace steadfarm::supervisor

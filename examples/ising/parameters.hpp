// The rows of a sweep, from a CSV file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "examples/ising/simulation.hpp"

namespace steadfarm::ising {

/// A first line that names the columns, `size`, `temperature`, `warm_up` and `sweeps` in any order,
/// then one row a line. Blanks around a field, empty lines and lines that begin with # are skipped.
/// An error names file, line and field.
[[nodiscard]] Result<std::vector<Row>> parse_rows(std::string_view text, const std::string& name);

/// The same from a file of at most 64 MiB.
[[nodiscard]] Result<std::vector<Row>> read_rows(const std::string& path);

}  // namespace steadfarm::ising

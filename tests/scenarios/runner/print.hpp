// What the machines want done, as the lines of a trace.
#pragma once

#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/worker.hpp"
#include "script.hpp"

namespace steadfarm::scenario {

using Lines = std::vector<std::string>;

/// The bytes in quotes, with everything unprintable as \xNN.
[[nodiscard]] std::string quoted(ByteView bytes);

[[nodiscard]] std::string print(const wire::Body& body, const UnitNames& names);
void print(const core::Action& action, const UnitNames& names, Lines& out);
void print(const core::WorkerAction& action, const UnitNames& names, Lines& out);

}  // namespace steadfarm::scenario

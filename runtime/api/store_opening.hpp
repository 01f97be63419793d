// How a master opens its store: how long it waits for files, and what an error means for the job.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "checkpoint/patience.hpp"

namespace steadfarm::api {

/// Waits in real time; a stop by a signal ends that. Says on standard error what is waited for.
[[nodiscard]] checkpoint::PatienceHooks patience_hooks();

/// 74 for what may go well at the next start, 65 for a store that must be looked at, 70 for a
/// defect.
[[nodiscard]] int opening_exit_code(const Error& error);

}  // namespace steadfarm::api
